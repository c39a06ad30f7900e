//! Octets from a repository, shown so that a terminal or a log cannot be taken over by them.

use std::fmt;

/// A path in a commit: components separated by `/`, each any octets but `/` and NUL.
///
/// Displayed with every control character, invalid UTF-8 octet and direction-changing character
/// escaped, so it can be printed or logged as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// The path made of these octets.
    #[must_use]
    pub fn new(octets: impl Into<Vec<u8>>) -> TreePath {
        TreePath(octets.into())
    }

    /// The octets, unescaped.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text, where it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether this is `folder` itself or lies somewhere below it.
    #[must_use]
    pub fn is_at_or_below(&self, folder: &TreePath) -> bool {
        folder.0.is_empty()
            || self
                .0
                .strip_prefix(folder.0.as_slice())
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }

    pub(crate) fn join(&self, name: &[u8]) -> TreePath {
        let mut joined = self.0.clone();
        if !joined.is_empty() {
            joined.push(b'/');
        }
        joined.extend_from_slice(name);
        TreePath(joined)
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.0).fmt(out)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{self}\"")
    }
}

/// Shows octets with everything escaped that could move a cursor, hide text or change its direction.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match is_unsafe(character) {
                    true => write!(out, "{}", character.escape_unicode())?,
                    false => out.write_char(character)?,
                }
            }
            for octet in chunk.invalid() {
                write!(out, "\\x{octet:02x}")?;
            }
        }
        Ok(())
    }
}

/// Control characters, and the marks that hide text or reverse its direction.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_without_control() {
        let nasty = TreePath::new(b"a\x1b[2Jb\xff\xc3\xa9\xe2\x80\xaec".to_vec());
        assert_eq!(nasty.to_string(), "a\\u{1b}[2Jb\\xffé\\u{202e}c");
    }

    #[test]
    fn below() {
        let path = TreePath::new("org/example.org");
        for (folder, wanted) in [
            ("org", true),
            ("", true),
            ("or", false),
            ("org/example.org", true),
            ("org/x", false),
        ] {
            assert_eq!(
                path.is_at_or_below(&TreePath::new(folder)),
                wanted,
                "{folder}"
            );
        }
    }
}
