#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! The tables of `tests/tables` with others: BIND, Knot and our program as servers that do the same, or are declared not to, and
//! `nsupdate` and `knsupdate` as clients whose messages say the same, to us and to all of these.

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod connection;
mod programs;
mod servers;
