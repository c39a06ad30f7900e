//! When the remote is looked at.
//!
//! ```text
//!             due, or told to look
//!   Waiting ----------------------> Looking ---- over its time ----> abandoned: what it brings one day is dropped
//!      ^                               | back                            |
//!      |                            Judging                              |
//!      +--- reached: the usual pause --+                                 |
//!      +--- failed: twice as long as before -----------------------------+
//! ```
//! Clock and chance come in from outside.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long is waited, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Between two looks, as long as all goes well.
    pub(super) poll: Duration,
    /// Until a look is given up that has not come back.
    pub(super) patience: Duration,
}

/// The first pause after a failure that may pass by itself: a server that is restarted is back within seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause after failures, unless the usual one is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Looks that were abandoned and have not ended; with so many of them there is no further one, as each holds a thread.
const MOST_ABANDONED: usize = 4;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The [next timeout](Schedule::next_timeout) has come.
    Timeout,
    /// Somebody wants to know now.
    LookNow,
    /// The look of this number has ended.
    Back(u64),
    /// What became of what it found.
    Judged(Outcome),
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The remote was reached, and what it has is here.
    Reached,
    /// Not, for a reason that may pass.
    Passing,
    /// Not, and somebody has to do something about it.
    Standing,
    /// Another look must follow at once.
    Again,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Begin a look of this number.
    Look(u64),
    /// Judge what the look has found, and tell.
    Judge,
    /// The look is given up: tell.
    Abandon,
}

/// The state of looking.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    state: State,
    /// The number of the look begun last.
    last: u64,
    /// Looks that failed since one did not.
    failures: u32,
    abandoned: BTreeSet<u64>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Waiting { until: Instant },
    Looking { since: Instant, again: bool },
    Judging { again: bool },
}

impl Schedule {
    /// The first look is due now.
    pub(super) fn new(pace: Pace, now: Instant) -> Schedule {
        Schedule {
            pace,
            state: State::Waiting { until: now },
            last: 0,
            failures: 0,
            abandoned: BTreeSet::new(),
        }
    }

    /// Until when nothing need be done.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Looking { since, .. } => Some(since + self.pace.patience),
            State::Judging { .. } => None,
        }
    }

    /// `chance` is any number; it makes servers that were started together look at different times.
    pub(super) fn handle(&mut self, now: Instant, event: Event, chance: u32) -> Option<Action> {
        let is_due = self.next_timeout().is_some_and(|at| at <= now);
        match (event, self.state) {
            (Event::LookNow, State::Waiting { .. }) => self.look(now),
            (Event::Timeout, State::Waiting { .. }) if is_due => self.look(now),
            (Event::LookNow, State::Looking { since, .. }) => {
                // It may have seen the branch before whatever it is that somebody wants seen.
                self.state = State::Looking { since, again: true };
                None
            }
            (Event::Timeout, State::Looking { again, .. }) if is_due => {
                self.abandoned.insert(self.last);
                self.judged(now, Outcome::Passing, again, chance);
                Some(Action::Abandon)
            }
            (Event::Back(number), State::Looking { again, .. }) if number == self.last => {
                self.state = State::Judging { again };
                Some(Action::Judge)
            }
            (Event::Back(number), _) => {
                self.abandoned.remove(&number);
                None
            }
            (Event::Judged(outcome), State::Judging { again }) => {
                self.judged(now, outcome, again, chance);
                None
            }
            _ => None,
        }
    }

    fn look(&mut self, now: Instant) -> Option<Action> {
        if self.abandoned.len() >= MOST_ABANDONED {
            let until = now + LONGEST_PAUSE;
            self.state = State::Waiting { until };
            return None;
        }
        self.last += 1;
        self.state = State::Looking {
            since: now,
            again: false,
        };
        Some(Action::Look(self.last))
    }

    fn judged(&mut self, now: Instant, outcome: Outcome, again: bool, chance: u32) {
        let pause = match outcome {
            Outcome::Reached => {
                self.failures = 0;
                self.pace.poll
            }
            Outcome::Passing => self.pause_after(FIRST_PAUSE.min(self.pace.poll)),
            Outcome::Standing => self.pause_after(self.pace.poll),
            Outcome::Again => Duration::ZERO,
        };
        let until = match again {
            true => now,
            false => now + shortened(pause, chance),
        };
        self.state = State::Waiting { until };
    }

    fn pause_after(&mut self, first: Duration) -> Duration {
        let doubled = first.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        doubled.min(LONGEST_PAUSE.max(self.pace.poll))
    }
}

/// By up to a quarter: what the operator asked for stays the longest.
fn shortened(pause: Duration, chance: u32) -> Duration {
    let part = f64::from(chance) / f64::from(u32::MAX);
    pause.mul_f64(1.0 - part / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        poll: Duration::from_secs(30),
        patience: Duration::from_secs(630),
    };

    fn secs(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A schedule with a clock.
    struct Run {
        schedule: Schedule,
        now: Instant,
    }

    impl Run {
        fn new(pace: Pace) -> Run {
            let now = Instant::now();
            Run {
                schedule: Schedule::new(pace, now),
                now,
            }
        }

        fn handle(&mut self, event: Event) -> Option<Action> {
            self.schedule.handle(self.now, event, 0)
        }

        /// Goes on to the next timeout; gives how long that was, and what is to be done.
        fn wait(&mut self) -> (Duration, Option<Action>) {
            let next = self.schedule.next_timeout().expect("there is one");
            let pause = next.saturating_duration_since(self.now);
            self.now += pause;
            (pause, self.handle(Event::Timeout))
        }

        /// The look that is under way ends so.
        fn end(&mut self, outcome: Outcome) {
            let number = self.schedule.last;
            assert_eq!(self.handle(Event::Back(number)), Some(Action::Judge));
            assert_eq!(self.handle(Event::Judged(outcome)), None);
        }
    }

    #[test]
    fn it_looks_at_once_and_then_now_and_then() {
        let mut run = Run::new(PACE);
        assert_eq!(run.wait(), (secs(0), Some(Action::Look(1))));
        run.end(Outcome::Reached);
        assert_eq!(
            run.handle(Event::Timeout),
            None,
            "a timeout that is not due"
        );
        assert_eq!(run.wait(), (secs(30), Some(Action::Look(2))));
        run.end(Outcome::Again);
        assert_eq!(run.wait(), (secs(0), Some(Action::Look(3))));
    }

    #[test]
    fn it_waits_twice_as_long_after_each_failure_but_five_minutes_at_most() {
        let pauses = |outcome| {
            let mut run = Run::new(PACE);
            run.wait();
            let mut pauses = Vec::new();
            for _ in 0..40 {
                run.end(outcome);
                pauses.push(run.wait().0.as_secs());
            }
            // Back again, it is as if nothing had been.
            run.end(Outcome::Reached);
            assert_eq!(run.wait().0, secs(30));
            run.end(outcome);
            assert_eq!(run.wait().0.as_secs(), pauses[0]);
            pauses
        };
        let passing = pauses(Outcome::Passing);
        assert_eq!(passing[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        let standing = pauses(Outcome::Standing);
        assert_eq!(standing[..5], [30, 60, 120, 240, 300]);
        assert!(passing[10..].iter().all(|pause| *pause == 300));
        assert!(standing[5..].iter().all(|pause| *pause == 300));
    }

    #[test]
    fn who_looks_seldom_does_not_look_more_often_for_a_failure_that_stays() {
        let mut run = Run::new(Pace {
            poll: secs(3600),
            ..PACE
        });
        run.wait();
        run.end(Outcome::Standing);
        assert_eq!(run.wait().0, secs(3600));
    }

    #[test]
    fn chance_shortens_a_pause_by_a_quarter_at_most() {
        assert_eq!(shortened(secs(40), 0), secs(40));
        assert_eq!(shortened(secs(40), u32::MAX), secs(30));
        let some = shortened(secs(40), u32::MAX / 2);
        assert!(some > secs(34) && some < secs(36), "{some:?}");
    }

    #[test]
    fn who_wants_to_know_now_need_not_wait() {
        let mut run = Run::new(PACE);
        run.wait();
        // While one look is under way, another follows it: this one may have seen the branch before.
        assert_eq!(run.handle(Event::LookNow), None);
        run.end(Outcome::Standing);
        assert_eq!(run.wait(), (secs(0), Some(Action::Look(2))));
        run.end(Outcome::Reached);
        assert_eq!(run.handle(Event::LookNow), Some(Action::Look(3)));
        run.end(Outcome::Reached);
        assert_eq!(run.wait().0, secs(30), "once only");
    }

    #[test]
    fn what_was_abandoned_does_not_count_when_it_comes_back() {
        let mut run = Run::new(PACE);
        run.wait();
        assert_eq!(run.wait(), (PACE.patience, Some(Action::Abandon)));
        assert_eq!(run.handle(Event::Back(1)), None, "while waiting");
        assert_eq!(run.wait(), (secs(1), Some(Action::Look(2))));
        assert_eq!(run.wait(), (PACE.patience, Some(Action::Abandon)));
        assert_eq!(run.wait(), (secs(2), Some(Action::Look(3))));
        assert_eq!(run.handle(Event::Back(2)), None, "while looking");
        run.end(Outcome::Reached);
        assert_eq!(run.wait(), (secs(30), Some(Action::Look(4))));
    }

    #[test]
    fn looks_that_do_not_end_are_few() {
        let mut run = Run::new(PACE);
        let abandoned = |run: &mut Run| {
            let (_, action) = run.wait();
            let is_one = matches!(action, Some(Action::Look(_)));
            if is_one {
                assert_eq!(run.wait().1, Some(Action::Abandon));
            }
            is_one
        };
        assert!((0..MOST_ABANDONED).all(|_| abandoned(&mut run)));
        for _ in 0..10 {
            assert_eq!(run.wait().1, None, "no further one");
        }
        assert_eq!(run.handle(Event::Back(2)), None);
        assert!(abandoned(&mut run), "one has ended");
        assert!(!abandoned(&mut run));
    }
}
