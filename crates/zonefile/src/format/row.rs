//! One record, taken apart to be put in columns.

use alloc::{borrow::Cow, vec::Vec};
use core::ops::Range;

use rr::Rtype;

use super::{is_space, without_blanks_at_start};
use crate::entry::Entry;

/// One record to be put in columns.
pub(super) struct Row<'t> {
    pub(super) owner: &'t [u8],
    pub(super) ttl: Vec<u8>,
    pub(super) class: Vec<u8>,
    pub(super) rtype: Vec<u8>,
    pub(super) data: Cow<'t, [u8]>,
    pub(super) comment: &'t [u8],
}
impl<'t> Row<'t> {
    /// The parts of a record whose head stands on one line without parentheses.
    pub(super) fn of(text: &'t [u8], entry: &Entry<'t>) -> Option<Row<'t>> {
        let fields = entry.fields();
        Rtype::from_mnemonic(&text[fields.rtype.clone()])?;
        if let Some(b'<' | b'=' | b'>' | b'|') = text.get(entry.range().start) {
            // With other blanks behind it, it could become a merge marker.
            return None;
        }
        if fields.rdata.is_empty() || !head_is_plain(text, entry, fields.rtype.end) {
            return None;
        }
        let part =
            |range: &Option<Range<usize>>| range.clone().map_or(&b""[..], |range| &text[range]);
        let all = fields.rtype.end..entry.range().end;
        let (data, comment) = match plain_tail(text, &fields.rdata, all.clone()) {
            Some((data, comment)) => (Cow::Owned(data), comment),
            None => (
                Cow::Borrowed(without_blanks_at_start(&text[all.start..all.end])),
                &b""[..],
            ),
        };
        Some(Row {
            owner: part(&fields.owner),
            ttl: part(&fields.ttl).to_ascii_lowercase(),
            class: part(&fields.class).to_ascii_uppercase(),
            rtype: text[fields.rtype].to_ascii_uppercase(),
            data,
            comment,
        })
    }
}

/// Words with one blank between them, and the comment behind them; nothing if parentheses or line ends are among them.
pub(super) fn plain_tail<'t>(
    text: &'t [u8],
    words: &[Range<usize>],
    all: Range<usize>,
) -> Option<(Vec<u8>, &'t [u8])> {
    let mut at = all.start;
    for word in words {
        if !is_gap(&text[at..word.start]) {
            return None;
        }
        at = word.end;
    }
    let tail = &text[at..all.end];
    let comment_at = tail
        .iter()
        .position(|&octet| octet == b';')
        .unwrap_or(tail.len());
    let (gap, comment) = tail.split_at(comment_at);
    let words: Vec<&[u8]> = words.iter().map(|word| &text[word.clone()]).collect();
    let single = memchr::memchr(b'\n', comment).is_none_or(|feed| feed + 1 == comment.len());
    if !is_space(gap) || !single {
        return None;
    }
    let mut joined = words.join(&b' ');
    if joined.ends_with(b"\r") {
        // An escaped carriage return must not become a part of the line end.
        joined.push(b' ');
    }
    Some((joined, comment.trim_ascii_end()))
}

fn is_gap(octets: &[u8]) -> bool {
    octets.iter().all(|octet| matches!(octet, b' ' | b'\t'))
}

/// Whether only blanks stand between the words up to the type.
fn head_is_plain(text: &[u8], entry: &Entry<'_>, type_end: usize) -> bool {
    let mut at = entry.range().start;
    let words = entry.words();
    words
        .iter()
        .take_while(|word| word.end <= type_end)
        .all(|word| {
            let gap = &text[at..word.start];
            at = word.end;
            is_gap(gap)
        })
}
