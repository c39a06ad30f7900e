//! Type codes that the tests use, by their mnemonics.

use std::fmt;

/// A type code, shown by its mnemonic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rtype(pub u16);

const MNEMONICS: &[(u16, &str)] = &[
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (12, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (28, "AAAA"),
    (33, "SRV"),
    (35, "NAPTR"),
    (39, "DNAME"),
    (43, "DS"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (255, "ANY"),
    (257, "CAA"),
];

impl Rtype {
    /// The type of a mnemonic.
    pub fn of(mnemonic: &str) -> Option<Rtype> {
        let known = MNEMONICS.iter().find(|(_, name)| *name == mnemonic);
        known.map(|(code, _)| Rtype(*code))
    }
}

impl fmt::Display for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MNEMONICS.iter().find(|(code, _)| *code == self.0) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}
