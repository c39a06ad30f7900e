//! Descriptors that the program was started with.

use crate::checked;
use std::{
    io,
    os::fd::{FromRawFd, OwnedFd, RawFd},
};

/// A descriptor of one's own for what descriptor `number` means, closed in programs that are started.
///
/// The original stays open and is nobody's: a service manager passes its sockets on by number (`sd_listen_fds(3)`), and
/// there is no owner to take them from.
///
/// # Errors
/// What `fcntl(2)` reports: `EBADF` if nothing is open at that number.
pub fn duplicate(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call reads and writes no memory of ours. Any number may be asked for, one that is not open is an error.
    // It closes nothing and changes nothing about the original, so that whoever may own it is not disturbed.
    let descriptor = checked(unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::UdpSocket, os::fd::AsRawFd};

    #[test]
    fn a_duplicate_means_the_same_and_lives_on_its_own() {
        let original = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = original.local_addr().unwrap();
        let duplicate = UdpSocket::from(duplicate(original.as_raw_fd()).unwrap());
        assert_eq!(duplicate.local_addr().unwrap(), address);
        drop(duplicate);
        assert_eq!(original.local_addr().unwrap(), address);
        assert_eq!(
            super::duplicate(-1).unwrap_err().raw_os_error(),
            Some(libc::EBADF)
        );
    }
}
