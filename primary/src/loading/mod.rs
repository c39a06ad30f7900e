//! From a new commit to the zones that are served.
//!
//! ```text
//!  commit ──trust──> changed zones ──crew──> attempt ──> verdict ──> Zones, published at once
//!                                              │  └─ parts, trail       │
//!                                              └── not right: look_back ┘
//! ```
//! [`loader`] does it, one commit at a time. What a commit may do at all is decided in `loader::trust` (and, where an
//! operator says so, by [`accept`]) before any of its zones is read.

pub(crate) mod accept;
pub(crate) mod attempt;
mod crew;
pub(crate) mod key_files;
pub(crate) mod listing;
pub(crate) mod loader;
mod look_back;
pub(crate) mod memory;
pub(crate) mod parts;
pub(crate) mod signers;
pub(crate) mod trail;
pub(crate) mod verdict;
