//! One name of a zone with its RRsets, as it lies in a page, and the views that read it.
//!
//! ```text
//! flags 2 | owner length 1 | labels 1 | occluder 1 | unused 1 | entries 2
//! entries x ( rtype 2 | records 2 | ttl 4 | end 4 )        ascending by (type or type covered, is RRSIG)
//! owner, wire form, case as written
//! records: ( length 2 | joins 1 | rdata ) ...              canonical order inside an RRset
//! ```
//! Numbers are little-endian and never aligned; `end` counts from the start of the node. RRSIG
//! records are stored behind the set they cover, one entry for each type covered, because only
//! that part of them is ever sent together and has one TTL (RFC 4034 §3).

use crate::pages::{Location, UNIT};
use core::fmt;
use rr::{NameRef, Rtype, Ttl};

pub(crate) const HEADER: usize = 8;
pub(crate) const ENTRY: usize = 12;
/// What a record takes besides its rdata.
pub(crate) const RECORD: usize = 3;
/// The occluder of a name that nothing occludes.
pub(crate) const NOTHING: u8 = 0xff;
/// Says of an rdata that it has no name which could be compressed against the apex.
pub(crate) const NO_JOIN: u8 = 0xff;

/// What a lookup must know of a name without reading its RRsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) u16);

impl Flags {
    pub(crate) const NONE: Flags = Flags(0);
    /// Has NS and is not the apex.
    pub(crate) const CUT: Flags = Flags(1);
    pub(crate) const DNAME: Flags = Flags(2);
    /// The name `*` below this one exists (RFC 4592 §2.1.1).
    pub(crate) const WILDCARD_BELOW: Flags = Flags(4);
    pub(crate) const NSEC: Flags = Flags(8);
    /// Exists only as the owner of an NSEC3, which is no name to a question (RFC 5155 §7.2.8).
    pub(crate) const NSEC3_ONLY: Flags = Flags(16);
    pub(crate) const NSEC3: Flags = Flags(32);

    pub(crate) const fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn with(self, other: Flags, on: bool) -> Flags {
        Flags(if on {
            self.0 | other.0
        } else {
            self.0 & !other.0
        })
    }
}

/// What names below a node are occluded by, given what the node itself is and is occluded by: the
/// topmost cut or DNAME hides all others.
pub(crate) fn shadow(flags: Flags, occluder: u8, labels: usize) -> u8 {
    match occluder {
        NOTHING if flags.has(Flags::CUT) || flags.has(Flags::DNAME) => labels as u8,
        _ => occluder,
    }
}

/// A name of a zone, with or without RRsets. Costs nothing to copy.
#[derive(Clone, Copy)]
pub struct Node<'z> {
    /// From the start of the node to the end of its page.
    octets: &'z [u8],
    place: Location,
}

impl<'z> Node<'z> {
    pub(crate) fn new(octets: &'z [u8], place: Location) -> Self {
        Node { octets, place }
    }

    /// The owner, in the case it was written in.
    #[must_use]
    #[inline]
    pub fn owner(self) -> NameRef<'z> {
        // Only names are written into nodes.
        NameRef::from_checked(self.owner_octets())
    }

    /// How many labels the owner has, the root not counted.
    #[must_use]
    #[inline]
    pub fn label_count(self) -> usize {
        usize::from(self.octets[3])
    }

    /// The RRset of this type, if the name has one.
    ///
    /// RRSIG has no single set: see [`RrsetRef::signatures`] and [`Node::signatures`].
    #[must_use]
    #[inline]
    pub fn rrset(self, rtype: Rtype) -> Option<RrsetRef<'z>> {
        let is_it = |head: &[u8; ENTRY]| rtype_in(head) == rtype && rtype != Rtype::RRSIG;
        self.entry(self.heads().iter().position(is_it)?)
    }

    /// All RRsets but signatures, ascending by type.
    pub fn rrsets(self) -> impl Iterator<Item = RrsetRef<'z>> {
        self.entries().filter(|rrset| rrset.rtype() != Rtype::RRSIG)
    }

    /// All signatures, those that cover nothing here included: one set for each type covered.
    pub fn signatures(self) -> impl Iterator<Item = RrsetRef<'z>> {
        self.entries().filter(|rrset| rrset.rtype() == Rtype::RRSIG)
    }

    /// Whether the name has no records, only names below it (RFC 4592 §2.2.2).
    #[must_use]
    #[inline]
    pub fn is_empty_non_terminal(self) -> bool {
        self.entry_count() == 0
    }

    /// Whether the name is delegated away: it has NS and is not the apex.
    #[must_use]
    #[inline]
    pub fn is_cut(self) -> bool {
        self.flags().has(Flags::CUT)
    }

    /// Whether the name lies below a zone cut or a DNAME, and so is found by no question.
    #[must_use]
    #[inline]
    pub fn is_occluded(self) -> bool {
        self.occluder() != NOTHING
    }

    /// Every set, those of signatures behind what they cover: ascending by (type or type covered, is RRSIG).
    pub fn entries(self) -> impl Iterator<Item = RrsetRef<'z>> {
        (0..self.entry_count()).filter_map(move |number| self.entry(number))
    }

    /// The entry of this number.
    #[inline]
    fn entry(self, number: usize) -> Option<RrsetRef<'z>> {
        let heads = self.heads();
        let before = number.checked_sub(1).and_then(|before| heads.get(before));
        Some(RrsetRef {
            node: self,
            number,
            head: heads.get(number)?,
            start: before.map_or_else(|| self.records_start(), end_in),
        })
    }

    /// The fixed part of each entry.
    #[inline]
    fn heads(self) -> &'z [[u8; ENTRY]] {
        &self.octets[HEADER..].as_chunks().0[..self.entry_count()]
    }

    pub(crate) fn place(self) -> Location {
        self.place
    }

    #[inline]
    pub(crate) fn flags(self) -> Flags {
        Flags(u16::from_le_bytes([self.octets[0], self.octets[1]]))
    }

    /// How many labels the topmost cut or DNAME above this name has, or [`NOTHING`].
    #[inline]
    pub(crate) fn occluder(self) -> u8 {
        self.octets[4]
    }

    #[inline]
    pub(crate) fn owner_octets(self) -> &'z [u8] {
        let start = HEADER + ENTRY * self.entry_count();
        &self.octets[start..start + usize::from(self.octets[2])]
    }

    /// The node behind this one in the same page, be it part of the zone or not.
    #[inline]
    pub(crate) fn next_in_page(self) -> Option<Self> {
        let end = self.end();
        let octets = self
            .octets
            .get(end.next_multiple_of(UNIT)..)
            .filter(|rest| !rest.is_empty())?;
        Some(Node {
            octets,
            place: self.place.after(end),
        })
    }

    /// The node alone, without what follows it in the page.
    pub(crate) fn octets(self) -> &'z [u8] {
        &self.octets[..self.end()]
    }

    #[inline]
    fn end(self) -> usize {
        self.heads()
            .last()
            .map_or_else(|| self.records_start(), end_in)
    }

    #[inline]
    fn records_start(self) -> usize {
        HEADER + ENTRY * self.entry_count() + usize::from(self.octets[2])
    }

    #[inline]
    fn entry_count(self) -> usize {
        usize::from(u16::from_le_bytes([self.octets[6], self.octets[7]]))
    }
}

/// The type in the fixed part of an entry.
#[inline]
fn rtype_in(head: &[u8; ENTRY]) -> Rtype {
    Rtype(u16::from_le_bytes([head[0], head[1]]))
}

/// Where the records of an entry end.
#[inline]
fn end_in(head: &[u8; ENTRY]) -> usize {
    u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.owner())?;
        f.debug_list().entries(self.entries()).finish()
    }
}

/// The records of one type at one name. Costs nothing to copy.
#[derive(Clone, Copy)]
pub struct RrsetRef<'z> {
    node: Node<'z>,
    /// The number of the entry.
    number: usize,
    head: &'z [u8; ENTRY],
    /// Where the records start in the node.
    start: usize,
}

impl<'z> RrsetRef<'z> {
    /// The node this set belongs to.
    #[must_use]
    #[inline]
    pub fn node(self) -> Node<'z> {
        self.node
    }

    /// The type of the records.
    #[must_use]
    #[inline]
    pub fn rtype(self) -> Rtype {
        rtype_in(self.head)
    }

    /// The TTL, the same for all records (RFC 2181 §5.2).
    #[must_use]
    #[inline]
    pub fn ttl(self) -> Ttl {
        let [_, _, _, _, a, b, c, d, ..] = *self.head;
        Ttl::from_secs(u32::from_le_bytes([a, b, c, d]))
    }

    /// How many records; never none.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(self) -> usize {
        usize::from(u16::from_le_bytes([self.head[2], self.head[3]]))
    }

    /// The rdata of each record, uncompressed, in canonical order (RFC 4034 §6.3).
    #[inline]
    pub fn rdatas(self) -> impl Iterator<Item = &'z [u8]> {
        self.records().map(|record| record.rdata)
    }

    /// Each record with what helps to compress it.
    #[must_use]
    #[inline]
    pub fn records(self) -> Records<'z> {
        Records {
            octets: &self.node.octets[self.start..end_in(self.head)],
        }
    }

    /// The RRSIG records that cover this set.
    #[must_use]
    pub fn signatures(self) -> Option<RrsetRef<'z>> {
        let next = self.node.entry(self.number + 1)?;
        let covers_this = next.covers() == Some(self.rtype()) && self.rtype() != Rtype::RRSIG;
        covers_this.then_some(next)
    }

    /// The type that a set of signatures covers.
    #[must_use]
    pub fn covers(self) -> Option<Rtype> {
        covered(self.rtype(), self.records().next()?.rdata)
    }

    /// The number of the first record among all of the node.
    pub(crate) fn first_record(self) -> usize {
        self.node
            .entries()
            .take(self.number)
            .map(RrsetRef::len)
            .sum()
    }
}

impl fmt::Debug for RrsetRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.ttl().as_secs(), self.rtype())?;
        f.debug_list().entries(self.rdatas()).finish()
    }
}

/// The type covered, if `rtype` is RRSIG.
pub(crate) fn covered(rtype: Rtype, rdata: &[u8]) -> Option<Rtype> {
    let number = rdata.first_chunk().copied().map(u16::from_be_bytes)?;
    (rtype == Rtype::RRSIG).then_some(Rtype(number))
}

/// The records of a set, in canonical order.
#[derive(Clone, Debug)]
pub struct Records<'z> {
    octets: &'z [u8],
}

/// The data of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'z> {
    /// Wire form, no name in it compressed.
    pub rdata: &'z [u8],
    joins: u8,
}

impl Record<'_> {
    /// Where in the rdata the name of the apex begins, when the rdata ends in a name of this zone
    /// that may be compressed (RFC 3597 §4: only types of RFC 1035).
    #[must_use]
    #[inline]
    pub fn apex_at(&self) -> Option<usize> {
        (self.joins != NO_JOIN).then_some(usize::from(self.joins))
    }
}

impl<'z> Iterator for Records<'z> {
    type Item = Record<'z>;

    #[inline]
    fn next(&mut self) -> Option<Record<'z>> {
        let ([low, high, joins], rest) = self.octets.split_first_chunk()?;
        let (rdata, rest) = rest.split_at(usize::from(u16::from_le_bytes([*low, *high])));
        self.octets = rest;
        Some(Record {
            rdata,
            joins: *joins,
        })
    }
}
