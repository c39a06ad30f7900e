//! Packets: four hexadecimal digits for the length of all, then the rest; `0000` ends a section.

use std::io::{self, Read};

/// The octets of a packet at most, its length included.
pub(crate) const MOST: usize = 65520;

/// Reads a packet; `None` is the end of a section.
pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut digits = [0; 4];
    from.read_exact(&mut digits)?;
    let length = match length(&digits)? {
        0 => return Ok(None),
        length @ 4..=MOST => length - 4,
        other => return Err(invalid(format!("a packet of {other} octets"))),
    };
    let mut octets = vec![0; length];
    from.read_exact(&mut octets)?;
    Ok(Some(octets))
}

fn length(digits: &[u8; 4]) -> io::Result<usize> {
    let text = std::str::from_utf8(digits).ok();
    text.filter(|text| text.bytes().all(|octet| octet.is_ascii_hexdigit()))
        .and_then(|text| usize::from_str_radix(text, 16).ok())
        .ok_or_else(|| {
            invalid(format!(
                "{} is no length of a packet",
                digits.escape_ascii()
            ))
        })
}

/// Appends a packet. The text is shorter than [`MOST`]: it holds ids, capabilities and names.
pub(crate) fn write(to: &mut Vec<u8>, text: &str) {
    to.extend(format!("{:04x}{text}", text.len() + 4).into_bytes());
}

/// Appends the end of a section.
pub(crate) fn end_section(to: &mut Vec<u8>) {
    to.extend(b"0000");
}

/// A line without its end.
pub(crate) fn line(octets: &[u8]) -> &[u8] {
    octets.strip_suffix(b"\n").unwrap_or(octets)
}

pub(crate) fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let read = |octets: &[u8]| read(&mut &octets[..]).map_err(|error| error.kind());
        assert_eq!(read(b"0000"), Ok(None));
        assert_eq!(read(b"0004"), Ok(Some(vec![])));
        assert_eq!(read(b"0006a\n"), Ok(Some(b"a\n".to_vec())));
        for wrong in [&b"0001"[..], b"0003", b"fff1", b"+004", b"00 4", b"<htm"] {
            assert_eq!(read(wrong), Err(io::ErrorKind::InvalidData));
        }
        for short in [&b""[..], b"00", b"0006a"] {
            assert_eq!(read(short), Err(io::ErrorKind::UnexpectedEof));
        }
        let mut written = Vec::new();
        write(&mut written, "done\n");
        assert_eq!(written, b"0009done\n");
    }
}
