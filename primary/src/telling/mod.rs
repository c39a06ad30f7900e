//! What the server tells of itself: to its log, at its control socket, over HTTP and by dnstap.
//!
//! Everything here only reads what the way of a question ([`tally`], [`dnstap`]) and that of a commit ([`board`],
//! [`loads`]) have written down; both go on while nobody listens, and wait for nobody who does.

pub(crate) mod board;
pub mod control;
pub(crate) mod dnstap;
pub(crate) mod health;
pub(crate) mod http;
pub(crate) mod loads;
pub mod log;
mod log_queue;
mod metrics;
pub(crate) mod panics;
pub(crate) mod status;
pub(crate) mod tally;
