//! Where every octet of a zone's text came from.
//!
//! All files of one zone share a single space of positions, so a place costs four octets ([`Pos`]) and a stretch
//! of text eight ([`Span`]), however deep the `$INCLUDE`s go. The map gives back path, line, column and the line
//! itself when somebody has to read it.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::{fmt, ops::Deref};

/// Octets between two remembered line numbers: a lookup counts line ends over at most this much text.
const STRIDE: usize = 1 << 16;

/// A position in the text of a zone: an offset into all files of one [`SourceMap`], laid end to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos(pub u32);

/// A stretch of text, from `start` up to and without `end`. Both lie in the same file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Position of the first octet.
    pub start: Pos,
    /// Position after the last octet.
    pub end: Pos,
}

impl Span {
    /// Length in octets.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.0.saturating_sub(self.start.0) as usize
    }

    /// Whether the span marks a point between two octets.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// The octets of one file, shared without copying.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Arc<Vec<u8>>);

impl Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Text {
    fn from(octets: Vec<u8>) -> Text {
        Text(Arc::new(octets))
    }
}

impl From<Arc<Vec<u8>>> for Text {
    fn from(octets: Arc<Vec<u8>>) -> Text {
        Text(octets)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        text.into_bytes().into()
    }
}

impl From<&[u8]> for Text {
    fn from(octets: &[u8]) -> Text {
        octets.to_vec().into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        text.as_bytes().into()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} octets)", self.len())
    }
}

/// A place as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'m> {
    /// The file, as its [`crate::Sources`] named it.
    pub path: &'m str,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters: a tab is one, and so is a sequence of octets that is not UTF-8.
    pub column: u32,
    /// The line without its line end. Not always UTF-8, and as long as the author made it.
    pub text: &'m [u8],
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// One file, or one of several readings of it: a file included twice has two stretches of positions.
#[derive(Debug)]
struct File {
    path: String,
    text: Text,
    start: Pos,
    included_from: Option<Pos>,
    /// Line ends before octet `n * STRIDE`.
    line_ends_before: Vec<u32>,
}

/// All files of a zone, and how they include each other.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<File>,
}

impl SourceMap {
    /// A map without files.
    #[must_use]
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file and gives the position of its first octet, or `None` when all texts together would pass 4 GiB.
    /// `included_from` is the place of the `$INCLUDE` that asked for it.
    pub fn add(
        &mut self,
        path: impl Into<String>,
        text: impl Into<Text>,
        included_from: Option<Pos>,
    ) -> Option<Pos> {
        let (text, start) = (text.into(), self.end());
        // One position more than octets: the end of a file is a place too.
        u32::try_from(start.0 as usize + text.len() + 1).ok()?;
        let line_ends_before = checkpoints(&text);
        self.files.push(File {
            path: path.into(),
            text,
            start,
            included_from,
            line_ends_before,
        });
        Some(start)
    }

    /// Path, line and column of a position, and the line around it.
    ///
    /// A position that is not of this map gives the nearest place before it; an empty map, an empty place.
    #[must_use]
    pub fn place(&self, pos: Pos) -> Place<'_> {
        let Some(file) = self.file(pos) else {
            return Place {
                path: "",
                line: 1,
                column: 1,
                text: b"",
            };
        };
        let at = file.offset(pos);
        let before = &file.text[..at];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let line = line_at(&file.text, line_start);
        let column = characters(&line[..line.len().min(at - line_start)]) + 1;
        Place {
            path: &file.path,
            line: file.line_number(at),
            column,
            text: line,
        }
    }

    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &[u8] {
        let within = |file: &'_ File| file.offset(span.start)..file.offset(span.end);
        self.file(span.start)
            .and_then(|file| file.text.get(within(file)))
            .unwrap_or(b"")
    }

    /// The whole text of the file a position lies in, its path and the position of its first octet.
    #[must_use]
    pub fn file_of(&self, pos: Pos) -> Option<(&str, &Text, Pos)> {
        self.file(pos)
            .map(|file| (file.path.as_str(), &file.text, file.start))
    }

    /// The `$INCLUDE` places that lead to the file of `pos`, outermost first; empty for the zone's own file.
    #[must_use]
    pub fn include_chain(&self, pos: Pos) -> Vec<Pos> {
        let from = |pos| self.file(pos).and_then(|file| file.included_from);
        let mut chain: Vec<Pos> = core::iter::successors(from(pos), |&outer| from(outer)).collect();
        chain.reverse();
        chain
    }

    /// Paths of all files, in the order they were read.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    /// The text of the file that was added after so many others.
    pub(crate) fn text_of(&self, number: usize) -> Option<&Text> {
        self.files.get(number).map(|file| &file.text)
    }

    /// How many files were added before that of a position, and where it begins.
    pub(crate) fn number_of(&self, pos: Pos) -> (usize, Pos) {
        let after = self.files.partition_point(|file| file.start <= pos);
        let number = after.saturating_sub(1);
        (
            number,
            self.files.get(number).map_or(Pos(0), |file| file.start),
        )
    }

    fn file(&self, pos: Pos) -> Option<&File> {
        let after = self.files.partition_point(|file| file.start <= pos);
        self.files.get(after.checked_sub(1)?)
    }

    fn end(&self) -> Pos {
        self.files.last().map_or(Pos(0), |file| {
            Pos(file.start.0 + file.text.len() as u32 + 1)
        })
    }
}

impl File {
    fn offset(&self, pos: Pos) -> usize {
        (pos.0.saturating_sub(self.start.0) as usize).min(self.text.len())
    }

    fn line_number(&self, at: usize) -> u32 {
        let known = at / STRIDE;
        self.line_ends_before[known] + line_ends(&self.text[known * STRIDE..at]) + 1
    }
}

fn checkpoints(text: &[u8]) -> Vec<u32> {
    let mut before = 0;
    let mut counts = Vec::with_capacity(text.len() / STRIDE + 1);
    for stretch in text.chunks(STRIDE) {
        counts.push(before);
        before += line_ends(stretch);
    }
    counts.push(before);
    counts
}

fn line_ends(text: &[u8]) -> u32 {
    memchr::memchr_iter(b'\n', text).count() as u32
}

/// The line that starts at `start`, without its line end.
fn line_at(text: &[u8], start: usize) -> &[u8] {
    let rest = &text[start..];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Characters as a terminal shows them after lossy decoding; a byte order mark does not show.
fn characters(octets: &[u8]) -> u32 {
    let in_chunk = |chunk: core::str::Utf8Chunk<'_>| {
        chunk.valid().chars().filter(|&c| c != '\u{feff}').count()
            + usize::from(!chunk.invalid().is_empty())
    };
    octets.utf8_chunks().map(in_chunk).sum::<usize>() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn names_places_in_all_files() {
        let mut map = SourceMap::new();
        let first = map.add("a", "one\ntwo\r\n", None).unwrap();
        let second = map
            .add("b", "\u{feff}x\t\u{e9}y\n", Some(Pos(first.0 + 4)))
            .unwrap();
        assert_eq!(map.place(first).to_string(), "a:1:1");
        let two = map.place(Pos(first.0 + 6));
        assert_eq!((two.line, two.column, two.text), (2, 3, &b"two"[..]));
        assert_eq!(
            map.place(Pos(first.0 + 9)).to_string(),
            "a:3:1",
            "the end of a file is a place"
        );
        assert_eq!(
            map.place(Pos(second.0 + 7)).to_string(),
            "b:1:4",
            "columns are characters"
        );
        assert_eq!(map.include_chain(second), [Pos(first.0 + 4)]);
        assert_eq!(map.include_chain(first), []);
    }

    #[test]
    fn counts_lines_beyond_a_checkpoint() {
        let text = "ab\n".repeat(STRIDE);
        let mut map = SourceMap::new();
        map.add("a", text.as_str(), None).unwrap();
        for line in [0, 1, 21_845, 21_846, 43_690, 65_535, 65_536] {
            assert_eq!(map.place(Pos(line * 3)).line, line + 1);
        }
    }

    #[test]
    fn places_outside_do_not_panic() {
        let mut map = SourceMap::new();
        assert_eq!(map.place(Pos(7)).to_string(), ":1:1");
        map.add("a", "", None).unwrap();
        assert_eq!(map.place(Pos(7)).to_string(), "a:1:1");
        assert_eq!(
            map.text(Span {
                start: Pos(3),
                end: Pos(9)
            }),
            b""
        );
    }
}
