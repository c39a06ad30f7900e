//! Values of service parameters: what each key allows, in wire form and as text. RFC 9460 §7, §8, appendix A.

use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::ParamKey;
use crate::encoding::{self, Base64Decoder, Decoder};
use crate::escape;
use crate::field::{Field, checked, decimal};
use crate::octets::Octets;

/// Whether the octets are a value of the key; what would be, if not.
pub(super) fn check(key: ParamKey, value: &[u8]) -> Result<(), &'static str> {
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

/// The wire octets that `text`, its character escapes decoded, stands for.
pub(super) fn from_text(key: ParamKey, text: &[u8]) -> Result<Vec<u8>, &'static str> {
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

/// The value with `=` before it, or nothing if there is none.
pub(super) fn write(key: ParamKey, value: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
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

/// A number in network order.
pub(super) fn be16(octets: &[u8]) -> u16 {
    octets
        .iter()
        .fold(0, |value, octet| value << 8 | u16::from(*octet))
}
