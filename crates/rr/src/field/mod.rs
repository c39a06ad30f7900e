//! The kinds of field that record data is made of. Each knows its text and its wire form, both ways.

mod apl;
mod bitmap;
mod loc;
mod mnemonic;
mod opaque;
mod scalar;
mod string;
mod svc;
mod time;

use crate::name::{Name, NameRef};
use crate::octets::{Octets, WireError};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::vec::Vec;
use core::fmt;

pub use apl::{AddressPrefix, Apl};
pub use bitmap::TypeBitmap;
pub use loc::Loc;
pub use mnemonic::{Algorithm, CertAlgorithm, CertType};
pub use opaque::{Base64, Eui48, Eui64, HashedOwner, Hex, Salt};
pub use string::{CharString, Tag, TooLong, Txt, Unframed};
pub use svc::{ParamKey, SvcParams};
pub use time::{Period, Time};

/// How a field lies on the wire: enough to walk record data without knowing its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// So many octets.
    Octets(u8),
    /// A length octet and as many octets.
    Counted,
    /// A domain name.
    Name,
    /// All that is left.
    Rest,
}

/// One kind of field.
///
/// `read` goes from text to wire octets and `write` from wire octets to text, without a value in between: a large zone
/// is read that way. `parse` and `emit` are for the typed value.
pub trait Field: Sized {
    /// How it lies on the wire.
    const PART: Part;

    /// Whether no octets are a field too, and no words its text: a list that may be empty.
    const MAY_BE_NOTHING: bool = false;

    /// Takes a value off the wire.
    ///
    /// # Errors
    /// When the octets are not such a field.
    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError>;

    /// Appends the value's wire octets.
    fn emit(&self, out: &mut Vec<u8>);

    /// Reads the field named `field` from text and appends its wire octets.
    ///
    /// # Errors
    /// When the words are not such a field.
    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        origin: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError>;

    /// Takes the field off the wire and writes it as text. Only for octets that `parse` takes.
    ///
    /// # Errors
    /// Only what `out` returns, and for octets that `parse` refuses.
    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result;
}

/// For [`Field::write`]: octets were checked before, so a refusal can only be a caller's mistake.
pub(crate) fn checked<T>(taken: Result<T, WireError>) -> Result<T, fmt::Error> {
    taken.map_err(|_| fmt::Error)
}

/// Appends a length octet and the octets, of which the caller's type allows at most 255.
pub(crate) fn emit_counted(octets: &[u8], out: &mut Vec<u8>) {
    out.push(u8::try_from(octets.len()).expect("the types of counted fields allow at most 255"));
    out.extend_from_slice(octets);
}

/// The error for a field that is not there.
pub(crate) fn missing<T: Tokens + ?Sized>(tokens: &T, field: &'static str) -> TextError {
    let at = tokens.offset();
    TextError {
        kind: TextErrorKind::Missing { field },
        start: at,
        end: at,
    }
}

/// Takes one word and hands it to `read`, which refuses what is no such field; `kind` says what was wrong then.
pub(crate) fn word<T: Tokens + ?Sized, R>(
    tokens: &mut T,
    field: &'static str,
    kind: TextErrorKind,
    read: impl FnOnce(&[u8]) -> Option<R>,
) -> Result<R, TextError> {
    match tokens.next_token()? {
        None => Err(missing(tokens, field)),
        Some(token) => read(token.text).ok_or_else(|| token.fail(kind)),
    }
}

/// Reads one decimal number up to `max`.
pub(crate) fn number<T: Tokens + ?Sized>(
    tokens: &mut T,
    field: &'static str,
    max: u32,
) -> Result<u32, TextError> {
    let kind = TextErrorKind::Number { field, max };
    word(tokens, field, kind, |text| decimal(text, max))
}

/// The value of plain decimal digits, if it is at most `max`.
pub(crate) fn decimal(digits: &[u8], max: u32) -> Option<u32> {
    // Ten digits hold any u32, and no u64 overflows on the way.
    if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
    u32::try_from(value).ok().filter(|value| *value <= max)
}

impl Field for Name {
    const PART: Part = Part::Name;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        octets.name().map(NameRef::to_owned)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_wire());
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        origin: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        match tokens.next_token()? {
            None => Err(missing(tokens, field)),
            Some(token) => crate::name::read_into(token.text, Some(origin), out)
                .map_err(|error| token.fail(TextErrorKind::Name { field, error })),
        }
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}", checked(octets.name())?)
    }
}
