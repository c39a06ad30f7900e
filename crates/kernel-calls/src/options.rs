//! Socket options without a wrapper elsewhere.

use crate::checked;
use std::{
    io,
    mem::size_of,
    net::IpAddr,
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
};

/// Asks the kernel to tell, with each datagram, the address it was sent to (`IP_PKTINFO`, or `IPV6_RECVPKTINFO` of
/// RFC 3542 §6.1), so that a wildcard socket can answer from that address. `bound` chooses the family.
///
/// # Errors
/// What `setsockopt(2)` reports; on an open socket of the right family there is none.
pub fn tell_destination(socket: BorrowedFd<'_>, bound: IpAddr) -> io::Result<()> {
    match bound {
        IpAddr::V4(_) => set_option(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1),
        IpAddr::V6(_) => set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
    }
}

/// Makes a UDP socket send each datagram whole or not at all (RFC 9715 §3.1 R2): DF is set on IPv4, and what ICMP claims
/// about the path is ignored, for such claims can be forged (appendix C). `bound` chooses the family.
///
/// # Errors
/// What `setsockopt(2)` reports; kernels before 2.6.22 do not know the option.
pub fn forbid_fragments(socket: BorrowedFd<'_>, bound: IpAddr) -> io::Result<()> {
    match bound {
        IpAddr::V4(_) => set_option(
            socket,
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            libc::IP_PMTUDISC_PROBE,
        ),
        IpAddr::V6(_) => set_option(
            socket,
            libc::IPPROTO_IPV6,
            libc::IPV6_MTU_DISCOVER,
            libc::IPV6_PMTUDISC_PROBE,
        ),
    }
}

fn set_option(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let octets = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the kernel reads `octets` octets at the pointer, which is a live `c_int` of that size; `BorrowedFd` keeps
    // the descriptor open during the call. A wrong level or name is an error, not undefined.
    checked(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            ptr::from_ref(&value).cast(),
            octets,
        )
    })?;
    Ok(())
}
