//! Which version of a zone is served, whatever the history: before a restart and after it.

mod support;

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};

use primary::{CommitEvent, Config, Edges, Event, Outcome, Primary, Standing};
use support::{PATIENCE, Repo, zone};

/// A server inside the test, and what it tells.
struct Running {
    primary: Primary,
    told: Receiver<Event>,
}

impl Running {
    fn start(repo: &Repo) -> Running {
        Running::start_with(repo, |config| config)
    }

    fn start_with(repo: &Repo, change: impl FnOnce(Config) -> Config) -> Running {
        let (sender, told) = mpsc::channel();
        let edges = Edges::of_the_system()
            .expect("entropy")
            .on_event(move |event| {
                // After the test has ended nobody listens.
                let _ = sender.send(event.clone());
            });
        let location =
            git_store::Location::parse(repo.path().to_str().expect("UTF-8")).expect("a path");
        let config = change(Config::new(
            location,
            ["127.0.0.1:0".parse().expect("an address")],
        ));
        let primary = primary::run(config, edges).expect("it starts");
        Running { primary, told }
    }

    /// The next commit that is told of.
    fn commit(&self) -> CommitEvent {
        match self.told.recv_timeout(PATIENCE).expect("told in time") {
            Event::Commit(event) => *event,
            other => panic!("{other}"),
        }
    }

    /// Zone, standing and serial of all zones.
    fn zones(&self) -> BTreeMap<String, (Standing, Option<u32>)> {
        let zones = self.primary.status().zones.into_iter();
        zones
            .map(|zone| (zone.zone, (zone.standing, zone.serial)))
            .collect()
    }
}

/// Stops and starts anew: everything must be served as before, from the same commits.
fn restarted(running: Running, repo: &Repo) -> Running {
    let before = running.primary.status().zones;
    running.primary.stop();
    let again = Running::start(repo);
    again.commit();
    assert_eq!(told_of(&again.primary.status().zones), told_of(&before));
    again
}

type ToldOf = Vec<(
    String,
    Standing,
    Option<u32>,
    Option<String>,
    Vec<primary::Report>,
)>;

/// What of a status must survive a restart: not the commit of a zone that is right, which is the one
/// it was read from, and so the newest after a restart.
fn told_of(zones: &[primary::ZoneStatus]) -> ToldOf {
    let blamed =
        |zone: &primary::ZoneStatus| zone.brought_by.as_ref().map(|commit| commit.id.clone());
    let zones = zones.iter();
    zones
        .map(|zone| {
            (
                zone.zone.clone(),
                zone.standing,
                zone.serial,
                blamed(zone),
                zone.findings.clone(),
            )
        })
        .collect()
}

const GARBAGE: &str = "garbage\n";

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
        ["a.example. serial 1, 8 records"]
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
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(1)));
    commit(&files("h1 A 192.0.2.11\n"));
    assert_eq!(
        outcomes(&running.commit()),
        [
            "a.example. serial 1, 7 records",
            "b.example. serial 1, 6 records"
        ]
    );
    // A part may be taken away together with its $INCLUDE.
    repo.git(&["update-ref", "refs/heads/main", &good]);
    assert_eq!(
        outcomes(&running.commit()),
        ["a.example. serial 1, 8 records"]
    );
}

fn outcomes(event: &CommitEvent) -> Vec<String> {
    let mut lines: Vec<String> = event.zones.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
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

#[test]
fn two_files_for_one_zone_keep_the_one_there_was() {
    let repo = Repo::new();
    repo.commit(&[
        ("a.example", &zone(1, "192.0.2.81")),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    repo.commit(&[
        ("a.example", &zone(2, "192.0.2.82")),
        ("x/A.Example", &zone(9, "192.0.2.89")),
        ("b.example", &zone(2, "192.0.2.92")),
    ]);
    let event = running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(1)));
    assert_eq!(running.zones()["b.example."], (Standing::Good, Some(2)));
    assert!(event.zones.iter().any(|zone| {
        zone.reports
            .iter()
            .any(|report| report.rule == "layout-several-files")
    }));
    let running = restarted(running, &repo);
    repo.commit(&[
        ("x/A.Example", &zone(9, "192.0.2.89")),
        ("b.example", &zone(2, "192.0.2.92")),
    ]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Good, Some(9)));
}

#[test]
fn a_folder_too_deep_hides_no_zone_that_was_served() {
    let repo = Repo::new();
    repo.commit(&[
        ("a.example", &zone(1, "192.0.2.81")),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    repo.commit(&[
        ("1/2/3/4/5/6/7/8/9/a.example", &zone(2, "192.0.2.82")),
        ("b.example", &zone(2, "192.0.2.92")),
    ]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(1)));
    repo.commit(&[("b.example", &zone(2, "192.0.2.92"))]);
    running.commit();
    assert!(
        !running.zones().contains_key("a.example."),
        "now it is certainly gone"
    );
}

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
        BTreeMap::from([("a.example.".to_owned(), (Standing::Good, Some(1)))])
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

#[test]
fn thousands_of_zones() {
    let repo = Repo::new();
    let names: Vec<String> = (0..3000)
        .map(|n| format!("{:02}/z{n}.example", n % 100))
        .collect();
    let text = zone(1, "192.0.2.81");
    let mut files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), text.as_str()))
        .collect();
    repo.commit(&files);
    let running = Running::start(&repo);
    assert_eq!(running.commit().zones.len(), 3000);
    let changed = zone(2, "192.0.2.82");
    files[1234].1 = &changed;
    files.remove(77);
    repo.commit(&files);
    assert_eq!(
        outcomes(&running.commit()),
        ["z1234.example. serial 2, 6 records", "z77.example. removed"]
    );
    assert_eq!(running.primary.status().zones.len(), 2999);
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

#[test]
fn a_file_that_is_not_taken_keeps_its_zone() {
    let repo = Repo::new();
    repo.commit(&[
        ("a.example", &zone(1, "192.0.2.81")),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    let huge = ";".repeat((64 << 20) + 1);
    let good = zone(9, "192.0.2.89");
    let table = [
        ("120000", "/etc/passwd", "layout-symlink"),
        ("100755", good.as_str(), "layout-executable"),
        ("100644", "\0\u{1}\u{2}", "layout-binary"),
        ("100644", huge.as_str(), "layout-too-large"),
        ("100644", "", "no-soa"),
        ("100644", "\u{fffd}\u{fffd}\n", ""),
    ];
    for (serial, (mode, text, rule)) in (2..).zip(table) {
        let other = zone(serial, "192.0.2.91");
        repo.commit_entries(
            "Eve",
            &[(mode, "a.example", text), ("100644", "b.example", &other)],
        );
        let event = running.commit();
        assert_eq!(
            running.zones()["a.example."],
            (Standing::Kept, Some(1)),
            "{rule}"
        );
        assert_eq!(
            running.zones()["b.example."],
            (Standing::Good, Some(serial)),
            "{rule}"
        );
        let mut reports = event.zones.iter().flat_map(|zone| &zone.reports);
        assert!(
            reports.any(|report| report.rule.contains(rule)),
            "{rule} is not in {event}"
        );
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// The files of one zone in one of the states it can be in.
fn files_of(name: &str, serial: u32, dice: &mut Dice) -> Vec<(String, String)> {
    let good = zone(serial, "192.0.2.81");
    let included = good.clone() + "$INCLUDE " + name + ".d/part\n";
    let part = |text: &str| (format!("{name}.d/part"), format!("; {serial}\n{text}"));
    match dice.below(9) {
        0..=2 => vec![(name.to_owned(), good)],
        3 => vec![(format!("folder/{name}"), good)],
        4 => vec![(name.to_owned(), included), part("host A 192.0.2.9\n")],
        5 => vec![(name.to_owned(), included), part("host A 192.0.2\n")],
        6 => vec![(name.to_owned(), GARBAGE.to_owned())],
        7 => vec![
            (name.to_owned(), good.clone()),
            (format!("folder/{name}"), good),
        ],
        _ => Vec::new(),
    }
}

/// After any history, and however many commits come at once, the running server serves what a
/// server that starts now does.
#[test]
fn running_and_started_now_are_the_same_on_generated_histories() {
    let mut kept = 0;
    for seed in 1..=4 {
        let (repo, mut dice) = (Repo::new(), Dice(seed));
        let mut zones: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        repo.commit(&[]);
        let running = Running::start(&repo);
        for serial in 1..=40 {
            let name = ["a.example", "b.example", "c.example"][dice.below(3) as usize];
            zones.insert(name, files_of(name, serial, &mut dice));
            let files = zones
                .values()
                .flatten()
                .map(|(path, text)| (path.as_str(), text.as_str()));
            let id = repo.commit(&files.collect::<Vec<_>>());
            if dice.below(3) == 0 {
                continue;
            }
            while running
                .primary
                .status()
                .commit
                .is_none_or(|commit| commit.id != id)
            {
                running.told.recv_timeout(PATIENCE).expect("told in time");
            }
            let fresh = Running::start(&repo);
            let (now, then) = (fresh.primary.status().zones, running.primary.status().zones);
            assert_eq!(
                told_of(&now),
                told_of(&then),
                "seed {seed}, commit {serial}"
            );
            kept += now
                .iter()
                .filter(|zone| zone.standing == Standing::Kept)
                .count();
        }
    }
    assert!(kept > 50, "the histories are worth something: {kept}");
}
