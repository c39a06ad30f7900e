#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Zones given to secondaries by the real program: to whom, and what they get, as `dig` and `kdig` see it.

mod listed;
#[path = "../support/mod.rs"]
mod support;
mod told;

mod older;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use support::{Repo, Server, poll};

/// The secret of all keys here, in base64.
const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const GOOD: &str = "a._transfer.a.example";
const UPDATES: &str = "b._update.a.example";
const ELSEWHERE: &str = "c._transfer.b.example";
const NOTIFIES: &str = "d._notify.a.example";

/// Large enough for its changes to be less.
fn zone(serial: u32, www: &str) -> String {
    let hosts: String = (0..20)
        .map(|host| format!("h{host} A 192.0.2.{host}\n"))
        .collect();
    support::zone(serial, www) + &hosts
}

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    repo
}

fn write_keys(path: &Path) {
    let lines: String = [GOOD, UPDATES, ELSEWHERE, NOTIFIES]
        .iter()
        .map(|name| format!("{name}:SHA256:{SECRET}\n"))
        .collect();
    std::fs::write(path, lines).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn with_keys(repo: &Repo, options: &[&str]) -> Server {
    let keys = repo.beside("keys");
    write_keys(&keys);
    let mut all = vec!["--listen", "127.0.0.1:0", "--keys", keys.to_str().unwrap()];
    all.extend(options);
    Server::start_with(repo, &all)
}

fn keyed(name: &str) -> String {
    format!("hmac-sha256:{name}:{SECRET}")
}

/// What `dig` or `kdig` prints, one try.
fn asked(program: &str, server: &Server, words: &[&str]) -> String {
    let address = server.addresses[0];
    let mut command = Command::new(program);
    command
        .arg(format!("@{}", address.ip()))
        .args(["-p", &address.port().to_string()])
        .args(words);
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn soa_records(told: &str) -> usize {
    told.lines().filter(|line| line.contains("\tSOA\t")).count()
}

#[test]
fn who_has_a_key_that_may_gets_the_zone() {
    let repo = repo();
    let server = with_keys(&repo, &[]);
    for (program, key) in [("dig", GOOD), ("dig", UPDATES), ("kdig", GOOD)] {
        let told = asked(program, &server, &["a.example", "AXFR", "-y", &keyed(key)]);
        assert_eq!(soa_records(&told), 2, "{program}: {told}");
        assert!(
            told.contains("www.a.example.") && told.contains("192.0.2.1"),
            "{told}"
        );
        assert!(!told.contains("rror"), "{told}");
    }
    server.stop();
}

#[test]
fn others_get_nothing() {
    let repo = repo();
    let server = with_keys(&repo, &[]);
    let refused = |words: &[&str], why: &str| {
        let told = asked("dig", &server, words);
        assert_eq!(soa_records(&told), 0, "{why}: {told}");
        assert!(told.contains("Transfer failed"), "{why}: {told}");
    };
    refused(&["a.example", "AXFR"], "without a key");
    refused(&["a.example", "IXFR=0"], "without a key");
    for name in [ELSEWHERE, NOTIFIES] {
        refused(&["a.example", "AXFR", "-y", &keyed(name)], name);
        refused(&["a.example", "IXFR=0", "-y", &keyed(name)], name);
    }
    let forged = keyed(GOOD).replace("MDEy", "NDEy");
    refused(&["a.example", "AXFR", "-y", &forged], "with another secret");
    refused(
        &["www.a.example", "AXFR", "-y", &keyed(GOOD)],
        "of what is no zone",
    );
    refused(
        &["b.example", "AXFR", "-y", &keyed(ELSEWHERE)],
        "of a zone that is not there",
    );
    server.stop();
}

#[test]
fn a_network_that_is_allowed_needs_no_key() {
    let repo = repo();
    let options = ["--listen", "127.0.0.1:0", "--allow-transfer", "127.0.0.1"];
    let server = Server::start_with(&repo, &options);
    assert_eq!(
        soa_records(&asked("dig", &server, &["a.example", "AXFR"])),
        2
    );
    let forged = asked("dig", &server, &["a.example", "AXFR", "-y", &keyed(GOOD)]);
    assert_eq!(
        soa_records(&forged),
        0,
        "a key that is not known is refused all the same: {forged}"
    );
    server.stop();
    let options = [
        "--listen",
        "127.0.0.1:0",
        "--allow-transfer",
        "192.0.2.0/24",
    ];
    let server = Server::start_with(&repo, &options);
    assert_eq!(
        soa_records(&asked("dig", &server, &["a.example", "AXFR"])),
        0
    );
    server.stop();
}

#[test]
fn changes_since_each_version_that_was_served() {
    let repo = repo();
    let server = with_keys(&repo, &[]);
    for (serial, address) in [(2, "192.0.2.2"), (3, "192.0.2.3")] {
        let commit = repo.commit(&[("a.example", &zone(serial, address))]);
        server.wait_for_commit(&commit);
    }
    let changes = |since: &str, words: &[&str]| {
        let (ixfr, key) = (format!("IXFR={since}"), keyed(GOOD));
        asked(
            "dig",
            &server,
            &[&["a.example", &ixfr, "-y", &key], words].concat(),
        )
    };
    let one = changes("2", &[]);
    assert_eq!(
        (soa_records(&one), one.matches("www.a.example.").count()),
        (4, 2),
        "{one}"
    );
    let two = changes("1", &[]);
    assert_eq!(
        (soa_records(&two), two.matches("www.a.example.").count()),
        (6, 4),
        "{two}"
    );
    assert_eq!(soa_records(&changes("3", &[])), 1, "nothing newer");
    assert_eq!(soa_records(&changes("4", &[])), 1, "ahead of us");
    let unknown = changes("0", &[]);
    assert_eq!(soa_records(&unknown), 2, "the whole zone: {unknown}");
    let datagram = changes("2", &["+notcp", "+ignore"]);
    assert_eq!(soa_records(&datagram), 4, "{datagram}");
    let log = server.log();
    assert!(
        log.contains("transferred: changes") && log.contains("transferred: whole zone"),
        "{log}"
    );
    server.stop();
}

/// What is taken back and comes again is another version, and the changes lead through both.
#[test]
fn changes_of_a_commit_that_was_taken_back() {
    let repo = repo();
    let server = with_keys(&repo, &[]);
    for address in ["192.0.2.9", "192.0.2.1"] {
        let commit = repo.commit(&[("a.example", &zone(1, address))]);
        server.wait_for_commit(&commit);
    }
    let told = asked("dig", &server, &["a.example", "IXFR=1", "-y", &keyed(GOOD)]);
    assert_eq!(
        (soa_records(&told), told.matches("www.a.example.").count()),
        (6, 4),
        "{told}"
    );
    server.stop();
}

/// Keys that are replaced hold from the next request on.
#[test]
fn a_key_that_is_taken_away_gets_no_more() {
    let repo = repo();
    let server = with_keys(&repo, &[]);
    let axfr = || {
        soa_records(&asked(
            "dig",
            &server,
            &["a.example", "AXFR", "-y", &keyed(GOOD)],
        ))
    };
    assert_eq!(axfr(), 2);
    std::fs::write(repo.beside("keys"), format!("{UPDATES}:SHA256:{SECRET}\n")).unwrap();
    server.signal("-HUP");
    poll(|| match axfr() {
        0 => Ok(()),
        records => Err(format!("{records} SOA records\n{}", server.log())),
    });
    server.stop();
}
