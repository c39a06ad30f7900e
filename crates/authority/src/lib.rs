//! Answers questions about zones: a message in, a message out.
//!
//! [`Authority::answer`] is a pure function of the question, the zones, the clock, the peer's address and, where a
//! [`Limiter`] counts, of what that network was sent before. It allocates nothing, takes no lock and does not panic,
//! whatever the octets; `tests/no_allocation.rs` counts. Silence is the answer only to what is no query (RFC 8906 §1), and
//! to what is over the rate.
//!
//! Not here: sockets, where zones come from, transfers, NOTIFY and UPDATE, recursion, signing. Whoever has room for these uses
//! [`Authority::answer_or_hand_on`] and gets them back as a [`Task`]; else they are answered NOTIMP or REFUSED. A datagram from port 0 or from our own address is for the stack to drop.
//!
//! ```
//! use authority::{Authority, Config, Request, Transport};
//!
//! let name = rr::Name::from_text("www.example.org.").expect("a name");
//! let message = wire::message::query(1, name.as_ref(), rr::Rtype::A);
//! let client = core::net::IpAddr::from([192, 0, 2, 7]);
//! let request = Request { message: &message, transport: Transport::Udp, client, now: core::time::Duration::ZERO };
//!
//! let authority = Authority::new(Config::default());
//! let mut out = [0; 1232];
//! let zones = zone::Zones::new(zone::HashKey::new([1, 2]), zone::Revision::new("none"));
//! let length = authority.answer(&zones, request, &mut out).expect("a query is answered");
//! assert_eq!(out[3] & 0xF, 5, "REFUSED: there is no zone");
//! # assert_eq!(length, message.len());
//! ```
//!
//! What is decided where peers differ:
//! - A CNAME or DNAME is followed inside the zone it is in, as Knot does, not into other zones served here (BIND, NSD):
//!   a resolver must not believe those anyway. At most [`CHAIN_LIMIT`] links.
//! - Responses are minimal: no NS set beside an answer. Additional data is what saves a question: addresses of NS, MX,
//!   SRV, SVCB and HTTPS targets in the zone, the SVCB set an alias points to, and glue.
//! - A response that would be truncated is sent empty with TC, not filled up to the edge.
//! - ANY over UDP gives one RRset (RFC 8482 §4.1), the one of the lowest type; over TCP all of them. RRSIG likewise.
//! - Class ANY is answered from class IN, without AA (RFC 1035 §6.2).
//! - AD and CD are clear in every response (RFC 4035 §3.1.6).
//!
//! Limits: 1,232 octets over UDP (512 without EDNS), 65,535 over TCP and TLS. NSEC3 with more than 150 rounds of hashing is not
//! used for proofs.
//!
//! Cost, in instructions from message to message (`benches/answer.rs` under callgrind, 20,000 records): an address 1,600,
//! with EDNS 2,000, a name that is missing 2,300, a referral with two servers and their glue 3,800. A [`Limiter`] adds
//! 110 to 130.
//!
//! RFCs: 1034, 1035, 2181, 2308, 3225, 3597, 4035, 4343, 4592, 4892, 5001, 5155, 6604, 6672, 6891, 7828, 7830, 7873, 8467,
//! 8482, 8490, 8906, 8914, 9018, 9460, 9471, 9619, 9660.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod additional;
mod answer;
mod chaos;
mod config;
mod cookie;
mod denial;
mod edns;
mod failure;
mod handed;
mod limit;
mod padding;
mod resolve;

pub use answer::{Authority, Request, Transport, approach};
pub use config::{Config, CookiePolicy, CookieSecret, Cookies, Nsid};
pub use failure::answer_failure;
pub use handed::{Outcome, Reply, Task, room};
pub use limit::{BadPrefix, Class, HeldBack, Limiter, Prefix, RateLimit};
pub use resolve::CHAIN_LIMIT;
