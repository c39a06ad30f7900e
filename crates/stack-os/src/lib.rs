//! DNS messages on kernel sockets: UDP, TCP and TLS on many addresses, handed to a handler and its answers sent back.
//!
//! The crate deliberately does not know what a zone is, does not look inside a message, logs nothing, reads no
//! configuration and uses no async runtime. It promises the handler a whole message and the peer a bounded service:
//! every limit is a documented field of [`UdpLimits`], [`TcpLimits`] or [`LaterLimits`].
//!
//! - [`Service`] makes one [`Handler`] per thread; a handler turns a [`Message`] into the octets of an answer, or silence.
//! - [`Later`] is the way of an answer that is not known yet, by one message or a stream of them; [`Connection`] of messages
//!   that nobody asked for. Both go to any thread.
//! - [`Clock`] is who is asked what time it is; [`Carriers`] stand in for sockets, where somebody else has them.
//! - [`outgoing`] has messages of ours to other servers, and their answers.
//! - [`Sockets`] are bound (privileges may be dropped then) and start a [`Server`], which counts ([`Totals`]) and stops.
//!
//! UDP: for each address and each worker one thread pinned to a CPU, with its own `SO_REUSEPORT` socket and batches of 64
//! datagrams (`recvmmsg(2)`, `sendmmsg(2)`); an idle thread sleeps in the kernel. Answers leave from the address that was
//! asked, also on wildcard sockets. TCP: a few threads with an event loop each (`epoll(7)`); pipelined questions are
//! answered in order; when connections run out, the least useful one is closed. TLS ([`Sockets::bind_tls`]): the same loops
//! again, in threads and with a count of connections of their own, so that handshakes take nothing from TCP; and they begin
//! at a limited pace, so that they take little from open sessions.
//!
//! ```
//! use stack_os::{Message, Options, Sockets};
//! use std::net::UdpSocket;
//!
//! let options = Options { udp_workers: 1, ..Options::new(["127.0.0.1:0".parse()?]) };
//! let echo = || |message: Message<'_>, answer: &mut [u8]| {
//!     let octets = answer.get_mut(..message.octets.len())?;
//!     octets.copy_from_slice(message.octets);
//!     Some(octets.len())
//! };
//! let server = Sockets::bind(&options)?.serve(echo)?;
//!
//! let client = UdpSocket::bind("127.0.0.1:0")?;
//! client.send_to(b"question", server.addresses()[0])?;
//! let mut answer = [0; 64];
//! assert_eq!(client.recv(&mut answer)?, 8);
//! server.stop();
//! assert_eq!(server.totals().udp.answers, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Limits: Linux. A wildcard IPv6 address means IPv6 only; name the IPv4 one beside it. RFCs: 7766 and 9210 (TCP), 7828
//! (keepalive value), 7858 (TLS), 9715 (no fragments), 8085 §5.1.1 (answers from the asked address).
#![forbid(unsafe_code)]

mod adopt;
mod clock;
mod counters;
mod later;
mod limits;
pub mod outgoing;
mod server;
mod service;
mod sockets;
mod tcp;
mod tls;
mod udp;

pub use clock::{Clock, Now};
pub use counters::{HandshakeTotals, TcpTotals, Totals, UdpTotals};
pub use later::{Carrier, Carriers, Closed, Connection, Full, Later, Next, Pull};
pub use limits::{LaterLimits, Options, TcpLimits, UdpLimits};
pub use server::Server;
pub use service::{Handler, Message, Service, Transport};
pub use sockets::{BindError, Sockets};
