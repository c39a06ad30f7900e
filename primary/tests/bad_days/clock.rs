//! Clocks that jump, and clocks that are far off from the start.

use std::fs;
use std::net::TcpStream;
use std::process::Command;

use testbed::clock;

use crate::support::{Repo, Server, ask_tcp, served, zone};
use crate::{LISTEN, repo};

/// The clock of the wall goes by an hour and by a year, back and forth: answers, cookies and commits go on.
#[test]
fn a_clock_that_jumps_disturbs_nothing() {
    let repo = repo();
    let clock = repo.beside("clock");
    let set = |offset: &str| {
        fs::write(repo.beside("next"), offset).expect("written");
        fs::rename(repo.beside("next"), &clock).expect("replaced");
    };
    set("+0");
    let under = clock::words(&clock::off_by_file(&clock));
    let under: Vec<&str> = under.iter().map(String::as_str).collect();
    // What makes the clock jump reads a file all the time.
    let arguments = [&LISTEN[..], &["--confine", "off"]].concat();
    let server = Server::start_under(&under, &repo, &arguments);
    let mut serial = 1;
    for offset in ["+1h", "-1h", "+366d", "-366d", "+0"] {
        set(offset);
        for _ in 0..20 {
            assert!(
                served("192.0.2.1")(&server.ask("www.a.example")),
                "{offset}"
            );
        }
        serial += 1;
        let id = repo.commit(&[("a.example", &zone(serial, "192.0.2.1"))]);
        server.wait_for_commit(&id);
    }
    server.stop();
}

/// Serves, follows a commit and closes what is idle, as ever.
fn does_its_work(server: &Server, repo: &Repo, serial: u32) {
    let id = repo.commit(&[("a.example", &zone(serial, "192.0.2.1"))]);
    server.wait_for_commit(&id);
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    let mut stream = TcpStream::connect(server.addresses[0]).expect("connected");
    assert!(served("192.0.2.1")(&ask_tcp(&mut stream, "www.a.example")));
}

/// A machine without a battery starts in 1970, another one has lost decades: also where seconds no longer fit into 32 bits.
#[test]
fn a_clock_that_is_decades_off_at_the_start_disturbs_nothing() {
    let repo = repo();
    let clock = repo.beside("clock");
    let under = clock::words(&clock::off_by_file(&clock));
    let under: Vec<&str> = under.iter().map(String::as_str).collect();
    let arguments = [&LISTEN[..], &["--confine", "off"]].concat();
    for (serial, time) in [
        (2, "@1970-01-01 00:00:05"),
        (3, "@2038-01-19 03:14:05"),
        (4, "@2106-02-07 06:28:14"),
        (5, "@2200-01-01 00:00:00"),
    ] {
        fs::write(&clock, time).expect("written");
        let server = Server::start_under(&under, &repo, &arguments);
        does_its_work(&server, &repo, serial);
        server.stop();
    }
}

/// The clock that only goes forward: right after a boot, and after a century without one. It cannot be made to step under
/// a process that runs.
#[test]
fn a_monotonic_clock_near_its_start_or_far_from_it_disturbs_nothing() {
    let uptime = fs::read_to_string("/proc/uptime").expect("/proc");
    let uptime = uptime.split('.').next().expect("seconds");
    let (back, forth) = (format!("-{uptime}"), "3000000000".to_owned());
    let repo = repo();
    for (serial, offset) in [(2, back), (3, forth)] {
        let offsets = [
            format!("--monotonic={offset}"),
            format!("--boottime={offset}"),
        ];
        let under = ["unshare", "--time", &offsets[0], &offsets[1]];
        let tried = Command::new(under[0])
            .args(&under[1..])
            .arg("true")
            .output();
        if !tried.expect("unshare runs").status.success() {
            println!("NOT TESTED: this takes a clock of one's own");
            return;
        }
        let server = Server::start_under(&under, &repo, &LISTEN);
        does_its_work(&server, &repo, serial);
        server.stop();
    }
}
