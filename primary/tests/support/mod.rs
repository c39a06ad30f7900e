//! A repository, the real program, and a client to ask it.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test file uses its part of this module"
)]

mod client;
mod dice;
mod repo;
pub(crate) mod secure;
mod server;

use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) use client::{Answer, ask_serial, ask_tcp, ask_udp, query, read_tcp, send_tcp, served};
pub(crate) use dice::Dice;
pub(crate) use repo::Repo;
pub(crate) use server::{Server, program, signal};

/// Longer than anything takes, on a machine that is busy with something else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

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

/// Looks again and again, where nothing tells of the change, until there is what is looked for; what was seen
/// instead is told if that takes too long.
pub(crate) fn poll<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(started.elapsed() < PATIENCE, "{seen}"),
        }
        sleep(Duration::from_millis(5));
    }
}
