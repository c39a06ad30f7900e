//! What hosts think of the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The clocks of one host. Clones are the same clocks, in whatever thread.
#[derive(Debug, Clone)]
pub struct HostClock {
    /// Microseconds since the beginning, for all hosts.
    pub(crate) now: Arc<AtomicU64>,
    /// Microseconds by which the clock on the wall is off.
    pub(crate) off: Arc<AtomicI64>,
    /// Seconds since 1970 at the beginning.
    pub(crate) began_secs: u64,
}

impl HostClock {
    /// Since the beginning; it never goes back.
    #[must_use]
    pub fn steady(&self) -> Duration {
        Duration::from_micros(self.now.load(Relaxed))
    }

    /// Since 1970, as far as this host knows.
    #[must_use]
    pub fn wall(&self) -> Duration {
        let right = Duration::from_secs(self.began_secs) + self.steady();
        let off = self.off.load(Relaxed);
        let by = Duration::from_micros(off.unsigned_abs());
        match off < 0 {
            true => right.saturating_sub(by),
            false => right.saturating_add(by),
        }
    }
}
