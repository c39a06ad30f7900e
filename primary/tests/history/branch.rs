//! A branch that is rewritten, deleted or damaged.

use std::collections::BTreeMap;

use primary::{Event, Standing};

use crate::running::{Running, restarted};
use crate::support::{PATIENCE, Repo, zone};

/// Waits until the branch is refused at this commit.
fn refused(running: &Running, tip: &str) {
    match running.told.recv_timeout(PATIENCE).expect("told in time") {
        Event::Refused(refusal) => assert_eq!(refusal.tip.to_string(), tip),
        other => panic!("{other}"),
    }
    let status = running.primary.status();
    assert_eq!(status.refused.as_deref(), Some(tip));
    let trouble = status.trouble.expect("there is trouble");
    let advice = format!("zonetool accept {tip}");
    assert!(trouble.contains(&advice), "{trouble}");
}

#[test]
fn history_that_is_rewritten() {
    let repo = Repo::new();
    let first = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    let second = repo.commit(&[
        ("a.example", &zone(2, "192.0.2.82")),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    let before = running.zones();
    repo.git(&["update-ref", "refs/heads/main", &first]);
    refused(&running, &first);
    assert_eq!(running.zones(), before, "what is served stays");
    // Where it was: nothing has happened.
    repo.git(&["update-ref", "refs/heads/main", &second]);
    running.commit();
    let status = running.primary.status();
    assert_eq!((status.trouble, status.refused), (None, None));
    repo.git(&["update-ref", "refs/heads/main", &first]);
    refused(&running, &first);
    assert_eq!(running.primary.accept(&first), Ok(first));
    running.commit();
    assert_eq!(
        running.zones(),
        BTreeMap::from([("a.example.".to_owned(), (Standing::Good, Some(3)))]),
        "a serial never goes back"
    );
    assert_eq!(running.primary.status().refused, None);
}

/// Another first commit, and the old ones are collected.
#[test]
fn history_that_is_anothers() {
    let repo = Repo::new();
    for serial in [7, 8, 9] {
        repo.commit(&[
            ("a.example", &zone(serial, "192.0.2.81")),
            ("b.example", &zone(1, "192.0.2.91")),
        ]);
    }
    let running = Running::start(&repo);
    running.commit();
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    running.told.recv_timeout(PATIENCE).expect("it is gone");
    let other = repo.commit(&[("a.example", &zone(7, "192.0.2.87"))]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    refused(&running, &other);
    running.primary.accept(&other[..12]).expect("accepted");
    running.commit();
    assert_eq!(
        running.zones(),
        BTreeMap::from([("a.example.".to_owned(), (Standing::Good, Some(10)))])
    );
    repo.commit(&[("a.example", &zone(7, "192.0.2.88"))]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Good, Some(11)));
    // A zone that comes back goes on where it was, in whatever history.
    repo.commit(&[("b.example", &zone(1, "192.0.2.92"))]);
    running.commit();
    assert_eq!(running.zones()["b.example."], (Standing::Good, Some(2)));
}

#[test]
fn only_what_is_refused_can_be_accepted() {
    let repo = Repo::new();
    let first = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    let second = repo.commit(&[("a.example", &zone(2, "192.0.2.82"))]);
    let running = Running::start(&repo);
    running.commit();
    let why = |digits: &str| running.primary.accept(digits).expect_err("declined");
    assert!(why(&first).contains("no commit is refused"));
    repo.git(&["update-ref", "refs/heads/main", &first]);
    refused(&running, &first);
    assert!(why(&second).contains(&format!("commit {first} is refused")));
    assert!(why("main").contains("write the commit's id"));
    assert!(why("0000").contains("no branch, tag or commit"));
    // Somebody was quicker: what is made on the accepted commit is taken in with it.
    running.primary.accept(&first).expect("accepted");
    repo.commit(&[("a.example", &zone(1, "192.0.2.83"))]);
    while running.commit().commit.id.to_string() == first {}
    let serial = running.zones()["a.example."].1;
    assert!(serial > Some(2), "{serial:?}");
}

/// The branch that was served is the second parent: its commits do not lie on the way along first parents.
#[test]
fn a_merge_the_other_way_round() {
    let repo = Repo::new();
    let base = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    for last in [2, 3, 4] {
        let address = format!("192.0.2.{last}");
        repo.commit(&[("a.example", &zone(1, &address))]);
    }
    let running = Running::start(&repo);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Good, Some(4)));
    let served = repo.git(&["rev-parse", "main"]);
    let merge = |from: &str| {
        let tree = format!("{from}^{{tree}}");
        repo.git(&[
            "commit-tree",
            &tree,
            "-p",
            &base,
            "-p",
            &served,
            "-m",
            "merge",
        ])
    };
    let merged = merge(&base);
    repo.git(&["update-ref", "refs/heads/main", &merged]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Good, Some(5)));
    restarted(running, &repo);
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
