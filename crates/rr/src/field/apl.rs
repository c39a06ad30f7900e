//! Lists of address prefixes. RFC 3123.

use super::{Field, Part, checked, decimal};
use crate::name::NameRef;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A list of address prefixes; may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Apl(pub Vec<AddressPrefix>);

/// One prefix, or its exclusion. RFC 3123 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPrefix {
    /// Whether the prefix is excluded, written `!`.
    pub negated: bool,
    /// The address, with zeros where the wire leaves them out.
    pub address: IpAddr,
    /// How many leading bits count.
    pub prefix: u8,
}

/// IANA address family numbers.
const IPV4: u16 = 1;
const IPV6: u16 = 2;

impl AddressPrefix {
    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let refuse = octets.fail(WireErrorKind::Value("an address prefix of family 1 or 2"));
        let family = u16::parse(octets)?;
        let [prefix, counted] = octets.array()?;
        let afd = octets.take(usize::from(counted & 0x7f))?;
        let address = match family {
            IPV4 => padded::<4>(afd).map(|octets| IpAddr::V4(Ipv4Addr::from(octets))),
            IPV6 => padded::<16>(afd).map(|octets| IpAddr::V6(Ipv6Addr::from(octets))),
            _ => None,
        };
        // RFC 3123 §4: trailing zero octets are left out.
        let trimmed = afd.last() != Some(&0);
        let fits = |address: &IpAddr| trimmed && prefix <= bits(*address);
        let address = address.filter(fits).ok_or(refuse)?;
        Ok(Self {
            negated: counted & 0x80 != 0,
            address,
            prefix,
        })
    }

    fn emit(&self, out: &mut Vec<u8>) {
        match self.address {
            IpAddr::V4(address) => self.emit_family(IPV4, &address.octets(), out),
            IpAddr::V6(address) => self.emit_family(IPV6, &address.octets(), out),
        }
    }

    fn emit_family(&self, family: u16, address: &[u8], out: &mut Vec<u8>) {
        let length = address
            .iter()
            .rposition(|octet| *octet != 0)
            .map_or(0, |last| last + 1);
        let counted = u8::try_from(length).expect("at most 16") | u8::from(self.negated) << 7;
        family.emit(out);
        out.extend_from_slice(&[self.prefix, counted]);
        out.extend_from_slice(&address[..length]);
    }

    /// RFC 3123 §5: `[!]family:address/prefix`.
    fn from_text(text: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        let (negated, text) = text
            .strip_prefix('!')
            .map_or((false, text), |rest| (true, rest));
        let (family, text) = text.split_once(':')?;
        let (address, prefix) = text.split_once('/')?;
        let address = match family {
            "1" => IpAddr::V4(address.parse().ok()?),
            "2" => IpAddr::V6(address.parse().ok()?),
            _ => return None,
        };
        let prefix = decimal(prefix.as_bytes(), u32::from(bits(address)))
            .and_then(|bits| u8::try_from(bits).ok())?;
        Some(Self {
            negated,
            address,
            prefix,
        })
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `octets` with zeros behind them; none when there are more than fit.
fn padded<const N: usize>(octets: &[u8]) -> Option<[u8; N]> {
    let mut all = [0; N];
    all.get_mut(..octets.len())?.copy_from_slice(octets);
    Some(all)
}

impl fmt::Display for AddressPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.negated { "!" } else { "" };
        let family = if self.address.is_ipv4() { IPV4 } else { IPV6 };
        write!(f, "{not}{family}:{}/{}", self.address, self.prefix)
    }
}

impl Field for Apl {
    const PART: Part = Part::Rest;
    const MAY_BE_NOTHING: bool = true;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let mut prefixes = Vec::new();
        while !octets.is_empty() {
            prefixes.push(AddressPrefix::parse(octets)?);
        }
        Ok(Self(prefixes))
    }

    fn emit(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|prefix| prefix.emit(out));
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let expected = "[!]family:address/prefix with family 1 (IPv4) or 2 (IPv6)";
        while let Some(token) = tokens.next_token()? {
            let prefix = AddressPrefix::from_text(token.text);
            prefix
                .ok_or_else(|| token.fail(TextErrorKind::Value { field, expected }))?
                .emit(out);
        }
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        for (i, prefix) in checked(Self::parse(octets))?.0.iter().enumerate() {
            let blank = if i == 0 { "" } else { " " };
            write!(out, "{blank}{prefix}")?;
        }
        Ok(())
    }
}
