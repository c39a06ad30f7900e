//! Digests that a zone has of itself (RFC 8976): those of what is served, whatever the text says, and ldns agrees.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use crate::asking::{Change, Running};
use crate::ephemeral::CHALLENGE;
use crate::is_acknowledged;
use crate::support::{Repo, zone};

/// Has the zone transferred, and ldns look at the digest that came with it.
fn verified(server: SocketAddr, repo: &Repo) {
    let (ip, port) = (format!("@{}", server.ip()), server.port().to_string());
    let transferred = Command::new("dig")
        .args([
            &ip,
            "-p",
            &port,
            "a.example",
            "AXFR",
            "+onesoa",
            "+nocomments",
            "+nocmd",
            "+nostats",
        ])
        .output()
        .expect("dig starts");
    let file = repo.beside("transferred");
    fs::write(&file, &transferred.stdout).expect("a file is written");
    let looked = Command::new("ldns-verify-zone")
        .arg("-Z")
        .arg(&file)
        .output();
    let looked = looked.expect("ldns-verify-zone starts");
    assert!(
        looked.status.success(),
        "{}\n{}{}",
        String::from_utf8_lossy(&transferred.stdout),
        String::from_utf8_lossy(&looked.stdout),
        String::from_utf8_lossy(&looked.stderr)
    );
}

#[test]
fn they_are_made_anew_for_all_that_is_served() {
    let repo = Repo::new();
    // Of another zone and another serial: a place for the digest, as a person writes it once.
    let nothing = "00".repeat(48);
    let with_digest = |address| format!("{}@ ZONEMD 1 1 1 {nothing}\n", zone(7, address));
    repo.commit(&[("a.example", &with_digest("192.0.2.1"))]);
    let state = repo.beside("state");
    let start = || {
        Running::start_with(&repo, |mut config| {
            config.state_dir = Some(state.clone());
            config.server.allow_transfer = vec!["127.0.0.0/8".parse().expect("a network")];
            config
        })
    };
    let mut running = start();
    let server = running.primary.addresses()[0];
    verified(server, &repo);
    // By an update, which leaves the digest in the text alone.
    let answer = running.ask("a.example", Change::new().add("new A 192.0.2.7"));
    assert!(is_acknowledged(&answer), "{answer:?}");
    verified(server, &repo);
    let text = repo.git(&["show", "main:a.example"]);
    assert!(text.contains(&nothing), "{text}");
    // By one that is no commit, and by a person.
    let challenge = format!("{CHALLENGE} TXT \"one\"");
    running.ask("a.example", Change::new().add(&challenge));
    verified(server, &repo);
    repo.commit(&[("a.example", &with_digest("192.0.2.2"))]);
    testbed::poll(|| match running.served()[0].1 {
        Some(10) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    verified(server, &repo);
    running.primary.stop();
    running = start();
    verified(running.primary.addresses()[0], &repo);
    running.primary.stop();
}
