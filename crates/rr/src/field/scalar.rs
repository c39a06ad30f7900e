//! Numbers and addresses.

use super::{Field, Part, checked, missing, number};
use crate::name::NameRef;
use crate::number::Serial;
use crate::octets::{Octets, WireError};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

macro_rules! number_field {
    ($($number:ty: $octets:literal;)*) => { $(
        impl Field for $number {
            const PART: Part = Part::Octets($octets);

            fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
                octets.array().map(Self::from_be_bytes)
            }

            fn emit(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read<T: Tokens + ?Sized>(
                tokens: &mut T,
                field: &'static str,
                _: NameRef<'_>,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                let value = number(tokens, field, u32::from(Self::MAX))?;
                out.extend_from_slice(&value.to_be_bytes()[4 - $octets..]);
                Ok(())
            }

            fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
                write!(out, "{}", checked(Self::parse(octets))?)
            }
        }
    )* };
}

number_field! {
    u8: 1;
    u16: 2;
    u32: 4;
}

impl Field for Serial {
    const PART: Part = Part::Octets(4);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        u32::parse(octets).map(Self)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        self.0.emit(out);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        origin: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        u32::read(tokens, field, origin, out)
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        u32::write(octets, out)
    }
}

impl Field for Ipv4Addr {
    const PART: Part = Part::Octets(4);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        octets.array::<4>().map(Self::from)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let Some(token) = tokens.next_token()? else {
            return Err(missing(tokens, field));
        };
        let address = ipv4(token.text).ok_or_else(|| token.fail(TextErrorKind::Ipv4))?;
        out.extend_from_slice(&address);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}", checked(Self::parse(octets))?)
    }
}

/// Four decimal numbers with dots between, without leading zeros, which some programs take for octal.
fn ipv4(text: &[u8]) -> Option<[u8; 4]> {
    let mut address = [0; 4];
    let mut parts = text.split(|octet| *octet == b'.');
    for part in &mut address {
        let digits = parts.next()?;
        if digits.len() > 1 && digits[0] == b'0' || digits.len() > 3 {
            return None;
        }
        *part = u8::try_from(super::decimal(digits, 255)?).ok()?;
    }
    parts.next().is_none().then_some(address)
}

impl Field for Ipv6Addr {
    const PART: Part = Part::Octets(16);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        octets.array::<16>().map(Self::from)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let Some(token) = tokens.next_token()? else {
            return Err(missing(tokens, field));
        };
        let parsed = core::str::from_utf8(token.text)
            .ok()
            .and_then(|text| text.parse::<Self>().ok());
        let address = parsed.ok_or_else(|| token.fail(TextErrorKind::Ipv6))?;
        out.extend_from_slice(&address.octets());
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}", checked(Self::parse(octets))?)
    }
}
