//! The whole secondary: what it shares with other programs, wired here, and what only the whole of it shows.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod announced;
mod catalogs;
mod clocks;
mod floods;
mod liars;
mod manager;
mod no_disk;
mod program;
mod shared;
mod status;
mod unit;
