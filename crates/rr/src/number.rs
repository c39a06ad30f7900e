//! Numbers with rules of their own: record types, classes, times to live, serials.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

/// The number of a record type. Constants and mnemonics come from the table of [`crate::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rtype(pub u16);

/// Types that only questions and messages have; none of them is data of a zone.
impl Rtype {
    /// EDNS pseudo-record. RFC 6891 §6.1.1.
    pub const OPT: Self = Self(41);
    /// Key establishment. RFC 2930 §2.
    pub const TKEY: Self = Self(249);
    /// Transaction signature. RFC 8945 §4.1.
    pub const TSIG: Self = Self(250);
    /// Incremental transfer. RFC 1995 §3.
    pub const IXFR: Self = Self(251);
    /// Full transfer. RFC 5936 §2.
    pub const AXFR: Self = Self(252);
    /// All records. RFC 1035 §3.2.3, RFC 8482.
    pub const ANY: Self = Self(255);

    /// Whether this number stands for no data: OPT, and the range of RFC 6895 §3.1 (128 to 255) but for the types
    /// in it that are data (none of ours).
    #[must_use]
    pub const fn is_meta(self) -> bool {
        self.0 == 0 || self.0 == Self::OPT.0 || (self.0 >= 128 && self.0 <= 255)
    }
}

const META: [(&str, Rtype); 6] = [
    ("OPT", Rtype::OPT),
    ("TKEY", Rtype::TKEY),
    ("TSIG", Rtype::TSIG),
    ("IXFR", Rtype::IXFR),
    ("AXFR", Rtype::AXFR),
    ("ANY", Rtype::ANY),
];

impl fmt::Display for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meta = || META.iter().find(|(_, t)| t == self).map(|(word, _)| *word);
        match crate::key::mnemonic(*self).or_else(meta) {
            Some(word) => f.pad(word),
            // RFC 3597 §5.
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// The word is not the mnemonic of a type or class, nor `TYPEn` or `CLASSn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownMnemonic;

impl fmt::Display for UnknownMnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no known mnemonic; an unknown one is written TYPE or CLASS with its number (RFC 3597 §5)")
    }
}

impl core::error::Error for UnknownMnemonic {}

impl Rtype {
    /// Reads a mnemonic or `TYPEn` in any case.
    #[must_use]
    pub fn from_mnemonic(word: &[u8]) -> Option<Self> {
        let meta = || {
            META.iter()
                .find(|(m, _)| word.eq_ignore_ascii_case(m.as_bytes()))
                .map(|(_, t)| *t)
        };
        crate::key::number(word)
            .or_else(meta)
            .or_else(|| numbered(word, b"TYPE").map(Self))
    }
}

impl FromStr for Rtype {
    type Err = UnknownMnemonic;
    fn from_str(word: &str) -> Result<Self, UnknownMnemonic> {
        Self::from_mnemonic(word.as_bytes()).ok_or(UnknownMnemonic)
    }
}

/// The number in `word`, which is `prefix` in any case and then only digits (RFC 3597 §5).
fn numbered(word: &[u8], prefix: &[u8]) -> Option<u16> {
    let (head, digits) = word.split_at_checked(prefix.len())?;
    let decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if !decimal || !head.eq_ignore_ascii_case(prefix) {
        return None;
    }
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// The number of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u16);

impl Class {
    /// The Internet. RFC 1035 §3.2.4.
    pub const IN: Self = Self(1);
    /// Chaos, today only asked for server identity. RFC 4892 §2.
    pub const CH: Self = Self(3);
    /// Hesiod. RFC 1035 §3.2.4.
    pub const HS: Self = Self(4);
    /// No class, in updates. RFC 2136 §1.2.
    pub const NONE: Self = Self(254);
    /// Any class, in questions and updates. RFC 1035 §3.2.5.
    pub const ANY: Self = Self(255);

    /// Reads a mnemonic or `CLASSn` in any case.
    #[must_use]
    pub fn from_mnemonic(word: &[u8]) -> Option<Self> {
        CLASSES
            .iter()
            .find(|(m, _)| word.eq_ignore_ascii_case(m.as_bytes()))
            .map(|(_, class)| *class)
            .or_else(|| numbered(word, b"CLASS").map(Self))
    }
}

const CLASSES: [(&str, Class); 5] = [
    ("IN", Class::IN),
    ("CH", Class::CH),
    ("HS", Class::HS),
    ("NONE", Class::NONE),
    ("ANY", Class::ANY),
];

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match CLASSES.iter().find(|(_, class)| class == self) {
            Some((word, _)) => f.pad(word),
            None => write!(f, "CLASS{}", self.0),
        }
    }
}

impl FromStr for Class {
    type Err = UnknownMnemonic;
    fn from_str(word: &str) -> Result<Self, UnknownMnemonic> {
        Self::from_mnemonic(word.as_bytes()).ok_or(UnknownMnemonic)
    }
}

/// A time to live: whole seconds, at most 2^31 - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

impl Ttl {
    /// No caching at all.
    pub const ZERO: Self = Self(0);
    /// The longest, about 68 years. RFC 2181 §8.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// A TTL as received: with the top bit set it counts as zero (RFC 2181 §8).
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        if secs > Self::MAX.0 {
            Self::ZERO
        } else {
            Self(secs)
        }
    }

    /// Whole seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The version of a zone. Serials have no `<`: they are compared around a circle (RFC 1982 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Serial(pub u32);

impl Serial {
    /// RFC 1982 §3.2; none for two serials exactly half the circle apart, where the RFC defines no order.
    #[must_use]
    pub const fn compare(self, other: Self) -> Option<Ordering> {
        match self.0.wrapping_sub(other.0) {
            0 => Some(Ordering::Equal),
            0x8000_0000 => None,
            1..0x8000_0000 => Some(Ordering::Greater),
            _ => Some(Ordering::Less),
        }
    }

    /// Whether a holder of `other` has to fetch this version.
    #[must_use]
    pub fn is_newer_than(self, other: Self) -> bool {
        self.compare(other) == Some(Ordering::Greater)
    }

    /// The serial `steps` on (RFC 1982 §3.1); none when `steps` is more than 2^31 - 1, which would not be newer.
    #[must_use]
    pub const fn add(self, steps: u32) -> Option<Self> {
        if steps > 0x7fff_ffff {
            None
        } else {
            Some(Self(self.0.wrapping_add(steps)))
        }
    }

    /// The next serial.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn serials_go_around() {
        assert!(Serial(0).is_newer_than(Serial(u32::MAX)));
        assert!(Serial(1).is_newer_than(Serial(0)));
        assert_eq!(Serial(0).compare(Serial(0x8000_0000)), None);
        assert_eq!(Serial(0x8000_0000).compare(Serial(0)), None);
        assert_eq!(Serial(5).add(0x8000_0000), None);
        assert_eq!(Serial(u32::MAX).next(), Serial(0));
    }

    #[test]
    fn top_bit_is_zero() {
        assert_eq!(Ttl::from_secs(0x8000_0000), Ttl::ZERO);
        assert_eq!(Ttl::from_secs(0x7fff_ffff), Ttl::MAX);
    }

    #[test]
    fn mnemonics() {
        assert_eq!("aaaa".parse(), Ok(Rtype(28)));
        assert_eq!("TYPE65280".parse(), Ok(Rtype(65280)));
        assert_eq!("type1".parse(), Ok(Rtype(1)));
        assert_eq!("TYPE65536".parse::<Rtype>(), Err(UnknownMnemonic));
        assert_eq!("TYPE+1".parse::<Rtype>(), Err(UnknownMnemonic));
        assert_eq!("AA".parse::<Rtype>(), Err(UnknownMnemonic));
        assert_eq!(Rtype(65280).to_string(), "TYPE65280");
        assert_eq!(Rtype::AXFR.to_string(), "AXFR");
        assert_eq!("CLASS7".parse(), Ok(Class(7)));
        assert_eq!(Class::IN.to_string(), "IN");
    }
}
