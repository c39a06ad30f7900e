//! Catalog zones (RFC 9432): zones that list zones, so that secondaries need not be told of each.
//!
//! A consumer [reads](Catalog::read) a catalog as a whole or not at all, and [`Catalogs`] says what follows from it, also where
//! several catalogs list the same zone. A producer [makes](produce) one of its zones, and [changes](amended) it by what came
//! and went.
//!
//! What is decided where the RFC leaves it open: a catalog that lists a zone twice is broken, like one with two PTR records at
//! a member (§4.1); one that lists itself is read without that; groups are told, and mean nothing here; other properties
//! (§4.3.2) are passed over.

mod catalogs;
mod produce;
mod read;

pub use catalogs::{Catalogs, Effect};
pub use produce::{amended, node_of, produce, unique_label};

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use rr::Name;

/// How much is read of a catalog before anything comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members; a catalog with more is broken. Default 100,000.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { members: 100_000 }
    }
}

/// What a catalog lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    /// Its own name, in lower case.
    pub apex: Name,
    /// The zones that it lists, by their names in lower case.
    pub members: BTreeMap<Name, Member>,
}

/// What a catalog says of a zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The label of its node, in lower case: another one is another zone of the same name (§5.4).
    pub label: Vec<u8>,
    /// Its groups (§4.4.2), in order.
    pub groups: Vec<Vec<u8>>,
    /// The catalog that it may be moved to (§4.4.1).
    pub moves_to: Option<Name>,
}

/// Why a catalog is not one: nothing of it counts (RFC 9432 §5.1), and what was read before stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// `version` has no TXT record, several, or another one than "2" (§4.2.1).
    Version,
    /// The node of a member has several PTR records, or one that is no name (§4.1).
    Member(Name),
    /// Two nodes list this zone.
    Twice(Name),
    /// The `coo` property at this name has several records, or one that is no name (§4.4.1).
    ChangeOfOwnership(Name),
    /// More members than the [limit](Limits::members).
    TooMany(usize),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str(
                "the catalog has no `version` with the one TXT record \"2\" (RFC 9432 §4.2.1)",
            ),
            Self::Member(name) => write!(f, "{name} must have one PTR record, the member's name"),
            Self::Twice(name) => write!(f, "the catalog lists {name} twice"),
            Self::ChangeOfOwnership(name) => {
                write!(f, "{name} must have one PTR record, a catalog's name")
            }
            Self::TooMany(limit) => write!(
                f,
                "the catalog lists more than {limit} zones, which is the limit here"
            ),
        }
    }
}

impl core::error::Error for Broken {}
