//! From the name of a file to the name of the zone in it.

use std::fmt;
use std::fmt::Write;

use crate::role::Role;

/// The name of a zone: absolute, in zone-file text, in lower case (`example.org.`, `.`).
///
/// Two files whose names differ only in case or in how they are escaped are the same zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName(Box<str>);

/// Why a file's name is not the name of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// Two dots in a row, or a dot at either end.
    EmptyLabel,
    /// A label of more than 63 octets (RFC 1035 §2.3.4).
    LongLabel,
    /// More than 255 octets in wire form (RFC 1035 §2.3.4).
    LongName,
    /// A character that must be written as `%hh`, or as an A-label (`xn--...`).
    Character(char),
    /// `%` without two hexadecimal digits behind it.
    Escape,
}

impl ZoneName {
    /// Reads a file name: letters, digits, `-`, `_` and dots as they are, every other octet as
    /// `%hh` (a slash of RFC 2317 as `%2f`), the root zone as `@`.
    ///
    /// ```
    /// use git_store::ZoneName;
    /// let name = ZoneName::from_file_name("0%2f25.2.0.192.IN-ADDR.arpa")?;
    /// assert_eq!(name.as_str(), "0/25.2.0.192.in-addr.arpa.");
    /// # Ok::<(), git_store::NameProblem>(())
    /// ```
    ///
    /// # Errors
    /// The first [`NameProblem`] from the left.
    pub fn from_file_name(file: &str) -> Result<ZoneName, NameProblem> {
        if file == "@" {
            return Ok(ZoneName(".".into()));
        }
        let labels = file
            .split('.')
            .map(read_label)
            .collect::<Result<Vec<_>, _>>()?;
        // RFC 1035 §3.1: a length octet before each label, and the root label at the end.
        let wire_octets = labels.iter().map(|label| label.len() + 1).sum::<usize>() + 1;
        if wire_octets > 255 {
            return Err(NameProblem::LongName);
        }
        Ok(ZoneName(write_labels(&labels).into()))
    }

    /// The name from absolute zone-file text, as [`Self::as_str`] gives it; upper case is lowered.
    #[must_use]
    pub fn from_absolute_text(text: &str) -> ZoneName {
        ZoneName(text.to_ascii_lowercase().into())
    }

    /// The name of its file: without the final dot, `@` for the root, `%2f` for a slash. `None` for the few names that the
    /// layout has no file for.
    ///
    /// ```
    /// let file = |zone| git_store::ZoneName::from_absolute_text(zone).file_name();
    /// assert_eq!(file("Example.org.").as_deref(), Some("example.org"));
    /// assert_eq!(file("readme.md."), None);
    /// ```
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        let file = match self.0.trim_end_matches('.') {
            "" => "@".to_owned(),
            text => text.replace('/', "%2f"),
        };
        (Role::of(&file) == Role::Zone(self.clone())).then_some(file)
    }

    /// Zone-file text with the final dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn read_label(text: &str) -> Result<Vec<u8>, NameProblem> {
    let mut label = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        label.push(match character {
            'a'..='z' | '0'..='9' | '-' | '_' => character as u8,
            'A'..='Z' => character.to_ascii_lowercase() as u8,
            '%' => read_escape(&mut rest)?.to_ascii_lowercase(),
            other => return Err(NameProblem::Character(other)),
        });
    }
    match label.len() {
        0 => Err(NameProblem::EmptyLabel),
        1..=63 => Ok(label),
        _ => Err(NameProblem::LongLabel),
    }
}

fn read_escape(rest: &mut std::str::Chars<'_>) -> Result<u8, NameProblem> {
    let mut digit = || {
        rest.next()
            .and_then(|c| c.to_digit(16))
            .ok_or(NameProblem::Escape)
    };
    let (high, low) = (digit()?, digit()?);
    Ok((high * 16 + low) as u8)
}

/// Zone-file text (RFC 1035 §5.1): special characters behind a backslash, others as `\DDD`.
fn write_labels(labels: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for label in labels {
        for &octet in label {
            let written = match octet {
                b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                    write!(text, "\\{}", char::from(octet))
                }
                0x21..=0x7e => write!(text, "{}", char::from(octet)),
                _ => write!(text, "\\{octet:03}"),
            };
            written.expect("a String takes all that is written to it");
        }
        text.push('.');
    }
    text
}

impl fmt::Display for ZoneName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for NameProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameProblem::EmptyLabel => {
                write!(out, "there is an empty label; leave out the final dot")
            }
            NameProblem::LongLabel => write!(out, "a label has more than 63 octets"),
            NameProblem::LongName => write!(out, "the name has more than 255 octets"),
            NameProblem::Character(c) if c.is_ascii() => {
                write!(
                    out,
                    "`{}` is written %{:02x} in a file name",
                    c.escape_default(),
                    *c as u32
                )
            }
            NameProblem::Character(c) => {
                write!(
                    out,
                    "`{}` is not ASCII; write the label in its xn-- form",
                    c.escape_default()
                )
            }
            NameProblem::Escape => write!(out, "% stands before two hexadecimal digits"),
        }
    }
}

impl std::error::Error for NameProblem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let long = "a".repeat(64);
        let longest = [&"a".repeat(63)[..]; 4].join(".");
        for (file, wanted) in [
            ("example.org", Ok("example.org.")),
            ("Example.ORG", Ok("example.org.")),
            ("org", Ok("org.")),
            ("@", Ok(".")),
            ("2.0.192.in-addr.arpa", Ok("2.0.192.in-addr.arpa.")),
            ("_tcp.example.org", Ok("_tcp.example.org.")),
            (
                "0%2F25.2.0.192.in-addr.arpa",
                Ok("0/25.2.0.192.in-addr.arpa."),
            ),
            ("a%2eb.example", Ok("a\\.b.example.")),
            ("a%20b.example", Ok("a\\032b.example.")),
            ("%41.example", Ok("a.example.")),
            ("example.org.", Err(NameProblem::EmptyLabel)),
            ("a..b", Err(NameProblem::EmptyLabel)),
            ("a b", Err(NameProblem::Character(' '))),
            ("example.org~", Err(NameProblem::Character('~'))),
            ("bücher.example", Err(NameProblem::Character('ü'))),
            ("a%2", Err(NameProblem::Escape)),
            ("a%zz", Err(NameProblem::Escape)),
            (long.as_str(), Err(NameProblem::LongLabel)),
            (longest.as_str(), Err(NameProblem::LongName)),
        ] {
            let read = ZoneName::from_file_name(file);
            assert_eq!(
                read.as_ref().map(ZoneName::as_str),
                wanted.as_ref().copied(),
                "{file}"
            );
        }
    }
}
