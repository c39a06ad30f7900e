//! What time it is.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Who is asked what time it is. Everybody who decides something by the time has one, so that whoever stands in for the
/// system can give another.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System { began: Instant },
    Told(Arc<dyn Fn() -> Now + Send + Sync>),
}

/// A moment, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Since 1970, as the clock on the wall says: somebody may set it back, or far ahead.
    pub wall: Duration,
    /// Since some moment before; it never goes back.
    pub steady: Duration,
}

impl Clock {
    /// The clocks of the system; the steady one begins now.
    #[must_use]
    pub fn of_the_system() -> Clock {
        Clock(Source::System {
            began: Instant::now(),
        })
    }

    /// The time is what somebody says.
    #[must_use]
    pub fn told_by(now: impl Fn() -> Now + Send + Sync + 'static) -> Clock {
        Clock(Source::Told(Arc::new(now)))
    }

    /// Since 1970, for whatever others have to understand.
    #[must_use]
    pub fn wall(&self) -> Duration {
        match &self.0 {
            Source::System { .. } => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
                since_1970.unwrap_or_default()
            }
            Source::Told(now) => now().wall,
        }
    }

    /// Since some moment before, for whatever is waited for.
    #[must_use]
    pub fn steady(&self) -> Duration {
        match &self.0 {
            Source::System { began } => began.elapsed(),
            Source::Told(now) => now().steady,
        }
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::of_the_system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_steady_clock_never_goes_back_and_its_other_one_is_of_our_days() {
        let clock = Clock::default();
        let times: Vec<Duration> = (0..100).map(|_| clock.steady()).collect();
        assert!(times.is_sorted());
        // 2020-01-01.
        assert!(clock.wall() > Duration::from_secs(1_577_836_800));
    }

    #[test]
    fn who_stands_in_for_the_system_says_both_times() {
        let now = Now {
            wall: Duration::from_secs(7),
            steady: Duration::from_secs(3),
        };
        let clock = Clock::told_by(move || now);
        assert_eq!((clock.wall(), clock.steady()), (now.wall, now.steady));
    }
}
