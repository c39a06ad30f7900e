//! The few system calls that the standard library and `socket2` do not wrap, behind a safe interface.
//!
//! This is the only crate of the workspace that contains `unsafe`. Each block has its argument above it. The crate knows
//! nothing about DNS, starts no thread and keeps no global state but what a signal handler counts; what it deliberately
//! does not do is everything that `std` or `socket2` can do safely (creating and binding sockets, buffer sizes,
//! `SO_REUSEPORT`).
//!
//! - [`Batch`] owns the buffers of up to [`SLOTS`] datagrams: one `recvmmsg(2)` fills it, the answers are written next to
//!   the questions, one `sendmmsg(2)` sends them back, each from the address that was asked.
//! - [`Departure`] has a datagram that is sent later leave from that address, too.
//! - [`tell_destination`] and [`forbid_fragments`] are socket options.
//! - [`out_of_buffers`] and [`out_of_descriptors`] name errors for which `std::io::ErrorKind` has no word.
//! - [`allowed_cpus`] and [`pin_thread`] are CPU affinity; [`descriptor_limit`] and [`raise_descriptor_limit`] are
//!   `RLIMIT_NOFILE`; [`duplicate`] takes part in a descriptor that the program was started with.
//! - [`Account`], [`drop_capabilities`], [`renounce_new_privileges`] and [`forbid_dumps`] give up what a process may do.
//! - [`answer_traps`] has system calls fail that a filter traps, and counts them.
//! - [`peer`] tells who is at the other end of a Unix socket.
//! - [`gather_in_large_pages`] and [`fetch_ahead`] are about how long it takes to read memory; the second is an instruction
//!   that only `unsafe` reaches.
//! - [`monotonic_time`] is the clock that service managers speak of.
//!
//! ```
//! use kernel_calls::Batch;
//! use std::{net::UdpSocket, os::fd::AsFd};
//!
//! let server = UdpSocket::bind("127.0.0.1:0")?;
//! let client = UdpSocket::bind("127.0.0.1:0")?;
//! client.send_to(b"ping", server.local_addr()?)?;
//!
//! let mut batch = Batch::new(512);
//! assert_eq!(batch.receive(server.as_fd())?, 1);
//! let (question, answer) = batch.slot(0);
//! answer[..4].copy_from_slice(question.octets);
//! batch.queue(0, 4);
//! assert_eq!(batch.send(server.as_fd())?, 1);
//!
//! let mut octets = [0; 16];
//! assert_eq!(client.recv(&mut octets)?, 4);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Limits: Linux; IPv4 and IPv6; [`QUESTION_OCTETS`] of each received datagram are kept. The calls are described in
//! `recvmmsg(2)`, `sendmmsg(2)`, `ip(7)`, `ipv6(7)` (RFC 3542 §6 for the IPv6 packet information), `cmsg(3)`,
//! `sched_setaffinity(2)`, `getrlimit(2)`, `setresuid(2)`, `prctl(2)`, `seccomp(2)`, `unix(7)` and `capabilities(7)`.
#![allow(
    unsafe_code,
    reason = "the one crate whose purpose is to make system calls"
)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod address;
mod batch;
mod clock;
mod cpu;
mod descriptors;
mod errors;
mod fetch;
mod inherited;
mod large_pages;
mod options;
mod peer;
mod privileges;
mod traps;

pub use address::Departure;
pub use batch::{Batch, QUESTION_OCTETS, Received, SLOTS};
pub use clock::monotonic_time;
pub use cpu::{allowed_cpus, pin_thread};
pub use descriptors::{descriptor_limit, raise_descriptor_limit};
pub use errors::{out_of_buffers, out_of_descriptors};
pub use fetch::fetch_ahead;
pub use inherited::duplicate;
pub use large_pages::gather_in_large_pages;
pub use options::{forbid_fragments, tell_destination};
pub use peer::{Peer, peer};
pub use privileges::{Account, drop_capabilities, forbid_dumps, is_root, renounce_new_privileges};
pub use traps::{Trapped, answer_traps, await_trap, trapped_calls, traps_are_answered};

use std::io;

/// The error of the last call if `result` is the -1 that system calls fail with, else `result`.
fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
