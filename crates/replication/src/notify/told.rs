//! What one target is told of.

use alloc::collections::BTreeMap;

use super::marks::Marks;
use super::{Notice, Pace, Zone};
use crate::Moment;

#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) marks: Marks,
    pub(super) flights: BTreeMap<Zone, Notice>,
    pub(super) is_ready: bool,
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

    /// A zone that is to be told of and is not in flight.
    pub(super) fn next(&self) -> Option<Zone> {
        self.marks.next(|zone| self.flights.contains_key(&zone))
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
        self.marks = Marks::default();
        self.tried = None;
        core::mem::take(&mut self.flights)
    }
}
