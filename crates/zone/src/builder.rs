//! From a stream of records in any order to a zone.
//!
//! Records are kept as octets in one growing arena, cut into runs of the same owner. At the end the
//! runs are sorted by owner and each name is written once, so neither a map of names nor a record
//! as a value of its own ever exists.

use crate::assemble::Assembler;
use crate::check::defect::{Defect, DefectKind};
use crate::hash::HashKey;
use crate::rrsets::{Group, Item, MAX_RDATA, same_name, settle};
use crate::sort::{Run, sort_runs};
use crate::{Unchecked, Zone};
use alloc::{sync::Arc, vec::Vec};
use rr::{Class, Name, NameRef, Rtype, Ttl};
use zonefile::{Pos, Sink, Span};

/// How much a zone may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Records; the ones after are dropped with [`DefectKind::TooManyRecords`].
    pub records: usize,
    /// Octets of records as the builder keeps them: owner once, 12 octets and the rdata for each.
    pub octets: usize,
}

impl Default for Limits {
    /// Twenty million records, one GiB.
    fn default() -> Self {
        Limits {
            records: 20_000_000,
            octets: 1 << 30,
        }
    }
}

impl Limits {
    /// What is left of them.
    fn less(self, taken: Limits) -> Option<Limits> {
        Some(Limits {
            records: self.records.checked_sub(taken.records)?,
            octets: self.octets.checked_sub(taken.octets)?,
        })
    }

    /// What is left of them when so many more records with so many octets of data stand anywhere in the text.
    pub(crate) fn after(self, records: usize, rdata: usize) -> Option<Limits> {
        let octets = records * BESIDE + rdata;
        self.less(Limits { records, octets })
    }
}

/// Collects the records of one zone. See the front page of the crate for an example.
#[derive(Debug)]
pub struct Builder {
    apex: Arc<Name>,
    key: HashKey,
    limits: Limits,
    /// Runs: length of the owner up to the apex, that owner, records.
    arena: Vec<u8>,
    runs: Vec<Run>,
    last_owner: Vec<u8>,
    records: usize,
    defects: Vec<Defect>,
}

/// Type, length, TTL and position of a record in the arena.
const FIXED: usize = 12;
/// What the next record takes in the arena at most besides its data.
const BESIDE_LAST: usize = FIXED + 256;
/// What a record takes at most that comes between two others of one name: its owner, and theirs once more.
const BESIDE: usize = FIXED + 2 * 256;

impl Builder {
    /// Begins the zone of `apex`, class IN.
    #[must_use]
    pub fn new(apex: Name, key: HashKey) -> Self {
        Builder {
            apex: Arc::new(apex),
            key,
            limits: Limits::default(),
            arena: Vec::new(),
            runs: Vec::new(),
            last_owner: Vec::new(),
            records: 0,
            defects: Vec::new(),
        }
    }

    /// Sets other limits than the default.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = Limits {
            octets: limits.octets.min(u32::MAX as usize),
            ..limits
        };
        self
    }

    /// Takes one record; `rdata` is uncompressed wire form. What the zone cannot hold is dropped
    /// and noted as a [`Defect`].
    pub fn add(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Pos,
    ) {
        let kept = self.admit(class, rdata).and_then(|()| self.turn_to(owner));
        if let Err(kind) = kept {
            self.defects.push(Defect {
                kind,
                at,
                first: at,
            });
            return;
        }
        self.append(ttl, rtype, rdata, at);
    }

    /// Makes the zone of what was collected.
    #[must_use]
    pub fn finish(mut self) -> Zone<Unchecked> {
        self.end_run();
        let mut runs = core::mem::take(&mut self.runs);
        sort_runs(&mut runs, &self.arena);
        let mut assembler = Assembler::new(self.apex, self.key, runs.len());
        let (mut items, mut is_plain) = (Vec::new(), true);
        for same in runs.chunk_by(|a, b| a.has_owner_of(b, &self.arena)) {
            items.clear();
            same.iter()
                .for_each(|run| items.extend(records(run.records(&self.arena))));
            settle(&mut items, &mut self.defects);
            let owner = same[0].owner(&self.arena);
            is_plain &= same[1..].iter().all(|run| run.owner(&self.arena) == owner);
            assembler.add(owner, &items);
        }
        let (form, places) = assembler.finish();
        let taken = Limits {
            records: self.records,
            octets: self.arena.len() + BESIDE_LAST,
        };
        let room = self.limits.less(taken).filter(|_| is_plain);
        let state = Unchecked::new(self.defects, places).with_room(room);
        Zone::unchecked(form, state)
    }

    fn admit(&mut self, class: Class, rdata: &[u8]) -> Result<(), DefectKind> {
        let octets = self.arena.len() + rdata.len() + BESIDE_LAST;
        match class {
            Class::IN if self.records >= self.limits.records || octets > self.limits.octets => {
                Err(DefectKind::TooManyRecords)
            }
            Class::IN if rdata.len() > MAX_RDATA => Err(DefectKind::SetTooLarge),
            Class::IN => Ok(()),
            _ => Err(DefectKind::OtherClass),
        }
    }

    /// Begins a new run unless the owner is that of the last record.
    fn turn_to(&mut self, owner: NameRef<'_>) -> Result<(), DefectKind> {
        if self.last_owner == owner.as_wire() {
            return Ok(());
        }
        let relative = relative_to(owner.as_wire(), self.apex.as_ref().as_ref().as_wire());
        let relative = relative.ok_or(DefectKind::OutOfZone)?;
        self.end_run();
        self.last_owner.clear();
        self.last_owner.extend_from_slice(owner.as_wire());
        self.runs.push(Run::begin(relative, self.arena.len()));
        self.arena.push(relative.len() as u8);
        self.arena.extend_from_slice(relative);
        Ok(())
    }

    fn append(&mut self, ttl: Ttl, rtype: Rtype, rdata: &[u8], at: Pos) {
        self.records += 1;
        let mut fixed = [0; FIXED];
        fixed[..2].copy_from_slice(&rtype.0.to_le_bytes());
        fixed[2..4].copy_from_slice(&(rdata.len() as u16).to_le_bytes());
        fixed[4..8].copy_from_slice(&ttl.as_secs().to_le_bytes());
        fixed[8..].copy_from_slice(&at.0.to_le_bytes());
        self.arena.extend_from_slice(&fixed);
        self.arena.extend_from_slice(rdata);
    }

    fn end_run(&mut self) {
        if let Some(last) = self.runs.last_mut() {
            last.end(self.arena.len());
        }
    }
}

impl Sink for Builder {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        self.add(owner, class, ttl, rtype, rdata, at.start);
    }
}

/// The labels of `name` before the apex, if it is at or below the apex.
fn relative_to<'n>(name: &'n [u8], apex: &[u8]) -> Option<&'n [u8]> {
    let length = name.len().checked_sub(apex.len())?;
    let mut at = 0;
    while at < length {
        at += usize::from(name[at]) + 1;
    }
    let (relative, rest) = name.split_at_checked(at)?;
    (at == length && same_name(rest, apex)).then_some(relative)
}

/// The records of a run.
fn records(mut octets: &[u8]) -> impl Iterator<Item = Item<'_>> {
    core::iter::from_fn(move || {
        let (fixed, rest) = octets.split_first_chunk::<FIXED>()?;
        let half = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
        let (rdata, rest) = rest.split_at(usize::from(half(2)));
        octets = rest;
        Some(Item {
            group: Group::of(Rtype(half(0)), rdata),
            ttl: word(4),
            rdata,
            at: Pos(word(8)),
        })
    })
}
