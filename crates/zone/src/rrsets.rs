//! From the records of one name, in the order of the text, to RRsets, and from those to a node.

use crate::check::defect::{Defect, DefectKind};
use crate::node::{ENTRY, Flags, HEADER, NO_JOIN, RECORD, covered};
use crate::pages::{Location, PageWriter};
use alloc::vec::Vec;
use core::cmp::Ordering;
use rr::Rtype;
use zonefile::Pos;

/// One record on its way into a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) group: Group,
    pub(crate) ttl: u32,
    pub(crate) rdata: &'a [u8],
    pub(crate) at: Pos,
}

/// What is stored together: the records of one type, or the signatures over one type behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group(u32);

impl Group {
    pub(crate) fn of(rtype: Rtype, rdata: &[u8]) -> Self {
        match covered(rtype, rdata) {
            Some(covered) => Group(u32::from(covered.0) << 1 | 1),
            None => Group(u32::from(rtype.0) << 1),
        }
    }

    /// Whether this is NSEC3 or the signatures over it.
    fn is_nsec3(self) -> bool {
        self.0 >> 1 == u32::from(Rtype::NSEC3.0)
    }

    pub(crate) fn rtype(self) -> Rtype {
        if self.0 & 1 == 1 {
            Rtype::RRSIG
        } else {
            Rtype((self.0 >> 1) as u16)
        }
    }
}

/// The most octets that the records of one set may take in a message, owner and fixed fields
/// counted: what fits in 65,535 octets beside a header and the longest question.
const SENDABLE: usize = 65_535 - 12 - 259;
/// Compressed owner, type, class, TTL and length of a record in a message.
const FIXED: usize = 12;
/// The most octets of one rdata that can be sent.
pub(crate) const MAX_RDATA: usize = SENDABLE - FIXED;

/// Sorts records into sets in canonical order and takes out, with a word to `defects`, what a set
/// cannot hold.
pub(crate) fn settle(items: &mut Vec<Item<'_>>, defects: &mut Vec<Defect>) {
    // Most names have one record of a type, and many text files have the types in order.
    if items.is_sorted_by(|a, b| a.group < b.group) {
        return;
    }
    items.sort_by_key(|item| item.group);
    let mut kept = 0;
    let mut start = 0;
    while start < items.len() {
        let group = items[start].group;
        let end = start
            + items[start..]
                .iter()
                .take_while(|item| item.group == group)
                .count();
        let len = settle_set(&mut items[start..end], defects);
        items.copy_within(start..start + len, kept);
        kept += len;
        start = end;
    }
    items.truncate(kept);
}

/// Settles one set; the records to keep are the first ones afterwards.
fn settle_set(set: &mut [Item<'_>], defects: &mut Vec<Defect>) -> usize {
    let [first, others @ ..] = set else { return 0 };
    for other in others.iter_mut().filter(|other| other.ttl != first.ttl) {
        defects.push(Defect {
            kind: DefectKind::TtlDiffers,
            at: other.at,
            first: first.at,
        });
        other.ttl = first.ttl;
    }
    if others.is_empty() {
        return 1;
    }
    if let Some(kind) = single(first.group.rtype()) {
        return settle_single(set, kind, defects);
    }
    sort_set(set);
    let len = drop_duplicates(set, defects);
    sendable(&set[..len], defects)
}

/// The types that a name has one record of.
fn single(rtype: Rtype) -> Option<DefectKind> {
    match rtype {
        Rtype::SOA => Some(DefectKind::SecondSoa),
        Rtype::CNAME => Some(DefectKind::SecondCname),
        Rtype::DNAME => Some(DefectKind::SecondDname),
        _ => None,
    }
}

fn settle_single(set: &[Item<'_>], kind: DefectKind, defects: &mut Vec<Defect>) -> usize {
    let first = set[0];
    for other in &set[1..] {
        let same = compare_rdata(first.group.rtype(), first.rdata, other.rdata).is_eq();
        let kind = if same { DefectKind::Duplicate } else { kind };
        defects.push(Defect {
            kind,
            at: other.at,
            first: first.at,
        });
    }
    1
}

fn sort_set(set: &mut [Item<'_>]) {
    let rtype = set[0].group.rtype();
    if set.iter().any(|item| has_capitals(item.rdata)) {
        set.sort_by_cached_key(|item| canonical(rtype, item.rdata));
    } else {
        set.sort_by(|a, b| a.rdata.cmp(b.rdata));
    }
}

fn drop_duplicates(set: &mut [Item<'_>], defects: &mut Vec<Defect>) -> usize {
    let mut kept = 1;
    for at in 1..set.len() {
        let (last, item) = (set[kept - 1], set[at]);
        if compare_rdata(item.group.rtype(), last.rdata, item.rdata).is_eq() {
            defects.push(Defect {
                kind: DefectKind::Duplicate,
                at: item.at,
                first: last.at,
            });
        } else {
            set[kept] = item;
            kept += 1;
        }
    }
    kept
}

/// How many records can be sent in one message; nobody could ever ask for a larger set.
fn sendable(set: &[Item<'_>], defects: &mut Vec<Defect>) -> usize {
    let mut room = SENDABLE;
    let fits = set.iter().take_while(|item| {
        let left = room.checked_sub(FIXED + item.rdata.len());
        room = left.unwrap_or(0);
        left.is_some()
    });
    let len = fits.count();
    defects.extend(set[len..].iter().map(|item| Defect {
        kind: DefectKind::SetTooLarge,
        at: item.at,
        first: set[0].at,
    }));
    len
}

/// Canonical order of two rdatas of one type (RFC 4034 §6.3).
pub(crate) fn compare_rdata(rtype: Rtype, a: &[u8], b: &[u8]) -> Ordering {
    if has_capitals(a) || has_capitals(b) {
        canonical(rtype, a).cmp(&canonical(rtype, b))
    } else {
        a.cmp(b)
    }
}

/// Whether an rdata may differ from its canonical form, which only makes capitals in names small.
fn has_capitals(rdata: &[u8]) -> bool {
    rdata.iter().any(u8::is_ascii_uppercase)
}

fn canonical(rtype: Rtype, rdata: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(rdata.len());
    rr::wire::canonical_rdata(rtype, rdata, &mut octets);
    octets
}

/// A node about to be written.
pub(crate) struct Draft<'a> {
    /// The owner up to the apex, in the case to keep.
    pub(crate) relative: &'a [u8],
    pub(crate) apex: &'a [u8],
    pub(crate) labels: usize,
    pub(crate) flags: Flags,
    pub(crate) occluder: u8,
    /// Settled records.
    pub(crate) items: &'a [Item<'a>],
}

impl Draft<'_> {
    /// Appends the node to the pages.
    pub(crate) fn write(&self, pages: &mut PageWriter) -> Location {
        let entries = self.sets().count();
        let fixed = HEADER + ENTRY * entries + self.relative.len() + self.apex.len();
        let octets = fixed + octets_of(self.items);
        let (place, node) = pages.begin(octets);
        let (head, records) = node.split_at_mut(fixed);
        let (header, head) = head.split_at_mut(HEADER);
        header.copy_from_slice(&self.header(entries));
        let (directory, owner) = head.split_at_mut(ENTRY * entries);
        self.write_entries(fixed, directory.as_chunks_mut().0);
        let (relative, apex) = owner.split_at_mut(self.relative.len());
        relative.copy_from_slice(self.relative);
        apex.copy_from_slice(self.apex);
        self.write_records(records);
        place
    }

    fn sets(&self) -> impl Iterator<Item = &[Item<'_>]> {
        self.items.chunk_by(|a, b| a.group == b.group)
    }

    fn header(&self, entries: usize) -> [u8; HEADER] {
        let [flags_low, flags_high] = self.flags.0.to_le_bytes();
        let [entries_low, entries_high] = (entries as u16).to_le_bytes();
        let owner = (self.relative.len() + self.apex.len()) as u8;
        let labels = self.labels as u8;
        [
            flags_low,
            flags_high,
            owner,
            labels,
            self.occluder,
            0,
            entries_low,
            entries_high,
        ]
    }

    fn write_entries(&self, records_start: usize, directory: &mut [[u8; ENTRY]]) {
        let mut end = records_start;
        for (set, entry) in self.sets().zip(directory) {
            end += octets_of(set);
            let first = u32::from(set[0].group.rtype().0) | (set.len() as u32) << 16;
            entry[..4].copy_from_slice(&first.to_le_bytes());
            entry[4..8].copy_from_slice(&set[0].ttl.to_le_bytes());
            entry[8..].copy_from_slice(&(end as u32).to_le_bytes());
        }
    }

    fn write_records(&self, mut octets: &mut [u8]) {
        for item in self.items {
            let (record, rest) = octets.split_at_mut(RECORD + item.rdata.len());
            let [low, high] = (item.rdata.len() as u16).to_le_bytes();
            record[..RECORD].copy_from_slice(&[
                low,
                high,
                joins(item.group.rtype(), item.rdata, self.apex),
            ]);
            record[RECORD..].copy_from_slice(item.rdata);
            octets = rest;
        }
    }
}

/// What records take in a node.
fn octets_of(items: &[Item<'_>]) -> usize {
    items.iter().map(|item| RECORD + item.rdata.len()).sum()
}

/// Whether two names are the same; most often they are spelt alike.
pub(crate) fn same_name(a: &[u8], b: &[u8]) -> bool {
    a == b || a.eq_ignore_ascii_case(b)
}

/// Where the apex begins in an rdata that ends in a compressible name of the zone.
fn joins(rtype: Rtype, rdata: &[u8], apex: &[u8]) -> u8 {
    let name = match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR => 0,
        Rtype::MX => 2,
        _ => return NO_JOIN,
    };
    let Some(apex_at) = rdata.len().checked_sub(apex.len()) else {
        return NO_JOIN;
    };
    let mut at = name;
    while at < apex_at {
        at += usize::from(rdata[at]) + 1;
    }
    let joined = at == apex_at && same_name(&rdata[at..], apex);
    if joined {
        u8::try_from(at).unwrap_or(NO_JOIN)
    } else {
        NO_JOIN
    }
}

/// What the records of a name say about it; `relative` is the owner up to the apex.
pub(crate) fn flags_of(relative: &[u8], items: &[Item<'_>]) -> Flags {
    let flags = items
        .iter()
        .fold(0, |flags, item| flags | flag_of(item.group.rtype()).0);
    let flags = Flags(flags).with(
        Flags::CUT,
        flags & Flags::CUT.0 != 0 && !relative.is_empty(),
    );
    let nsec3_only = flags.has(Flags::NSEC3)
        && is_hash(relative)
        && items.iter().all(|item| item.group.is_nsec3());
    flags.with(Flags::NSEC3_ONLY, nsec3_only)
}

fn flag_of(rtype: Rtype) -> Flags {
    match rtype {
        Rtype::NS => Flags::CUT,
        Rtype::DNAME => Flags::DNAME,
        Rtype::NSEC => Flags::NSEC,
        Rtype::NSEC3 => Flags::NSEC3,
        _ => Flags::NONE,
    }
}

/// Whether an owner can be that of an NSEC3: one label, and no wildcard (RFC 5155 §3).
fn is_hash(relative: &[u8]) -> bool {
    let one_label = relative
        .first()
        .is_some_and(|length| usize::from(*length) + 1 == relative.len());
    one_label && relative != b"\x01*"
}
