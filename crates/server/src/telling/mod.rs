//! What a server tells of itself: to its log, at its control socket, over HTTP and by dnstap.
//!
//! Everything here only reads what the way of a question ([`tally`], [`dnstap`]) and the program have written down; both go
//! on while nobody listens, and wait for nobody who does.

pub mod control;
pub(crate) mod dnstap;
pub(crate) mod health;
pub(crate) mod http;
pub(crate) mod late;
pub mod log;
mod log_queue;
pub mod metrics;
pub(crate) mod panics;
pub mod status;
pub(crate) mod tally;
