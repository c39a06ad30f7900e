//! Backslash escapes of zone-file text (RFC 1035 §5.1): `\X` and `\DDD`.

use core::fmt::{self, Write};

/// Decodes what follows a backslash; gives the octet and the rest.
pub(crate) fn decode(after_backslash: &[u8]) -> Option<(u8, &[u8])> {
    match after_backslash {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
            let value = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
            Some((u8::try_from(value).ok()?, rest))
        }
        [b'0'..=b'9', ..] | [] => None,
        [octet, rest @ ..] => Some((*octet, rest)),
    }
}

/// Writes one octet of a label.
pub(crate) fn write_name_octet(octet: u8, out: &mut dyn Write) -> fmt::Result {
    match octet {
        b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => {
            write!(out, "\\{}", char::from(octet))
        }
        b'!'..=b'~' => out.write_char(char::from(octet)),
        _ => write!(out, "\\{octet:03}"),
    }
}

/// Writes one octet inside a quoted string.
pub(crate) fn write_quoted_octet(octet: u8, out: &mut dyn Write) -> fmt::Result {
    match octet {
        b'"' | b'\\' => write!(out, "\\{}", char::from(octet)),
        b' '..=b'~' => out.write_char(char::from(octet)),
        _ => write!(out, "\\{octet:03}"),
    }
}

/// Writes `octets` as a quoted string.
pub(crate) fn write_quoted(octets: &[u8], out: &mut dyn Write) -> fmt::Result {
    out.write_char('"')?;
    for &octet in octets {
        write_quoted_octet(octet, out)?;
    }
    out.write_char('"')
}
