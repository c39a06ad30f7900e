//! Networks as an operator writes them.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    address: IpAddr,
    bits: u8,
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPrefix;

impl Prefix {
    /// Whether the address is in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                u128::from(own.to_bits() ^ other.to_bits()) << 96
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        u32::from(self.bits) <= differ.leading_zeros()
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    /// `192.0.2.0/24`, `2001:db8::/32`, or an address alone. Bits beyond the length must be 0: else something else was
    /// meant.
    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| BadPrefix)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadPrefix)?;
        let (most, value) = match address {
            IpAddr::V4(address) => (32, u128::from(address.to_bits()) << 96),
            IpAddr::V6(address) => (128, address.to_bits()),
        };
        let bits = bits.unwrap_or(most);
        let is_network = value.checked_shl(u32::from(bits)).unwrap_or(0) == 0;
        match bits <= most && is_network {
            true => Ok(Prefix { address, bits }),
            false => Err(BadPrefix),
        }
    }
}

impl fmt::Display for BadPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "write a network such as 192.0.2.0/24 or 2001:db8::/32, all bits after its length 0",
        )
    }
}

impl core::error::Error for BadPrefix {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_their_bits_say() {
        for (prefix, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "255.0.0.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::"),
            ("::/0", "ff::", "10.0.0.1"),
        ] {
            let network: Prefix = prefix.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{prefix}");
            assert!(!network.contains(outside.parse().unwrap()), "{prefix}");
        }
        for wrong in [
            "",
            "192.0.2.1/24",
            "192.0.2.0/33",
            "::/129",
            "/8",
            "::1/0",
            "x/8",
            "10.0.0.0/",
        ] {
            assert_eq!(wrong.parse::<Prefix>(), Err(BadPrefix), "{wrong}");
        }
    }
}
