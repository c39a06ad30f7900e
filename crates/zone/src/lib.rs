//! The served form of a zone, and everything that can be wrong with one.
//!
//! A [`Builder`] takes records one by one, in any order, and makes a `Zone<`[`Unchecked`]`>`, which knows where each record
//! was written. Its [check](Zone::check) gives findings and, if none is an error, a `Zone<`[`Checked`]`>`, and only that can
//! be [published](Zones). A zone never changes: a [patch](Zone::patch) gives the next version, which shares what did not
//! change, and [`difference`] gives the patch. To [amend](Zone::amend) a checked zone is to patch it and to check what
//! the change may have made wrong, or to say that only a check of the whole can tell.
//!
//! It deliberately does not read text (crate `zonefile`), know types of records beyond what lookups turn on (crate `rr`),
//! or compose answers (crate `authority`); nothing here hashes for NSEC3 or verifies a signature.
//!
//! ```
//! use rr::{Name, Rtype};
//! use zone::check::{CheckOptions, Policy};
//! use zone::{Builder, HashKey, Lookup, Published, Revision, Zones};
//! use zonefile::{Limits, NoSources, SourceMap, read_zone};
//!
//! let apex = Name::from_text("example.org")?;
//! let text = "@ 300 SOA ns mail 1 2h 1h 2w 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n*.w 300 TXT hello\n";
//! let key = HashKey::new([0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9]); // from a source of entropy
//! let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), key));
//! let errors = read_zone(apex.as_ref(), "example.org", text, &mut NoSources, &Limits::default(), &mut map, &mut builder);
//! let (zone, findings) = builder.finish().check(&CheckOptions::new(&map, &errors, &Policy::default()));
//! let zone = zone.map_err(|_| "not fit to be published")?;
//!
//! let revision = Revision::new("8f2c1e7");
//! let zones = Zones::new(key, revision.clone()).with(Published { zone, revision });
//! let qname = Name::from_text("any.W.example.org")?;
//! let Some((_, Lookup::Wildcard { node, .. })) = zones.lookup(qname.as_ref()) else { panic!() };
//! assert_eq!(node.rrset(Rtype::TXT).map(|set| set.rdatas().next()), Some(Some(&b"\x05hello"[..])));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The form
//! ```text
//!  question ── hash of each ancestor, one pass
//!                 │
//!  index   shard [ hash | place ]  shard  shard        open addressing, 8 octets a slot
//!                         │
//!  pages          page ( node node node )  page        a node: flags, owner, RRsets as octets
//!                         │
//!  order   run [ place place .. ]  run  run            canonical order, for transfers and NSEC
//! ```
//! A lookup allocates nothing and touches a slot and a node: the node says what is above it (a cut, a DNAME) and what is
//! right below (a wildcard), so nothing is walked. Pages, shards and runs are shared between versions; a change of one
//! name copies a shard, a run and a page or two. A zone of 890,000 records takes 50 MiB.
//!
//! # Limits
//! [`Limits`]: 20 million records and a GiB of them in a zone. A set of more octets than fit in one message is cut. Both
//! leave a [defect](check::defect) behind. Names and rdata are as long as `rr` allows.
//!
//! RFC 1034 §4.3.2 (lookup), 2181 §5 (sets), 4034 §6 (order), 4035 §3.1.3 and 5155 §7 (denial), 4592 (wildcards),
//! 6672 (DNAME).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod amend;
mod approach;
mod assemble;
mod builder;
mod chains;
pub mod check;
mod difference;
mod digests;
mod doubt;
mod editor;
mod form;
mod hash;
mod index;
mod lookup;
mod name_set;
mod node;
mod nsec;
mod order;
mod pages;
mod patch;
mod places;
mod reach;
mod rrsets;
pub mod rules;
mod serial;
mod sort;
mod step;
mod subtree;
mod text;
mod zone;
mod zones;

pub use approach::Approach;
pub use builder::{Builder, Limits};
pub use difference::{Change, RecordRef, difference};
pub use doubt::Doubt;
pub use hash::HashKey;
pub use lookup::Lookup;
pub use node::{Node, Record, Records, RrsetRef};
pub use nsec::Nsec3Parameters;
pub use patch::PatchError;
pub use serial::{SignedSerial, serial_after};
pub use step::Step;
pub use text::write_text;
pub use zone::{Checked, Unchecked, Zone};
pub use zones::{Published, Revision, Zones};
