//! Dynamic updates (RFC 2136): what a signed message may change in a zone, and how two changes of one zone come together.
//!
//! Octets and a zone go in. Out come typed [`Changes`] for [`zone::Zone::amend`], or a [`Refusal`] that knows its response
//! code. It opens nothing and has no clock; it does not verify (crate `tsig`), does not judge what a zone becomes (crate
//! `zone`), edits no text and writes no commit.
//!
//! The central function is [`plan`]. It takes an [`Update`], which only a verified request that was not seen before can become
//! (`tsig::Fresh`), and a [`Scene`]: the zone so far and what is to be respected there. Updates that share a batch are planned one
//! after the other, each on the zone as the one before has left it. [`merge`] brings the updates of one side together with what
//! was pushed on the other, by records.
//!
//! ```
//! use std::sync::Arc;
//! # use rr::Name;
//! # use zone::check::CheckOptions;
//! use tsig::{ReplayGuard, Request, Time};
//! use update::{Planned, Policy, Scene, Update, plan};
//!
//! # let apex = Name::from_text("example.org")?;
//! # let text = "@ 300 SOA ns mail 1 2h 1h 2w 300\n@ 300 NS ns\nns 300 A 192.0.2.1\nwww 300 A 192.0.2.2\n";
//! # let hash = zone::HashKey::new([1, 2]);
//! # let (mut map, mut builder) = (zonefile::SourceMap::new(), zone::Builder::new(apex.clone(), hash));
//! # let errors = zonefile::read_zone(apex.as_ref(), "example.org", text, &mut zonefile::NoSources,
//! #     &zonefile::Limits::default(), &mut map, &mut builder);
//! # let (zone, _) = builder.finish().check(&CheckOptions::new(&map, &errors, &zone::check::Policy::default()));
//! # let zone = zone.map_err(|_| "not fit")?;
//! # let zones = zone::Zones::new(hash, zone::Revision::new("8f2c1e7"));
//! // `update delete www A` and `update add www 60 A 192.0.2.3`, signed.
//! let mut message = b"\0\x07\x28\0\0\x01\0\0\0\x02\0\0\x07example\x03org\0\0\x06\0\x01\
//!     \x03www\xC0\x0C\0\x01\0\xFF\0\0\0\0\0\0\xC0\x1D\0\x01\0\x01\0\0\0\x3C\0\x04\xC0\0\x02\x03".to_vec();
//! let line = "web._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==";
//! let (key, now) = (Arc::new(tsig::text::read_key(line)?), Time::from_secs(1_800_000_000));
//! tsig::sign_request(&key, &mut message, now)?;
//!
//! let keys = tsig::text::read_keys(line.as_bytes()).expect("no mistakes");
//! let Ok(Request::Signed(verified)) = keys.verify(&message, now) else { panic!("refused") };
//! let fresh = ReplayGuard::new().admit(verified, now).expect("not seen before");
//! let update = Update::read(&fresh)?;
//!
//! let (policy, _) = Policy::read(b"allow web._update.example.org replace A www.example.org\n");
//! let scene = Scene { zone: &zone, serial: rr::Serial(1), zones: &zones, policy: &policy, now };
//! let Planned::Changes(changes) = plan(&update, &scene)?.planned else { panic!("a change") };
//! assert_eq!(changes.lines().collect::<Vec<_>>(), ["replace A of www (1 removed, 1 added)"]);
//! let next = zone.amend(&changes.records(), &zone::check::Policy::default()).map_err(|_| "doubt")?;
//! assert_eq!(next.record_count(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rights
//! What a key may is in its name ([`tsig::KeyName`]), narrowed by the file `.zonepolicy` of the repository ([`Policy`] shows its
//! lines): key × actions × types × names, with a day on which it ends. What counts is what an update comes to, not how it is
//! put: to delete a set and add another is to replace it, and what changes nothing needs no right but to name the records.
//!
//! # Where the text leaves a choice
//! All of a message is looked at, and rights are, before prerequisites. An SOA record whose serial is not newer than what is
//! served is ignored, also one that is equal or half the circle away. The last TTL is that of the set. A record that differs in
//! capitals only is the same. RRSIG, NSEC, NSEC3 and NSEC3PARAM are refused, and so is any change of a zone that is signed:
//! whoever signs it would have to do that again. To delete the SOA record removes the zone only for a key that a line allows
//! `remove-zone`; for all others it is ignored, as RFC 2136 says. To add the SOA record of a zone that is not there makes it, for a
//! key that a line allows `make-zone`; all others learn that there is no such zone.
//!
//! Limits: [`limits`]. RFCs: 2136 (updates), 3007 (with security), 1982 (serials), 2181 (sets), 3597 (unknown types), 4343 (case),
//! 6672 (DNAME), 8914 (extended errors).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ignored;
pub mod limits;
mod merge;
mod message;
mod plan;
mod planned;
mod policy;
mod refusal;
mod update;

pub use ignored::Ignored;
pub use merge::{Lost, Merged, Outcome, Versions, merge};
pub use message::{Message, Prerequisite, Step};
pub use plan::{Plan, Scene, plan};
pub use planned::{Changes, Planned, SetChange};
pub use policy::{
    Actions, Date, Grant, Layer, Mistake, NotADate, Pattern, PatternError, Policy, Types,
    UnknownAction, Winner,
};
pub use refusal::{Malformed, MalformedKind, Refusal, Unmet};
pub use update::Update;
