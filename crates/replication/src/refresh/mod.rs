//! One zone of a secondary.
//!
//! ```text
//!             due, or told                permit            newer serial
//!   Waiting ───────────────> Ready(Ask) ─────────> Asking ───────────────> Ready(Transfer)
//!    ^  ^ ^                      ^                 │  │ │                        │ permit
//!    │  │ │                      └─ next primary ──┘  │ │                        v
//!    │  │ └──────── refresh ──── same serial ─────────┘ │                  Transferring
//!    │  └────────── retry ────── no primary left ───────┘                   │  │  │
//!    │                                                   next primary, or  <┘  │  │ IXFR failed: AXFR
//!    └───────────── refresh ──── published ────────────────────────────────────┘  └──> Transferring
//! ```
//! Beside it the zone itself is missing, served or expired; an expired one is kept, so that the next success has it served
//! at once.

mod event;
mod rounds;
mod state;

pub use event::{Action, Doubt, Event, Exchange, Failure, Heard, News, Standing, Step, Told, Way};

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use rr::Serial;

use crate::{Moment, Pace, Version};
use state::{Asking, Held, Ready, Round, State, Transferring, Waiting};

/// The state of one zone.
#[derive(Debug)]
pub struct Refresh {
    pace: Pace,
    primaries: Vec<Way>,
    held: Option<Held>,
    state: State,
    /// Told while a round was under way, which may have looked before.
    again: Option<Told>,
    /// Rounds in a row that failed: all of them without a zone, else those in which a transfer failed.
    failures: u32,
    /// Until when NOTIFY causes no further look.
    quiet_until: Moment,
    last_exchange: u64,
    actions: VecDeque<Action>,
}

impl Refresh {
    /// A zone that is not there yet. It is due now.
    ///
    /// The primaries are asked in this order, and known by their place in it. There should be one at least; without any
    /// the zone stays as it is.
    #[must_use]
    pub fn missing(pace: Pace, primaries: Vec<Way>, now: Moment) -> Self {
        Self {
            pace,
            primaries,
            held: None,
            state: State::Waiting(Waiting {
                until: now,
                round: Round::default(),
            }),
            again: None,
            failures: 0,
            quiet_until: now,
            last_exchange: 0,
            actions: VecDeque::new(),
        }
    }

    /// A zone that was kept, and may be answered from for `left_secs` more. It is due now.
    #[must_use]
    pub fn kept(
        pace: Pace,
        primaries: Vec<Way>,
        now: Moment,
        (version, left_secs): (Version, u32),
    ) -> Self {
        // A clock that was set back must not make a zone live longer than its owner said.
        let left_secs = left_secs.min(pace.expire_secs(&version));
        Self {
            held: Some(Held {
                version,
                expires: now.after_secs(left_secs),
                confirmed: None,
                is_expired: left_secs == 0,
            }),
            ..Self::missing(pace, primaries, now)
        }
    }

    /// Whether the zone is there and answered from.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.held {
            None => Standing::Missing,
            Some(held) if held.is_expired => Standing::Expired,
            Some(_) => Standing::Served,
        }
    }

    /// The version that is held, expired or not.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.held.as_ref().map(|held| &held.version)
    }

    /// Seconds until the zone is no longer answered from, for the EXPIRE option (RFC 7314 §3.1) and for what is kept over a
    /// restart; none if there is no zone.
    #[must_use]
    pub fn expires_in_secs(&self, now: Moment) -> Option<u32> {
        let left = self.held.as_ref()?.expires.millis_since(now) / 1000;
        Some(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// When a primary gave the version that is held, or had the same; none if none has since the start.
    #[must_use]
    pub fn confirmed(&self) -> Option<Moment> {
        self.held.as_ref()?.confirmed
    }

    /// When [`Event::Timeout`] is due; none if that waits for something else.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        let expiry = self.held.as_ref().filter(|held| !held.is_expired);
        let expiry = expiry.map(|held| held.expires);
        match self.state.until() {
            Some(until) => Some(expiry.map_or(until, |expiry| expiry.min(until))),
            None => expiry,
        }
    }

    /// The step that waits for [`Event::Permit`].
    #[must_use]
    pub fn wants(&self) -> Option<Step> {
        match &self.state {
            State::Ready(ready) => Some(ready.step),
            _ => None,
        }
    }

    /// The step that is under way, for which there was a permit.
    #[must_use]
    pub fn is_at(&self) -> Option<Step> {
        match &self.state {
            State::Asking(_) => Some(Step::Ask),
            State::Transferring(_) => Some(Step::Transfer),
            State::Waiting(_) | State::Ready(_) => None,
        }
    }

    /// What is to be done next, in order.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Takes in what has happened. `chance` is any number; it spreads what began together.
    pub fn handle(&mut self, now: Moment, event: Event, chance: u32) {
        if let Event::Notify(told) = event {
            self.handle_notify(now, told);
        } else {
            self.state = match self.state {
                State::Waiting(waiting) => self.while_waiting(now, event, waiting),
                State::Ready(ready) => self.while_ready(now, event, ready),
                State::Asking(asking) => self.while_asking(now, event, asking, chance),
                State::Transferring(transfer) => {
                    self.while_transferring(now, event, transfer, chance)
                }
            };
        }
        self.expire_if_due(now);
    }

    /// RFC 1996 §3.11 and §4: as if the refresh had come due. The serial in a NOTIFY is a hint (§3.7): one that is not newer
    /// than ours saves the question.
    fn handle_notify(&mut self, now: Moment, told: Told) {
        if self.has(told.serial) {
            return;
        }
        match &mut self.state {
            State::Waiting(waiting) => {
                let until = waiting.until.min(now.max(self.quiet_until));
                let round = Round::told(told);
                self.state = match until <= now {
                    true => self.ready(round, Step::Ask),
                    false => State::Waiting(Waiting { until, round }),
                };
            }
            // What is ready has not asked yet.
            State::Ready(Ready { step, round }) if *step == Step::Ask => {
                round.hint = newer_hint(round.hint, told.serial);
            }
            _ => {
                let before = self.again.and_then(|told| told.serial);
                let serial = match self.again {
                    None => told.serial,
                    Some(_) => newer_hint(before, told.serial),
                };
                self.again = Some(Told { serial, ..told });
            }
        }
    }

    fn while_waiting(&mut self, now: Moment, event: Event, waiting: Waiting) -> State {
        match event {
            Event::Timeout if now >= waiting.until => self.ready(waiting.round, Step::Ask),
            event => {
                self.discard_late(event);
                State::Waiting(waiting)
            }
        }
    }

    fn while_ready(&mut self, now: Moment, event: Event, ready: Ready) -> State {
        match event {
            Event::Permit if self.primaries.is_empty() => State::Ready(ready),
            Event::Permit if ready.step == Step::Ask => self.ask(now, ready.round, 1),
            Event::Permit => self.transfer(now, ready.round, self.held_serial()),
            event => {
                self.discard_late(event);
                State::Ready(ready)
            }
        }
    }

    fn while_asking(&mut self, now: Moment, event: Event, asking: Asking, chance: u32) -> State {
        let Asking { round, .. } = asking;
        match event {
            Event::Timeout if now >= asking.until => {
                self.actions.push_back(Action::Cancel(asking.exchange));
                match asking.by {
                    Way::Datagrams => self.ask(now, round, asking.attempt.saturating_add(1)),
                    Way::Connections => self.failed(now, round, Failure::TimedOut, chance),
                }
            }
            Event::Soa(exchange, heard) if exchange == asking.exchange => {
                self.compare(now, round, heard, chance)
            }
            // RFC 7766 §5: the same question over a connection.
            Event::Truncated(exchange) if exchange == asking.exchange => {
                self.ask(now, round, u8::MAX)
            }
            Event::Failed(exchange, failure) if exchange == asking.exchange => {
                self.failed(now, round, failure, chance)
            }
            event => {
                self.discard_late(event);
                State::Asking(asking)
            }
        }
    }

    fn while_transferring(
        &mut self,
        now: Moment,
        event: Event,
        transfer: Transferring,
        chance: u32,
    ) -> State {
        let Transferring {
            exchange, round, ..
        } = transfer;
        match event {
            Event::Timeout if now >= transfer.until => {
                self.actions.push_back(Action::Cancel(exchange));
                self.broken(now, round, Failure::TimedOut, chance)
            }
            Event::Transferred(got, heard) if got == exchange => {
                self.arrived(now, transfer, heard, chance)
            }
            // RFC 1995 §4 and §5: who has no differences may send all; who does not know IXFR, or sends what does not fit, is
            // asked for all.
            Event::Failed(got, failure) if got == exchange => {
                let may_have_all = matches!(failure, Failure::Refused | Failure::Broken);
                match transfer.from.is_some() && may_have_all {
                    true => {
                        self.tell_failure(round, failure);
                        self.transfer(now, round, None)
                    }
                    false => self.broken(now, round, failure, chance),
                }
            }
            event => {
                self.discard_late(event);
                State::Transferring(transfer)
            }
        }
    }

    fn expire_if_due(&mut self, now: Moment) {
        if let Some(held) = &mut self.held
            && !held.is_expired
            && now >= held.expires
        {
            held.is_expired = true;
            self.actions.push_back(Action::Expire);
        }
    }

    /// What comes after its time is of no use, and whoever has it must know.
    fn discard_late(&mut self, event: Event) {
        if let Event::Transferred(exchange, _) = event {
            self.actions.push_back(Action::Discard(exchange));
        }
    }

    /// Whether a version is served that is as new as this one; not if nobody says how new that is.
    fn has(&self, serial: Option<Serial>) -> bool {
        let held = self.held.as_ref().filter(|held| !held.is_expired);
        match (held, serial) {
            (Some(held), Some(serial)) => {
                let ours = held.version.serial;
                ours == serial || ours.is_newer_than(serial)
            }
            _ => false,
        }
    }

    /// None for an expired zone: all of it is wanted, whatever its serial.
    fn held_serial(&self) -> Option<Serial> {
        let held = self.held.as_ref().filter(|held| !held.is_expired);
        held.map(|held| held.version.serial)
    }
}

/// The newer of two hints; none as soon as one of them is missing or they cannot be compared.
fn newer_hint(one: Option<Serial>, other: Option<Serial>) -> Option<Serial> {
    let (one, other) = (one?, other?);
    match one.compare(other)? {
        core::cmp::Ordering::Less => Some(other),
        _ => Some(one),
    }
}
