//! Which version of a zone is served after commits that break it: before a restart and after it.

use std::collections::BTreeMap;

use primary::{Config, Standing};

use crate::GARBAGE;
use crate::running::{Running, restarted};
use crate::support::{PATIENCE, Repo, zone};

#[test]
fn a_restart_serves_what_was_served() {
    let repo = Repo::new();
    let good = |serial| zone(serial, "192.0.2.81");
    repo.commit(&[
        ("a.example", &good(1)),
        ("b.example", &good(1)),
        ("c.example", GARBAGE),
    ]);
    let running = Running::start(&repo);
    assert_eq!(running.commit().zones.len(), 3);
    repo.commit(&[
        ("a.example", &good(2)),
        ("b.example", GARBAGE),
        ("c.example", GARBAGE),
    ]);
    running.commit();
    repo.commit(&[
        ("a.example", &good(3)),
        ("b.example", "other garbage\n"),
        ("c.example", "more garbage\n"),
    ]);
    running.commit();
    let wanted = BTreeMap::from([
        ("a.example.".to_owned(), (Standing::Good, Some(3))),
        ("b.example.".to_owned(), (Standing::Kept, Some(1))),
        ("c.example.".to_owned(), (Standing::NotServed, None)),
    ]);
    assert_eq!(running.zones(), wanted);
    let again = restarted(running, &repo);
    assert_eq!(again.zones(), wanted);
    repo.commit(&[
        ("a.example", &good(3)),
        ("b.example", &good(4)),
        ("c.example", &good(1)),
    ]);
    let event = again.commit();
    assert_eq!(event.zones.len(), 2);
    assert!(
        again
            .zones()
            .values()
            .all(|(standing, _)| *standing == Standing::Good)
    );
}

#[test]
fn several_commits_in_one_push() {
    let repo = Repo::new();
    let first = repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    let running = Running::start(&repo);
    running.commit();
    // The first commit of the push is good, the second breaks it, the third touches something else.
    let second = repo.commit(&[("a.example", &zone(2, "192.0.2.82"))]);
    let third = repo.commit_by("Eve", &[("a.example", GARBAGE)]);
    let fourth = repo.commit(&[
        ("a.example", GARBAGE),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let mut event = running.commit();
    while event.commit.id.to_string() != fourth {
        event = running.commit();
    }
    let status = running.primary.status().zones;
    assert_eq!(
        (status[0].standing, status[0].serial),
        (Standing::Kept, Some(2))
    );
    assert_eq!(status[0].commit.as_deref(), Some(second.as_str()));
    let blamed = status[0].brought_by.as_ref().expect("somebody");
    assert_eq!(
        (blamed.id.as_str(), blamed.author.as_str()),
        (third.as_str(), "Eve <ann@example.org>")
    );
    restarted(running, &repo);
    assert_ne!(first, second);
}

#[test]
fn a_push_of_many_commits_at_once() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    let running = Running::start(&repo);
    running.commit();
    // HEAD is elsewhere meanwhile, so that the server sees one move of it.
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/aside"]);
    repo.commit(&[("a.example", &zone(2, "192.0.2.82"))]);
    repo.commit(&[("a.example", GARBAGE)]);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    while running.zones()["a.example."] != (Standing::Kept, Some(2)) {
        running.told.recv_timeout(PATIENCE).expect("told in time");
    }
    restarted(running, &repo);
}

#[test]
fn how_far_back_is_looked() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    for n in 0..5 {
        repo.commit(&[("a.example", &format!("garbage {n}\n"))]);
    }
    for (look_back, wanted) in [
        (4, (Standing::NotServed, None)),
        (5, (Standing::Kept, Some(1))),
    ] {
        let running = Running::start_with(&repo, |config| Config {
            look_back,
            ..config
        });
        assert_eq!(running.zones()["a.example."], wanted, "{look_back}");
    }
}

#[test]
fn a_zone_that_was_away_is_not_brought_back() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.81"))]);
    repo.commit(&[("b.example", &zone(1, "192.0.2.91"))]);
    repo.commit(&[
        ("a.example", GARBAGE),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::NotServed, None));
}

#[test]
fn the_policy_of_each_commit_judges_its_zones() {
    let repo = Repo::new();
    let text = zone(1, "192.0.2.81") + "my_host A 192.0.2.1\n";
    let strict = "* bad-host-name error\n";
    repo.commit(&[("a.example", &text), ("b.example", &zone(1, "192.0.2.91"))]);
    let running = Running::start(&repo);
    running.commit();
    repo.commit(&[
        ("a.example", &text),
        ("b.example", &zone(1, "192.0.2.91")),
        (".zonecheck", strict),
    ]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(1)));
    let running = restarted(running, &repo);
    repo.commit(&[("a.example", &text), ("b.example", &zone(1, "192.0.2.91"))]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Good, Some(1)));
}
