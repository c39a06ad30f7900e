//! Keys of service parameters. RFC 9460 §14.3.2.

use core::fmt;

use crate::field::decimal;

/// The number of a service parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamKey(pub u16);

impl ParamKey {
    /// Keys a client must understand. RFC 9460 §8.
    pub const MANDATORY: Self = Self(0);
    /// Protocols. RFC 9460 §7.1.
    pub const ALPN: Self = Self(1);
    /// No default protocol. RFC 9460 §7.1.
    pub const NO_DEFAULT_ALPN: Self = Self(2);
    /// Port. RFC 9460 §7.2.
    pub const PORT: Self = Self(3);
    /// IPv4 address hints. RFC 9460 §7.3.
    pub const IPV4HINT: Self = Self(4);
    /// Encrypted client hello. RFC 9848.
    pub const ECH: Self = Self(5);
    /// IPv6 address hints. RFC 9460 §7.3.
    pub const IPV6HINT: Self = Self(6);
    /// Template of DNS over HTTPS. RFC 9461 §5.
    pub const DOHPATH: Self = Self(7);
    /// Oblivious HTTP. RFC 9540 §4.
    pub const OHTTP: Self = Self(8);

    pub(super) fn from_text(text: &[u8]) -> Option<Self> {
        let name = KEYS.iter().position(|key| key.as_bytes() == text);
        let named = name.and_then(|number| u16::try_from(number).ok());
        let numbered = || {
            let digits = text
                .strip_prefix(b"key")
                .filter(|digits| digits.len() == 1 || !digits.starts_with(b"0"))?;
            decimal(digits, u32::from(u16::MAX) - 1).and_then(|number| u16::try_from(number).ok())
        };
        named.or_else(numbered).map(Self)
    }
}

/// Names of the keys by number.
const KEYS: [&str; 9] = [
    "mandatory",
    "alpn",
    "no-default-alpn",
    "port",
    "ipv4hint",
    "ech",
    "ipv6hint",
    "dohpath",
    "ohttp",
];

impl fmt::Display for ParamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KEYS.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "key{}", self.0),
        }
    }
}
