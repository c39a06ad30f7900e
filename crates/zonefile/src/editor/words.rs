//! The words of one record: what they say, and how they are changed in place.

use alloc::{format, string::String, vec, vec::Vec};
use core::ops::Range;

use rr::{Class, Rtype, Ttl, text::Tokens};

use super::{Found, RecordRef, Splice, spliced, style};
use crate::{
    entry::{Entries, Fields},
    lexer::Lexer,
};

/// The data of the record in the text, in uncompressed wire form.
pub(super) fn rdata(text: &[u8], found: &Found, rtype: Rtype) -> Option<Vec<u8>> {
    let fields = &found.fields;
    let mut lexer = Lexer::new(&text[..found.range.end], found.range.start, usize::MAX);
    lexer.begin_entry();
    let head = 1 + [&fields.owner, &fields.ttl, &fields.class]
        .into_iter()
        .flatten()
        .count();
    for _ in 0..head {
        lexer.next_token().ok()??;
    }
    lexer.joins_values = matches!(rtype, Rtype::SVCB | Rtype::HTTPS);
    let mut out = Vec::new();
    rr::text::read_rdata(rtype, &mut lexer, found.before.origin.as_ref(), &mut out).ok()?;
    Some(out)
}

/// TTL and class, to be written before the word at `at`.
pub(super) fn stated(at: usize, ttl: Option<Ttl>, class: Option<Class>) -> Option<Splice> {
    let ttl = ttl.map_or(String::new(), |ttl| format!("{ttl} "));
    let class = class.map_or(String::new(), |class| format!("{class} "));
    let with = [ttl, class].concat().into_bytes();
    (!with.is_empty()).then_some(Splice {
        range: at..at,
        with,
    })
}

/// The owner of a record that left it out, in the place of the blanks before it.
pub(super) fn owner(text: &[u8], found: &Found) -> Option<Splice> {
    let blanks = text[found.range.clone()]
        .iter()
        .take_while(|octet| matches!(octet, b' ' | b'\t'))
        .count();
    let range = found.range.start..found.range.start + blanks;
    let name = found.before.owner.as_ref()?;
    let mut with = style::name_text(name.as_ref(), found.before.origin.as_ref(), false);
    let tabs = text[range.clone()].contains(&b'\t');
    style::pad(&mut with, style::width(&text[range.clone()]), tabs);
    Some(Splice { range, with })
}

/// Another TTL: in the place of the one there is, or before class and type.
pub(super) fn ttl(text: &[u8], fields: &Fields, ttl: Ttl) -> Splice {
    let with = format!("{ttl}").into_bytes();
    if let Some(word) = &fields.ttl {
        return Splice {
            range: word.clone(),
            with,
        };
    }
    let at = fields
        .class
        .iter()
        .chain([&fields.rtype])
        .map(|word| word.start)
        .min()
        .unwrap_or(fields.rtype.start);
    // Blanks that are there anyway make room, so that the columns stay.
    let spare = text[..at]
        .iter()
        .rev()
        .take_while(|&&octet| octet == b' ')
        .count();
    let room = if spare >= with.len() + 2 {
        with.len() + 1
    } else {
        0
    };
    Splice {
        range: at - room..at,
        with: [&with[..], b" "].concat(),
    }
}

/// Other data: word for word where that is possible, so that comments and columns between the words stay.
pub(super) fn replaced(
    text: &[u8],
    found: &Found,
    record: RecordRef<'_>,
    rdata: &[u8],
) -> Vec<Splice> {
    let (old, new) = (
        canonical(record.rtype, record.rdata),
        canonical(record.rtype, rdata),
    );
    let there = &found.fields.rdata;
    if there.len() == old.len() && old.len() == new.len() {
        let changed = there
            .iter()
            .zip(old.iter().zip(&new))
            .filter(|(_, (old, new))| old != new);
        let splices: Vec<Splice> = changed
            .map(|(word, (_, new))| Splice {
                range: word.clone(),
                with: new.clone(),
            })
            .collect();
        if says(text, found, &splices, record.rtype, rdata) {
            return splices;
        }
    }
    all_at_once(text, there, new.join(&b' '))
}

/// Whether the record with the changes has the data.
fn says(text: &[u8], found: &Found, splices: &[Splice], rtype: Rtype, rdata: &[u8]) -> bool {
    let changed = spliced(text, found.range.clone(), splices);
    let Some(entry) = Entries::from(&changed, 0).next() else {
        return false;
    };
    let again = Found {
        range: entry.range(),
        fields: entry.fields(),
        before: found.before.clone(),
    };
    self::rdata(&changed, &again, rtype).as_deref() == Some(rdata)
}

/// The words of data as they are written by default.
fn canonical(rtype: Rtype, rdata: &[u8]) -> Vec<Vec<u8>> {
    let mut line = format!(" {rtype} ");
    rr::text::write_rdata(rtype, rdata, &mut line).expect("a string takes all");
    let Some(entry) = Entries::from(line.as_bytes(), 0).next() else {
        return vec![];
    };
    entry
        .fields()
        .rdata
        .into_iter()
        .map(|word| line.as_bytes()[word].to_vec())
        .collect()
}

/// The new data in the place of the first word; the other words go, and what stands between them with them if it is
/// only blanks.
fn all_at_once(text: &[u8], words: &[Range<usize>], with: Vec<u8>) -> Vec<Splice> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return vec![];
    };
    let between = words
        .windows(2)
        .flat_map(|pair| &text[pair[0].end..pair[1].start]);
    if between.clone().all(|octet| matches!(octet, b' ' | b'\t')) {
        return vec![Splice {
            range: first.start..last.end,
            with,
        }];
    }
    let rest = words[1..].iter().map(|word| Splice {
        range: word.clone(),
        with: vec![],
    });
    core::iter::once(Splice {
        range: first.clone(),
        with,
    })
    .chain(rest)
    .collect()
}
