//! The serials that are served, whatever the files say.

use primary::Standing;

use crate::running::{Running, restarted};
use crate::support::{Repo, zone};

const NAME: &str = "a.example";

fn served(running: &Running) -> Option<u32> {
    running.commit();
    let zones = running.zones();
    let (standing, serial) = zones["a.example."];
    assert_eq!(standing, Standing::Good);
    serial
}

/// Each file with the serial that is served once it is the newest; before a restart and after it.
#[test]
fn they_rise_with_every_version() {
    let repo = Repo::new();
    repo.commit(&[(NAME, &zone(7, "192.0.2.1"))]);
    let mut running = Running::start(&repo);
    assert_eq!(served(&running), Some(7));
    for (why, stated, address, wanted) in [
        ("raised", 8, "192.0.2.2", 8),
        ("forgotten", 8, "192.0.2.3", 9),
        ("lowered", 1, "192.0.2.4", 10),
        ("raised to what was served already", 10, "192.0.2.5", 11),
        ("taken back to the first version", 7, "192.0.2.1", 12),
        ("raised well above", 4_294_967_295, "192.0.2.6", 13),
        ("raised", 1_000, "192.0.2.7", 1_000),
    ] {
        repo.commit(&[(NAME, &zone(stated, address))]);
        assert_eq!(served(&running), Some(wanted), "{why}");
        let told = running.primary.status().zones[0].stated;
        assert_eq!(
            told,
            Some(stated).filter(|stated| *stated != wanted),
            "{why}"
        );
        running = restarted(running, &repo);
    }
}

#[test]
fn they_go_over_the_wrap() {
    let repo = Repo::new();
    repo.commit(&[(NAME, &zone(u32::MAX, "192.0.2.1"))]);
    let running = Running::start(&repo);
    assert_eq!(served(&running), Some(u32::MAX));
    repo.commit(&[(NAME, &zone(u32::MAX, "192.0.2.2"))]);
    assert_eq!(served(&running), Some(0));
    restarted(running, &repo);
}

/// Commits that come together, of which only the last concerns the zone, and breaks it: what is served is no new version,
/// and a server that starts now tells the same.
#[test]
fn what_is_kept_when_others_change_before_it_breaks_has_the_serial_it_had() {
    let repo = Repo::new();
    let first = repo.commit(&[(NAME, &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    assert_eq!(served(&running), Some(7));
    repo.set("aside", first);
    repo.commit_file("aside", "b.example", &zone(1, "192.0.2.2"));
    let broken = repo.commit_file("aside", NAME, "garbage\n");
    repo.set("main", broken);
    running.commit();
    let kept = (Standing::Kept, Some(7));
    assert_eq!(running.zones()["a.example."], kept);
    let running = restarted(running, &repo);
    assert_eq!(running.zones()["a.example."], kept);
}

#[test]
fn a_revert_is_a_new_version() {
    let repo = Repo::new();
    for (serial, address) in [(1, "192.0.2.1"), (2, "192.0.2.2"), (1, "192.0.2.1")] {
        repo.commit(&[(NAME, &zone(serial, address))]);
    }
    // All commits are there before the server is.
    let running = Running::start(&repo);
    assert_eq!(served(&running), Some(3));
    restarted(running, &repo);
}

/// What nobody served counts too, or a restart would come to other serials.
#[test]
fn broken_versions_and_absence_are_passed_on_the_way() {
    let repo = Repo::new();
    repo.commit(&[(NAME, &zone(5, "192.0.2.1"))]);
    let running = Running::start(&repo);
    assert_eq!(served(&running), Some(5));
    repo.commit(&[(NAME, "garbage\n")]);
    running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(5)));
    let running = restarted(running, &repo);
    repo.commit(&[]);
    running.commit();
    assert!(running.zones().is_empty());
    repo.commit(&[(NAME, &zone(5, "192.0.2.1"))]);
    assert_eq!(served(&running), Some(7));
    restarted(running, &repo);
}

/// A commit that changes only a part is a new version of the zones that include it, through other parts as well.
#[test]
fn a_part_is_of_the_zones_that_include_it() {
    let repo = Repo::new();
    let outer = ("x.d/outer", "$INCLUDE inner.d/hosts\n");
    let with = zone(1, "192.0.2.1") + "$INCLUDE x.d/outer\n";
    let without = zone(1, "192.0.2.2");
    let commit = |hosts: &str| {
        let hosts = ("x.d/inner.d/hosts", hosts);
        repo.commit(&[(NAME, &with), ("b.example", &without), outer, hosts]);
    };
    commit("h A 192.0.2.3\n");
    let running = Running::start(&repo);
    assert_eq!(served(&running), Some(1));
    commit("h A 192.0.2.4\n");
    assert_eq!(served(&running), Some(2));
    assert_eq!(running.zones()["b.example."], (Standing::Good, Some(1)));
    restarted(running, &repo);
}

/// A signature says which serial it is of, so none but the author can give another.
#[test]
fn a_signed_zone_is_not_served_with_a_serial_that_is_not_newer() {
    let repo = Repo::new();
    let signature = |owner, rtype| {
        format!("{owner} RRSIG {rtype} 13 2 3600 20380119031407 20200101000000 1 @ AAAA\n")
    };
    let sets = [
        ("@", "SOA"),
        ("@", "NS"),
        ("ns1", "A"),
        ("ns2", "A"),
        ("www", "A"),
    ];
    let signatures = sets.map(|(owner, rtype)| signature(owner, rtype)).concat();
    let signed = |serial, address| zone(serial, address) + &signatures;
    repo.commit(&[(NAME, &signed(4, "192.0.2.1"))]);
    let running = Running::start(&repo);
    assert_eq!(served(&running), Some(4));
    repo.commit(&[(NAME, &signed(4, "192.0.2.2"))]);
    let event = running.commit();
    assert_eq!(running.zones()["a.example."], (Standing::Kept, Some(4)));
    let report = &event.zones[0].reports[0];
    assert_eq!(report.rule, "serial-not-raised");
    assert_eq!(
        report.help.as_deref(),
        Some("sign it with serial 5 or later")
    );
    let running = restarted(running, &repo);
    repo.commit(&[(NAME, &signed(6, "192.0.2.2"))]);
    assert_eq!(served(&running), Some(6));
}
