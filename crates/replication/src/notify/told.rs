//! What one target is told of.

use alloc::collections::BTreeMap;

use super::marks::Marks;
use super::{Notice, Pace, RANKS, Rank, Zone};
use crate::Moment;

#[derive(Debug, Default)]
pub(super) struct Told {
    /// A zone has one of them at most.
    marks: [Marks; 2],
    pub(super) flights: BTreeMap<Zone, Notice>,
    /// Whether it waits for its turn.
    pub(super) is_ready: [bool; 2],
    /// When it last answered anything.
    heard: Option<Moment>,
    /// What it is told again and again while it answers nothing.
    pub(super) tried: Option<Notice>,
    /// Messages beyond its room that it had since it last answered.
    newest: u32,
    /// Since when these are counted.
    counted: Moment,
}

impl Told {
    pub(super) fn hear(&mut self, now: Moment) {
        self.heard = Some(now);
        self.newest = 0;
    }

    pub(super) fn has_heard_since(&self, begun: Moment) -> bool {
        self.heard.is_some_and(|heard| heard >= begun)
    }

    /// Whether another zone may be told of, as far as this target goes.
    pub(super) fn has_room(&self, pace: &Pace) -> bool {
        self.tried.is_none() && self.flights.len() < pace.per_target
    }

    /// It is to be told of the zone.
    pub(super) fn mark(&mut self, zone: Zone, rank: Rank) {
        let [changes, rest] = &mut self.marks;
        if rank == Rank::Change || changes.has(zone) {
            rest.clear(zone);
            changes.set(zone);
        } else {
            rest.set(zone);
        }
    }

    /// It need not be told of the zone.
    pub(super) fn clear(&mut self, zone: Zone) {
        self.marks.iter_mut().for_each(|marks| marks.clear(zone));
    }

    pub(super) fn is_marked(&self, zone: Zone) -> bool {
        self.marks.iter().any(|marks| marks.has(zone))
    }

    /// A zone that is to be told of and is not in flight.
    pub(super) fn next(&self, rank: Rank) -> Option<Zone> {
        self.marks[rank as usize].next(|zone| self.flights.contains_key(&zone))
    }

    pub(super) fn has_more(&self) -> bool {
        RANKS.iter().any(|rank| self.next(*rank).is_some())
    }

    /// Takes one of the messages that it may have beyond its room, if there is one left.
    pub(super) fn may_have_newest(&mut self, pace: &Pace, now: Moment) -> bool {
        let each = u64::from(pace.newest_secs.max(1)) * 1000;
        let earned = now.millis_since(self.counted) / each;
        self.newest = self
            .newest
            .saturating_sub(u32::try_from(earned).unwrap_or(u32::MAX));
        self.counted = match self.newest {
            0 => now,
            _ => self.counted.after_millis(earned * each),
        };
        let may = self.newest < pace.newest;
        self.newest += u32::from(may);
        may
    }

    /// It is told of nothing any more; gives what was in flight.
    pub(super) fn forget(&mut self) -> BTreeMap<Zone, Notice> {
        self.marks = Default::default();
        self.tried = None;
        core::mem::take(&mut self.flights)
    }
}
