#![no_std]
#![forbid(unsafe_code)]
//! The served form of a zone.

extern crate alloc;

mod assemble;
mod builder;
pub mod check;
mod difference;
mod form;
mod hash;
mod index;
mod lookup;
mod node;
mod nsec;
mod order;
mod pages;
mod patch;
mod places;
mod rrsets;
pub mod rules;
mod sort;
mod zone;
mod zones;

pub use builder::{Builder, Limits};
pub use difference::{Change, RecordRef, difference};
pub use hash::HashKey;
pub use lookup::Lookup;
pub use node::{Node, Record, Records, RrsetRef};
pub use nsec::Nsec3Parameters;
pub use patch::PatchError;
pub use zone::{Checked, Unchecked, Zone};
pub use zones::{Published, Revision, Zones};
