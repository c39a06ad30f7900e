//! Messages that are not answered.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Notice, Target, Zone};
use crate::Moment;

#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) target: Target,
    pub(super) zone: Zone,
    /// When it was told first.
    pub(super) begun: Moment,
    /// How often it was told.
    pub(super) attempt: usize,
    due: Moment,
}

#[derive(Debug, Default)]
pub(super) struct Flights {
    flights: BTreeMap<Notice, Flight>,
    due: BTreeSet<(Moment, Notice)>,
    last: u64,
}

impl Flights {
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }

    pub(super) fn begin(&mut self, target: Target, zone: Zone, now: Moment, due: Moment) -> Notice {
        self.last += 1;
        let notice = Notice(self.last);
        let flight = Flight {
            target,
            zone,
            begun: now,
            attempt: 1,
            due,
        };
        self.flights.insert(notice, flight);
        self.due.insert((due, notice));
        notice
    }

    pub(super) fn get(&self, notice: Notice) -> Option<&Flight> {
        self.flights.get(&notice)
    }

    /// It was told once more.
    pub(super) fn again(&mut self, notice: Notice, due: Moment) {
        if let Some(flight) = self.flights.get_mut(&notice) {
            flight.attempt += 1;
        }
        self.later(notice, due);
    }

    pub(super) fn later(&mut self, notice: Notice, due: Moment) {
        if let Some(flight) = self.flights.get_mut(&notice) {
            self.due.remove(&(flight.due, notice));
            flight.due = due;
            self.due.insert((due, notice));
        }
    }

    pub(super) fn remove(&mut self, notice: Notice) -> Option<Flight> {
        let flight = self.flights.remove(&notice)?;
        self.due.remove(&(flight.due, notice));
        Some(flight)
    }

    pub(super) fn due(&self, now: Moment) -> Vec<Notice> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now);
        due.map(|(_, notice)| *notice).collect()
    }

    pub(super) fn next_due(&self) -> Option<Moment> {
        self.due.first().map(|(due, _)| *due)
    }

    pub(super) fn of_zone(&self, zone: Zone) -> Vec<Notice> {
        self.matching(|flight| flight.zone == zone)
    }

    pub(super) fn of_target(&self, target: Target) -> Vec<Notice> {
        self.matching(|flight| flight.target == target)
    }

    fn matching(&self, is_it: impl Fn(&Flight) -> bool) -> Vec<Notice> {
        let matching = self.flights.iter().filter(|(_, flight)| is_it(flight));
        matching.map(|(notice, _)| *notice).collect()
    }
}
