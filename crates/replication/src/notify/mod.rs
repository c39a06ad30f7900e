//! Telling secondaries that zones have changed (RFC 1996), until they answer.
//!
//! ```text
//!             announce              room, pace                   answered
//!   (nothing) ────────> marked ──────────────────> in flight ──────────────> (nothing), or marked if announced again
//!                          ^                        │      ^
//!                          │ announced again        │      │ not answered, SERVFAIL: after 1, 3, 7, 20, 40, 60 s,
//!                          └────────────────────────┤      │ with the newest serial
//!                                                   ├──────┘
//!                                                   └── 180 s after the last: given up
//! ```
//! What is marked is a bit for each zone and target, so that 10,000 zones that change for 1,000 secondaries are not ten
//! million entries. What is in flight is bounded, for each target and in all, and so is the pace.

mod flight;
mod marks;
mod targets;

pub use targets::{name_server_addresses, name_servers};

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use rr::Serial;
use wire::ResponseCode;

use crate::Moment;
use flight::{Flight, Flights};
use marks::Marks;

/// How much is told at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Messages that one target has not answered. Default 8.
    pub per_target: usize,
    /// Messages that nobody has answered. Default 1,000.
    pub in_all: usize,
    /// Messages in a second, on average. Default 1,000.
    pub per_second: u32,
    /// Messages at once after a pause. Default 200.
    pub burst: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            per_target: 8,
            in_all: 1_000,
            per_second: 1_000,
            burst: 200,
        }
    }
}

/// Until a message is told again, in seconds (RFC 1996 §3.6 leaves it open): as MirageOS' ocaml-dns does it. After the last one it
/// is given up: who hears nothing for minutes asks by itself.
pub const RETRANSMIT_SECS: [u32; 7] = [1, 3, 7, 20, 40, 60, 180];

/// One who is told. The number is the caller's; it should be small, as should those of zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(pub u32);

/// A zone that is told of. The number is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(pub u32);

/// A message that is to be answered; never used twice, and the same for all the times that it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notice(u64);

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a NOTIFY (RFC 1996 §3.7). One that was sent before under this number need not be waited for.
    Send {
        /// Which it is.
        notice: Notice,
        /// To whom.
        target: Target,
        /// Of what.
        zone: Zone,
        /// Its newest serial, for the answer section.
        serial: Serial,
    },
    /// Tell the operator how it ended.
    Tell {
        /// Whom it concerns.
        target: Target,
        /// What it was about.
        zone: Zone,
        /// What became of it.
        outcome: Outcome,
    },
}

/// How telling ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It said no, and would say it again.
    Refused(ResponseCode),
    /// It has not answered any of several messages.
    Silent,
}

/// Tells of changes. See the front page of this module.
#[derive(Debug)]
pub struct Announcer {
    pace: Pace,
    serials: BTreeMap<Zone, Serial>,
    targets: BTreeMap<Target, Told>,
    /// Targets with marks and room, in their turn.
    ready: VecDeque<Target>,
    flights: Flights,
    /// Messages that may be sent, in thousandths, as of the moment beside it.
    credit: u64,
    credited: Moment,
    actions: VecDeque<Action>,
}

#[derive(Debug, Default)]
struct Told {
    marks: Marks,
    /// In flight.
    zones: BTreeSet<Zone>,
    is_ready: bool,
    /// When it last answered anything.
    heard: Option<Moment>,
}

/// One message, in the unit of credit.
const MESSAGE: u64 = 1000;

impl Announcer {
    /// Nobody to tell.
    #[must_use]
    pub fn new(pace: Pace, now: Moment) -> Self {
        Self {
            pace,
            serials: BTreeMap::new(),
            targets: BTreeMap::new(),
            ready: VecDeque::new(),
            flights: Flights::default(),
            credit: u64::from(pace.burst) * MESSAGE,
            credited: now,
            actions: VecDeque::new(),
        }
    }

    /// The zone has changed, and these are to know. It costs a little for each of them, and nothing for others.
    pub fn announce(&mut self, now: Moment, zone: Zone, serial: Serial, targets: &[Target]) {
        self.serials.insert(zone, serial);
        for target in targets {
            self.targets.entry(*target).or_default().marks.set(zone);
            self.line_up(*target);
        }
        self.send(now);
    }

    /// The zone is no longer there.
    pub fn remove_zone(&mut self, now: Moment, zone: Zone) {
        self.serials.remove(&zone);
        for told in self.targets.values_mut() {
            told.marks.clear(zone);
        }
        for notice in self.flights.of_zone(zone) {
            self.land(notice);
        }
        self.send(now);
    }

    /// The target is no longer there, as when its connection was closed.
    pub fn remove_target(&mut self, now: Moment, target: Target) {
        for notice in self.flights.of_target(target) {
            self.flights.remove(notice);
        }
        self.targets.remove(&target);
        self.ready.retain(|ready| *ready != target);
        self.send(now);
    }

    /// The target has answered. RFC 1996 §3.8 has any answer end it; of SERVFAIL we think better.
    pub fn handle_answer(&mut self, now: Moment, notice: Notice, code: ResponseCode) {
        let Some(flight) = self.flights.get(notice) else {
            return;
        };
        let (target, zone) = (flight.target, flight.zone);
        if let Some(told) = self.targets.get_mut(&target) {
            told.heard = Some(now);
        }
        match code {
            ResponseCode::NoError => self.land(notice),
            // It may be at its start, or out of something: it is told again in its time.
            ResponseCode::ServFail => {}
            code => {
                let outcome = Outcome::Refused(code);
                self.land(notice);
                self.actions.push_back(Action::Tell {
                    target,
                    zone,
                    outcome,
                });
            }
        }
        self.send(now);
    }

    /// Tells again what was not answered, and goes on with what waited for its turn.
    pub fn handle_timeout(&mut self, now: Moment) {
        for notice in self.flights.due(now) {
            self.overdue(now, notice);
        }
        self.send(now);
    }

    /// When [`handle_timeout`](Announcer::handle_timeout) is due; none if there is nothing to tell.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        let may_send = !self.ready.is_empty() && self.flights.len() < self.pace.in_all;
        let credit = may_send.then(|| {
            let wanted = MESSAGE.saturating_sub(self.credit);
            let millis = wanted.div_ceil(u64::from(self.pace.per_second.max(1)));
            self.credited.after_millis(millis)
        });
        let overdue = self.flights.next_due();
        match (credit, overdue) {
            (Some(credit), Some(overdue)) => Some(credit.min(overdue)),
            (credit, overdue) => credit.or(overdue),
        }
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// How many messages are not answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    fn overdue(&mut self, now: Moment, notice: Notice) {
        let Some(flight) = self.flights.get(notice).copied() else {
            return;
        };
        let wait = RETRANSMIT_SECS.get(flight.attempt);
        match (wait, self.serials.get(&flight.zone).copied()) {
            (Some(secs), Some(serial)) if self.pay(now) => {
                let action = Action::Send {
                    notice,
                    target: flight.target,
                    zone: flight.zone,
                    serial,
                };
                self.actions.push_back(action);
                // What was announced meanwhile is told with it.
                if let Some(told) = self.targets.get_mut(&flight.target) {
                    told.marks.clear(flight.zone);
                }
                self.flights.again(notice, now.after_secs(*secs));
            }
            // Its turn comes with the next credit.
            (Some(_), Some(_)) => self.flights.later(notice, self.next_credit()),
            _ => self.give_up(notice, flight),
        }
    }

    /// Who has not answered anything for so long will not answer the rest either, and asks by itself once it is back. Who
    /// answers others, as some do who do not know a zone, is told on.
    fn give_up(&mut self, notice: Notice, flight: Flight) {
        let (target, zone) = (flight.target, flight.zone);
        if let Some(told) = self.targets.get_mut(&target)
            && told.heard.is_none_or(|heard| heard < flight.begun)
        {
            told.marks = Marks::default();
        }
        self.land(notice);
        self.actions.push_back(Action::Tell {
            target,
            zone,
            outcome: Outcome::Silent,
        });
    }

    fn land(&mut self, notice: Notice) {
        if let Some(flight) = self.flights.remove(notice) {
            if let Some(told) = self.targets.get_mut(&flight.target) {
                told.zones.remove(&flight.zone);
            }
            self.line_up(flight.target);
        }
    }

    /// Has the target wait for its turn, if there is anything to tell it and room.
    fn line_up(&mut self, target: Target) {
        if let Some(told) = self.targets.get_mut(&target)
            && !told.is_ready
            && told.zones.len() < self.pace.per_target
            && told.marks.next(&told.zones).is_some()
        {
            told.is_ready = true;
            self.ready.push_back(target);
        }
    }

    fn send(&mut self, now: Moment) {
        while !self.ready.is_empty() && self.flights.len() < self.pace.in_all && self.pay(now) {
            let Some(target) = self.ready.pop_front() else {
                return;
            };
            self.send_next(now, target);
        }
    }

    fn send_next(&mut self, now: Moment, target: Target) {
        let Some(told) = self.targets.get_mut(&target) else {
            return;
        };
        told.is_ready = false;
        let Some(zone) = told.marks.next(&told.zones) else {
            return;
        };
        told.marks.clear(zone);
        if let Some(serial) = self.serials.get(&zone) {
            told.zones.insert(zone);
            let until = now.after_secs(RETRANSMIT_SECS[0]);
            let notice = self.flights.begin(target, zone, now, until);
            self.actions.push_back(Action::Send {
                notice,
                target,
                zone,
                serial: *serial,
            });
        }
        self.line_up(target);
    }

    /// Takes the credit of a message, if there is that much.
    fn pay(&mut self, now: Moment) -> bool {
        let earned = now.millis_since(self.credited) * u64::from(self.pace.per_second);
        let most = u64::from(self.pace.burst.max(1)) * MESSAGE;
        self.credit = self.credit.saturating_add(earned).min(most);
        self.credited = self.credited.max(now);
        let paid = self.credit.checked_sub(MESSAGE);
        self.credit = paid.unwrap_or(self.credit);
        paid.is_some()
    }

    fn next_credit(&self) -> Moment {
        let wanted = MESSAGE.saturating_sub(self.credit);
        let millis = wanted.div_ceil(u64::from(self.pace.per_second.max(1)));
        self.credited.after_millis(millis.max(1))
    }

    /// Those who have something to tell to or wait for, for tests and metrics.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Target> {
        let is_busy =
            |told: &Told| !told.zones.is_empty() || told.marks.next(&told.zones).is_some();
        let busy = self.targets.iter().filter(|(_, told)| is_busy(told));
        busy.map(|(target, _)| *target).collect()
    }
}
