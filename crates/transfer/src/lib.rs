//! Zones on their way from one server to another: AXFR and IXFR, out and in, and digests of zones.
//!
//! A request and a zone go in, messages come out, and at the other end the zone again. It opens nothing and has no clock:
//! connections, deadlines and retries are for whoever calls it, as is who may have a zone. It looks no names up (crate
//! `zone`), decides when to ask for nothing (crate `replication`), and keeps no secret (crate `tsig`).
//!
//! The central types are [`Outgoing`], which is asked for message after message while a connection has room, and
//! [`Incoming`], which takes message after message and ends with [`Content`] or a [`Failure`] that says whose fault it is.
//!
//! ```
//! use rr::{Class, Name, Rtype, Ttl};
//! use transfer::{Asked, Content, Incoming, Next, Outgoing, Progress, Request, Transport};
//! use zone::{Builder, HashKey};
//! use zonefile::Pos;
//!
//! let key = HashKey::new([0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9]); // from a source of entropy
//! let apex = Name::from_text("example.org")?;
//! let mut builder = Builder::new(apex.clone(), key);
//! let soa = [&b"\x01a\0\x01b\0"[..], &[0; 3], &[7], &[0; 16]].concat();
//! builder.add(apex.as_ref(), Class::IN, Ttl::from_secs(300), Rtype::SOA, &soa, Pos(0));
//! let (zone, _) = transfer::accept(builder.finish())?;
//! let now = tsig::Time::from_secs(1_800_000_000);
//!
//! // The secondary asks, the primary answers.
//! let asked = transfer::ask_whole(1, apex.as_ref());
//! let mut incoming = Incoming::new(1, apex, Asked::Whole(None), Transport::Stream, key);
//! let mut outgoing = Outgoing::new(Request::read(&asked)?, zone.clone(), None, None);
//! let mut message = Vec::new();
//! let arrived = loop {
//!     outgoing.next_message(&mut message, now)?;
//!     match incoming.take(&message, now)? {
//!         Progress::More(more) => incoming = more,
//!         Progress::Done(arrived) => break arrived,
//!     }
//! };
//! let Content::Whole(copy) = arrived.what else { panic!("not all of it") };
//! assert_eq!(copy.serial(), zone.serial());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Out
//! An [`Outgoing`] holds the version that it is made from, so it sends one version whatever is published meanwhile. IXFR is
//! answered from [`Difference`]s, which a [`History`] keeps or which are made from two versions.
//!
//! # In
//! Any packing is taken, also one record a message, AXFR as the answer to IXFR, and IXFR in one step or many. What is
//! wrong has an own [`FailureKind`] each, and nothing of such a transfer is left. What came is served when it was
//! [accepted](accept): it can be served, and is what its ZONEMD records say.
//!
//! # Limits
//! [`limits`]. Time is the caller's.
//!
//! RFC 1995 (IXFR), 5936 (AXFR), 1982 (serials), 7314 (EXPIRE), 8945 §5.3.1 (signed streams), 8976 (digests).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod accept;
mod difference;
mod history;
mod incoming;
pub mod limits;
mod outgoing;
mod request;
pub mod zonemd;

pub use accept::{Refused, accept, accept_changes};
pub use difference::{Difference, Misfit};
pub use history::History;
pub use incoming::{
    Arrived, Asked, Blame, Content, Failure, FailureKind, Incoming, Progress, Transport,
};
pub use limits::Limits;
pub use outgoing::{Next, Outgoing, SendError};
pub use request::{Request, RequestError, Wanted, ask_changes, ask_whole};
