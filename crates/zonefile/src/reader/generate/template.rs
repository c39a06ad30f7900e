//! Texts with places for a number.

use alloc::{string::String, vec::Vec};
use core::fmt::Write;

/// BIND's buffer for one number; more digits are refused there, too.
const WIDEST: u32 = 127;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Modifier {
    offset: i64,
    width: u32,
    base: u8,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t [u8]),
    Dollar,
    Number(Modifier),
}

/// A text with places for the number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template<'t>(Vec<Piece<'t>>);

impl<'t> Template<'t> {
    pub(super) fn read(text: &'t [u8]) -> Result<Template<'t>, &'static str> {
        let mut pieces = Vec::new();
        let (mut literal, mut at) = (0, 0);
        while at < text.len() {
            match text[at] {
                b'\\' => at = (at + 2).min(text.len()),
                b'$' => {
                    pieces.push(Piece::Text(&text[literal..at]));
                    let (piece, octets) = read_piece(&text[at + 1..])?;
                    pieces.push(piece);
                    at += 1 + octets;
                    literal = at;
                }
                _ => at += 1,
            }
        }
        pieces.push(Piece::Text(&text[literal..]));
        Ok(Template(pieces))
    }

    /// Writes the template with `number`; the text is of ASCII as far as it comes from here.
    pub(super) fn write(&self, number: i64, out: &mut Vec<u8>) -> Result<(), &'static str> {
        out.clear();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Dollar => out.push(b'$'),
                Piece::Number(modifier) => {
                    out.extend_from_slice(modifier.write(number)?.as_bytes());
                }
            }
        }
        Ok(())
    }
}

/// What follows a `$`, and how many octets it has.
fn read_piece(after: &[u8]) -> Result<(Piece<'static>, usize), &'static str> {
    match after {
        [b'$', ..] => Ok((Piece::Dollar, 1)),
        [b'{', rest @ ..] => {
            let end = memchr::memchr(b'}', rest).ok_or("this ${ is not closed")?;
            let modifier = Modifier::read(&rest[..end]).ok_or("this modifier is not understood")?;
            Ok((Piece::Number(modifier), end + 2))
        }
        _ => Ok((
            Piece::Number(Modifier {
                offset: 0,
                width: 0,
                base: b'd',
            }),
            0,
        )),
    }
}

impl Modifier {
    fn read(inside: &[u8]) -> Option<Modifier> {
        let mut parts = core::str::from_utf8(inside).ok()?.split(',');
        let offset = i64::from(parts.next()?.parse::<i32>().ok()?);
        let width = parts.next().map_or(Some(0), |width| width.parse().ok())?;
        let base = match parts.next() {
            None => b'd',
            Some("d" | "o" | "x" | "X" | "n" | "N") => inside[inside.len() - 1],
            Some(_) => return None,
        };
        parts.next().is_none().then_some(Modifier {
            offset,
            width,
            base,
        })
    }

    fn write(self, number: i64) -> Result<String, &'static str> {
        let value = number + self.offset;
        let (width, mut out) = (self.width as usize, String::new());
        if self.width > WIDEST {
            return Err("a number of more than 127 digits");
        }
        // Negative numbers have no sensible digits but in decimal.
        let positive = u64::try_from(value);
        let written = match (self.base, positive) {
            (b'd', _) => write!(out, "{value:0width$}"),
            (_, Err(_)) => return Err("the number with its offset is below zero"),
            (b'o', Ok(value)) => write!(out, "{value:0width$o}"),
            (b'x', Ok(value)) => write!(out, "{value:0width$x}"),
            (b'X', Ok(value)) => write!(out, "{value:0width$X}"),
            (base, Ok(value)) => {
                write_nibbles(value, width, base == b'N', &mut out);
                Ok(())
            }
        };
        written.expect("writing to a string cannot fail");
        Ok(out)
    }
}

/// Hexadecimal digits, the lowest first, with dots between; the dots count in `width`.
fn write_nibbles(mut value: u64, width: usize, upper: bool, out: &mut String) {
    loop {
        let digit = char::from_digit((value & 15) as u32, 16).expect("four bits are a digit");
        out.push(if upper {
            digit.to_ascii_uppercase()
        } else {
            digit
        });
        value >>= 4;
        if value == 0 && out.len() >= width {
            return;
        }
        out.push('.');
        // As in BIND: a width that ends on a dot has no digit behind it.
        if value == 0 && out.len() >= width {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(template: &str, number: i64) -> Result<String, &'static str> {
        let mut out = Vec::new();
        Template::read(template.as_bytes())?.write(number, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_in_templates() {
        for (template, number, expected) in [
            ("h$.x", 7, "h7.x"),
            ("$$-$", 1, "$-1"),
            ("\\$$", 1, "\\$1"),
            ("${10}", 5, "15"),
            ("${-3}", 5, "2"),
            ("${0,3}", 5, "005"),
            ("${0,3,d}", 5, "005"),
            ("${0,2,x}", 255, "ff"),
            ("${0,4,X}", 255, "00FF"),
            ("${0,0,o}", 8, "10"),
            ("${0,3,n}", 0x1ab, "b.a.1"),
            ("${0,5,N}", 0xa, "A.0.0"),
            ("${0,4,n}", 0xa, "a.0."),
            ("", 1, ""),
        ] {
            assert_eq!(
                written(template, number).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn modifiers_that_are_none() {
        for template in [
            "${",
            "${}",
            "${a}",
            "${0,a}",
            "${0,1,y}",
            "${0,1,d,}",
            "${0,128}",
            "${-9,0,x}",
        ] {
            assert!(written(template, 1).is_err(), "{template}");
        }
    }
}
