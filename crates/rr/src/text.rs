//! Record data as zone-file text, by record type.
//!
//! Reading takes tokens and appends uncompressed wire octets; writing does the reverse. Both are driven by the one
//! table of [`crate::key`], so a type that has a shape has all four of text, wire, value and canonical form.

use crate::encoding::{Decoder, HexDecoder};
use crate::name::{NameError, NameRef};
use crate::number::Rtype;
use crate::octets::{Octets, WireError};
use alloc::vec::Vec;
use core::fmt;

/// One word of zone text.
#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    /// The octets as written, escapes not decoded, the quotes around a quoted string left out.
    pub text: &'t [u8],
    /// Whether quotes stood around it.
    pub quoted: bool,
    /// Offset of its first octet (of the opening quote) in the source.
    pub start: usize,
}

impl Token<'_> {
    /// Offset behind its last octet (behind the closing quote) in the source.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len() + if self.quoted { 2 } else { 0 }
    }

    pub(crate) fn fail(&self, kind: TextErrorKind) -> TextError {
        TextError {
            kind,
            start: self.start,
            end: self.end(),
        }
    }
}

/// Where the words of one record come from.
///
/// A quote begins a quoted string where a word could begin. Inside a word it is an octet like others, but for one case:
/// directly behind `=` it begins a quoted part, which ends at the next quote and may hold blanks; the quotes stay in
/// [`Token::text`] (RFC 9460 §2.1, `key="a b"`).
pub trait Tokens {
    /// The next word of this record; none at its end.
    ///
    /// # Errors
    /// When the source cannot be cut into words here, such as at a quote that is never closed.
    fn next_token(&mut self) -> Result<Option<Token<'_>>, TextError>;

    /// Takes the next word if it is `word`, unquoted and to the letter.
    ///
    /// # Errors
    /// As [`Tokens::next_token`].
    fn accept(&mut self, word: &[u8]) -> Result<bool, TextError>;

    /// Offset in the source where the next word would begin, or where the last one ended.
    fn offset(&self) -> usize;
}

/// Why zone text is not record data, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// What is wrong.
    pub kind: TextErrorKind,
    /// Offset of the first octet of the wrong word in the source.
    pub start: usize,
    /// Offset behind it; the same as `start` where something is missing.
    pub end: usize,
}

/// What is wrong with the text of record data. `field` is the field's name in the RFC that defines the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextErrorKind {
    /// The record ends before this field.
    Missing {
        /// Which field.
        field: &'static str,
    },
    /// A word follows the last field.
    Extra,
    /// Not a decimal number, or above the largest allowed.
    Number {
        /// Which field.
        field: &'static str,
        /// The largest value allowed.
        max: u32,
    },
    /// Not a number of seconds nor TTL units such as `1h30m`.
    Period {
        /// Which field.
        field: &'static str,
    },
    /// Not a domain name.
    Name {
        /// Which field.
        field: &'static str,
        /// Why not.
        error: NameError,
    },
    /// Not four decimal numbers with dots.
    Ipv4,
    /// Not an IPv6 address.
    Ipv6,
    /// A character string of more than 255 octets.
    StringTooLong {
        /// Its octets, escapes decoded.
        octets: usize,
    },
    /// A backslash is followed by neither a character nor three digits up to 255.
    BadEscape,
    /// Not base64, or cut short.
    Base64 {
        /// Which field.
        field: &'static str,
    },
    /// Not an even number of hexadecimal digits.
    Hex {
        /// Which field.
        field: &'static str,
    },
    /// Not base32 in the extended hex alphabet without padding.
    Base32 {
        /// Which field.
        field: &'static str,
    },
    /// Neither `YYYYMMDDHHmmSS` nor seconds since 1970.
    Time {
        /// Which field.
        field: &'static str,
    },
    /// Not a known mnemonic, nor its number.
    Mnemonic {
        /// Which field.
        field: &'static str,
    },
    /// The text breaks a rule of this field.
    Value {
        /// Which field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// RFC 3597 `\#`: the octets counted and the octets given differ.
    GenericLength {
        /// The number that was written.
        stated: usize,
        /// The octets that follow.
        given: usize,
    },
    /// RFC 3597 `\#`: the octets are not what the type asks for.
    GenericData(WireError),
    /// The type has no shape, so its data must be in the `\\#` form of RFC 3597 §5.
    WantsGeneric,
    /// The data has more octets than a record can hold, 65,535.
    TooLong,
    /// A type that only questions and messages have.
    MetaType,
    /// A quoted string is not closed. For the source of the words to say.
    UnclosedQuote,
    /// A parenthesis is not closed. For the source of the words to say.
    UnclosedParenthesis,
    /// A closing parenthesis without an opening one. For the source of the words to say.
    UnopenedParenthesis,
}

impl fmt::Display for TextErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Missing { field } => write!(f, "the {field} is missing"),
            Self::Extra => f.write_str("the record is complete before this word"),
            Self::Number { field, max } => {
                write!(f, "the {field} must be a number from 0 to {max}")
            }
            Self::Period { field } => {
                write!(
                    f,
                    "the {field} must be seconds, or numbers with units such as 1h30m"
                )
            }
            Self::Name { field, error } => write!(f, "the {field} is not a domain name: {error}"),
            Self::Ipv4 => {
                f.write_str("not an IPv4 address: four numbers from 0 to 255 with dots between")
            }
            Self::Ipv6 => f.write_str(
                "not an IPv6 address: up to eight groups of hexadecimal digits with colons between",
            ),
            Self::StringTooLong { octets } => {
                write!(f, "a string of {octets} octets; one holds at most 255")
            }
            Self::BadEscape => {
                f.write_str("a backslash wants a character or three digits up to 255")
            }
            Self::Base64 { field } => write!(f, "the {field} is not base64, or its end is missing"),
            Self::Hex { field } => write!(
                f,
                "the {field} must be an even number of hexadecimal digits"
            ),
            Self::Base32 { field } => {
                write!(f, "the {field} must be base32 in the extended hex alphabet")
            }
            Self::Time { field } => write!(
                f,
                "the {field} must be YYYYMMDDHHmmSS or seconds since 1970"
            ),
            Self::Mnemonic { field } => {
                write!(f, "the {field} is not a known mnemonic, nor its number")
            }
            Self::Value { field, expected } => write!(f, "the {field} must be {expected}"),
            Self::GenericLength { stated, given } => {
                write!(
                    f,
                    "{stated} octets are announced but {given} follow (RFC 3597 §5)"
                )
            }
            Self::GenericData(error) => {
                write!(f, "these octets are not data of this type: {error}")
            }
            Self::WantsGeneric => {
                f.write_str("data of this type is written \\# LENGTH HEX (RFC 3597 §5)")
            }
            Self::TooLong => f.write_str("more than 65535 octets of data"),
            Self::MetaType => {
                f.write_str("this type is for questions and messages and cannot be in a zone")
            }
            Self::UnclosedQuote => f.write_str("this quote is never closed"),
            Self::UnclosedParenthesis => f.write_str("this parenthesis is never closed"),
            Self::UnopenedParenthesis => f.write_str("this parenthesis was never opened"),
        }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl core::error::Error for TextError {}

/// Reads the data of one record to the end of its words and appends its uncompressed wire octets to `out`.
///
/// Relative names are completed with `origin`. The `\#` form of RFC 3597 is taken for every type; for a type with a
/// shape the octets must have it. On an error `out` is as before.
///
/// # Errors
/// The first word that does not fit, with its place.
pub fn read_rdata<T: Tokens + ?Sized>(
    rtype: Rtype,
    tokens: &mut T,
    origin: NameRef<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let before = out.len();
    let read = read_fields(rtype, tokens, origin, out)
        .and_then(|()| end_of_record(tokens, out.len() - before));
    if read.is_err() {
        out.truncate(before);
    }
    read
}

fn read_fields<T: Tokens + ?Sized>(
    rtype: Rtype,
    tokens: &mut T,
    origin: NameRef<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    if rtype.is_meta() {
        let at = tokens.offset();
        return Err(TextError {
            kind: TextErrorKind::MetaType,
            start: at,
            end: at,
        });
    }
    if tokens.accept(b"\\#")? {
        return read_generic(rtype, tokens, out);
    }
    crate::key::read(rtype, tokens, origin, out)
}

fn end_of_record<T: Tokens + ?Sized>(tokens: &mut T, octets: usize) -> Result<(), TextError> {
    if let Some(token) = tokens.next_token()? {
        return Err(token.fail(TextErrorKind::Extra));
    }
    if octets > usize::from(u16::MAX) {
        let at = tokens.offset();
        return Err(TextError {
            kind: TextErrorKind::TooLong,
            start: at,
            end: at,
        });
    }
    Ok(())
}

/// The error for words other than `\\#` where the type has no shape.
pub(crate) fn wants_generic<T: Tokens + ?Sized>(tokens: &mut T) -> TextError {
    let at = tokens.offset();
    TextError {
        kind: TextErrorKind::WantsGeneric,
        start: at,
        end: at,
    }
}

/// RFC 3597 §5: a decimal count of octets and then as many, in hexadecimal words of any length.
fn read_generic<T: Tokens + ?Sized>(
    rtype: Rtype,
    tokens: &mut T,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let before = out.len();
    let stated = crate::field::number(tokens, "length after \\#", u32::from(u16::MAX))? as usize;
    let start = tokens.offset();
    let mut decoder = HexDecoder::default();
    while let Some(token) = tokens.next_token()? {
        decoder.push(token.text, out).map_err(|()| {
            token.fail(TextErrorKind::Hex {
                field: "data after \\#",
            })
        })?;
    }
    let end = tokens.offset();
    let fail = |kind| TextError { kind, start, end };
    decoder.finish(out).map_err(|()| {
        fail(TextErrorKind::Hex {
            field: "data after \\#",
        })
    })?;
    let given = out.len() - before;
    if given != stated {
        return Err(fail(TextErrorKind::GenericLength { stated, given }));
    }
    crate::wire::check_rdata(rtype, &out[before..])
        .map_err(|error| fail(TextErrorKind::GenericData(error)))
}

/// Writes record data as zone text, as `named-compilezone` would; names are absolute.
///
/// Data of a type without a shape, and octets that do not have the shape of their type, are written in the `\#` form
/// of RFC 3597 §5, so that nothing is ever lost.
///
/// # Errors
/// Only what `out` returns.
pub fn write_rdata(rtype: Rtype, rdata: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    match crate::wire::check_rdata(rtype, rdata) {
        Ok(()) if crate::key::is_known(rtype) => {
            crate::key::write(rtype, &mut Octets::new(rdata), out)
        }
        _ => write_generic(rdata, out),
    }
}

fn write_generic(rdata: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "\\# {}", rdata.len())?;
    if rdata.is_empty() {
        return Ok(());
    }
    out.write_char(' ')?;
    crate::encoding::write_hex(rdata, out)
}

/// The words of a text without parentheses and comments: record data on a command line, in an update script, a test.
#[derive(Clone, Debug)]
pub struct Words<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Words<'t> {
    /// Cuts `text` at blanks; a quoted string is one word.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
        }
    }

    fn skip_blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Where the first unescaped octet that `ends` says is, from `from` on.
    fn find(&self, from: usize, ends: impl Fn(u8) -> bool) -> Option<usize> {
        let mut at = from;
        while let Some(&octet) = self.text.get(at) {
            match octet {
                b'\\' => at += 2,
                _ if ends(octet) => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    fn closing_quote(&self, start: usize) -> Result<usize, TextError> {
        let unclosed = TextError {
            kind: TextErrorKind::UnclosedQuote,
            start,
            end: self.text.len(),
        };
        self.find(start + 1, |octet| octet == b'"').ok_or(unclosed)
    }

    fn quoted(&mut self, start: usize) -> Result<Token<'t>, TextError> {
        let close = self.closing_quote(start)?;
        self.at = close + 1;
        Ok(Token {
            text: &self.text[start + 1..close],
            quoted: true,
            start,
        })
    }

    fn plain(&mut self, start: usize) -> Result<Token<'t>, TextError> {
        let mut end = start;
        while let Some(at) = self.find(end, |octet| octet.is_ascii_whitespace() || octet == b'"') {
            end = match self.text[at] {
                b'"' if self.text[..at].ends_with(b"=") => self.closing_quote(at)? + 1,
                b'"' => at + 1,
                _ => return Ok(self.word(start, at)),
            };
        }
        Ok(self.word(start, self.text.len()))
    }

    fn word(&mut self, start: usize, end: usize) -> Token<'t> {
        self.at = end;
        Token {
            text: &self.text[start..end],
            quoted: false,
            start,
        }
    }
}

impl Tokens for Words<'_> {
    fn next_token(&mut self) -> Result<Option<Token<'_>>, TextError> {
        self.skip_blanks();
        let start = self.at;
        match self.text.get(start) {
            None => Ok(None),
            Some(b'"') => self.quoted(start).map(Some),
            Some(_) => self.plain(start).map(Some),
        }
    }

    fn accept(&mut self, word: &[u8]) -> Result<bool, TextError> {
        let before = self.clone();
        let same = self
            .next_token()?
            .is_some_and(|token| !token.quoted && token.text == word);
        if !same {
            *self = before;
        }
        Ok(same)
    }

    fn offset(&self) -> usize {
        self.at
    }
}
