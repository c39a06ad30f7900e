//! Octets with a notation: hexadecimal, base64, base32, hyphens.

use super::{Field, Part, checked, emit_counted, missing, word};
use crate::encoding::{self, Base64Decoder, Decoder, HexDecoder};
use crate::name::NameRef;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Octets to the end of the data, at least one, in hexadecimal that may be cut into words.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Hex(pub Box<[u8]>);

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::write_hex(&self.0, f)
    }
}

/// All that is left, and at least one octet: a digest or key of none means nothing.
fn some_rest<'a>(octets: &mut Octets<'a>) -> Result<&'a [u8], WireError> {
    if octets.is_empty() {
        Err(octets.fail(WireErrorKind::Truncated))
    } else {
        Ok(octets.rest())
    }
}

/// Reads the words to the end of the record, which must stand for at least one octet.
fn read_rest<D: Decoder, T: Tokens + ?Sized>(
    tokens: &mut T,
    field: &'static str,
    wrong: TextErrorKind,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let (before, mut decoder) = (out.len(), D::default());
    let mut span = None;
    while let Some(token) = tokens.next_token()? {
        decoder
            .push(token.text, out)
            .map_err(|()| token.fail(wrong))?;
        span = Some((span.map_or(token.start, |(start, _)| start), token.end()));
    }
    let (start, end) = span.ok_or_else(|| missing(tokens, field))?;
    match decoder.finish(out) {
        Ok(()) if out.len() > before => Ok(()),
        _ => Err(TextError {
            kind: wrong,
            start,
            end,
        }),
    }
}

impl Field for Hex {
    const PART: Part = Part::Rest;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        some_rest(octets).map(|octets| Self(octets.into()))
    }

    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        read_rest::<HexDecoder, T>(tokens, field, TextErrorKind::Hex { field }, out)
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        encoding::write_hex(octets.rest(), out)
    }
}

/// Octets to the end of the data, at least one, in base64 that may be cut into words.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Base64(pub Box<[u8]>);

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::write_base64(&self.0, f)
    }
}

impl Field for Base64 {
    const PART: Part = Part::Rest;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        some_rest(octets).map(|octets| Self(octets.into()))
    }

    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        read_rest::<Base64Decoder, T>(tokens, field, TextErrorKind::Base64 { field }, out)
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        encoding::write_base64(octets.rest(), out)
    }
}

/// The salt of NSEC3: up to 255 octets in hexadecimal, `-` for none. RFC 5155 §3.3.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Salt(Box<[u8]>);

impl Salt {
    /// None when there are more than 255 octets.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        (octets.len() <= 255).then(|| Self(octets.into()))
    }

    /// The octets; may be empty.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_salt(&self.0, f)
    }
}

fn write_salt(octets: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    if octets.is_empty() {
        out.write_char('-')
    } else {
        encoding::write_hex(octets, out)
    }
}

/// Appends a length octet for what `fill` appends after it.
fn counted<E>(
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    too_long: E,
) -> Result<(), E> {
    let length_at = out.len();
    out.push(0);
    fill(out)?;
    out[length_at] = u8::try_from(out.len() - length_at - 1).map_err(|_| too_long)?;
    Ok(())
}

impl Field for Salt {
    const PART: Part = Part::Counted;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        octets.counted().map(|octets| Self(octets.into()))
    }

    fn emit(&self, out: &mut Vec<u8>) {
        emit_counted(&self.0, out);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        word(tokens, field, TextErrorKind::Hex { field }, |text| {
            let digits = if text == b"-" { b"" } else { text };
            let mut decoder = HexDecoder::default();
            counted(out, |out| decoder.push(digits, out), ())
                .and_then(|()| decoder.finish(out))
                .ok()
        })
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write_salt(checked(octets.counted())?, out)
    }
}

/// The next hashed owner of NSEC3: 1 to 255 octets in base32hex. RFC 5155 §3.3.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HashedOwner(Box<[u8]>);

impl HashedOwner {
    /// None when there are no octets, or more than 255.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        (1..=255)
            .contains(&octets.len())
            .then(|| Self(octets.into()))
    }

    /// The octets of the hash.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for HashedOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        encoding::write_base32hex(&self.0, f)
    }
}

impl Field for HashedOwner {
    const PART: Part = Part::Counted;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let refuse = octets.fail(WireErrorKind::Value("a hash has at least one octet"));
        Self::new(octets.counted()?).ok_or(refuse)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        emit_counted(&self.0, out);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let before = out.len();
        word(tokens, field, TextErrorKind::Base32 { field }, |text| {
            counted(out, |out| encoding::decode_base32hex(text, out), ()).ok()?;
            (out.len() > before + 1).then_some(())
        })
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        encoding::write_base32hex(checked(octets.counted())?, out)
    }
}

macro_rules! eui {
    ($($(#[$doc:meta])* $eui:ident: $octets:literal, $expected:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $eui(pub [u8; $octets]);

        impl fmt::Debug for $eui {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hyphenated(&self.0, f)
            }
        }

        impl Field for $eui {
            const PART: Part = Part::Octets($octets);

            fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
                octets.array().map(Self)
            }

            fn emit(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }

            fn read<T: Tokens + ?Sized>(
                tokens: &mut T,
                field: &'static str,
                _: NameRef<'_>,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                let kind = TextErrorKind::Value { field, expected: $expected };
                word(tokens, field, kind, |text| read_hyphenated(text, $octets, out))
            }

            fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
                write_hyphenated(checked(octets.take($octets))?, out)
            }
        }
    )* };
}

eui! {
    /// A 48-bit Extended Unique Identifier. RFC 7043 §3.
    Eui48: 6, "six pairs of hexadecimal digits with hyphens between";
    /// A 64-bit Extended Unique Identifier. RFC 7043 §4.
    Eui64: 8, "eight pairs of hexadecimal digits with hyphens between";
}

fn write_hyphenated(octets: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    for (i, octet) in octets.iter().enumerate() {
        let hyphen = if i == 0 { "" } else { "-" };
        write!(out, "{hyphen}{octet:02x}")?;
    }
    Ok(())
}

fn read_hyphenated(text: &[u8], count: usize, out: &mut Vec<u8>) -> Option<()> {
    let pairs = text.split(|octet| *octet == b'-');
    let mut found = 0;
    for pair in pairs {
        if pair.len() != 2 {
            return None;
        }
        HexDecoder::default().push(pair, out).ok()?;
        found += 1;
    }
    (found == count).then_some(())
}
