//! Messages that are not answered.

use alloc::collections::{BTreeMap, BTreeSet};

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
    /// None while it waits for a sign of life.
    due: Option<Moment>,
}

impl Flight {
    /// Whether it was told once, and may be answered yet.
    fn is_young(&self) -> bool {
        self.attempt == 1 && self.due.is_some()
    }
}

#[derive(Debug, Default)]
pub(super) struct Flights {
    flights: BTreeMap<Notice, Flight>,
    due: BTreeSet<(Moment, Notice)>,
    young: usize,
    last: u64,
}

impl Flights {
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }

    /// How many were told once.
    pub(super) fn young(&self) -> usize {
        self.young
    }

    pub(super) fn begin(&mut self, target: Target, zone: Zone, now: Moment, due: Moment) -> Notice {
        self.last += 1;
        let notice = Notice(self.last);
        let flight = Flight {
            target,
            zone,
            begun: now,
            attempt: 1,
            due: Some(due),
        };
        self.put(notice, flight);
        notice
    }

    pub(super) fn get(&self, notice: Notice) -> Option<&Flight> {
        self.flights.get(&notice)
    }

    /// It was told once more.
    pub(super) fn again(&mut self, notice: Notice, due: Moment) {
        if let Some(flight) = self.remove(notice) {
            let (attempt, due) = (flight.attempt + 1, Some(due));
            self.put(
                notice,
                Flight {
                    attempt,
                    due,
                    ..flight
                },
            );
        }
    }

    /// Its turn is at another time, or nobody knows when.
    pub(super) fn later(&mut self, notice: Notice, due: Option<Moment>) {
        if let Some(flight) = self.remove(notice) {
            self.put(notice, Flight { due, ..flight });
        }
    }

    /// What was told in vain before, or waits, has its turn then.
    pub(super) fn hurry(&mut self, notice: Notice, due: Moment) {
        if self.get(notice).is_some_and(|flight| !flight.is_young()) {
            self.later(notice, Some(due));
        }
    }

    pub(super) fn remove(&mut self, notice: Notice) -> Option<Flight> {
        let flight = self.flights.remove(&notice)?;
        self.young -= usize::from(flight.is_young());
        if let Some(due) = flight.due {
            self.due.remove(&(due, notice));
        }
        Some(flight)
    }

    /// The one that has been due for longest.
    pub(super) fn due(&self, now: Moment) -> Option<Notice> {
        let (due, notice) = *self.due.first()?;
        (due <= now).then_some(notice)
    }

    pub(super) fn next_due(&self) -> Option<Moment> {
        self.due.first().map(|(due, _)| *due)
    }

    fn put(&mut self, notice: Notice, flight: Flight) {
        self.young += usize::from(flight.is_young());
        if let Some(due) = flight.due {
            self.due.insert((due, notice));
        }
        self.flights.insert(notice, flight);
    }
}
