//! Numbers and addresses.

use super::{Field, Part, checked, number, word};
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
        out.extend_from_slice(&word(tokens, field, TextErrorKind::Ipv4, ipv4)?);
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
        out.extend_from_slice(&word(tokens, field, TextErrorKind::Ipv6, ipv6)?);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}", checked(Self::parse(octets))?)
    }
}

fn ipv6(text: &[u8]) -> Option<[u8; 16]> {
    ipv6_groups(text).or_else(|| {
        let text = core::str::from_utf8(text).ok()?;
        text.parse().map(|address: Ipv6Addr| address.octets()).ok()
    })
}

/// The usual form, groups of hexadecimal digits with at most one `::`: a quarter of the time of reading a zone, if the
/// standard library does it. Other forms, and texts that are no address, are left to that.
fn ipv6_groups(text: &[u8]) -> Option<[u8; 16]> {
    let mut address = [0; 16];
    let (mut rest, mut filled, mut gap) = (text, 0, None);
    if let Some(after) = rest.strip_prefix(b"::") {
        (rest, gap) = (after, Some(0));
    }
    while !rest.is_empty() {
        let (value, after) = ipv6_group(rest)?;
        address
            .get_mut(filled..filled + 2)?
            .copy_from_slice(&value.to_be_bytes());
        filled += 2;
        rest = match after {
            [] => after,
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(filled);
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            _ => return None,
        };
    }
    match gap {
        // RFC 4291 §2.2: `::` stands for one group or more.
        Some(gap) if filled < 16 => {
            address.copy_within(gap..filled, 16 - (filled - gap));
            address[gap..16 - (filled - gap)].fill(0);
            Some(address)
        }
        None if filled == 16 => Some(address),
        _ => None,
    }
}

/// One to four hexadecimal digits, and what follows them.
fn ipv6_group(text: &[u8]) -> Option<(u16, &[u8])> {
    let (mut value, mut digits) = (0, 0);
    while let Some(digit) = text
        .get(digits)
        .and_then(|octet| char::from(*octet).to_digit(16))
    {
        value = value << 4 | digit as u16;
        digits += 1;
    }
    (1..=4).contains(&digits).then(|| (value, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn by_std(text: &str) -> Option<[u8; 16]> {
        text.parse().map(|address: Ipv6Addr| address.octets()).ok()
    }

    #[test]
    fn ipv6_at_its_edges() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::8",
        ] {
            assert_eq!(ipv6_groups(text.as_bytes()), by_std(text), "{text}");
            assert!(by_std(text).is_some(), "{text}");
        }
        for text in [
            "",
            ":",
            ":::",
            "1:",
            ":1",
            "1::2::3",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "12345::",
            "1:2",
            "g::",
        ] {
            assert_eq!(ipv6(text.as_bytes()), None, "{text}");
        }
        assert_eq!(ipv6(b"::ffff:192.0.2.1"), by_std("::ffff:192.0.2.1"));
    }

    proptest! {
        #[test]
        fn ipv6_as_the_standard_library_reads_it(text in "([0-9a-fA-F]{0,5}:{0,3}){0,9}") {
            prop_assert_eq!(ipv6(text.as_bytes()), by_std(&text));
            if let Some(address) = ipv6_groups(text.as_bytes()) {
                prop_assert_eq!(Some(address), by_std(&text));
            }
        }

        #[test]
        fn ipv6_as_it_is_written(octets: [u8; 16], zeros in 0..16_usize, count in 0..16_usize) {
            let mut octets = octets;
            octets[zeros..(zeros + count).min(16)].fill(0);
            let text: String = Ipv6Addr::from(octets).to_string();
            prop_assert_eq!(ipv6(text.as_bytes()), Some(octets));
        }
    }
}
