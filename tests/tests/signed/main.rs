#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! Signed messages between `tsig` and others: BIND, Knot and NSD as servers; `dig`, `kdig`, `nsupdate`, `knsupdate` and
//! dnspython as clients.

mod clients;
mod connection;
mod keys;
mod our_server;
mod refusals;
mod servers;
mod transfers;
