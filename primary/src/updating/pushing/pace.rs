//! When it is pushed.
//!
//! ```text
//!            ours is ahead
//!   Idle ------------------> Pushing --- the remote has all ---------------------> Idle
//!    ^                          |
//!    |                          +------- both sides have more: a merge is made --> Idle, until that is there
//!    |                          +------- somebody was faster: it is fetched ----+
//!    |                          +------- failed: twice as long as before -------+-> Waiting
//!    |                                                                                |
//!    +---- due, or what is there has come, or the remote was reached again -----------+
//! ```
//! Clock and chance come in from outside.

use std::time::{Duration, Instant};

/// The first pause after a failure that may pass by itself: a server that is restarted is back within seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The first one after a refusal, for which somebody has to do something.
const FIRST_LONG_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause. It goes on without end.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// After so many races that were lost one after the other the next one waits its time.
const MOST_RACES: u32 = 8;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// There may be something to push.
    Ahead,
    /// What is there has come, or the remote is reached again: it may go better than before.
    Met,
    /// Somebody wants it now.
    Now,
    /// The [next timeout](Pace::next_timeout) has come.
    Timeout,
    /// The push has ended.
    Ended(Outcome),
}

/// How a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The remote has all that was ours then.
    Done,
    /// Each side has something that the other has not, and it is known here: a merge comes first.
    Apart,
    /// Somebody was faster, and what they have pushed is not here yet.
    Late,
    /// Not, for a reason that may pass.
    Passing,
    /// Not, and somebody has to do something about it.
    Standing,
}

/// The state of pushing.
#[derive(Debug)]
pub(super) struct Pace {
    state: State,
    /// Pushes that failed since one did not.
    failures: u32,
    /// Races that were lost since one was not.
    races: u32,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    Pushing,
    Waiting { until: Instant, is_refused: bool },
}

impl Pace {
    pub(super) fn new() -> Pace {
        Pace {
            state: State::Idle,
            failures: 0,
            races: 0,
        }
    }

    /// Until when nothing need be done; none if that depends on others.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { until, .. } => Some(until),
            State::Idle | State::Pushing => None,
        }
    }

    /// Whether a push is to begin. `chance` is any number; it makes servers that fail together try at different times.
    pub(super) fn handle(&mut self, now: Instant, event: Event, chance: u32) -> bool {
        let is_due = self.next_timeout().is_some_and(|at| at <= now);
        let begins = match (event, self.state) {
            (Event::Ahead | Event::Met | Event::Now, State::Idle)
            | (Event::Now, State::Waiting { .. }) => true,
            (Event::Met, State::Waiting { is_refused, .. }) => {
                !is_refused && self.races < MOST_RACES
            }
            (Event::Timeout, State::Waiting { .. }) => is_due,
            (Event::Ended(outcome), State::Pushing) => {
                self.state = self.after(now, outcome, chance);
                false
            }
            _ => false,
        };
        if begins {
            self.state = State::Pushing;
        }
        begins
    }

    fn after(&mut self, now: Instant, outcome: Outcome, chance: u32) -> State {
        let (first, doublings) = match outcome {
            Outcome::Done => {
                (self.failures, self.races) = (0, 0);
                return State::Idle;
            }
            Outcome::Apart => return State::Idle,
            // A race is no failure: only those that are too many make the pause longer.
            Outcome::Late => {
                self.races = self.races.saturating_add(1);
                (FIRST_PAUSE, self.races.saturating_sub(MOST_RACES))
            }
            Outcome::Passing => (FIRST_PAUSE, self.fail()),
            Outcome::Standing => (FIRST_LONG_PAUSE, self.fail()),
        };
        let doubled = first.saturating_mul(1 << doublings.min(16));
        State::Waiting {
            until: now + shortened(doubled.min(LONGEST_PAUSE), chance),
            is_refused: outcome == Outcome::Standing,
        }
    }

    /// Counts a failure; gives how many there were before.
    fn fail(&mut self) -> u32 {
        let before = self.failures;
        self.failures = before.saturating_add(1);
        before
    }
}

/// By up to a quarter.
fn shortened(pause: Duration, chance: u32) -> Duration {
    let part = f64::from(chance) / f64::from(u32::MAX);
    pause.mul_f64(1.0 - part / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Run {
        pace: Pace,
        now: Instant,
    }

    impl Run {
        fn new() -> Run {
            Run {
                pace: Pace::new(),
                now: Instant::now(),
            }
        }

        fn handle(&mut self, event: Event) -> bool {
            self.pace.handle(self.now, event, 0)
        }

        /// A push ends so; how long until the next one, if nothing happens.
        fn end(&mut self, outcome: Outcome) -> Option<u64> {
            assert!(!self.handle(Event::Ended(outcome)));
            let next = self.pace.next_timeout()?;
            let pause = next - self.now;
            Some(pause.as_secs())
        }

        fn wait(&mut self) -> bool {
            self.now = self.pace.next_timeout().expect("it waits");
            self.handle(Event::Timeout)
        }
    }

    #[test]
    fn what_is_new_is_pushed_at_once_and_one_push_at_a_time() {
        let mut run = Run::new();
        assert!(run.handle(Event::Ahead));
        assert!(!run.handle(Event::Ahead) && !run.handle(Event::Met));
        assert_eq!(run.end(Outcome::Done), None);
        assert!(run.handle(Event::Ahead));
        assert_eq!(run.end(Outcome::Apart), None);
        assert!(run.handle(Event::Met), "the merge is there");
    }

    #[test]
    fn it_waits_twice_as_long_after_each_failure_but_five_minutes_at_most_and_never_ends() {
        for (outcome, wanted) in [
            (Outcome::Passing, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]),
            (
                Outcome::Standing,
                [30, 60, 120, 240, 300, 300, 300, 300, 300, 300],
            ),
        ] {
            let mut run = Run::new();
            assert!(run.handle(Event::Ahead));
            for pause in wanted.into_iter().chain([300; 40]) {
                assert_eq!(run.end(outcome), Some(pause));
                assert!(!run.handle(Event::Ahead), "more of the same waits with it");
                assert!(!run.handle(Event::Timeout), "it is not due");
                assert!(run.wait());
            }
            assert_eq!(run.end(Outcome::Done), None);
            assert!(run.handle(Event::Ahead));
            assert_eq!(run.end(outcome), Some(wanted[0]), "as if nothing had been");
        }
    }

    #[test]
    fn who_is_reached_again_need_not_be_waited_for_but_who_refuses_must() {
        let mut run = Run::new();
        assert!(run.handle(Event::Ahead));
        run.end(Outcome::Passing);
        assert!(run.handle(Event::Met));
        run.end(Outcome::Standing);
        assert!(!run.handle(Event::Met));
        assert!(run.handle(Event::Now), "unless somebody says so");
    }

    #[test]
    fn races_are_run_at_once_but_not_for_ever() {
        let mut run = Run::new();
        assert!(run.handle(Event::Ahead));
        for _ in 1..MOST_RACES {
            run.end(Outcome::Late);
            assert!(run.handle(Event::Met));
        }
        for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(run.end(Outcome::Late), Some(pause));
            assert!(!run.handle(Event::Met));
            assert!(run.wait());
        }
    }

    #[test]
    fn chance_shortens_a_pause_by_a_quarter_at_most() {
        let secs = Duration::from_secs;
        assert_eq!(shortened(secs(40), 0), secs(40));
        assert_eq!(shortened(secs(40), u32::MAX), secs(30));
    }
}
