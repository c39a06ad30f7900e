//! Typed DNS names, record types and record data.
//!
//! What is under a key is fixed by the key: `map.get(TLSA)` gives a set of [`data::Tlsa`], `map.get(SOA)` a single
//! [`data::Soa`], and asking for the wrong one does not compile. Two TTLs in a set, an empty set, two SOAs or two CNAMEs at
//! an owner have no value; a [`Serial`] has no `<`; a [`Secret`] has no text.
//!
//! All types come from one table ([`key`]): number, mnemonic, form and fields. The fields give text and wire, both
//! ways, canonical form and order, for typed values and for plain octets alike ([`text`], [`wire`]), so that a large zone
//! is read without a typed value standing in between.
//!
//! It knows no messages (crate `wire`), no zone files ($ORIGIN, parentheses, comments: crate `zonefile`), no zones.
//!
//! ```
//! use rr::{MX, Name, RrMap, RrSet, Ttl};
//!
//! let origin = Name::from_text("example.org")?;
//! let mx = rr::read(MX, "10 Mail", origin.as_ref())?;
//! assert_eq!(mx.exchange.to_string(), "Mail.example.org.");
//! assert_eq!(mx.exchange, Name::from_text("mail.EXAMPLE.org")?);
//!
//! let mut map = RrMap::default();
//! map.insert(MX, RrSet::new(Ttl::from_secs(3600), mx));
//! assert_eq!(map.get(MX).map(|set| set.first().preference), Some(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Limits: names of [`MAX_NAME_OCTETS`] octets and labels of [`MAX_LABEL_OCTETS`] (RFC 1035 §2.3.4), data of 65,535.
//! Types without a shape are [`key::Unknown`] and keep their octets (RFC 3597).
//!
//! RFC 1035 (names, text), 1982 (serials), 2181 (sets), 3597 (unknown types), 4034 (canonical form and order), 4343 (case),
//! 6840 (corrections), and for each type the one in its docstring.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod data;
mod encoding;
mod escape;
pub mod field;
pub mod key;
mod map;
mod name;
mod number;
mod octets;
mod secret;
mod set;
pub mod text;
pub mod wire;

pub use data::{Data, Opaque};
pub use encoding::write_base32hex;
pub use key::*;
pub use map::{Record, RrMap, read};
pub use name::{
    LabelStarts, MAX_LABEL_OCTETS, MAX_LABELS, MAX_NAME_OCTETS, Name, NameError, NameRef,
};
pub use number::{Class, Rtype, Serial, Ttl, UnknownMnemonic};
pub use octets::Octets;
pub use secret::Secret;
pub use set::{Canonical, Clash, Form, RrSet, Signatures, Single};
