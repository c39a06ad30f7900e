//! The text of one record, cut into its fields again.
//!
//! A zone under check keeps one position a record. Only where something was found is the text looked at a second
//! time, to put the caret under the field that is meant.

use alloc::vec::Vec;
use core::ops::Range;

use memchr::{memchr, memrchr};
use rr::Rtype;
use zonefile::{Pos, SourceMap, Span};

/// One entry of zone text (RFC 1035 §5.1): a line, or several that parentheses join.
#[derive(Debug)]
pub(super) struct Entry<'m> {
    text: &'m [u8],
    file: Pos,
    lines: Range<usize>,
    fields: Vec<Range<usize>>,
    owned: bool,
}

impl<'m> Entry<'m> {
    /// The entry that begins on the line of `at`. A directive, such as the `$GENERATE` that made a record, is one
    /// field.
    pub(super) fn at(map: &'m SourceMap, at: Pos) -> Option<Entry<'m>> {
        let (_, text, file) = map.file_of(at)?;
        let text: &[u8] = text;
        let offset = (at.0.saturating_sub(file.0) as usize).min(text.len());
        let start = memrchr(b'\n', &text[..offset]).map_or(after_mark(text), |feed| feed + 1);
        let mut cutter = Cutter {
            text: &text[..text.len().min(start + LONGEST)],
            at: start,
            depth: 0,
        };
        let mut fields = Vec::new();
        while let Some(field) = cutter.next_field() {
            fields.push(field);
        }
        let owned = fields.first().is_some_and(|first| first.start == start);
        if text.get(start) == Some(&b'$') {
            fields = fields
                .first()
                .zip(fields.last())
                .map(|(a, z)| a.start..z.end)
                .into_iter()
                .collect();
        }
        Some(Entry {
            text,
            file,
            lines: start..cutter.at,
            fields,
            owned,
        })
    }

    /// From the start of the first line to the end of the last one, comments included.
    pub(super) fn lines(&self) -> Span {
        self.span(self.lines.clone())
    }

    /// From the first field to the last.
    pub(super) fn whole(&self) -> Span {
        let ends = self.fields.first().zip(self.fields.last());
        self.span(ends.map_or(self.lines.clone(), |(first, last)| first.start..last.end))
    }

    /// The owner, unless it is that of the entry above.
    pub(super) fn owner(&self) -> Option<Span> {
        let owner = self.fields.first().filter(|_| self.owned)?;
        Some(self.span(owner.clone()))
    }

    /// The TTL, unless it comes from elsewhere.
    pub(super) fn ttl(&self, rtype: Rtype) -> Option<Span> {
        let before = &self.fields[usize::from(self.owned)..self.type_at(rtype)?];
        let ttl = before
            .iter()
            .find(|field| self.text[field.start].is_ascii_digit())?;
        Some(self.span(ttl.clone()))
    }

    /// The class, unless it is not said.
    pub(super) fn class(&self, rtype: Rtype) -> Option<Span> {
        let before = &self.fields[usize::from(self.owned)..self.type_at(rtype)?];
        let class = before
            .iter()
            .find(|field| !self.text[field.start].is_ascii_digit())?;
        Some(self.span(class.clone()))
    }

    /// The first type that a field after the owner spells, if any does.
    pub(super) fn some_rtype(&self) -> Option<Rtype> {
        let fields = self.fields.get(usize::from(self.owned)..)?;
        fields.iter().find_map(|field| {
            core::str::from_utf8(&self.text[field.clone()])
                .ok()?
                .parse()
                .ok()
        })
    }

    /// The record type.
    pub(super) fn rtype(&self, rtype: Rtype) -> Option<Span> {
        Some(self.span(self.fields[self.type_at(rtype)?].clone()))
    }

    /// The data field of this number, from 0. None in the generic form (RFC 3597 §5), whose fields mean nothing.
    pub(super) fn data(&self, rtype: Rtype, number: usize) -> Option<Span> {
        let data = &self.fields[self.type_at(rtype)? + 1..];
        let generic = data
            .first()
            .is_some_and(|first| &self.text[first.clone()] == b"\\#");
        let field = data.get(number).filter(|_| !generic)?;
        Some(self.span(field.clone()))
    }

    /// Everything from the data field of this number to the last one.
    pub(super) fn data_from(&self, rtype: Rtype, number: usize) -> Option<Span> {
        let (first, last) = (self.data(rtype, number)?, self.fields.last()?);
        Some(Span {
            start: first.start,
            end: self.span(last.clone()).end,
        })
    }

    /// The first field after the owner that spells the type, as a mnemonic or as `TYPEn`.
    fn type_at(&self, rtype: Rtype) -> Option<usize> {
        let spells = |field: &Range<usize>| {
            let word = core::str::from_utf8(&self.text[field.clone()]).ok();
            word.and_then(|word| word.parse().ok()) == Some(rtype)
        };
        let first = usize::from(self.owned);
        self.fields
            .get(first..)?
            .iter()
            .position(spells)
            .map(|at| at + first)
    }

    fn span(&self, range: Range<usize>) -> Span {
        let pos = |offset: usize| Pos(self.file.0 + offset as u32);
        Span {
            start: pos(range.start),
            end: pos(range.end),
        }
    }
}

/// Where text begins: behind a byte order mark.
fn after_mark(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    }
}

/// Octets of an entry that are looked at: more than the text of the largest record, and little enough that a
/// parenthesis which is never closed does not cost the whole file.
const LONGEST: usize = 1 << 20;

/// Cuts one entry into fields.
struct Cutter<'m> {
    text: &'m [u8],
    at: usize,
    depth: u32,
}

impl Cutter<'_> {
    /// The next field with its quotes; none at the end of the entry, where `at` is the line end.
    fn next_field(&mut self) -> Option<Range<usize>> {
        loop {
            match *self.text.get(self.at)? {
                b'\n' if self.depth == 0 => return None,
                b';' => self.at = self.find(b'\n', self.at),
                b'(' => self.skip(|depth| depth + 1),
                b')' => self.skip(|depth| depth.saturating_sub(1)),
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'"' => return Some(self.field(Cutter::string_end)),
                _ => return Some(self.field(Cutter::word_end)),
            }
        }
    }

    fn skip(&mut self, depth: impl Fn(u32) -> u32) {
        self.depth = depth(self.depth);
        self.at += 1;
    }

    fn field(&mut self, end: impl Fn(&Self, usize) -> usize) -> Range<usize> {
        let start = self.at;
        self.at = end(self, start).min(self.text.len());
        start..self.at
    }

    /// Behind the quote that closes the one at `quote`.
    fn string_end(&self, quote: usize) -> usize {
        let mut at = quote + 1;
        while let Some(octet) = self.text.get(at) {
            match octet {
                b'"' => return at + 1,
                b'\n' => return at,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        at
    }

    /// Behind the word at `start`; `key="value"` is one (RFC 9460 Appendix A).
    fn word_end(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(octet) = self.text.get(at) {
            match octet {
                b'"' if at > start && self.text[at - 1] == b'=' => at = self.string_end(at),
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        at
    }

    fn find(&self, octet: u8, from: usize) -> usize {
        memchr(octet, &self.text[from..]).map_or(self.text.len(), |found| from + found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> SourceMap {
        let mut map = SourceMap::new();
        map.add("zone", text, None);
        map
    }

    #[test]
    fn fields_are_found_again() {
        let map = map(
            "\u{feff}mx 300 IN MX ( 10 ; preference\n  \"mail\" ) ; end\n TYPE1 \\# 4 c0000201\n",
        );
        let first = Entry::at(&map, Pos(0)).unwrap();
        let text =
            |span: Option<Span>| span.map(|span| core::str::from_utf8(map.text(span)).unwrap());
        assert_eq!(text(first.owner()), Some("mx"));
        assert_eq!(text(first.ttl(Rtype::MX)), Some("300"));
        assert_eq!(text(first.rtype(Rtype::MX)), Some("MX"));
        assert_eq!(text(first.data(Rtype::MX, 1)), Some("\"mail\""));
        assert!(text(Some(first.lines())).unwrap().ends_with("; end"));
        let second = Entry::at(&map, Pos(first.lines().end.0 + 1)).unwrap();
        assert_eq!(text(second.owner()), None);
        assert_eq!(text(second.rtype(Rtype::A)), Some("TYPE1"));
        assert_eq!(text(second.data(Rtype::A, 0)), None);
        assert_eq!(text(Some(second.whole())), Some("TYPE1 \\# 4 c0000201"));
    }

    #[test]
    fn a_directive_is_one_field() {
        let map = map("$GENERATE 1-3 h$ A 192.0.2.$ ; three\n");
        let entry = Entry::at(&map, Pos(0)).unwrap();
        assert_eq!(map.text(entry.whole()), b"$GENERATE 1-3 h$ A 192.0.2.$");
        assert_eq!(entry.data(Rtype::A, 0), None);
    }
}
