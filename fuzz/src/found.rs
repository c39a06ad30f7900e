//! Inputs that a fuzzer found worth keeping: one a line in `found/TARGET.txt`, as Rust writes octets in a string.

use std::fmt::Write;

/// Longer inputs are not kept: what is new in them is seldom due to their length.
pub const LONGEST: usize = 200;

/// One input as a line, without the line end.
#[must_use]
pub fn write(input: &[u8]) -> String {
    let mut line = String::new();
    // Writing to a string does not fail.
    let _ = write!(line, "{}", input.escape_ascii());
    line
}

/// The input of a line; none if no input is written so.
///
/// ```
/// assert_eq!(fuzz::found::read(r"a\tb\\\xff").as_deref(), Some(&b"a\tb\\\xff"[..]));
/// assert_eq!(fuzz::found::read(r"\q"), None);
/// ```
#[must_use]
pub fn read(line: &str) -> Option<Vec<u8>> {
    let (mut input, mut rest) = (Vec::new(), line.as_bytes());
    while let Some((octet, after)) = rest.split_first() {
        let (octet, after) = match octet {
            b'\\' => escaped(after)?,
            plain => (*plain, after),
        };
        input.push(octet);
        rest = after;
    }
    Some(input)
}

fn escaped(after: &[u8]) -> Option<(u8, &[u8])> {
    let (octet, after) = after.split_first()?;
    Some(match octet {
        b't' => (b'\t', after),
        b'n' => (b'\n', after),
        b'r' => (b'\r', after),
        b'x' => {
            let (digits, after) = after.split_at_checked(2)?;
            let digits = str::from_utf8(digits).ok()?;
            (u8::from_str_radix(digits, 16).ok()?, after)
        }
        b'\\' | b'\'' | b'"' => (*octet, after),
        _ => return None,
    })
}
