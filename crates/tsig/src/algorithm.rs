//! The keyed hashes, and everything that depends on which one it is.

use core::fmt;

use rr::NameRef;

use crate::limits::LEAST_MAC_OCTETS;

/// A keyed hash (RFC 8945 §6).
///
/// HMAC-MD5 and GSS-TSIG are not here: the first is broken far enough that RFC 8945 §6 lets nobody have to know it, the second
/// is a protocol of its own (RFC 3645).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// HMAC-SHA-1: taken as every peer has it (RFC 8945 §6: not recommended); HMAC does not rest on what was broken of SHA-1.
    Sha1,
    /// HMAC-SHA-224.
    Sha224,
    /// HMAC-SHA-256, which everybody has to know (RFC 8945 §6).
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// What is known of an algorithm, one line each.
struct Facts {
    wire: &'static [u8],
    output_octets: usize,
    mnemonic: &'static str,
    bind: &'static str,
    dnskey: u8,
}

impl Algorithm {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    #[rustfmt::skip]
    const fn facts(self) -> Facts {
        match self {
            Self::Sha1 => Facts { wire: b"\x09hmac-sha1\0", output_octets: 20, mnemonic: "SHA1", bind: "hmac-sha1", dnskey: 161 },
            Self::Sha224 => Facts { wire: b"\x0bhmac-sha224\0", output_octets: 28, mnemonic: "SHA224", bind: "hmac-sha224", dnskey: 162 },
            Self::Sha256 => Facts { wire: b"\x0bhmac-sha256\0", output_octets: 32, mnemonic: "SHA256", bind: "hmac-sha256", dnskey: 163 },
            Self::Sha384 => Facts { wire: b"\x0bhmac-sha384\0", output_octets: 48, mnemonic: "SHA384", bind: "hmac-sha384", dnskey: 164 },
            Self::Sha512 => Facts { wire: b"\x0bhmac-sha512\0", output_octets: 64, mnemonic: "SHA512", bind: "hmac-sha512", dnskey: 165 },
        }
    }

    /// Its name in messages, in lower case.
    #[must_use]
    pub fn name(self) -> NameRef<'static> {
        NameRef::from_checked(self.facts().wire)
    }

    /// The algorithm that goes by a name in messages, whatever its case (RFC 4343).
    #[must_use]
    pub fn from_name(name: NameRef<'_>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    /// Octets of a whole MAC.
    #[must_use]
    pub const fn output_octets(self) -> usize {
        self.facts().output_octets
    }

    /// Octets of the shortest MAC that may be cut off a whole one: ten, or half of it (RFC 8945 §5.2.2.1).
    #[must_use]
    pub const fn least_octets(self) -> usize {
        let half = self.output_octets() / 2;
        if half > LEAST_MAC_OCTETS {
            half
        } else {
            LEAST_MAC_OCTETS
        }
    }

    /// How key texts of the form `name:ALG:secret` call it: `SHA256`.
    #[must_use]
    pub const fn mnemonic(self) -> &'static str {
        self.facts().mnemonic
    }

    /// How configurations of BIND, NSD and Knot call it: `hmac-sha256`.
    #[must_use]
    pub const fn configuration_name(self) -> &'static str {
        self.facts().bind
    }

    /// The algorithm of either spelling, whatever its case.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| {
            let Facts { mnemonic, bind, .. } = algorithm.facts();
            text.eq_ignore_ascii_case(mnemonic) || text.eq_ignore_ascii_case(bind)
        })
    }

    /// Its number in keys that are written as DNSKEY records.
    #[must_use]
    pub const fn dnskey_number(self) -> u8 {
        self.facts().dnskey
    }

    /// The algorithm of a number in a DNSKEY record.
    #[must_use]
    pub fn from_dnskey_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.dnskey_number() == number)
    }
}

/// `SHA256`
impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use rr::Name;

    #[test]
    fn each_is_found_by_each_of_its_names() {
        for algorithm in Algorithm::ALL {
            let name = algorithm.name().to_string().to_uppercase();
            let name = Name::from_text(&name).unwrap();
            assert_eq!(Algorithm::from_name(name.as_ref()), Some(algorithm));
            assert_eq!(
                Algorithm::from_text(&algorithm.to_string()),
                Some(algorithm)
            );
            assert_eq!(
                Algorithm::from_text(algorithm.configuration_name()),
                Some(algorithm)
            );
            assert_eq!(
                Algorithm::from_dnskey_number(algorithm.dnskey_number()),
                Some(algorithm)
            );
        }
        let md5 = Name::from_text("hmac-md5.sig-alg.reg.int").unwrap();
        assert_eq!(Algorithm::from_name(md5.as_ref()), None);
        assert_eq!(Algorithm::from_text("MD5"), None);
        assert_eq!(Algorithm::from_dnskey_number(157), None);
    }

    /// RFC 8945 §5.2.2.1
    #[test]
    fn at_least_ten_octets_and_at_least_half() {
        let least = Algorithm::ALL.map(Algorithm::least_octets);
        assert_eq!(least, [10, 14, 16, 24, 32]);
    }
}
