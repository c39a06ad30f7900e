//! Message authentication codes: computed in one place, compared in one place.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use rr::Secret;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::algorithm::Algorithm;

const MAX_OCTETS: usize = 64;

/// A MAC as it is sent: whole, or cut off.
///
/// It has no `==`: that would end at the first octet that differs, and its time would tell a forger how far he has come.
/// Nor is it printed: one that was computed over a forged message is what the forger lacks.
#[derive(Clone)]
pub(crate) struct Mac {
    octets: [u8; MAX_OCTETS],
    length: usize,
}

impl Mac {
    /// Takes the octets of a MAC that is at most as long as the longest hash.
    pub(crate) fn received(octets: &[u8]) -> Option<Self> {
        let mut mac = Self {
            octets: [0; MAX_OCTETS],
            length: octets.len(),
        };
        mac.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        Some(mac)
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets[..self.length]
    }

    /// RFC 8945 §5.2.2.1: the leftmost octets are kept.
    pub(crate) fn cut(mut self, octets: usize) -> Self {
        self.length = self.length.min(octets);
        self
    }

    /// Whether the received octets begin this computed MAC. The time it takes depends on their number, which everybody can
    /// see, and on nothing else. This is the only comparison of MACs; a test looks for others.
    pub(crate) fn agrees_with(&self, received: &[u8]) -> bool {
        let begins = &self.octets[..received.len().min(self.length)];
        begins.ct_eq(received).into()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({} octets)", self.length)
    }
}

/// Defines the sum of the hashes and the three things that are done with them.
macro_rules! contexts {
    ($($algorithm:ident)*) => {
        /// A MAC that is being computed. Overwritten when it is dropped, as its state is as good as the secret.
        #[derive(Clone)]
        pub(crate) enum Context {
            $($algorithm(Hmac<$algorithm>),)*
        }

        impl Context {
            pub(crate) fn new(algorithm: Algorithm, secret: &Secret) -> Self {
                match algorithm {
                    $(Algorithm::$algorithm => Self::$algorithm(
                        Hmac::new_from_slice(secret.expose()).expect("HMAC takes secrets of any length"),
                    ),)*
                }
            }

            pub(crate) fn update(&mut self, octets: &[u8]) {
                match self {
                    $(Self::$algorithm(hmac) => hmac.update(octets),)*
                }
            }

            pub(crate) fn finish(self) -> Mac {
                match self {
                    $(Self::$algorithm(hmac) => {
                        Mac::received(&hmac.finalize().into_bytes()).expect("no hash is longer")
                    })*
                }
            }
        }
    };
}

contexts!(Sha1 Sha224 Sha256 Sha384 Sha512);

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use core::fmt::Write;

    fn hmac(algorithm: Algorithm, secret: &[u8], data: &[u8]) -> String {
        let mut context = Context::new(algorithm, &Secret::new(secret));
        data.chunks(3).for_each(|part| context.update(part));
        let mut text = String::new();
        for octet in context.finish().octets() {
            write!(text, "{octet:02x}").unwrap();
        }
        text
    }

    /// RFC 2202 §3, cases 1 and 2 (SHA-1), and RFC 4231 §4.2 and §4.3 (the others).
    #[test]
    fn published_vectors() {
        let (one, two) = ([0x0b; 20], b"what do ya want for nothing?");
        for (algorithm, first, second) in [
            (
                Algorithm::Sha1,
                "b617318655057264e28bc0b6fb378c8ef146be00",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                Algorithm::Sha224,
                "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
                "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
            ),
            (
                Algorithm::Sha256,
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                Algorithm::Sha384,
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c\
                 faea9ea9076ede7f4af152e8b2fa9cb6",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                Algorithm::Sha512,
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            assert_eq!(hmac(algorithm, &one, b"Hi There"), first, "{algorithm}");
            assert_eq!(hmac(algorithm, b"Jefe", two), second, "{algorithm}");
        }
    }

    #[test]
    fn only_a_beginning_agrees() {
        let secret = Secret::new(*b"0123456789abcdef");
        let mac = Context::new(Algorithm::Sha256, &secret).finish();
        let octets: Vec<u8> = mac.octets().to_vec();
        assert!(mac.agrees_with(&octets) && mac.agrees_with(&octets[..16]));
        assert!(!mac.agrees_with(&octets[1..]), "not the end of it");
        let longer = [octets.as_slice(), &[0]].concat();
        assert!(!mac.agrees_with(&longer), "nor with more behind it");
        for bit in 0..256 {
            let mut wrong = octets.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!mac.agrees_with(&wrong), "bit {bit}");
        }
        assert!(Mac::received(&[0; 65]).is_none());
    }
}
