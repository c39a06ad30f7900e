//! How a round goes on and ends: what a primary said is weighed, and the next one is asked or the next round set.

use rr::Serial;

use super::Refresh;
use super::event::{Action, Exchange, Failure, Heard, News, Step, Way};
use super::state::{Asking, Held, Ready, Round, State, Transferring, Waiting};
use crate::Moment;
use crate::moment::shortened;

impl Refresh {
    /// RFC 1034 §4.3.5: a serial that has advanced is fetched. RFC 1982 §3.2 says what that is; half the circle away is not.
    pub(super) fn compare(
        &mut self,
        now: Moment,
        round: Round,
        heard: Heard,
        chance: u32,
    ) -> State {
        let theirs = heard.version.serial;
        let Some(held) = &mut self.held else {
            return self.ready(round, Step::Transfer);
        };
        if held.version.serial == theirs {
            held.confirm(&self.pace, now, heard.expire_secs);
            if core::mem::take(&mut held.is_expired) {
                self.actions.push_back(Action::Revive);
            }
            self.be_quiet(now, round, self.pace.quiet_millis);
            return self.rest(now, round, chance);
        }
        // What has expired is of use to nobody, so there is nothing to keep from a primary that has begun anew.
        if held.is_expired || theirs.is_newer_than(held.version.serial) {
            return self.ready(round, Step::Transfer);
        }
        self.tell_behind(round, theirs);
        self.next_primary(now, round, chance)
    }

    /// A whole zone, checked by the caller: it may still be one that is not wanted.
    pub(super) fn arrived(
        &mut self,
        now: Moment,
        transfer: Transferring,
        heard: Heard,
        chance: u32,
    ) -> State {
        let Transferring {
            exchange, round, ..
        } = transfer;
        let theirs = heard.version.serial;
        let is_wanted = match &self.held {
            Some(held) if !held.is_expired => theirs.is_newer_than(held.version.serial),
            _ => true,
        };
        if !is_wanted {
            // RFC 1995 §2: one whose answer is our own serial has nothing newer, whatever it said before.
            self.actions.push_back(Action::Discard(exchange));
            return match self.held_serial() == Some(theirs) {
                true => self.compare(now, round, heard, chance),
                false => {
                    self.tell_behind(round, theirs);
                    self.broken(now, round, Failure::Broken, chance)
                }
            };
        }
        let left = self.pace.expire_secs(&heard.version);
        let floor = self.pace.expire_floor_secs(&heard.version);
        // RFC 7314 §4: a primary that is a secondary itself says how long it may still answer.
        let left = heard
            .expire_secs
            .map_or(left, |said| said.max(floor).min(left));
        self.held = Some(Held {
            version: heard.version,
            expires: now.after_secs(left),
            confirmed: Some(now),
            is_expired: false,
        });
        self.actions.push_back(Action::Publish(exchange));
        self.quiet_until = now;
        self.rest(now, round, chance)
    }

    /// All is well until the next refresh, or until what was told meanwhile.
    pub(super) fn rest(&mut self, now: Moment, round: Round, chance: u32) -> State {
        self.failures = 0;
        let refresh = self.version().map_or(0, |it| self.pace.refresh_secs(it));
        let pause = shortened(u64::from(refresh) * 1000, chance);
        self.wait(now, pause, Some(round))
    }

    /// Another round after the pause, or before it if that was told; `done` is the round that went well.
    fn wait(&mut self, now: Moment, pause_millis: u64, done: Option<Round>) -> State {
        let until = now.after_millis(pause_millis);
        let soon = now.max(self.quiet_until).min(until);
        if let Some(told) = self.again.take().filter(|told| !self.has(told.serial)) {
            let round = Round::told(told);
            return State::Waiting(Waiting { until: soon, round });
        }
        // A NOTIFY may be quicker than what it tells of: once more, and not again, however far ahead it is.
        let is_ahead =
            |round: &Round| !round.is_second && round.hint.is_some() && !self.has(round.hint);
        match done.filter(is_ahead) {
            Some(round) => State::Waiting(Waiting {
                until: soon,
                round: Round {
                    tried: 0,
                    is_second: true,
                    ..round
                },
            }),
            None => State::Waiting(Waiting {
                until,
                round: Round::default(),
            }),
        }
    }

    pub(super) fn ask(&mut self, now: Moment, round: Round, attempt: u8) -> State {
        let primary = self.primary_of(round);
        let is_late = attempt > self.pace.datagrams;
        let (by, patience) = match self.primaries[primary] {
            Way::Datagrams if !is_late => (Way::Datagrams, self.pace.datagram_millis),
            _ => (Way::Connections, self.pace.stream_millis),
        };
        let exchange = self.next_exchange();
        self.actions.push_back(Action::Ask {
            exchange,
            primary,
            by,
        });
        State::Asking(Asking {
            round,
            exchange,
            until: now.after_millis(patience),
            by,
            attempt,
        })
    }

    pub(super) fn transfer(&mut self, now: Moment, round: Round, from: Option<Serial>) -> State {
        let (exchange, primary) = (self.next_exchange(), self.primary_of(round));
        self.actions.push_back(Action::Transfer {
            exchange,
            primary,
            from,
        });
        State::Transferring(Transferring {
            round,
            exchange,
            until: now.after_millis(self.pace.transfer_millis),
            from,
        })
    }

    pub(super) fn broken(
        &mut self,
        now: Moment,
        round: Round,
        failure: Failure,
        chance: u32,
    ) -> State {
        let round = Round {
            has_broken: true,
            ..round
        };
        self.failed(now, round, failure, chance)
    }

    pub(super) fn failed(
        &mut self,
        now: Moment,
        round: Round,
        failure: Failure,
        chance: u32,
    ) -> State {
        self.tell_failure(round, failure);
        self.next_primary(now, round, chance)
    }

    fn next_primary(&mut self, now: Moment, round: Round, chance: u32) -> State {
        let round = Round {
            tried: round.tried + 1,
            ..round
        };
        if round.tried < self.primaries.len() {
            return self.ready(round, Step::Ask);
        }
        // RFC 1034 §4.3.5: retried at the zone's interval. A transfer that fails again and again is tried less often.
        if self.held.is_none() || round.has_broken {
            self.failures = self.failures.saturating_add(1);
        }
        let pause = match self.version() {
            None => self.pace.missing_millis(self.failures),
            Some(version) if round.has_broken => self.pace.broken_millis(version, self.failures),
            Some(version) => u64::from(self.pace.retry_secs(version)) * 1000,
        };
        // Somebody who mends the zone says so by NOTIFY; one who says so and has not mended it must not be believed each time.
        let quiet = self.pace.quiet_after(round.has_broken, self.failures);
        self.be_quiet(now, round, quiet.min(pause));
        self.wait(now, shortened(pause, chance), None)
    }

    /// A look of our own, or of a server that has just started, is no reason to doubt the next one who tells of something.
    fn be_quiet(&mut self, now: Moment, round: Round, millis: u64) {
        self.quiet_until = match round.is_told || round.has_broken {
            true => now.after_millis(millis),
            false => now,
        };
    }

    pub(super) fn ready(&self, round: Round, step: Step) -> State {
        State::Ready(Ready { round, step })
    }

    fn primary_of(&self, round: Round) -> usize {
        (round.first + round.tried) % self.primaries.len().max(1)
    }

    pub(super) fn tell_failure(&mut self, round: Round, failure: Failure) {
        let primary = self.primary_of(round);
        self.actions
            .push_back(Action::Tell(News::Failed { primary, failure }));
    }

    fn tell_behind(&mut self, round: Round, theirs: Serial) {
        if let Some(ours) = self.held_serial() {
            let primary = self.primary_of(round);
            self.actions.push_back(Action::Tell(News::Behind {
                primary,
                theirs,
                ours,
            }));
        }
    }

    fn next_exchange(&mut self) -> Exchange {
        self.last_exchange += 1;
        Exchange(self.last_exchange)
    }
}
