//! Names from zone-file text (RFC 1035 §5.1): escapes decoded once, relative names completed.

use super::{MAX_LABEL_OCTETS, MAX_NAME_OCTETS, NameError, NameRef};
use crate::escape;
use alloc::vec::Vec;

/// Appends the wire octets of the name `text` to `out`; on an error `out` is as before.
pub(crate) fn read_into(
    text: &[u8],
    origin: Option<NameRef<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), NameError> {
    let start = out.len();
    let read = append(text, origin, out, start);
    if read.is_err() {
        out.truncate(start);
    }
    read
}

fn append(
    text: &[u8],
    origin: Option<NameRef<'_>>,
    out: &mut Vec<u8>,
    start: usize,
) -> Result<(), NameError> {
    match text {
        b"" => return Err(NameError::EmptyLabel),
        b"." => out.push(0),
        // RFC 1035 §5.1: a free standing `@` is the origin.
        b"@" => out.extend_from_slice(origin.ok_or(NameError::Relative)?.as_wire()),
        _ => match append_labels(text, out)? {
            Ending::Dot => out.push(0),
            Ending::Label => out.extend_from_slice(origin.ok_or(NameError::Relative)?.as_wire()),
        },
    }
    if out.len() - start > MAX_NAME_OCTETS {
        Err(NameError::NameTooLong)
    } else {
        Ok(())
    }
}

/// What the text of a name ends with.
enum Ending {
    Dot,
    Label,
}

fn append_labels(text: &[u8], out: &mut Vec<u8>) -> Result<Ending, NameError> {
    let mut rest = text;
    loop {
        let length_at = out.len();
        out.push(0);
        let after = append_label(rest, out)?;
        out[length_at] = label_length(out.len() - length_at - 1)?;
        match after {
            None => return Ok(Ending::Label),
            Some([]) => return Ok(Ending::Dot),
            Some(more) => rest = more,
        }
    }
}

/// Appends the octets up to the next dot; gives what follows the dot, or none at the end of the text.
fn append_label<'t>(text: &'t [u8], out: &mut Vec<u8>) -> Result<Option<&'t [u8]>, NameError> {
    let mut rest = text;
    loop {
        match rest {
            [] => return Ok(None),
            [b'.', after @ ..] => return Ok(Some(after)),
            [b'\\', after @ ..] => {
                let (octet, after) = escape::decode(after).ok_or(NameError::BadEscape)?;
                out.push(octet);
                rest = after;
            }
            [octet, after @ ..] => {
                out.push(*octet);
                rest = after;
            }
        }
    }
}

fn label_length(octets: usize) -> Result<u8, NameError> {
    match octets {
        0 => Err(NameError::EmptyLabel),
        1..=MAX_LABEL_OCTETS => Ok(u8::try_from(octets).expect("at most 63")),
        _ => Err(NameError::LabelTooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::*;

    fn wire(text: &str, origin: &str) -> Result<Vec<u8>, NameError> {
        let origin = Name::from_text(origin).unwrap();
        let mut out = Vec::new();
        read_into(text.as_bytes(), Some(origin.as_ref()), &mut out).map(|()| out)
    }

    #[test]
    fn relative_and_absolute() {
        assert_eq!(wire("www", "org").unwrap(), b"\x03www\x03org\0");
        assert_eq!(wire("www.", "org").unwrap(), b"\x03www\0");
        assert_eq!(wire("@", "org").unwrap(), b"\x03org\0");
        assert_eq!(wire(".", "org").unwrap(), b"\0");
    }

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(wire("a\\.b.", ".").unwrap(), b"\x03a.b\0");
        assert_eq!(wire("\\065\\@.", ".").unwrap(), b"\x02A@\0");
        assert_eq!(wire("\\@", "org").unwrap(), b"\x01@\x03org\0");
        assert_eq!(wire("\\256.", "."), Err(NameError::BadEscape));
        assert_eq!(wire("a\\", "."), Err(NameError::BadEscape));
    }

    #[test]
    fn refused() {
        assert_eq!(wire("a..b", "org"), Err(NameError::EmptyLabel));
        assert_eq!(wire(".a", "org"), Err(NameError::EmptyLabel));
        assert_eq!(wire(&"a".repeat(64), "org"), Err(NameError::LabelTooLong));
        assert_eq!(wire(&"a.".repeat(128), "org"), Err(NameError::NameTooLong));
    }
}
