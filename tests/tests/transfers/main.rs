#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Transfers between ours and the servers of others, both ways.

mod client;
mod given;
mod taken;
mod told;
