//! How a new record is written: as the record before it is.

use alloc::{format, string::String, vec::Vec};
use core::ops::Range;

use rr::{Name, NameRef, Ttl};

use super::{Found, RecordRef, start::Start};
use crate::{entry::Fields, ttl::read_ttl};

/// How near a record is to one that is to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Any,
    SameOwner,
    SameSet,
}

/// Where a new record is put, and the record it is written like.
pub(super) struct Place {
    pub(super) at: usize,
    /// What is in force there.
    pub(super) after: Start,
    rank: Rank,
    neighbour: Option<Found>,
}

impl Place {
    /// The beginning of the file, until something better is offered.
    pub(super) fn new(start: &Start) -> Place {
        Place {
            at: 0,
            after: start.clone(),
            rank: Rank::Any,
            neighbour: None,
        }
    }

    /// Behind a record, or behind something else without one to be written like.
    pub(super) fn behind(neighbour: Option<Found>, at: usize, after: Start) -> Place {
        Place {
            at,
            after,
            rank: Rank::Any,
            neighbour,
        }
    }

    /// Behind a record.
    pub(super) fn offer(&mut self, rank: Rank, found: Found, after: &Start) {
        if rank >= self.rank {
            *self = Place {
                at: found.range.end,
                after: after.clone(),
                rank,
                neighbour: Some(found),
            };
        }
    }

    /// Behind a directive.
    pub(super) fn offer_end(&mut self, at: usize, after: &Start) {
        if self.rank == Rank::Any {
            self.at = at;
            self.after = after.clone();
        }
    }

    /// Whether the TTL has to be written, or is as the neighbours write it.
    pub(super) fn writes_ttl(&self, ttl: Ttl) -> bool {
        let neighbour_does = self
            .neighbour
            .as_ref()
            .is_some_and(|found| found.fields.ttl.is_some());
        neighbour_does || self.after.inherited_ttl() != Some(ttl)
    }
}

/// The line of a new record, with its line end.
pub(super) fn line(text: &[u8], place: &Place, record: RecordRef<'_>, ttl: Ttl) -> Vec<u8> {
    let none = Fields::default();
    let fields = place
        .neighbour
        .as_ref()
        .map_or(&none, |found| &found.fields);
    let mut pen = Pen {
        line: owner_text(text, place, record),
        text,
        model: place.neighbour.as_ref(),
    };
    let writes_class = fields.class.is_some() || place.after.class != record.class;
    let class = writes_class.then(|| {
        (
            class_text(text, fields.class.as_ref(), record),
            fields.class.as_ref(),
        )
    });
    let ttl = place.writes_ttl(ttl).then(|| {
        (
            ttl_text(text, fields.ttl.as_ref(), ttl),
            fields.ttl.as_ref(),
        )
    });
    let class_first =
        matches!((&fields.class, &fields.ttl), (Some(class), Some(ttl)) if class.start < ttl.start);
    let (first, second) = if class_first {
        (class, ttl)
    } else {
        (ttl, class)
    };
    for (word, model) in first.into_iter().chain(second) {
        pen.put(&word, model);
    }
    let rtype = Some(&fields.rtype).filter(|word| !word.is_empty());
    pen.put(&in_case_of(text, rtype, format!("{}", record.rtype)), rtype);
    pen.put(&data_text(record), fields.rdata.first());
    with_line_end(text, place, &pen.line)
}

fn data_text(record: RecordRef<'_>) -> Vec<u8> {
    let mut data = String::new();
    rr::text::write_rdata(record.rtype, record.rdata, &mut data).expect("a string takes all");
    data.into_bytes()
}

/// Writes words below those of another line.
struct Pen<'t> {
    line: Vec<u8>,
    text: &'t [u8],
    model: Option<&'t Found>,
}

impl Pen<'_> {
    /// Puts a word below `model`, or behind a blank.
    fn put(&mut self, word: &[u8], model: Option<&Range<usize>>) {
        let before = self
            .model
            .zip(model)
            .and_then(|(found, word)| first_line_before(self.text, found, word));
        let column = before.map_or(0, width);
        let tabs = before.is_some_and(|before| before.ends_with(b"\t"));
        pad(&mut self.line, column, tabs);
        self.line.extend_from_slice(word);
    }
}

/// What stands before a word on the first line of its entry; nothing for a word on another line or in parentheses.
fn first_line_before<'t>(text: &'t [u8], found: &Found, word: &Range<usize>) -> Option<&'t [u8]> {
    let before = text.get(found.range.start..word.start)?;
    let plain = !before.contains(&b'\n') && !before.ends_with(b"(");
    plain.then_some(before)
}

fn owner_text(text: &[u8], place: &Place, record: RecordRef<'_>) -> Vec<u8> {
    let Some(found) = &place.neighbour else {
        return name_text(record.owner, place.after.origin.as_ref(), false);
    };
    let is_it = |owner: &Name| owner.as_wire() == record.owner.as_wire();
    let owner = found.before.owner_of(text, &found.fields);
    match &found.fields.owner {
        // The line is padded to the column of what follows.
        None if place.after.owner.as_ref().is_some_and(is_it) => {
            text[found.range.start..][..1].to_vec()
        }
        Some(word) if owner.as_ref().is_some_and(is_it) => text[word.clone()].to_vec(),
        Some(word) => name_text(
            record.owner,
            place.after.origin.as_ref(),
            text[word.clone()].ends_with(b"."),
        ),
        None => name_text(record.owner, place.after.origin.as_ref(), false),
    }
}

/// A name as the file writes names: relative to the origin where it is below it, unless all are absolute here.
pub(super) fn name_text(name: NameRef<'_>, origin: NameRef<'_>, absolute: bool) -> Vec<u8> {
    let relative = name
        .prefix_of(origin)
        .filter(|_| !absolute && !origin.is_root());
    match relative {
        Some([]) => b"@".to_vec(),
        Some(prefix) => {
            let alone = Name::from_wire(&[prefix, &[0]].concat())
                .expect("whole labels and the root are a name");
            let text = format!("{alone}").into_bytes();
            text[..text.len() - 1].to_vec()
        }
        None => format!("{name}").into_bytes(),
    }
}

fn ttl_text(text: &[u8], model: Option<&Range<usize>>, ttl: Ttl) -> Vec<u8> {
    let written = model
        .map(|word| &text[word.clone()])
        .filter(|word| read_ttl(word) == Ok(ttl));
    written.map_or_else(|| format!("{ttl}").into_bytes(), <[u8]>::to_vec)
}

fn class_text(text: &[u8], model: Option<&Range<usize>>, record: RecordRef<'_>) -> Vec<u8> {
    in_case_of(text, model, format!("{}", record.class))
}

/// In lower case if the model is.
fn in_case_of(text: &[u8], model: Option<&Range<usize>>, word: String) -> Vec<u8> {
    let lower = model.is_some_and(|model| !text[model.clone()].iter().any(u8::is_ascii_uppercase));
    if lower {
        word.to_ascii_lowercase().into_bytes()
    } else {
        word.into_bytes()
    }
}

/// The new line with line ends as in the file, also where the file's last line has none.
fn with_line_end(text: &[u8], place: &Place, line: &[u8]) -> Vec<u8> {
    let before = &text[..place.at];
    let crlf = before.ends_with(b"\r\n")
        || memchr::memchr(b'\n', text).is_some_and(|feed| text[..feed].ends_with(b"\r"));
    let line_end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    if before.is_empty() || before.ends_with(b"\n") || before == b"\xef\xbb\xbf" {
        [line, line_end].concat()
    } else {
        let missing: &[u8] = if before.ends_with(b"\r") {
            b"\n"
        } else {
            line_end
        };
        [missing, line].concat()
    }
}

/// Columns that text takes on a terminal with tabs of eight.
pub(super) fn width(text: &[u8]) -> usize {
    text.iter().fold(0, |column, octet| match octet {
        b'\t' => (column + 1).next_multiple_of(8),
        // Octets that continue a character take no room.
        0x80..=0xbf => column,
        _ => column + 1,
    })
}

/// Blanks or tabs up to `column`, at least one.
pub(super) fn pad(line: &mut Vec<u8>, column: usize, tabs: bool) {
    let blank = if tabs { b'\t' } else { b' ' };
    if !matches!(line.last(), Some(b' ' | b'\t')) {
        line.push(blank);
    }
    while width(line) < column {
        line.push(blank);
    }
}
