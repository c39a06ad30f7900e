//! Histories that are made up: whatever happened, a start now serves the same.

use std::collections::BTreeMap;

use primary::Standing;

use crate::GARBAGE;
use crate::running::{Running, told_of};
use crate::support::{PATIENCE, Random, Repo, zone};

/// The files of one zone in one of the states it can be in.
fn files_of(name: &str, serial: u32, dice: &mut Random) -> Vec<(String, String)> {
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
        let (repo, mut dice) = (Repo::new(), Random::seeded(seed));
        let mut zones: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        repo.commit(&[]);
        let running = Running::start(&repo);
        for serial in 1..=40 {
            let name = ["a.example", "b.example", "c.example"][dice.below(3)];
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
