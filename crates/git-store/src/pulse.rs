//! Whether a thread that looks at a branch goes on doing so.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The rounds of a [`Watch`](crate::Watch): in each it looks at the branch, and tells what is new.
#[derive(Debug)]
pub struct Pulse(Mutex<Round>);

#[derive(Debug, Clone, Copy)]
struct Round {
    /// Rounds begun, and rounds ended.
    begun: u64,
    ended: u64,
    /// What is new is being dealt with.
    is_telling: bool,
    /// When this last changed.
    at: Instant,
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse(Mutex::new(Round {
            begun: 0,
            ended: 0,
            is_telling: false,
            at: Instant::now(),
        }))
    }
}

impl Pulse {
    /// Whether the last sign of life is not older than `without_look`, or than `telling` while something new is dealt with.
    #[must_use]
    pub fn is_well(&self, without_look: Duration, telling: Duration) -> bool {
        let Round { is_telling, at, .. } = *self.lock();
        let limit = if is_telling { telling } else { without_look };
        at.elapsed() <= limit
    }

    /// How many rounds have begun so far.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.lock().begun
    }

    /// Whether a round has ended that began after the first `begun`: one that has seen whatever was there before.
    #[must_use]
    pub fn has_looked_since(&self, begun: u64) -> bool {
        self.lock().ended > begun
    }

    pub(crate) fn begin(&self) {
        self.change(|round| round.begun += 1);
    }

    pub(crate) fn begin_telling(&self) {
        self.change(|round| round.is_telling = true);
    }

    pub(crate) fn end(&self) {
        self.change(|round| (round.ended, round.is_telling) = (round.begun, false));
    }

    fn change(&self, change: impl FnOnce(&mut Round)) {
        let mut round = self.lock();
        change(&mut round);
        round.at = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Round> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_round_that_was_under_way_does_not_count() {
        let pulse = Pulse::default();
        pulse.begin();
        let begun = pulse.begun();
        pulse.end();
        assert!(!pulse.has_looked_since(begun));
        pulse.begin();
        assert!(!pulse.has_looked_since(begun));
        pulse.end();
        assert!(pulse.has_looked_since(begun));
    }

    #[test]
    fn silence_is_not_well_but_work_may_take_longer() {
        let pulse = Pulse::default();
        pulse.begin();
        std::thread::sleep(Duration::from_millis(2));
        assert!(pulse.is_well(LONG, Duration::ZERO));
        assert!(!pulse.is_well(Duration::from_millis(1), LONG));
        pulse.begin_telling();
        std::thread::sleep(Duration::from_millis(2));
        assert!(pulse.is_well(Duration::from_millis(1), LONG));
        assert!(!pulse.is_well(LONG, Duration::from_millis(1)));
    }
}
