//! What the primary tells of itself, beyond what all programs do: about commits, and the zones read from them.
//!
//! Everything here only reads what the way of a commit ([`board`], [`loads`]) has written down; that goes on while nobody
//! listens, and waits for nobody who does.

pub(crate) mod board;
pub mod control;
pub(crate) mod loads;
pub(crate) mod log;
mod metrics;
mod program;
pub(crate) mod status;
