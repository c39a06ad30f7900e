//! Keys in files `_keys` of the repository.

use crate::support::{Repo, Server, zone};
use crate::{NOTIFY, OTHER, SECRET, UPDATE, ask, line, stop};

fn start(repo: &Repo, more: &[&str]) -> Server {
    let usual = ["--listen", "127.0.0.1:0", "--keys-in-repository"];
    Server::start_with(repo, &[&usual, more].concat())
}

/// A commit with these keys in the file of the zone.
fn commit(repo: &Repo, keys: &str) -> String {
    let zone = zone(1, "192.0.2.1");
    repo.commit(&[("example.org", &zone), ("example.org._keys", keys)])
}

fn record(secret: &str) -> String {
    format!("$ORIGIN example.org.\nweb._update DNSKEY 0 3 163 {secret}\n")
}

fn is_good(server: &Server, key: (&str, &str)) -> bool {
    let said = ask("dig", server, key, &["www.example.org", "A"]);
    let is_good =
        said.contains("192.0.2.1") && !said.contains("BADKEY") && !said.contains("BADSIG");
    assert!(
        is_good || said.contains("BADKEY") || said.contains("BADSIG"),
        "{said}"
    );
    is_good
}

#[test]
fn they_follow_the_branch_and_a_file_with_mistakes_keeps_those_that_it_had() {
    let repo = Repo::new();
    commit(&repo, &record(SECRET));
    let server = start(&repo, &[]);
    assert!(is_good(&server, (UPDATE, SECRET)) && !is_good(&server, (UPDATE, OTHER)));
    server.wait_for_commit(&commit(&repo, &record(OTHER)));
    assert!(is_good(&server, (UPDATE, OTHER)) && !is_good(&server, (UPDATE, SECRET)));

    let broken = format!("{}mail._update DNSKEY 0 3 13 {SECRET}\n", record(SECRET));
    let id = commit(&repo, &broken);
    let status = server.wait_for_commit(&id);
    let findings = status["layout"].as_array().expect("findings");
    let told = findings
        .iter()
        .find(|finding| finding["rule"] == "bad-key")
        .expect("told");
    assert_eq!(told["place"], "example.org._keys:3:1");
    assert!(is_good(&server, (UPDATE, OTHER)) && !is_good(&server, (UPDATE, SECRET)));
    stop(server);

    // A start goes back to the version that was right.
    let server = start(&repo, &[]);
    assert!(is_good(&server, (UPDATE, OTHER)) && !is_good(&server, (UPDATE, SECRET)));
    let id = repo.commit(&[("example.org", &zone(1, "192.0.2.1"))]);
    server.wait_for_commit(&id);
    assert!(!is_good(&server, (UPDATE, OTHER)));
    stop(server);
}

#[test]
fn they_are_taken_only_where_that_was_said_and_others_of_the_name_come_first() {
    let repo = Repo::new();
    commit(&repo, &record(SECRET));
    let said = line(NOTIFY, OTHER);
    let usual = ["--listen", "127.0.0.1:0", "--key", said.trim()];
    let server = Server::start_with(&repo, &usual);
    assert!(!is_good(&server, (UPDATE, SECRET)) && is_good(&server, (NOTIFY, OTHER)));
    stop(server);
    let said = line(UPDATE, OTHER);
    let server = start(&repo, &["--key", said.trim()]);
    assert!(is_good(&server, (UPDATE, OTHER)) && !is_good(&server, (UPDATE, SECRET)));
    // Neither is the file served.
    let answer = server.ask("web._update.example.org");
    assert_eq!(answer.rcode, crate::support::NXDOMAIN);
    stop(server);
}
