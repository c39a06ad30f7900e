//! Telling secondaries that zones have changed (RFC 1996), until they answer.
//!
//! ```text
//!             announce              room, pace                   answered
//!   (nothing) ────────> marked ──────────────────> in flight ──────────────> (nothing), or marked if announced again
//!                          │                        ^  │ ^ ^
//!                          │ no room, or in flight: │  │ │ │ not answered, SERVFAIL: after 1, 3, 7, 20, 40, 60 s,
//!                          └── at once, so often ───┘  │ └─┘ with the newest serial
//!                             as `newest` says         │
//!                                                      ├── another one is told in vain already: waits until the
//!                                                      │   target answers anything, and then all go on at once
//!                                                      └── 180 s after the last: given up
//! ```
//! What is marked is a bit for each zone and target, so that 10,000 zones that change for 1,000 secondaries are not ten
//! million entries. What is in flight is bounded, for each target and in all, and so is the pace.
//!
//! What has changed goes before what is told because nobody knows whether it was heard of, as at the start of a server, and before
//! what is told again: half of a burst is for it alone.
//!
//! A target that is away has one message on its way again and again, and holds up nobody else. What changes meanwhile is told it
//! all the same, a few times: it may be back.

mod flight;
mod marks;
mod targets;
mod told;
mod turns;

pub use targets::{name_server_addresses, name_servers};

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use rr::Serial;
use wire::ResponseCode;

use crate::Moment;
use flight::Flights;
use told::Told;

/// How much is told at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Messages that one target has not answered. Default 8.
    pub per_target: usize,
    /// Beyond these, changes that one target is told of at once: of a zone whose last message it has not answered, or while it
    /// answers nothing. Default 8.
    pub newest: u32,
    /// Until it may have another one of these. Default 10 s.
    pub newest_secs: u32,
    /// Messages that were told once and are not answered yet. Default 2,000.
    pub in_all: usize,
    /// Messages in a second, on average. Default 1,000.
    pub per_second: u32,
    /// Messages at once after a pause: one for each of so many secondaries. Half of them are for what has changed. Default 1,000.
    pub burst: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            per_target: 8,
            newest: 8,
            newest_secs: 10,
            in_all: 2_000,
            per_second: 1_000,
            burst: 1_000,
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

/// What is told first, as the place in what there is of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    /// What has changed.
    Change,
    /// What may be known, or was told before.
    Rest,
}

const RANKS: [Rank; 2] = [Rank::Change, Rank::Rest];

/// Tells of changes. See the front page of this module.
#[derive(Debug)]
pub struct Announcer {
    pace: Pace,
    serials: BTreeMap<Zone, Serial>,
    targets: BTreeMap<Target, Told>,
    /// Targets with marks and room, in their turn.
    ready: [VecDeque<Target>; 2],
    /// What is told before these.
    newest: VecDeque<(Target, Zone)>,
    flights: Flights,
    /// Messages that may be sent, in thousandths, as of the moment beside it.
    credit: u64,
    credited: Moment,
    actions: VecDeque<Action>,
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
            ready: Default::default(),
            newest: VecDeque::new(),
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
            let told = self.targets.entry(*target).or_default();
            told.mark(zone, Rank::Change);
            match told.has_room(&self.pace) && told.next(Rank::Change) == Some(zone) {
                true => self.line_up(*target),
                false if told.may_have_newest(&self.pace, now) => {
                    self.newest.push_back((*target, zone));
                }
                false => {}
            }
        }
        self.send(now);
    }

    /// These are to know what there is of the zone, which they may know already: when there is nothing else to tell.
    pub fn introduce(&mut self, now: Moment, zone: Zone, serial: Serial, targets: &[Target]) {
        self.serials.insert(zone, serial);
        for target in targets {
            let told = self.targets.entry(*target).or_default();
            told.mark(zone, Rank::Rest);
            self.line_up(*target);
        }
        self.send(now);
    }

    /// The zone is no longer there.
    pub fn remove_zone(&mut self, now: Moment, zone: Zone) {
        self.serials.remove(&zone);
        for told in self.targets.values_mut() {
            told.clear(zone);
        }
        let in_flight = self.targets.iter().filter_map(|(target, told)| {
            let notice = told.flights.get(&zone)?;
            Some((*target, *notice, told.tried == Some(*notice)))
        });
        for (target, notice, was_tried) in in_flight.collect::<Vec<_>>() {
            self.land(notice);
            if was_tried {
                self.wake(now, target);
            }
        }
        self.send(now);
    }

    /// The target is no longer there, as when its connection was closed.
    pub fn remove_target(&mut self, now: Moment, target: Target) {
        if let Some(told) = self.targets.remove(&target) {
            let flights = told.flights.into_values();
            flights.for_each(|notice| _ = self.flights.remove(notice));
        }
        for ready in &mut self.ready {
            ready.retain(|ready| *ready != target);
        }
        self.send(now);
    }

    /// The target has answered. RFC 1996 §3.8 has any answer end it; of SERVFAIL we think better.
    pub fn handle_answer(&mut self, now: Moment, notice: Notice, code: ResponseCode) {
        let Some(flight) = self.flights.get(notice) else {
            return;
        };
        let (target, zone) = (flight.target, flight.zone);
        self.hear(now, target);
        match code {
            ResponseCode::NoError => self.land(notice),
            // It may be at its start, or out of something: it is told again in its time.
            ResponseCode::ServFail => self
                .flights
                .hurry(notice, now.after_secs(RETRANSMIT_SECS[0])),
            code => {
                self.land(notice);
                self.tell(target, zone, Outcome::Refused(code));
            }
        }
        self.send(now);
    }

    /// Tells again what was not answered, and goes on with what waited for its turn.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.send_newest(now);
        while let Some(notice) = self.flights.due(now)
            && self.overdue(now, notice)
        {}
        self.send(now);
    }

    /// When [`handle_timeout`](Announcer::handle_timeout) is due; none if there is nothing to tell.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        let next = self
            .first_rank()
            .filter(|_| self.flights.young() < self.pace.in_all)
            .map(|rank| self.next_credit(rank));
        // What is overdue waits for credit, too.
        let overdue = self
            .flights
            .next_due()
            .map(|due| match self.has_credit(Rank::Rest) {
                true => due,
                false => due.max(self.next_credit(Rank::Rest)),
            });
        next.into_iter().chain(overdue).min()
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

    /// Those who have something to tell to or wait for, for tests and metrics.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Target> {
        let is_busy = |told: &Told| !told.flights.is_empty() || told.has_more();
        let busy = self.targets.iter().filter(|(_, told)| is_busy(told));
        busy.map(|(target, _)| *target).collect()
    }
}
