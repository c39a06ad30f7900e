//! Where the files of zones may stand, and what is no file of a zone.

use primary::Standing;

use crate::outcomes;
use crate::running::{Running, restarted};
use crate::support::{Repo, zone};

/// Two zones in a folder, and a server that has read them.
fn two_zones() -> (Repo, Running) {
    let repo = Repo::new();
    repo.commit(&[
        ("a.example", &zone(1, "192.0.2.81")),
        ("b.example", &zone(1, "192.0.2.91")),
    ]);
    let running = Running::start(&repo);
    running.commit();
    (repo, running)
}

#[test]
fn two_files_for_one_zone_keep_the_one_there_was() {
    let (repo, running) = two_zones();
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
    let (repo, running) = two_zones();
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
fn a_file_that_is_not_taken_keeps_its_zone() {
    let (repo, running) = two_zones();
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
