//! Errors of the system for which `std::io::ErrorKind` has no stable word.

use std::io;

/// Whether a send failed for want of buffers (`EAGAIN`, `ENOBUFS`, `ENOMEM`): the next one would fail too.
pub fn out_of_buffers(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM)
    )
}

/// Whether a connection could not be accepted for want of descriptors or memory (`EMFILE`, `ENFILE`, `ENOBUFS`,
/// `ENOMEM`): it stays in the kernel's queue, and trying again at once is in vain.
pub fn out_of_descriptors(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let is = |code, test: fn(&io::Error) -> bool| test(&io::Error::from_raw_os_error(code));
        assert!(is(libc::ENOBUFS, out_of_buffers) && is(libc::EAGAIN, out_of_buffers));
        assert!(!is(libc::EPERM, out_of_buffers));
        assert!(is(libc::EMFILE, out_of_descriptors) && is(libc::ENFILE, out_of_descriptors));
        assert!(!is(libc::ECONNABORTED, out_of_descriptors));
    }
}
