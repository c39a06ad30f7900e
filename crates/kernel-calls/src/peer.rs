//! Who is at the other end of a Unix socket.

use crate::checked;
use std::{
    io,
    mem::size_of,
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
};

/// The process that connected, as it was then (`SO_PEERCRED` of `unix(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its process id; 0 if it is in another PID namespace. It may have ended since.
    pub pid: u32,
    /// Its effective user id.
    pub uid: u32,
}

/// Who is at the other end of a connected Unix socket. The kernel says so, not the peer.
///
/// # Errors
/// What `getsockopt(2)` reports; on a connected Unix socket there is none.
pub fn peer(socket: BorrowedFd<'_>) -> io::Result<Peer> {
    let mut found = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut octets = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `octets` octets at the pointer, which is a live `ucred` of that size, and their
    // number at the other, which is a live `socklen_t`; `BorrowedFd` keeps the descriptor open during the call.
    checked(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            ptr::from_mut(&mut found).cast(),
            ptr::from_mut(&mut octets),
        )
    })?;
    Ok(Peer {
        pid: u32::try_from(found.pid).unwrap_or_default(),
        uid: found.uid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_other_end_of_a_pair_is_this_process() {
        let (one, _other) = UnixStream::pair().unwrap();
        let found = peer(one.as_fd()).unwrap();
        let uid = std::fs::metadata("/proc/self").unwrap().uid();
        let pid = std::process::id();
        assert_eq!(found, Peer { pid, uid });
    }

    #[test]
    fn a_file_has_no_peer() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(peer(file.as_fd()).is_err());
    }
}
