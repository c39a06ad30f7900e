//! `wait` for servers of other projects that follow one another.

use crate::desk::Desk;
use crate::servers::{KEY, Peer};
use std::process::Stdio;
use std::time::Instant;

/// A repository whose second commit changes a.test, and is served with serial 2.
fn repository() -> Desk {
    let desk = Desk::with_repository();
    let zone =
        "$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\nns AAAA ::1\n";
    desk.write("dns/zones/a.test", zone);
    desk.commit("First");
    desk.append("dns/zones/a.test", "www A 192.0.2.1\n");
    desk.commit("Second");
    desk
}

fn change(desk: &Desk, server: &Peer) {
    let add = [
        "--zone",
        "a.test",
        "--add",
        "x 60 A 192.0.2.1",
        "--key",
        KEY,
    ];
    desk.zonetool("", &[&["update", &server.at()], &add[..]].concat())
        .succeeded();
}

#[test]
fn waits_until_all_have_it_and_no_longer() {
    let desk = repository();
    let primary = Peer::bind(&["a.test"]);
    let secondary = Peer::bind_secondary(&["a.test"], primary.address);
    let (one, other) = (primary.address.to_string(), secondary.address.to_string());
    let words = [
        "wait", "HEAD", "--ns", &one, "--ns", &other, "--format", "json",
    ];
    let waiting = desk
        .command(crate::desk::ZONETOOL, "dns")
        .args(words)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    change(&desk, &primary);
    let told = ["notify", &secondary.at(), "a.test", "--key", KEY];
    desk.zonetool("", &told).succeeded();
    let ran = crate::desk::Ran::from(waiting.wait_with_output().unwrap()).succeeded();
    let json = ran.json();
    assert_eq!(json["served"], true);
    assert_eq!(json["servers"][0]["wanted"], 2);
    assert_eq!(json["servers"][1]["serial"], 2);
    // Already there, and beyond: without the repository, and without the time that was allowed.
    let start = Instant::now();
    change(&desk, &primary);
    let ran = desk
        .zonetool(
            "",
            &["wait", "--serial", "1", "--zone", "a.test", "--ns", &one],
        )
        .succeeded();
    assert!(start.elapsed().as_secs() < 60);
    assert!(ran.out.contains("served everywhere: 1 of 1"), "{}", ran.out);
    assert!(
        ran.err.contains("serial 2, newer than 1, after "),
        "{}",
        ran.err
    );
}

#[test]
fn who_lags_behind_is_named_with_what_it_has() {
    let desk = repository();
    let (behind, without) = (Peer::nsd(&["a.test"]), Peer::nsd(&["b.test"]));
    let nobody = testbed::process::free_address().to_string();
    let (one, other) = (behind.address.to_string(), without.address.to_string());
    let words = [
        "wait",
        "--ns",
        &one,
        "--ns",
        &other,
        "--ns",
        &nobody,
        "--timeout",
        "1",
    ];
    let ran = desk.zonetool("dns", &words).exited(1);
    for said in [
        format!("a.test. at {one}: serial 1 in place of 2\n"),
        format!("a.test. at {other}: REFUSED, in place of serial 2\n"),
        format!("a.test. at {nobody}: no answer: "),
        "not served everywhere: 3 of 3 after 1 s\n".to_owned(),
        "next: zonetool notify @".to_owned(),
    ] {
        assert!(ran.out.contains(&said), "{said}\n{}", ran.out);
    }
}

/// RFC 8976: of a server that has a digest of its records, the right serial is not enough.
#[test]
fn a_digest_of_other_records_is_not_the_commit() {
    let desk = repository();
    let wait = |server: &Peer| {
        let address = server.address.to_string();
        desk.zonetool("dns", &["wait", "--ns", &address, "--timeout", "1"])
    };
    let with_digest = |digest: &str| {
        let server = Peer::bind(&["a.test"]);
        let record = format!("a.test. 60 ZONEMD 2 1 1 {digest}");
        let add = ["--zone", "a.test", "--add", &record, "--key", KEY];
        desk.zonetool("", &[&["update", &server.at()], &add[..]].concat())
            .succeeded();
        server
    };
    let server = with_digest(&"0a".repeat(48));
    let ran = wait(&server).exited(1);
    let said = "serial 2 with other records than the commit has (ZONEMD)\n";
    assert!(ran.out.contains(said), "{}", ran.out);
    assert!(
        ran.out
            .contains("next: zonetool verify --zone a.test. --ns "),
        "{}",
        ran.out
    );
    // That of the commit, as a clone has it.
    let address = server.address.to_string();
    let verify = ["verify", "--ns", &address, "--format", "json"];
    let json = desk.zonetool("dns", &verify).exited(1).json();
    let digest = json["servers"][0]["commit_digest"].as_str().unwrap();
    let ran = wait(&with_digest(digest)).succeeded();
    assert!(ran.out.contains("served everywhere: 1 of 1"), "{}", ran.out);
}

/// NS records say who is asked, at each of their addresses.
#[test]
fn name_servers_are_those_of_the_zone() {
    let desk = repository();
    let port = testbed::process::free_address().port().to_string();
    let wait = ["wait", "HEAD", "--port", &port, "--timeout", "1"];
    let verify = ["verify", "--all-ns", "--port", &port];
    for words in [&wait[..], &verify] {
        let words = [words, &["--format", "json"]].concat();
        let json = desk.zonetool("dns", &words).exited(1).json();
        let servers = json["servers"].as_array().unwrap();
        let addresses: Vec<&str> = servers
            .iter()
            .map(|s| s["address"].as_str().unwrap())
            .collect();
        assert_eq!(
            addresses,
            [format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
        );
        assert_eq!(servers[0]["server"], "ns.a.test.");
    }
    desk.zonetool("dns", &["wait", "--all-ns", "--ns", "192.0.2.1"])
        .exited(2);
    let nothing = desk
        .zonetool("dns", &["wait", "--zone", "c.test"])
        .exited(2);
    assert!(nothing.err.contains("c.test"), "{}", nothing.err);
    desk.git(
        "dns",
        &["commit", "--no-verify", "--allow-empty", "-qm", "Nothing"],
    )
    .succeeded();
    let nothing = desk.zonetool("dns", &["wait"]).exited(2);
    assert!(
        nothing.err.contains("changes no zone") && nothing.err.contains("--zone"),
        "{}",
        nothing.err
    );
    desk.zonetool("dns", &["wait", "--serial", "1"]).exited(2);
    desk.zonetool("", &["wait"]).exited(3);
}

#[test]
fn what_is_waited_for_has_a_limit() {
    let desk = Desk::new();
    let zones: Vec<String> = (0..101).map(|number| format!("z{number}.test")).collect();
    let servers: Vec<String> = (0..100)
        .map(|number| format!("127.0.0.1:{}", 1000 + number))
        .collect();
    let mut words = vec!["wait", "--serial", "1"];
    words.extend(zones.iter().flat_map(|zone| ["--zone", zone]));
    words.extend(servers.iter().flat_map(|server| ["--ns", server]));
    let ran = desk.zonetool("", &words).exited(2);
    assert!(
        ran.err.contains("10100 zones at servers are too many"),
        "{}",
        ran.err
    );
}
