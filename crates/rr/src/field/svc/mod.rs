//! Service parameters of SVCB and HTTPS. RFC 9460 §2.1, §2.2, §7, §8; RFC 9461 §5; RFC 9540 §4.

mod key;
mod value;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use super::{Field, Part, checked};
use crate::escape;
use crate::name::NameRef;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Token, Tokens};
pub use key::ParamKey;

/// Service parameters by key; each value is valid for its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SvcParams(BTreeMap<ParamKey, Box<[u8]>>);

impl SvcParams {
    /// The wire octets of the value of `key`.
    #[must_use]
    pub fn value(&self, key: ParamKey) -> Option<&[u8]> {
        self.0.get(&key).map(AsRef::as_ref)
    }

    /// Keys with the wire octets of their values, in rising order.
    pub fn iter(&self) -> impl Iterator<Item = (ParamKey, &[u8])> {
        self.0.iter().map(|(key, value)| (*key, value.as_ref()))
    }

    /// Adds a parameter from the wire octets of its value.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn insert(&mut self, key: ParamKey, value: &[u8]) -> Result<(), &'static str> {
        value::check(key, value)?;
        self.0.insert(key, value.into());
        Ok(())
    }

    /// RFC 9460 §8: each mandatory key is there.
    fn check_mandatory(&self) -> Result<(), &'static str> {
        let listed = self.value(ParamKey::MANDATORY).unwrap_or_default();
        let all_there = listed
            .chunks_exact(2)
            .all(|key| self.0.contains_key(&ParamKey(value::be16(key))));
        if all_there {
            Ok(())
        } else {
            Err("a list of mandatory keys that are all there")
        }
    }
}

impl Field for SvcParams {
    const PART: Part = Part::Rest;
    const MAY_BE_NOTHING: bool = true;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let mut params = Self::default();
        let all = octets.clone();
        while !octets.is_empty() {
            let here = octets.clone();
            let key = ParamKey(u16::parse(octets)?);
            let length = u16::parse(octets)?;
            let value = octets.take(usize::from(length))?;
            // RFC 9460 §2.2: keys in strictly rising order.
            if params
                .0
                .last_key_value()
                .is_some_and(|(last, _)| *last >= key)
            {
                return Err(here.fail(WireErrorKind::Value(
                    "service parameter keys in rising order",
                )));
            }
            params
                .insert(key, value)
                .map_err(|what| here.fail(WireErrorKind::Value(what)))?;
        }
        params
            .check_mandatory()
            .map_err(|what| all.fail(WireErrorKind::Value(what)))?;
        Ok(params)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        for (key, value) in self.iter() {
            key.0.emit(out);
            u16::try_from(value.len())
                .expect("values come from 65,535 octets at most")
                .emit(out);
            out.extend_from_slice(value);
        }
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let mut params = Self::default();
        let start = tokens.offset();
        while let Some(token) = tokens.next_token()? {
            params.read_param(&token, field)?;
        }
        let end = tokens.offset();
        let fail = |expected| TextError {
            kind: TextErrorKind::Value { field, expected },
            start,
            end,
        };
        params.check_mandatory().map_err(fail)?;
        params.emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        for (i, (key, value)) in checked(Self::parse(octets))?.iter().enumerate() {
            let blank = if i == 0 { "" } else { " " };
            write!(out, "{blank}{key}")?;
            value::write(key, value, out)?;
        }
        Ok(())
    }
}

impl SvcParams {
    /// RFC 9460 §2.1: `key`, `key=value` or `key="value"` in one word.
    fn read_param(&mut self, token: &Token<'_>, field: &'static str) -> Result<(), TextError> {
        let fail = |expected| token.fail(TextErrorKind::Value { field, expected });
        let equals = token.text.iter().position(|octet| *octet == b'=');
        let (name, value) = token.text.split_at(equals.unwrap_or(token.text.len()));
        let key = ParamKey::from_text(name).filter(|_| !token.quoted);
        let key = key.ok_or_else(|| {
            fail("key or key=value with a key of RFC 9460 §14.3.2, or key and its number")
        })?;
        let text = value.get(1..).unwrap_or_default();
        let text = text
            .strip_prefix(b"\"")
            .and_then(|text| text.strip_suffix(b"\""))
            .unwrap_or(text);
        let wire = value::from_text(key, &decoded(&Token { text, ..*token })?).map_err(fail)?;
        if self.0.contains_key(&key) {
            return Err(fail("given once for each key"));
        }
        self.insert(key, &wire).map_err(fail)
    }
}

/// The octets of a word with its character escapes decoded.
fn decoded(token: &Token<'_>) -> Result<Vec<u8>, TextError> {
    let (mut octets, mut rest) = (Vec::with_capacity(token.text.len()), token.text);
    while let [octet, after @ ..] = rest {
        rest = after;
        if *octet == b'\\' {
            let (escaped, after) =
                escape::decode(after).ok_or_else(|| token.fail(TextErrorKind::BadEscape))?;
            octets.push(escaped);
            rest = after;
        } else {
            octets.push(*octet);
        }
    }
    Ok(octets)
}
