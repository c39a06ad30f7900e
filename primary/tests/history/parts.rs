//! Zones in several files.

use primary::{Outcome, Standing};

use crate::outcomes;
use crate::running::Running;
use crate::support::{Repo, zone};

#[test]
fn parts_bring_in_their_zones() {
    let repo = Repo::new();
    let whole = zone(1, "192.0.2.81") + "$INCLUDE a.example.d/hosts\n";
    let other = zone(1, "192.0.2.91");
    let files = |part: &'static str| {
        [
            ("org/a.example", whole.clone()),
            ("org/a.example.d/hosts", part.to_owned()),
            ("b.example", other.clone()),
        ]
    };
    let commit = |files: &[(&str, String)]| {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        repo.commit(&files)
    };
    commit(&files("h1 A 192.0.2.11\n"));
    let running = Running::start(&repo);
    assert_eq!(
        outcomes(&running.commit()),
        [
            "a.example. serial 1, 7 records",
            "b.example. serial 1, 6 records"
        ]
    );
    // Only the part changes: only its zone is read anew.
    let good = commit(&files("h1 A 192.0.2.11\nh2 A 192.0.2.12\n"));
    assert_eq!(
        outcomes(&running.commit()),
        ["a.example. serial 2 (the file says 1), 8 records"]
    );
    // A mistake in a part is one of the zone, and is told where it is.
    commit(&files("h1 A 192.0.2\n"));
    let event = running.commit();
    assert!(matches!(event.zones[0].outcome, Outcome::Kept { .. }));
    assert!(
        event.zones[0].reports[0]
            .place
            .starts_with("org/a.example.d/hosts:1:"),
        "{event}"
    );
    // A part that is gone, and back.
    commit(&files("")[..1]);
    let event = running.commit();
    assert!(
        event
            .zones
            .iter()
            .any(|zone| zone.outcome == Outcome::Removed)
    );
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(2)));
    commit(&files("h1 A 192.0.2.11\n"));
    assert_eq!(
        outcomes(&running.commit()),
        [
            "a.example. serial 5 (the file says 1), 7 records",
            "b.example. serial 2 (the file says 1), 6 records"
        ]
    );
    // A part may be taken away together with its $INCLUDE.
    let tree = format!("{good}^{{tree}}");
    let again = repo.git(&["commit-tree", &tree, "-p", "main", "-m", "As it was"]);
    repo.git(&["update-ref", "refs/heads/main", &again]);
    assert_eq!(
        outcomes(&running.commit()),
        ["a.example. serial 6 (the file says 1), 8 records"]
    );
}

#[test]
fn includes_do_not_leave_the_commit() {
    let repo = Repo::new();
    std::fs::write(repo.beside("secret"), "secret TXT key\n").expect("written");
    let outside = repo.beside("secret");
    let outside = outside.to_str().expect("UTF-8");
    for named in [
        outside,
        "/etc/hostname",
        "../secret",
        "a.example.d/../../secret",
        "a.example.d/missing",
        "b.example",
    ] {
        let text = zone(1, "192.0.2.81") + "$INCLUDE " + named + "\n";
        repo.commit(&[("a.example", &text), ("b.example", &zone(1, "192.0.2.91"))]);
        let running = Running::start(&repo);
        running.commit();
        assert_eq!(
            running.zones()["a.example."],
            (Standing::NotServed, None),
            "{named}"
        );
        assert_eq!(
            running.zones()["b.example."],
            (Standing::Good, Some(1)),
            "{named}"
        );
        repo.git(&["update-ref", "-d", "refs/heads/main"]);
    }
}
