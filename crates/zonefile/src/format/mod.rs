//! The house style of zone text: the same records and comments, laid out alike everywhere.
//!
//! - Owner, TTL, class, type and data of neighbouring records stand in columns, TTL before class, one blank between words
//!   of data. Columns end on multiples of eight, so that a new record seldom moves its neighbours.
//! - Types, classes and directives in upper case, TTL units in lower case. Owners and data keep their case.
//! - No blanks at the ends of lines, no two empty lines in a row, none at either end, a line end at the end.
//! - Line ends as the first line that is not empty; no byte order mark.
//! - What parentheses hold together keeps its lines and indentation. What is not understood keeps every octet.

mod columns;
mod row;

use alloc::vec::Vec;

use crate::entry::{Entry, EntryKind, entries};
use columns::{Columns, with_comment};
use row::{Row, plain_tail};

/// Lays out zone text. Reading the result gives the same records; formatting it again changes nothing.
#[must_use]
pub fn format(text: &[u8]) -> Vec<u8> {
    // A second byte order mark is a mistake, which dropping the first would hide.
    if text.starts_with(b"\xef\xbb\xbf\xef\xbb\xbf") {
        return text.to_vec();
    }
    let mut layout = Layout {
        out: Vec::with_capacity(text.len()),
        line_end: line_end_of(text),
        ..Layout::default()
    };
    for entry in entries(text) {
        layout.take(text, &entry);
    }
    layout.finish()
}

/// The line end of the first line that has something in it.
fn line_end_of(text: &[u8]) -> &'static [u8] {
    let first = text
        .split(|&octet| octet == b'\n')
        .find(|line| !is_space(line));
    if first.is_some_and(|line| line.ends_with(b"\r")) {
        b"\r\n"
    } else {
        b"\n"
    }
}

#[derive(Default)]
struct Layout<'t> {
    out: Vec<u8>,
    /// Records since the last line that is none.
    rows: Vec<Row<'t>>,
    line_end: &'static [u8],
    /// An empty line is due before the next text.
    gap: bool,
}

impl<'t> Layout<'t> {
    fn take(&mut self, text: &'t [u8], entry: &Entry<'t>) {
        match entry.kind() {
            EntryKind::Blank if is_space(entry.octets()) => self.empty_line(),
            EntryKind::Directive => match directive(text, entry) {
                Some(line) => self.line(&line),
                None => self.as_it_is(entry),
            },
            EntryKind::Record => match Row::of(text, entry) {
                Some(row) => self.row(row),
                None => self.as_it_is(entry),
            },
            EntryKind::Comment => self.line(entry.octets()),
            EntryKind::Blank | EntryKind::Broken | EntryKind::MergeMarker => self.as_it_is(entry),
        }
    }

    fn empty_line(&mut self) {
        self.flush();
        self.gap = !self.out.is_empty();
    }

    fn row(&mut self, row: Row<'t>) {
        if self.gap {
            self.fill_gap();
        }
        self.rows.push(row);
    }

    /// Text of one or more lines, without blanks at their ends.
    fn line(&mut self, text: &[u8]) {
        self.flush();
        self.fill_gap();
        self.lines(text);
    }

    fn as_it_is(&mut self, entry: &Entry<'_>) {
        self.flush();
        self.fill_gap();
        self.out.extend_from_slice(entry.octets());
        if self.out.ends_with(b"\r") {
            self.out.push(b'\n');
        } else if !self.out.ends_with(b"\n") {
            self.out.extend_from_slice(self.line_end);
        }
    }

    fn fill_gap(&mut self) {
        if core::mem::take(&mut self.gap) {
            self.out.extend_from_slice(self.line_end);
        }
    }

    fn lines(&mut self, text: &[u8]) {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for line in text.split(|&octet| octet == b'\n') {
            self.out.extend_from_slice(without_blanks_at_end(line));
            if self.out.ends_with(b"\r") {
                self.out.push(b' ');
            }
            self.out.extend_from_slice(self.line_end);
        }
    }

    fn flush(&mut self) {
        let rows = core::mem::take(&mut self.rows);
        let columns = Columns::of(&rows);
        for row in &rows {
            let line = columns.line(row);
            self.lines(&line);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }
}

fn is_space(octets: &[u8]) -> bool {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    octets
        .iter()
        .all(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n'))
}

/// A line without its line end and last blanks; a blank that is escaped stays.
fn without_blanks_at_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let end = line
        .iter()
        .rposition(|octet| !matches!(octet, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    let backslashes = line[..end]
        .iter()
        .rev()
        .take_while(|&&octet| octet == b'\\')
        .count();
    let escaped = backslashes % 2 == 1 && end < line.len();
    &line[..end + usize::from(escaped)]
}

fn without_blanks_at_start(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|octet| !matches!(octet, b' ' | b'\t'))
        .unwrap_or(text.len());
    &text[start..]
}
/// A directive on one line without parentheses.
fn directive(text: &[u8], entry: &Entry<'_>) -> Option<Vec<u8>> {
    let words = entry.words();
    let first = words.first()?.clone();
    let (rest, comment) = plain_tail(text, &words[1..], first.end..entry.range().end)?;
    let name = text[first].to_ascii_uppercase();
    let blank: &[u8] = if rest.is_empty() { b"" } else { b" " };
    let mut line = [&name[..], blank, &rest].concat();
    with_comment(&mut line, comment, 0);
    Some(line)
}
#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn formatted(text: &str) -> String {
        String::from_utf8(format(text.as_bytes())).unwrap()
    }

    #[test]
    fn columns() {
        assert_eq!(
            formatted(
                "\n\n$ttl  1H;c\n\n\n\n@ in  soa ns host (  \n\t1 ; serial \n 2 3 4 5 )\n  Ns ns\nmail in 5M a 1.2.3.4;x\nw\tMX 10   mail ; y\n\n"
            ),
            "$TTL 1H ;c\n\n\
             @          IN SOA     ns host (\n\t1 ; serial\n 2 3 4 5 )\n\
             \x20             NS      ns\n\
             mail    5m IN A       1.2.3.4 ;x\n\
             w             MX      10 mail ; y\n",
        );
    }

    #[test]
    fn comments_stand_below_each_other() {
        assert_eq!(
            formatted("a A 1.2.3.4 ; one\nb AAAA 2001:db8::1  ; two\nc A 1.2.3.4\n"),
            "a       A       1.2.3.4     ; one\n\
             b       AAAA    2001:db8::1 ; two\n\
             c       A       1.2.3.4\n"
        );
    }

    #[test]
    fn what_stays() {
        for text in [
            "",
            "a       TXT     x\\ \n",
            "a TXT \"x  \ny z\r\n",
            "<<<<<<< x\n\t=\n",
            "a ( A 1.2.3.4 )\n",
            "; c\n",
            "a XX  b \n",
        ] {
            assert_eq!(formatted(text), text);
        }
        assert_eq!(
            formatted("; c\r\na A 1.2.3.4\n\n"),
            "; c\r\na       A       1.2.3.4\r\n"
        );
        assert_eq!(formatted("\u{feff}; c  "), "; c\n");
        assert_eq!(formatted(" \n\t\r\n"), "");
    }
}
