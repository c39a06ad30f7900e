//! Strings: with a length octet (RFC 1035 §3.3), several of them, and one without a frame to the end of the data.

use super::{Field, Part, checked, emit_counted, missing, word};
use crate::escape;
use crate::name::NameRef;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Token, Tokens};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// The most octets of one character string (RFC 1035 §3.3).
const MAX_STRING_OCTETS: usize = 255;

/// A string of at most 255 octets. RFC 1035 §3.3.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CharString(Box<[u8]>);

/// More than 255 octets for one character string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one character string holds at most 255 octets")
    }
}

impl core::error::Error for TooLong {}

impl CharString {
    /// Takes the octets themselves; nothing in them is an escape.
    ///
    /// # Errors
    /// When there are more than 255.
    pub fn new(octets: impl Into<Box<[u8]>>) -> Result<Self, TooLong> {
        let octets = octets.into();
        if octets.len() > MAX_STRING_OCTETS {
            Err(TooLong)
        } else {
            Ok(Self(octets))
        }
    }

    /// The octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for CharString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::write_quoted(&self.0, f)
    }
}

/// Appends the octets that `token` stands for.
fn decode(token: &Token<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    if !token.text.contains(&b'\\') {
        out.extend_from_slice(token.text);
        return Ok(());
    }
    let mut rest = token.text;
    while let [octet, after @ ..] = rest {
        rest = after;
        if *octet == b'\\' {
            let (decoded, after) =
                escape::decode(after).ok_or_else(|| token.fail(TextErrorKind::BadEscape))?;
            out.push(decoded);
            rest = after;
        } else {
            out.push(*octet);
        }
    }
    Ok(())
}

/// Appends the octets that `token` stands for, with their length in front.
fn decode_counted(token: &Token<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let length_at = out.len();
    out.push(0);
    decode(token, out)?;
    let octets = out.len() - length_at - 1;
    out[length_at] =
        u8::try_from(octets).map_err(|_| token.fail(TextErrorKind::StringTooLong { octets }))?;
    Ok(())
}

impl Field for CharString {
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
        match tokens.next_token()? {
            None => Err(missing(tokens, field)),
            Some(token) => decode_counted(&token, out),
        }
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        escape::write_quoted(checked(octets.counted())?, out)
    }
}

/// One or more strings, whose boundaries are kept. RFC 1035 §3.3.14.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Txt {
    first: CharString,
    more: Vec<CharString>,
}

impl Txt {
    /// One string, then any number more.
    #[must_use]
    pub fn new(first: CharString, more: Vec<CharString>) -> Self {
        Self { first, more }
    }

    /// The strings in order; at least one.
    pub fn strings(&self) -> impl Iterator<Item = &CharString> {
        core::iter::once(&self.first).chain(&self.more)
    }

    /// All octets without the boundaries, as SPF (RFC 7208 §3.3) and DKIM read them.
    #[must_use]
    pub fn joined(&self) -> Vec<u8> {
        self.strings()
            .flat_map(CharString::as_octets)
            .copied()
            .collect()
    }
}

impl Field for Txt {
    const PART: Part = Part::Rest;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let first = CharString::parse(octets)?;
        let mut more = Vec::new();
        while !octets.is_empty() {
            more.push(CharString::parse(octets)?);
        }
        Ok(Self { first, more })
    }

    fn emit(&self, out: &mut Vec<u8>) {
        self.strings().for_each(|string| string.emit(out));
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        origin: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        CharString::read(tokens, field, origin, out)?;
        while let Some(token) = tokens.next_token()? {
            decode_counted(&token, out)?;
        }
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        CharString::write(octets, out)?;
        while !octets.is_empty() {
            out.write_char(' ')?;
            CharString::write(octets, out)?;
        }
        Ok(())
    }
}

/// Octets to the end of the data, written as one quoted string of any length. RFC 8659 §4.1 (value), RFC 7553 §4.4.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Unframed(pub Box<[u8]>);

impl fmt::Debug for Unframed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::write_quoted(&self.0, f)
    }
}

impl Field for Unframed {
    const PART: Part = Part::Rest;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self(octets.rest().into()))
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
        match tokens.next_token()? {
            None => Err(missing(tokens, field)),
            Some(token) => decode(&token, out),
        }
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        escape::write_quoted(octets.rest(), out)
    }
}

/// The tag of a CAA property: letters and digits. RFC 8659 §4.1.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(Box<[u8]>);

impl Tag {
    /// Letters and digits, at least one, at most 255 octets; none for anything else.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        is_tag(octets).then(|| Self(octets.into()))
    }

    /// The letters and digits.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

fn is_tag(octets: &[u8]) -> bool {
    (1..=MAX_STRING_OCTETS).contains(&octets.len()) && octets.iter().all(u8::is_ascii_alphanumeric)
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::write_quoted(&self.0, f)
    }
}

impl Field for Tag {
    const PART: Part = Part::Counted;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let refuse = octets.fail(WireErrorKind::Value("a CAA tag is letters and digits"));
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
        let kind = TextErrorKind::Value {
            field,
            expected: "letters and digits",
        };
        word(tokens, field, kind, Self::new)?.emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        checked(octets.counted())?
            .iter()
            .try_for_each(|octet| out.write_char(char::from(*octet)))
    }
}
