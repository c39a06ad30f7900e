//! The text as a row of entries, in which each octet belongs to exactly one.

use alloc::vec::Vec;
use core::ops::Range;

use rr::{Class, Rtype};

use crate::{
    conflict,
    lexer::{Fault, Lexeme, Lexer, less_trust, next_line},
    reader::byte_order_mark,
    resume::{behind_string, next_entry},
    ttl::read_ttl,
};

/// Entries of more octets than this count as unclosed, as when reading with the default limits.
const LONGEST: usize = 1 << 19;

/// After so many broken entries the rest of the text is one more: each may cost a look at [`LONGEST`] octets.
const MOST_BROKEN: usize = 1_000;

/// Cuts `text` into its entries. Put together again they are `text`, whatever it is.
#[must_use]
pub fn entries(text: &[u8]) -> Entries<'_> {
    Entries::from(text, 0)
}

/// The entries of a text, in order. Made by [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'t> {
    text: &'t [u8],
    at: usize,
    broken: usize,
    longest: usize,
}

/// One entry: a line, or several that parentheses join, with its line end and its comments.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The text of the whole file.
    text: &'t [u8],
    start: usize,
    end: usize,
    kind: EntryKind,
}

/// What an entry is, as far as its shape tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Nothing but blanks; also a byte order mark, which is an entry of its own.
    Blank,
    /// Nothing but a comment.
    Comment,
    /// It begins with `$` in the first column.
    Directive,
    /// Anything else with words: a record, unless there is a mistake in it.
    Record,
    /// A merge marker of Git.
    MergeMarker,
    /// A quote or parenthesis is not closed, or closes nothing.
    Broken,
}

impl<'t> Entries<'t> {
    /// The entries from offset `at` on, where one begins.
    pub(crate) fn from(text: &'t [u8], at: usize) -> Entries<'t> {
        Entries {
            text,
            at,
            broken: 0,
            longest: LONGEST,
        }
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        let (start, text) = (self.at, self.text);
        if start >= text.len() {
            return None;
        }
        let mark = byte_order_mark(text);
        let (end, kind) = if start < mark {
            (mark, EntryKind::Blank)
        } else if self.broken > MOST_BROKEN {
            (text.len(), EntryKind::Broken)
        } else if conflict::is_marker(text, start) {
            (next_line(text, start), EntryKind::MergeMarker)
        } else {
            shape(text, start, self.longest)
        };
        self.at = end;
        if kind == EntryKind::Broken {
            self.broken += 1;
            self.longest = less_trust(self.longest);
        }
        Some(Entry {
            text,
            start,
            end,
            kind,
        })
    }
}

/// Where the entry at `start` ends, and what it is.
fn shape(text: &[u8], start: usize, longest: usize) -> (usize, EntryKind) {
    let mut lexer = Lexer::new(text, start, longest);
    lexer.begin_entry();
    let first = lexer.next();
    let kind = match first {
        Ok(Lexeme::End) if text[start..lexer.at()].contains(&b';') => EntryKind::Comment,
        Ok(Lexeme::End) => EntryKind::Blank,
        Ok(Lexeme::Word { start: word, .. }) if word == start && text[word] == b'$' => {
            EntryKind::Directive
        }
        _ => EntryKind::Record,
    };
    let mut fault = first.err();
    while fault.is_none() {
        match lexer.next() {
            Ok(Lexeme::End) => return (lexer.at(), kind),
            Ok(_) => {}
            Err(found) => fault = Some(found),
        }
    }
    (end_of_broken(text, &mut lexer, fault), EntryKind::Broken)
}

/// The same place where the reader goes on after the fault.
fn end_of_broken(text: &[u8], lexer: &mut Lexer<'_>, fault: Option<Fault>) -> usize {
    let skipped = match fault {
        Some(fault @ Fault::UnclosedParenthesis(_)) => Err(fault),
        _ => lexer.skip_entry(),
    };
    match (skipped, fault) {
        (Err(Fault::UnclosedParenthesis(open)), _) => next_entry(text, open),
        (_, Some(Fault::UnclosedQuote(quote))) => behind_string(text, quote, lexer.at()),
        _ => lexer.at(),
    }
}

/// Where the parts of a record stand. Offsets are into the text of the file; strings have their quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// The owner, if it is written.
    pub owner: Option<Range<usize>>,
    /// The TTL, if it is written.
    pub ttl: Option<Range<usize>>,
    /// The class, if it is written.
    pub class: Option<Range<usize>>,
    /// The type; empty behind the last word when there is none.
    pub rtype: Range<usize>,
    /// The words and strings of the data.
    pub rdata: Vec<Range<usize>>,
}

impl<'t> Entry<'t> {
    /// The entry that begins at the line of `offset`, which is a place [`crate::Sink::record`] was given.
    #[must_use]
    pub fn at(text: &'t [u8], offset: usize) -> Option<Entry<'t>> {
        let before = text.get(..offset)?;
        let line = memchr::memrchr(b'\n', before).map_or(byte_order_mark(text), |feed| feed + 1);
        Entries::from(text, line).next()
    }

    /// The text of the whole file.
    pub(crate) fn text(&self) -> &'t [u8] {
        self.text
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Its place in the file.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Its octets, with its line end.
    #[must_use]
    pub fn octets(&self) -> &'t [u8] {
        &self.text[self.start..self.end]
    }

    /// Its words and strings, strings with their quotes; those before the first fault if it is broken.
    #[must_use]
    pub fn words(&self) -> Vec<Range<usize>> {
        let mut lexer = self.lexer();
        let mut words = Vec::new();
        loop {
            match lexer.next() {
                Ok(Lexeme::Word { start, end }) => words.push(start..end),
                Ok(Lexeme::Quoted { start, end }) => words.push(start - 1..end + 1),
                Ok(Lexeme::End) | Err(_) => return words,
            }
            lexer.joins_values |= words.last().is_some_and(|word| self.is_service(word));
        }
    }

    fn lexer(&self) -> Lexer<'t> {
        let mut lexer = Lexer::new(&self.text[..self.end], self.start, LONGEST);
        if self.kind == EntryKind::MergeMarker {
            lexer.resume(self.end);
        } else {
            lexer.begin_entry();
        }
        lexer
    }

    /// Its comments from `;` to the end of their lines. A record in parentheses may have one on each line.
    #[must_use]
    pub fn comments(&self) -> Vec<Range<usize>> {
        let (mut comments, mut at) = (Vec::new(), self.start);
        for word in self.words() {
            comments_between(self.text, at..word.start, &mut comments);
            at = word.end;
        }
        if self.kind != EntryKind::Broken {
            comments_between(self.text, at..self.end, &mut comments);
        }
        comments
    }

    /// The parts of a record.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let mut words = self.words().into_iter().peekable();
        let mut fields = Fields::default();
        if !matches!(self.text.get(self.start), Some(b' ' | b'\t')) {
            fields.owner = words.next();
        }
        fields.rtype = fields
            .owner
            .as_ref()
            .map_or(self.start..self.start, |owner| owner.end..owner.end);
        while let Some(word) = words.next_if(|word| !self.is_type(word)) {
            match self.part_before_type(&word) {
                Part::Ttl if fields.ttl.is_none() => fields.ttl = Some(word),
                Part::Class if fields.class.is_none() => fields.class = Some(word),
                _ => {
                    // No type here: the word is taken for it, as the reader's message does.
                    fields.rtype = word;
                    fields.rdata = words.collect();
                    return fields;
                }
            }
        }
        if let Some(rtype) = words.next() {
            fields.rtype = rtype;
        }
        fields.rdata = words.collect();
        fields
    }

    fn is_type(&self, word: &Range<usize>) -> bool {
        let octets = &self.text[word.clone()];
        Class::from_mnemonic(octets).is_none() && Rtype::from_mnemonic(octets).is_some()
    }

    /// Whether the word is a type whose data has words such as `key="value"`.
    fn is_service(&self, word: &Range<usize>) -> bool {
        let rtype = || Rtype::from_mnemonic(&self.text[word.clone()]);
        // An owner may be called like a type.
        word.start > self.start
            && word.len() < 8
            && matches!(rtype(), Some(Rtype::SVCB | Rtype::HTTPS))
    }

    fn part_before_type(&self, word: &Range<usize>) -> Part {
        let octets = &self.text[word.clone()];
        if read_ttl(octets).is_ok() {
            Part::Ttl
        } else if Class::from_mnemonic(octets).is_some() {
            Part::Class
        } else {
            Part::Neither
        }
    }
}

enum Part {
    Ttl,
    Class,
    Neither,
}

/// Comments in a stretch of text without words.
fn comments_between(text: &[u8], gap: Range<usize>, comments: &mut Vec<Range<usize>>) {
    let mut at = gap.start;
    while let Some(semicolon) = memchr::memchr(b';', &text[at..gap.end]) {
        let start = at + semicolon;
        let line_end = crate::lexer::line_end_from(&text[..gap.end], start);
        let end = if text[..line_end].ends_with(b"\r") {
            line_end - 1
        } else {
            line_end
        };
        comments.push(start..end);
        at = line_end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec};

    fn kinds(text: &str) -> Vec<EntryKind> {
        entries(text.as_bytes()).map(|entry| entry.kind()).collect()
    }

    fn texts(text: &str, ranges: &[Range<usize>]) -> Vec<String> {
        ranges
            .iter()
            .map(|range| text[range.clone()].into())
            .collect()
    }

    #[test]
    fn kinds_of_entries() {
        use EntryKind::*;
        assert_eq!(
            kinds("\u{feff}$TTL 1\n\n; c\n a A (\n1.2.3.4 )\nb"),
            [Blank, Directive, Blank, Comment, Record, Record]
        );
        assert_eq!(
            kinds("a TXT \"x\nb A 1.2.3.4\nc )\n"),
            [Broken, Record, Broken]
        );
        assert_eq!(kinds("a TXT (\n x\nb A 1.2.3.4\n"), [Broken, Record]);
        assert_eq!(
            kinds("<<<<<<< a\nb A 1.2.3.4\n=======\n"),
            [MergeMarker, Record, MergeMarker]
        );
        assert_eq!(kinds(""), []);
    }

    #[test]
    fn parts_of_a_record() {
        let text = "www 300 IN TXT ( \"a;b\" ; one\r\n c ) ; two\r\n";
        let entry = entries(text.as_bytes()).next().unwrap();
        let fields = entry.fields();
        assert_eq!(texts(text, &entry.comments()), ["; one", "; two"]);
        assert_eq!(texts(text, &fields.rdata), ["\"a;b\"", "c"]);
        assert_eq!(&text[fields.rtype], "TXT");
        assert_eq!(fields.owner.map(|range| &text[range]), Some("www"));
        assert_eq!(fields.ttl.map(|range| &text[range]), Some("300"));
        assert_eq!(fields.class.map(|range| &text[range]), Some("IN"));
    }

    #[test]
    fn parts_that_are_not_there() {
        for (text, rtype) in [
            (" MX 10 a", "MX"),
            ("a XX b", "XX"),
            ("a", ""),
            ("a IN", ""),
        ] {
            let entry = entries(text.as_bytes()).next().unwrap();
            assert_eq!(&text[entry.fields().rtype], rtype, "{text}");
        }
    }

    #[test]
    fn found_by_place() {
        let text = b"\xef\xbb\xbfa A 1.2.3.4\n  MX 10 b\n";
        let words = |offset| Entry::at(text, offset).map(|entry| entry.words().len());
        assert_eq!((words(3), words(17), words(99)), (Some(3), Some(3), None));
        assert_eq!(vec![3..4, 5..6, 7..14], Entry::at(text, 3).unwrap().words());
    }
}
