//! A repository, the real program, and a client to ask it.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test file uses its part of this module"
)]

mod client;
pub(crate) mod secure;
mod server;

pub(crate) use client::{
    Answer, ask_serial, ask_tcp, ask_udp, page, query, read_tcp, send_tcp, served,
};
pub(crate) use server::{Server, program, signal};
pub(crate) use testbed::{PATIENCE, Random, Repo, poll};

pub(crate) const NOERROR: u8 = 0;
pub(crate) const SERVFAIL: u8 = 2;
pub(crate) const NXDOMAIN: u8 = 3;
pub(crate) const REFUSED: u8 = 5;

/// Zone text with one address record for `www`.
pub(crate) fn zone(serial: u32, www: &str) -> String {
    format!(
        "$TTL 3600\n@ SOA ns1 hostmaster {serial} 7200 3600 1209600 300\n NS ns1\n NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nwww A {www}\n"
    )
}
