//! DNS over TLS by the running program, with clients of other projects.

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod mistakes;
mod renewal;
mod telling;
mod tickets;
