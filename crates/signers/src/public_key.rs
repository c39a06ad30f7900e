//! Public keys, whatever format they came in, and the check of a signature by `ring`.

use alloc::vec::Vec;

use ring::digest::{self, digest};
use ring::signature::{self as algorithms, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::octets::{Read, without_zeros};

/// A key that signatures can be checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Ed25519([u8; 32]),
    /// A point as `04 x y`.
    P256(Vec<u8>),
    /// A point as `04 x y`.
    P384(Vec<u8>),
    /// Modulus and exponent, without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

/// Hashes that signatures may be made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The numbers of a signature, as its format has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Numbers<'a> {
    /// R and S side by side (RFC 8032 §5.1.6).
    Ed25519([u8; 64]),
    /// r and s of ECDSA.
    Ecdsa(&'a [u8], &'a [u8]),
    Rsa(&'a [u8]),
}

/// Bits of an RSA modulus: ring checks no others.
pub(crate) const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=8192;

impl Hash {
    pub(crate) fn of(self, octets: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        };
        digest(algorithm, octets)
    }
}

impl PublicKey {
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Read<PublicKey> {
        let (n, e) = (without_zeros(n), without_zeros(e));
        let unused = n.first().map_or(0, |octet| octet.leading_zeros() as usize);
        if !RSA_BITS.contains(&(n.len() * 8 - unused)) {
            return Err("an RSA key must have 2048 to 8192 bits");
        }
        let (n, e) = (n.to_vec(), e.to_vec());
        Ok(PublicKey::Rsa { n, e })
    }

    pub(crate) fn p256(point: &[u8]) -> Read<PublicKey> {
        is_point(point, 32).map(|()| PublicKey::P256(point.to_vec()))
    }

    pub(crate) fn p384(point: &[u8]) -> Read<PublicKey> {
        is_point(point, 48).map(|()| PublicKey::P384(point.to_vec()))
    }

    /// Whether these numbers sign `message` hashed by `hash`. Ed25519 signs the message as it is (RFC 8032 §5.1).
    ///
    /// `None`: such a pair of key and hash cannot be checked.
    pub(crate) fn verify(&self, hash: Hash, message: &[u8], numbers: &Numbers<'_>) -> Option<bool> {
        let is_good = match (self, numbers) {
            (PublicKey::Ed25519(key), Numbers::Ed25519(signature)) => {
                UnparsedPublicKey::new(&algorithms::ED25519, key).verify(message, signature)
            }
            (PublicKey::P256(point) | PublicKey::P384(point), Numbers::Ecdsa(r, s)) => {
                let Some(signature) = der(r, s) else {
                    return Some(false);
                };
                UnparsedPublicKey::new(self.ecdsa(hash)?, point).verify(message, &signature)
            }
            (PublicKey::Rsa { n, e }, Numbers::Rsa(signature)) => {
                let Some(signature) = padded(signature, n.len()) else {
                    return Some(false);
                };
                let algorithm = match hash {
                    Hash::Sha256 => &algorithms::RSA_PKCS1_2048_8192_SHA256,
                    Hash::Sha384 => &algorithms::RSA_PKCS1_2048_8192_SHA384,
                    Hash::Sha512 => &algorithms::RSA_PKCS1_2048_8192_SHA512,
                };
                RsaPublicKeyComponents { n, e }.verify(algorithm, message, &signature)
            }
            _ => return Some(false),
        };
        Some(is_good.is_ok())
    }

    fn ecdsa(&self, hash: Hash) -> Option<&'static algorithms::EcdsaVerificationAlgorithm> {
        Some(match (self, hash) {
            (PublicKey::P256(_), Hash::Sha256) => &algorithms::ECDSA_P256_SHA256_ASN1,
            (PublicKey::P256(_), Hash::Sha384) => &algorithms::ECDSA_P256_SHA384_ASN1,
            (PublicKey::P384(_), Hash::Sha256) => &algorithms::ECDSA_P384_SHA256_ASN1,
            (PublicKey::P384(_), Hash::Sha384) => &algorithms::ECDSA_P384_SHA384_ASN1,
            _ => return None,
        })
    }
}

/// SEC 1 §2.3.3, uncompressed: ring reads no other.
fn is_point(octets: &[u8], coordinate: usize) -> Read<()> {
    match octets {
        [4, rest @ ..] if rest.len() == 2 * coordinate => Ok(()),
        _ => Err("the key is no point of its curve, or a compressed one"),
    }
}

/// The same number in `length` octets; `None` if it is larger.
pub(crate) fn padded(number: &[u8], length: usize) -> Option<Vec<u8>> {
    let number = without_zeros(number);
    let zeros = length.checked_sub(number.len())?;
    Some([alloc::vec![0; zeros].as_slice(), number].concat())
}

/// `SEQUENCE { INTEGER r, INTEGER s }` (RFC 3279 §2.2.3); `None` for numbers that no curve here has.
fn der(r: &[u8], s: &[u8]) -> Option<Vec<u8>> {
    let integers = [integer(r)?, integer(s)?].concat();
    Some([&[0x30, u8::try_from(integers.len()).ok()?], &*integers].concat())
}

fn integer(number: &[u8]) -> Option<Vec<u8>> {
    let number = without_zeros(number);
    // Positive, in as few octets as that takes, and one at least.
    let is_led = number.first().is_none_or(|octet| octet & 0x80 != 0);
    let zero: &[u8] = if is_led { &[0] } else { &[] };
    let length = number.len() + zero.len();
    (number.len() <= 48).then(|| [&[2, length as u8], zero, number].concat())
}
