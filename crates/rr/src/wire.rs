//! Record data on the wire, by record type: checked, decompressed, in canonical form.
//!
//! Outside messages record data is always uncompressed; [`expand_rdata`] makes it so when a message is read.

use crate::data::Opaque;
use crate::field::Part;
use crate::key::{self, Unknown};
use crate::name::{MAX_NAME_OCTETS, NameError, NameRef};
use crate::number::Rtype;
use crate::octets::Octets;
use alloc::vec::Vec;

pub use crate::octets::{WireError, WireErrorKind};

/// Whether `rdata`, uncompressed, has the shape of its type. Any octets have, where the type has no shape.
///
/// # Errors
/// The first field that does not fit.
pub fn check_rdata(rtype: Rtype, rdata: &[u8]) -> Result<(), WireError> {
    key::check(rtype, rdata)
}

/// The octets as data of a type without a shape; the types that only questions and messages have are refused.
pub(crate) fn opaque(rtype: Rtype, rdata: &[u8]) -> Result<(Unknown, Opaque), WireError> {
    let refuse = WireError {
        at: 0,
        kind: WireErrorKind::Value("a type of data"),
    };
    let key = Unknown::new(rtype).ok_or(refuse)?;
    Ok((key, Opaque(rdata.into())))
}

/// A domain name inside record data, as a range of its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedName {
    /// Offset of its first octet.
    pub start: usize,
    /// Offset behind its last octet.
    pub end: usize,
    /// Whether a message may compress it: only in the types of RFC 1035 (RFC 3597 §4).
    pub compressible: bool,
}

/// The names inside `rdata`, from left to right. Ends early where the octets have not the shape of their type.
pub fn embedded_names(rtype: Rtype, rdata: &[u8]) -> impl Iterator<Item = EmbeddedName> {
    let parts = key::parts(rtype).unwrap_or(&[]);
    let compressible = is_compressible(rtype);
    names_in(parts, rdata).map(move |(start, end)| EmbeddedName {
        start,
        end,
        compressible,
    })
}

/// RFC 3597 §4: names are compressed in the types of RFC 1035 and in no others.
#[must_use]
pub fn is_compressible(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::NS | Rtype::CNAME | Rtype::SOA | Rtype::PTR | Rtype::MX
    )
}

fn names_in<'a>(
    parts: &'static [Part],
    rdata: &'a [u8],
) -> impl Iterator<Item = (usize, usize)> + use<'a> {
    let mut octets = Octets::new(rdata);
    parts
        .iter()
        .map_while(move |part| walk(*part, &mut octets).ok())
        .flatten()
}

/// Goes over one part; gives its range if it is a name.
fn walk(part: Part, octets: &mut Octets<'_>) -> Result<Option<(usize, usize)>, WireError> {
    let start = octets.offset();
    match part {
        Part::Octets(count) => octets.take(usize::from(count)).map(|_| None),
        Part::Counted => octets.counted().map(|_| None),
        Part::Rest => {
            octets.rest();
            Ok(None)
        }
        Part::Name => octets
            .name()
            .map(|name| Some((start, start + name.as_wire().len()))),
    }
}

/// Puts the embedded names into lower case.
pub(crate) fn fold_names(parts: &'static [Part], rdata: &mut [u8]) {
    let mut at = 0;
    for part in parts {
        let mut octets = Octets::new(&rdata[at..]);
        let Ok(name) = walk(*part, &mut octets) else {
            return;
        };
        let length = octets.offset();
        if name.is_some() {
            rdata[at..at + length].make_ascii_lowercase();
        }
        at += length;
    }
}

/// Appends the canonical form of `rdata`: as it is, but for names in lower case in the types that RFC 4034 §6.2 lists,
/// less NSEC as RFC 6840 §5.1 says.
pub fn canonical_rdata(rtype: Rtype, rdata: &[u8], out: &mut Vec<u8>) {
    let before = out.len();
    out.extend_from_slice(rdata);
    if key::folds_names(rtype) {
        fold_names(key::parts(rtype).unwrap_or(&[]), &mut out[before..]);
    }
}

/// Appends the record data at `start..end` of `message` with its names decompressed, and checks its shape.
///
/// Names are followed wherever they may be compressed by anyone, as RFC 3597 §4 asks of a receiver.
///
/// # Errors
/// When the data is not of its type's shape; `out` is then as before. Offsets count from the start of the message where
/// decompression fails, otherwise from the start of the expanded data.
pub fn expand_rdata(
    rtype: Rtype,
    message: &[u8],
    start: usize,
    end: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let before = out.len();
    let expanded = expand_parts(rtype, message, start, end, out)
        .and_then(|()| check_rdata(rtype, &out[before..]));
    if expanded.is_err() {
        out.truncate(before);
    }
    expanded
}

fn expand_parts(
    rtype: Rtype,
    message: &[u8],
    start: usize,
    end: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let truncated = WireError {
        at: end,
        kind: WireErrorKind::Truncated,
    };
    // Nothing that belongs to this data may lie behind its end.
    let message = message.get(..end).ok_or(truncated)?;
    let mut at = start;
    for part in key::parts(rtype).unwrap_or(&[]) {
        let next = match part {
            Part::Name => expand_name(message, at, out)?,
            Part::Octets(count) => at + usize::from(*count),
            Part::Counted => at + 1 + usize::from(*message.get(at).ok_or(truncated)?),
            Part::Rest => end,
        };
        if !matches!(part, Part::Name) {
            out.extend_from_slice(message.get(at..next).ok_or(truncated)?);
        }
        at = next;
    }
    // Octets behind the last part are for `check_rdata` to refuse, or all there is in a type without a shape.
    out.extend_from_slice(message.get(at..end).ok_or(truncated)?);
    Ok(())
}

/// The most compression pointers that are followed for one name: as many as it can have labels, and one. Without this limit
/// a message whose records each point to the pointer of the one before would cost the square of its size.
pub const MAX_POINTERS: usize = crate::MAX_LABELS;

/// Appends the name at `at` of `message`, decompressed; gives the offset behind it.
///
/// Each pointer must lead to before the labels that it continues (RFC 1035 §4.1.4: a prior occurrence), so there are no
/// loops; the work is bounded by the length of a name and [`MAX_POINTERS`].
///
/// # Errors
/// When there is no name; `out` may then have more octets than before.
pub fn expand_name(message: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, WireError> {
    let before = out.len();
    let (mut from, mut cursor, mut behind, mut pointers) = (at, at, None, 0);
    loop {
        let fail = |kind| WireError { at: cursor, kind };
        let length = *message.get(cursor).ok_or(fail(WireErrorKind::Truncated))?;
        match length {
            0 => {
                out.push(0);
                return Ok(behind.unwrap_or(cursor + 1));
            }
            1..=63 => {
                let label = message.get(cursor..=cursor + usize::from(length));
                out.extend_from_slice(label.ok_or(fail(WireErrorKind::Truncated))?);
                if out.len() - before >= MAX_NAME_OCTETS {
                    return Err(fail(WireErrorKind::Name(NameError::NameTooLong)));
                }
                cursor += 1 + usize::from(length);
            }
            0xc0.. => {
                let low = *message
                    .get(cursor + 1)
                    .ok_or(fail(WireErrorKind::Truncated))?;
                let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                pointers += 1;
                if target >= from || pointers > MAX_POINTERS {
                    return Err(fail(WireErrorKind::Pointer));
                }
                behind = behind.or(Some(cursor + 2));
                (from, cursor) = (target, target);
            }
            // RFC 6891 §5: the extended label types are gone.
            _ => return Err(fail(WireErrorKind::Name(NameError::NotALabel))),
        }
    }
}

/// The name that ends uncompressed record data of one name, such as that of NS, CNAME, PTR, DNAME, MX and SRV.
///
/// None when the octets have not the shape of the type, or it has no name.
#[must_use]
pub fn target_name(rtype: Rtype, rdata: &[u8]) -> Option<NameRef<'_>> {
    let name = embedded_names(rtype, rdata).next()?;
    NameRef::from_wire(&rdata[name.start..name.end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`MAX_POINTERS`].
    #[test]
    fn pointers_to_pointers_end() {
        let mut message = b"\x01a\0".to_vec();
        for number in 0..200 {
            let target: u16 = if number == 0 { 0 } else { 3 + 2 * (number - 1) };
            message.extend((0xc000 | target).to_be_bytes());
        }
        let expand = |pointers: usize| expand_name(&message, 1 + 2 * pointers, &mut Vec::new());
        assert_eq!(expand(MAX_POINTERS), Ok(3 + 2 * MAX_POINTERS));
        assert_eq!(
            expand(MAX_POINTERS + 1).map_err(|e| e.kind),
            Err(WireErrorKind::Pointer)
        );
    }

    #[test]
    fn pointers_lead_backwards() {
        let message = b"\x03www\xc0\x08\xc0\x00\x03org\0\xc0\x00\xc0\x0d";
        let expand = |at| {
            let mut out = Vec::new();
            expand_name(message, at, &mut out).map(|next| (out, next))
        };
        assert_eq!(expand(8), Ok((b"\x03org\0".to_vec(), 13)));
        // 0 leads to 8, which is ahead.
        assert_eq!(expand(0).map_err(|e| e.kind), Err(WireErrorKind::Pointer));
        // 15 leads to 13, which leads to 0, which leads ahead.
        assert_eq!(
            expand(15).map_err(|e| (e.at, e.kind)),
            Err((4, WireErrorKind::Pointer))
        );
    }

    #[test]
    fn expansion_stops_at_the_end_of_the_data() {
        let message = b"\x00\x0a\x04mail\x03org\0";
        let mut out = Vec::new();
        assert_eq!(expand_rdata(Rtype::MX, message, 0, 12, &mut out), Ok(()));
        assert_eq!(out, message);
        assert!(expand_rdata(Rtype::MX, message, 0, 11, &mut out).is_err());
        assert_eq!(out, message);
    }

    #[test]
    fn canonical_names_are_in_lower_case() {
        let canonical = |rtype, rdata: &[u8]| {
            let mut out = Vec::new();
            canonical_rdata(rtype, rdata, &mut out);
            out
        };
        assert_eq!(canonical(Rtype::MX, b"\0\x41\x01A\0"), b"\0\x41\x01a\0");
        assert_eq!(
            canonical(Rtype::NSEC, b"\x01A\0\0\x01\x40"),
            b"\x01A\0\0\x01\x40"
        );
        assert_eq!(canonical(Rtype::TXT, b"\x01A"), b"\x01A");
        assert_eq!(canonical(Rtype(65280), b"\x01A\0"), b"\x01A\0");
    }
}
