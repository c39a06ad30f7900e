//! Waiting for what nothing tells of.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than anything takes, on a machine that is busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between one look and the next.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks again and again until there is what is looked for.
///
/// # Panics
/// With what was seen instead, when that takes longer than [`PATIENCE`].
#[track_caller]
pub fn poll<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(started.elapsed() < PATIENCE, "{seen}"),
        }
        sleep(PAUSE);
    }
}

/// Asks `done` until it says yes; false when `limit` has passed before.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if done() {
            return true;
        }
        sleep(PAUSE);
    }
    done()
}
