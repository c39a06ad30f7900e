//! SIGKILL at any time: what was seen is there again at once, as a whole.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use rr::Rtype;
use support::primaries::{Kind, PrimaryServer};
use support::{KEY, SECRET, seen, try_ask, version, zone_text};
use testbed::faults::{self, Fault};
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

/// Calls about the files of one zone: it is read, written aside, its later time is removed, it is renamed, and its folder synced.
const CALLS: [(&str, RangeInclusive<u32>, Option<&str>); 5] = [
    ("openat", 1..=5, Some("ENOSPC")),
    ("write", 1..=9, Some("ENOSPC")),
    ("fsync", 1..=2, Some("EIO")),
    ("rename", 1..=1, Some("ENOSPC")),
    ("unlink", 1..=1, Some("EIO")),
];
/// Those that are tried as long as nobody asks for all.
const TRIED: usize = 14;

/// Its primary is away at each start that shows what was kept.
#[test]
fn at_any_step_of_keeping_a_zone_what_was_served_is_kept_whole() {
    let (folder, ours, nobody) = (tempfile::tempdir().unwrap(), free_address(), free_address());
    let slow = "3600 3600 86400";
    let mut primary = PrimaryServer::start(Kind::Knot, &zone_text(1, slow), ours);
    let process = start(folder.path(), ours, primary.address);
    let (mut kept, mut serial) = (await_version(ours, 1), 1);
    drop(process);
    let (mut killed, mut gone_on) = (0, 0);
    for fault in Fault::sample(Fault::all(&CALLS), TRIED) {
        serial += 1;
        primary.write("example.org", &zone_text(serial, slow));
        primary.reload();
        poll(|| match seen(primary.address, "example.org") {
            found if found == version(serial) => Ok(()),
            found => Err(found),
        });
        let program = fault.befalling(
            &command(folder.path(), ours, primary.address),
            &files(folder.path()),
        );
        let mut process = run(folder.path(), program);
        let mut newest = 0;
        poll(|| {
            faults::end_if_killed(process.id());
            newest = version_of(ours).unwrap_or(newest);
            match newest == serial || !process.is_running() {
                true => Ok(()),
                false => Err(format!("{fault:?}: {newest}")),
            }
        });
        match process.is_running() {
            true => gone_on += 1,
            false => killed += 1,
        }
        process.signal("KILL");
        drop(process);
        // What could not be kept is served all the same, and told: then there is what was kept before.
        let least = if fault.kills() {
            kept.max(newest)
        } else {
            kept
        };
        let process = start(folder.path(), ours, nobody);
        kept = await_version(ours, least);
        assert!(kept <= serial, "{kept} of {serial}");
        let last = try_ask(ours, "host-1999.example.org", Rtype::A).unwrap();
        assert_eq!(last.answer.len(), 1, "all of it");
        drop(process);
    }
    assert!(
        killed >= TRIED / 4 && gone_on >= TRIED / 4,
        "{killed} {gone_on}"
    );
}

/// All that there is of one zone, and what is made in its place.
fn files(folder: &Path) -> Vec<PathBuf> {
    let state = folder.join("state");
    let mut entries = fs::read_dir(&state)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let zone = entries.find(|path| path.extension().is_some_and(|it| it == "zone"));
    let zone = zone.expect("it was kept");
    let all = ["zone", "new", "until"].map(|it| zone.with_extension(it));
    all.into_iter().chain([state]).collect()
}

fn start(folder: &Path, ours: SocketAddr, primary: SocketAddr) -> Process {
    run(folder, command(folder, ours, primary))
}

fn run(folder: &Path, mut command: Command) -> Process {
    Process::start(&mut command, folder.join("log"))
}

fn command(folder: &Path, ours: SocketAddr, primary: SocketAddr) -> Command {
    let keys = folder.join("keys");
    fs::write(&keys, format!("{KEY}:SHA256:{SECRET}\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_secondary"));
    command.arg("--keys").arg(&keys).args(["--workers", "1"]);
    command
        .arg("--primary-port")
        .arg(primary.port().to_string());
    command.arg("--listen").arg(ours.to_string());
    command.arg("--state-dir").arg(folder.join("state"));
    command
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
