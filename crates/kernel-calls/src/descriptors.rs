//! How many files and sockets the process may hold open.

use crate::checked;
use std::{io, ptr};

/// The number of descriptors the process may have open now (the soft limit of `RLIMIT_NOFILE`).
///
/// # Errors
/// What `getrlimit(2)` reports; there is no documented way for this call to fail.
pub fn descriptor_limit() -> io::Result<u64> {
    Ok(limits()?.rlim_cur)
}

/// Raises the soft limit of open descriptors to the hard limit, which needs no privilege, and returns it.
///
/// # Errors
/// What `getrlimit(2)` and `setrlimit(2)` report.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let mut limits = limits()?;
    limits.rlim_cur = limits.rlim_max;
    // SAFETY: the kernel reads one `rlimit` at the pointer, which is live.
    checked(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, ptr::from_ref(&limits)) })?;
    Ok(limits.rlim_cur)
}

fn limits() -> io::Result<libc::rlimit> {
    let mut limits = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes one `rlimit` at the pointer, which is live and writable.
    checked(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, ptr::from_mut(&mut limits)) })?;
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_to_the_hard_limit() {
        let before = descriptor_limit().unwrap();
        let raised = raise_descriptor_limit().unwrap();
        assert!(raised >= before);
        assert_eq!(descriptor_limit().unwrap(), raised);
    }
}
