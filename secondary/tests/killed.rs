//! SIGKILL at any time: what was seen is there again at once, as a whole.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rr::Rtype;
use support::primaries::{Kind, PrimaryServer};
use support::{KEY, SECRET, seen, try_ask, version, zone_text};
use testbed::poll;
use testbed::process::{Process, free_address};
use testbed::random::{Random, seed};

const ROUNDS: u32 = 8;

#[test]
fn a_killed_secondary_serves_at_once_what_it_served_last_or_something_newer() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), free_address());
    let slow = "3600 3600 86400";
    let mut primary = PrimaryServer::start(Kind::Knot, &zone_text(1, slow), ours);
    let mut process = start(folder.path(), ours, primary.address);
    let mut newest = await_version(ours, 1);
    let mut random = Random::seeded(seed(9));
    for serial in 2..2 + ROUNDS {
        primary.write("example.org", &zone_text(serial, slow));
        primary.reload();
        // Sometimes before it has come, sometimes on the way, sometimes after.
        for _ in 0..random.below(60) {
            newest = newest.max(version_of(ours).unwrap_or(0));
        }
        process.signal("KILL");
        assert_eq!(process.wait(testbed::PATIENCE), None, "killed");
        primary.end();
        process = start(folder.path(), ours, primary.address);
        let back = await_version(ours, newest);
        assert!((newest..=serial).contains(&back), "{back} after {newest}");
        let last = try_ask(ours, "host-1999.example.org", Rtype::A).unwrap();
        assert_eq!(last.answer.len(), 1, "all of it");
        primary.begin();
    }
    // One that looked for its primary in vain looks again when the zone says, or when it is told.
    primary.write("example.org", &zone_text(2 + ROUNDS, slow));
    primary.reload();
    await_version(ours, 2 + ROUNDS);
}

fn start(folder: &Path, ours: SocketAddr, primary: SocketAddr) -> Process {
    let keys = folder.join("keys");
    fs::write(&keys, format!("{KEY}:SHA256:{SECRET}\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_secondary"));
    command.arg("--keys").arg(&keys).args(["--workers", "1"]);
    command
        .arg("--primary-port")
        .arg(primary.port().to_string());
    command.arg("--listen").arg(ours.to_string());
    command.arg("--state-dir").arg(folder.join("state"));
    Process::start(&mut command, folder.join("log"))
}

/// Waits for an answer that is this version or a later one. Before there is one nothing may be said but silence, or that
/// nothing has come yet.
#[track_caller]
fn await_version(server: SocketAddr, least: u32) -> u32 {
    poll(|| match version_of(server) {
        Some(serial) if serial >= least => Ok(serial),
        _ => Err(format!("{}, not {least}", seen(server, "example.org"))),
    })
}

fn version_of(server: SocketAddr) -> Option<u32> {
    let seen = seen(server, "example.org");
    let serial = seen.strip_prefix("\"version ")?.strip_suffix('"')?;
    let serial = serial.parse().ok()?;
    assert_eq!(seen, version(serial));
    Some(serial)
}
