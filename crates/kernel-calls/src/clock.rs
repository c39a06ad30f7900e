//! The clock that `std::time::Instant` reads and does not show.

use crate::checked;
use std::{io, ptr, time::Duration};

/// The time of `CLOCK_MONOTONIC`, by which service managers order messages.
///
/// # Errors
/// What `clock_gettime(2)` reports; there is no documented way for this call to fail.
pub fn monotonic_time() -> io::Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes one `timespec` at the pointer, which is live and writable.
    checked(unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, ptr::from_mut(&mut time)) })?;
    let secs = u64::try_from(time.tv_sec).unwrap_or_default();
    Ok(Duration::new(
        secs,
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on() {
        let before = monotonic_time().unwrap();
        std::thread::sleep(Duration::from_millis(2));
        let passed = monotonic_time().unwrap() - before;
        assert!(passed >= Duration::from_millis(2), "{passed:?}");
    }
}
