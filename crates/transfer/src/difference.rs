//! What changed from one version of a zone to the next, as IXFR sends it (RFC 1995 §4).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::ops::Range;

use rr::{NameRef, Rtype, Serial, Ttl};
use zone::{Change, PatchError, RecordRef, Unchecked, Zone, difference};

/// Type, TTL and length, between owner and data.
const FIXED: usize = 8;

/// The records that go and come from one version of a zone to the next, each with its SOA record. Compact: it costs the
/// octets of its records, and borrows no zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference {
    from: Serial,
    to: Serial,
    /// Records: length of the owner, owner, [`FIXED`], data. The old SOA record and what is removed, the new SOA record
    /// and what is added.
    octets: Vec<u8>,
    /// Where the new SOA record begins.
    added_at: usize,
    records: usize,
}

impl Difference {
    /// What changed between two versions; `None` if the second is not newer by its serial (RFC 1982 §3.2), or one of them
    /// has no SOA record.
    #[must_use]
    pub fn between<A, B>(old: &Zone<A>, new: &Zone<B>) -> Option<Self> {
        let (from, to) = (old.serial()?, new.serial()?);
        if !to.is_newer_than(from) {
            return None;
        }
        let mut added = Writing::new(to, soa_of(new)?);
        let mut removed = Writing::new(from, soa_of(old)?);
        let is_soa =
            |record: &RecordRef<'_>| record.rtype == Rtype::SOA && record.owner == new.apex();
        for change in difference(old, new).filter(|change| !is_soa(change.record())) {
            match change {
                Change::Removed(record) => removed.push(&record),
                Change::Added(record) => added.push(&record),
            }
        }
        Some(removed.then(&added))
    }

    /// What all of these amount to, which lead one to the next (RFC 1995 §5): records that come and go again are left out.
    /// `None` if there is none.
    #[must_use]
    pub fn condensed<D: Borrow<Self>>(steps: &[D]) -> Option<Self> {
        let (first, last) = (steps.first()?.borrow(), steps.last()?.borrow());
        let mut counts = BTreeMap::new();
        for step in steps {
            let step = step.borrow();
            // Of each half the first record is its SOA record.
            let (old, new) = (step.record_at(0)?.1, step.record_at(step.added_at)?.1);
            step.count(old..step.added_at, -1, &mut counts);
            step.count(new..step.octets.len(), 1, &mut counts);
        }
        let half = |step: &Self, at, sign, serial| {
            let mut half = Writing::new(serial, step.record_at(at)?.0);
            let records = counts.iter().filter(|(_, count)| **count == sign);
            records.for_each(|(record, _)| half.push_octets(record));
            Some(half)
        };
        let added = half(last, last.added_at, 1, last.to)?;
        Some(half(first, 0, -1, first.from)?.then(&added))
    }

    /// Adds to how often each record of a half comes.
    fn count<'d>(&'d self, half: Range<usize>, sign: i32, counts: &mut BTreeMap<&'d [u8], i32>) {
        let mut at = half.start;
        while let Some((_, next)) = self.record_at(at).filter(|_| at < half.end) {
            *counts.entry(&self.octets[at..next]).or_default() += sign;
            at = next;
        }
    }

    /// The serial before.
    #[must_use]
    pub fn from(&self) -> Serial {
        self.from
    }

    /// The serial after.
    #[must_use]
    pub fn to(&self) -> Serial {
        self.to
    }

    /// Octets of its records.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.octets.len()
    }

    /// How many records an answer has for it, both SOA records included.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.records
    }

    /// The zone after it, which has been checked for nothing.
    ///
    /// # Errors
    /// [`Misfit`] if the zone is not the one that it was made for.
    pub fn apply<State>(&self, zone: &Zone<State>) -> Result<Zone<Unchecked>, Misfit> {
        let changes: Vec<_> = self.changes().collect();
        let next = zone.patch(&changes).map_err(Misfit::Patch)?;
        match next.defects().is_empty() {
            true => Ok(next),
            false => Err(Misfit::Clash),
        }
    }

    /// All changes, SOA records among them: what is removed first.
    pub fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        let mut at = 0;
        core::iter::from_fn(move || {
            let is_added = at >= self.added_at;
            let (record, next) = self.record_at(at)?;
            at = next;
            Some(match is_added {
                true => Change::Added(record),
                false => Change::Removed(record),
            })
        })
    }

    /// The record that begins at `at`, and where the next one does.
    pub(crate) fn record_at(&self, at: usize) -> Option<(RecordRef<'_>, usize)> {
        let (length, rest) = self.octets.get(at..)?.split_first()?;
        let (owner, rest) = rest.split_at_checked(usize::from(*length))?;
        let (fixed, rest) = rest.split_first_chunk::<FIXED>()?;
        let half = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
        let rdata = rest.get(..usize::from(half(6)))?;
        let record = RecordRef {
            // Only names are written here.
            owner: NameRef::from_checked(owner),
            rtype: Rtype(half(0)),
            ttl: Ttl::from_secs(u32::from(half(2)) << 16 | u32::from(half(4))),
            rdata,
            at: None,
        };
        Some((record, at + 1 + owner.len() + FIXED + rdata.len()))
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { from, to, .. } = self;
        write!(f, "Difference({from} to {to})")?;
        f.debug_list().entries(self.changes()).finish()
    }
}

/// Why changes do not fit a version of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// A record to remove is not there, or a record is outside of the zone or too large.
    Patch(PatchError),
    /// A record to add is there already, has another TTL than its set, or is a second one where there can be only one.
    Clash,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Patch(error) => error.fmt(f),
            Misfit::Clash => f.write_str("a record that is added clashes with one that is there"),
        }
    }
}

impl core::error::Error for Misfit {}

/// The SOA record of a zone.
pub(crate) fn soa_of<State>(zone: &Zone<State>) -> Option<RecordRef<'_>> {
    let set = zone.apex_node().rrset(Rtype::SOA)?;
    Some(RecordRef {
        owner: zone.apex(),
        rtype: Rtype::SOA,
        ttl: set.ttl(),
        rdata: set.rdatas().next()?,
        at: None,
    })
}

/// One half of a difference in the making: an SOA record, and the records that go or come with it.
#[derive(Debug)]
pub(crate) struct Writing {
    serial: Serial,
    octets: Vec<u8>,
    records: usize,
}

impl Writing {
    pub(crate) fn new(serial: Serial, soa: RecordRef<'_>) -> Self {
        let mut writing = Writing {
            serial,
            octets: Vec::new(),
            records: 0,
        };
        writing.push(&soa);
        writing
    }

    pub(crate) fn serial(&self) -> Serial {
        self.serial
    }

    pub(crate) fn push(&mut self, record: &RecordRef<'_>) {
        let owner = record.owner.as_wire();
        self.records += 1;
        self.octets.push(owner.len() as u8);
        self.octets.extend_from_slice(owner);
        self.octets.extend_from_slice(&record.rtype.0.to_be_bytes());
        self.octets
            .extend_from_slice(&record.ttl.as_secs().to_be_bytes());
        self.octets
            .extend_from_slice(&(record.rdata.len() as u16).to_be_bytes());
        self.octets.extend_from_slice(record.rdata);
    }

    /// A record as another difference has it.
    fn push_octets(&mut self, record: &[u8]) {
        self.records += 1;
        self.octets.extend_from_slice(record);
    }

    /// What is removed, and then what is added.
    pub(crate) fn then(mut self, added: &Writing) -> Difference {
        let added_at = self.octets.len();
        self.octets.extend_from_slice(&added.octets);
        self.octets.shrink_to_fit();
        Difference {
            from: self.serial,
            to: added.serial,
            octets: self.octets,
            added_at,
            records: self.records + added.records,
        }
    }
}
