//! A branch that is rewritten, deleted or damaged.

use std::collections::BTreeMap;

use primary::{Event, Outcome, Standing};

use crate::running::Running;
use crate::support::{PATIENCE, Repo, zone};

#[test]
fn history_that_is_rewritten() {
    let repo = Repo::new();
    let first = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    repo.commit(&[
        ("a.example", &zone(2, "192.0.2.82")),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    repo.git(&["update-ref", "refs/heads/main", &first]);
    running.commit();
    assert_eq!(
        running.zones(),
        BTreeMap::from([("a.example.".to_owned(), (Standing::Good, Some(3)))]),
        "a serial never goes back"
    );
    // Another first commit, and the old ones are collected.
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    repo.commit(&[("a.example", &zone(7, "192.0.2.87"))]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    loop {
        match running.told.recv_timeout(PATIENCE).expect("told in time") {
            Event::Commit(event)
                if event
                    .zones
                    .iter()
                    .any(|zone| matches!(zone.outcome, Outcome::Served { serial: 7, .. })) =>
            {
                break;
            }
            _ => {}
        }
    }
    repo.commit(&[("a.example", &zone(8, "192.0.2.88"))]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Good, Some(8)));
}

#[test]
fn a_branch_that_is_deleted_changes_nothing() {
    let repo = Repo::new();
    let id = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    let running = Running::start(&repo);
    running.commit();
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    let event = running.told.recv_timeout(PATIENCE).expect("told in time");
    assert!(matches!(event, Event::Unreadable(_)), "{event}");
    let status = running.primary.status();
    assert_eq!(status.zones[0].standing, Standing::Good);
    assert!(!status.is_good() && status.trouble.is_some());
    repo.git(&["update-ref", "refs/heads/main", &id]);
    running.commit();
    assert!(running.primary.status().is_good());
}

#[test]
fn a_commit_that_cannot_be_read_changes_nothing() {
    let repo = Repo::new();
    let good = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    let running = Running::start(&repo);
    running.commit();
    let tree = "1".repeat(40);
    let text =
        format!("tree {tree}\nparent {good}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nx\n");
    std::fs::write(repo.beside("commit"), text).expect("written");
    let path = repo.beside("commit");
    let damaged = repo.git(&[
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--literally",
        path.to_str().expect("UTF-8"),
    ]);
    repo.git(&["update-ref", "refs/heads/main", &damaged]);
    let event = running.told.recv_timeout(PATIENCE).expect("told in time");
    assert!(matches!(event, Event::Unreadable(_)), "{event}");
    // After a restart the newest commit that can be read is served.
    running.primary.stop();
    let again = Running::start(&repo);
    assert_eq!(again.zones()["a.example."], (Standing::Good, Some(1)));
    assert!(again.primary.status().trouble.is_some());
}
