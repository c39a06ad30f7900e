//! Service parameters of SVCB and HTTPS. RFC 9460 §2.1, §2.2, §7, §8; RFC 9461 §5; RFC 9540 §4.

use super::{Field, Part, checked, decimal};
use crate::encoding::{self, Base64Decoder, Decoder};
use crate::escape;
use crate::name::NameRef;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Token, Tokens};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

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

    fn from_text(text: &[u8]) -> Option<Self> {
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
        check_value(key, value)?;
        self.0.insert(key, value.into());
        Ok(())
    }

    /// RFC 9460 §8: each mandatory key is there.
    fn check_mandatory(&self) -> Result<(), &'static str> {
        let listed = self.value(ParamKey::MANDATORY).unwrap_or_default();
        let all_there = listed
            .chunks_exact(2)
            .all(|key| self.0.contains_key(&ParamKey(be16(key))));
        if all_there {
            Ok(())
        } else {
            Err("a list of mandatory keys that are all there")
        }
    }
}

fn be16(octets: &[u8]) -> u16 {
    octets
        .iter()
        .fold(0, |value, octet| value << 8 | u16::from(*octet))
}

fn check_value(key: ParamKey, value: &[u8]) -> Result<(), &'static str> {
    let (valid, what) = match key {
        ParamKey::MANDATORY => (
            is_key_list(value),
            "mandatory keys in rising order, without `mandatory` itself",
        ),
        ParamKey::ALPN => (is_alpn_list(value), "protocol names of 1 to 255 octets"),
        ParamKey::NO_DEFAULT_ALPN => (value.is_empty(), "no-default-alpn without a value"),
        ParamKey::OHTTP => (value.is_empty(), "ohttp without a value"),
        ParamKey::PORT => (value.len() == 2, "a port from 0 to 65535"),
        ParamKey::IPV4HINT => (
            is_row(value, 4),
            "one or more IPv4 addresses with commas between",
        ),
        ParamKey::IPV6HINT => (
            is_row(value, 16),
            "one or more IPv6 addresses with commas between",
        ),
        ParamKey::ECH => (!value.is_empty(), "an ECH configuration in base64"),
        ParamKey::DOHPATH => (
            core::str::from_utf8(value).is_ok(),
            "a DNS over HTTPS path in UTF-8",
        ),
        // RFC 9460 §14.3.1: 65535 is reserved as an invalid key.
        ParamKey(u16::MAX) => (false, "a key below 65535"),
        _ => (true, ""),
    };
    if valid { Ok(()) } else { Err(what) }
}

fn is_row(value: &[u8], octets: usize) -> bool {
    !value.is_empty() && value.len().is_multiple_of(octets)
}

fn is_key_list(value: &[u8]) -> bool {
    let keys = || value.chunks_exact(2).map(be16);
    is_row(value, 2) && keys().next() != Some(0) && keys().zip(keys().skip(1)).all(|(a, b)| a < b)
}

fn is_alpn_list(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some((&length, after)) = rest.split_first() {
        match after.split_at_checked(usize::from(length)) {
            Some((_, after)) if length > 0 => rest = after,
            _ => return false,
        }
    }
    !value.is_empty()
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
            write_value(key, value, out)?;
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
        let wire = value_from_text(key, &decoded(&Token { text, ..*token })?).map_err(fail)?;
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

/// The wire octets of the value that `text`, its character escapes decoded, stands for.
fn value_from_text(key: ParamKey, text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut wire = Vec::new();
    match key {
        ParamKey::MANDATORY => {
            let keys: Option<Vec<_>> = text
                .split(|o| *o == b',')
                .map(ParamKey::from_text)
                .collect();
            let mut keys = keys.ok_or("keys with commas between")?;
            keys.sort_unstable();
            keys.iter().for_each(|key| key.0.emit(&mut wire));
        }
        ParamKey::ALPN => {
            alpn_from_text(text, &mut wire).ok_or("protocol names with commas between")?;
        }
        ParamKey::PORT => {
            let port = decimal(text, u32::from(u16::MAX)).ok_or("a port from 0 to 65535")?;
            wire.extend_from_slice(&port.to_be_bytes()[2..]);
        }
        ParamKey::IPV4HINT => {
            let push = |address: Ipv4Addr| wire.extend_from_slice(&address.octets());
            addresses(text, push).ok_or("one or more IPv4 addresses with commas between")?;
        }
        ParamKey::IPV6HINT => {
            let push = |address: Ipv6Addr| wire.extend_from_slice(&address.octets());
            addresses(text, push).ok_or("one or more IPv6 addresses with commas between")?;
        }
        ParamKey::ECH => {
            let mut decoder = Base64Decoder::default();
            let decoded = decoder
                .push(text, &mut wire)
                .and_then(|()| decoder.finish(&mut wire));
            decoded.map_err(|()| "an ECH configuration in base64")?;
        }
        _ => wire.extend_from_slice(text),
    }
    Ok(wire)
}

fn addresses<A: core::str::FromStr>(text: &[u8], push: impl FnMut(A)) -> Option<()> {
    let text = core::str::from_utf8(text).ok()?;
    let parsed: Result<Vec<A>, _> = text.split(',').map(str::parse).collect();
    parsed.ok()?.into_iter().for_each(push);
    Some(())
}

/// RFC 9460 appendix A.1: commas part the items, `\,` and `\\` stand for themselves (a second layer of escapes).
fn alpn_from_text(text: &[u8], wire: &mut Vec<u8>) -> Option<()> {
    let mut item = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [b'\\', octet @ (b',' | b'\\'), after @ ..] => {
                item.push(*octet);
                rest = after;
            }
            [b'\\', ..] => return None,
            [b',', after @ ..] => {
                push_item(&mut item, wire)?;
                rest = after;
            }
            [] => return push_item(&mut item, wire),
            [octet, after @ ..] => {
                item.push(*octet);
                rest = after;
            }
        }
    }
}

fn push_item(item: &mut Vec<u8>, wire: &mut Vec<u8>) -> Option<()> {
    wire.push(u8::try_from(item.len()).ok().filter(|length| *length > 0)?);
    wire.append(item);
    Some(())
}

fn write_value(key: ParamKey, value: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    match key {
        _ if value.is_empty() => return Ok(()),
        ParamKey::MANDATORY => {
            return write_list(
                value.chunks_exact(2),
                |key, out| write!(out, "{}", ParamKey(be16(key))),
                out,
            );
        }
        ParamKey::PORT => return write!(out, "={}", be16(value)),
        ParamKey::IPV4HINT => return write_addresses::<4, Ipv4Addr>(value, out),
        ParamKey::IPV6HINT => return write_addresses::<16, Ipv6Addr>(value, out),
        _ => {}
    }
    out.write_str("=")?;
    match key {
        ParamKey::ECH => encoding::write_base64(value, out),
        ParamKey::ALPN => write_alpn(value, out),
        _ => escape::write_quoted(value, out),
    }
}

/// `=` and the items with commas between.
fn write_list<'a>(
    items: impl Iterator<Item = &'a [u8]>,
    write: impl Fn(&[u8], &mut dyn fmt::Write) -> fmt::Result,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    for (i, item) in items.enumerate() {
        out.write_char(if i == 0 { '=' } else { ',' })?;
        write(item, out)?;
    }
    Ok(())
}

fn write_addresses<const N: usize, A: From<[u8; N]> + fmt::Display>(
    value: &[u8],
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let write = |octets: &[u8], out: &mut dyn fmt::Write| {
        let octets: [u8; N] = octets.try_into().map_err(|_| fmt::Error)?;
        write!(out, "{}", A::from(octets))
    };
    write_list(value.chunks_exact(N), write, out)
}

fn write_alpn(value: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    let mut octets = Octets::new(value);
    out.write_char('"')?;
    while !octets.is_empty() {
        if octets.offset() > 0 {
            out.write_char(',')?;
        }
        for &octet in checked(octets.counted())? {
            match octet {
                // The second layer's backslash is itself escaped for the first.
                b',' => out.write_str("\\\\,")?,
                b'\\' => out.write_str("\\\\\\\\")?,
                _ => escape::write_quoted_octet(octet, out)?,
            }
        }
    }
    out.write_char('"')
}
