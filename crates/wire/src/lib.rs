//! DNS messages: a query is read in place, a response is written in place.
//!
//! What the wire can say and what makes sense are two things. [`Query::parse`] turns the first into the second: one
//! question, at most one OPT record, options counted and bounded; everything else is a [`Fault`], and a fault knows what
//! to answer ([`FaultKind::verdict`] is total). [`Composer`] writes a response into octets the caller owns, RRset by
//! RRset, and takes back what did not fit. Neither allocates, locks or panics, whatever the octets.
//!
//! Not here: sockets, zones, and what the answer is. TSIG and SIG(0) records are stepped over, not verified.
//!
//! ```
//! use rr::{Class, Name, Rtype};
//! use wire::{Composer, Owner, Query, Rrset, Section};
//!
//! let name = Name::from_text("www.example.org.").expect("a name");
//! let asked = wire::message::query(7, name.as_ref(), Rtype::A);
//! let query = Query::parse(&asked).expect("well formed");
//!
//! let mut out = [0; 512];
//! let mut reply = Composer::reply(&query, &mut out).expect("512 octets hold any question");
//! let address = Rrset { owner: Owner::Question, rtype: Rtype::A, class: Class::IN, ttl_secs: 300 };
//! reply.rrset(Section::Answer, &address, [&[192, 0, 2, 1][..]]).expect("fits");
//! let length = reply.finish();
//! assert_eq!(length, asked.len() + 16, "the owner is a pointer to the question");
//! ```
//!
//! Limits: 16,384 octets can be pointed into; of names outside the zone told with [`Composer::set_apex`], 24 labels are
//! remembered for compression; 32 options of an OPT record are looked at.
//!
//! RFCs: 1035 (messages), 2181 (truncation), 6891 (EDNS), 3597 (what may be compressed), 5001 (NSID),
//! 7828 (keepalive), 7830 (padding), 7873 (cookies), 8914 (extended errors), 9619 (one question), 9660 (version of
//! the zone).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod compose;
mod edns;
mod fault;
mod header;
pub mod message;
mod names;
mod query;
mod records;
mod walk;

pub use compose::{Composer, Data, Full, Mark, Owner, Place, Rrset, Section};
pub use edns::{CookieOption, Ede, Edns, EdnsOption, Opt, OptionCode, Options, ZoneVersion};
pub use fault::{Fault, FaultKind, Verdict};
pub use header::{Flags, HEADER_LEN};
/// The vocabulary of operation and response codes is hickory's.
pub use hickory_proto::op::{OpCode, ResponseCode};
pub use query::{Query, Question, fuzz_query};
pub use walk::{PlainRecord, Records};
