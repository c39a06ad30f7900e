use std::collections::BTreeSet;

use git_store::ZoneName;
use rr::Serial;

use super::track::{ALL_VERSIONS, STEPS_OF_A_ZONE, VERSIONS_OF_A_ZONE, Version};
use super::*;
use crate::layers::layer::tests::record;
use crate::layers::{Layer, Record, Step};

fn zone(name: &str) -> ZoneName {
    ZoneName::from_absolute_text(name)
}

fn commit(number: u32) -> CommitId {
    CommitId::from_hex(&format!("{number:040x}")).expect("an id")
}

fn version(serial: u32, steps: Vec<Step>) -> Entry {
    let version = Version {
        serial: Serial(serial),
        commit: commit(serial),
        steps,
    };
    Entry::Served(zone("a.example."), version)
}

fn challenge(number: u32) -> Record {
    let owner = format!("_acme-challenge.h{number}.a.example");
    record(&owner, 60, &format!("token {number}"), 7)
}

fn came(number: u32) -> Vec<Step> {
    vec![Step::Came(challenge(number))]
}

fn open(dir: &Path) -> (Journal, Option<Damage>) {
    Journal::open(dir).expect("it can be read")
}

/// The newest serial, and the owners of what lies above it.
type State = (Option<u32>, BTreeSet<String>);

fn state(journal: &Journal) -> State {
    let tracks = journal.tracks();
    let newest = tracks.zones().next();
    let above = tracks.above(&zone("a.example."));
    let records = above.into_iter().flat_map(Layer::records);
    let owners = records.map(|record| record.owner.to_string()).collect();
    (newest.map(|(_, serial)| serial.0), owners)
}

/// A journal, and after each of so many versions its length and what it says.
fn states_after(steps: u32) -> (tempfile::TempDir, Vec<(u64, State)>) {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, damage) = open(dir.path());
    assert_eq!(damage, None);
    let mut states = Vec::new();
    for serial in 1..=steps {
        let mut changes = came(serial);
        if serial > 2 {
            changes.push(Step::Went(challenge(serial - 2)));
        }
        let kept = journal.promise(&[version(serial, changes)], None);
        kept.expect("written");
        let length = fs::metadata(dir.path().join(NAME))
            .expect("it is there")
            .len();
        states.push((length, state(&journal)));
    }
    (dir, states)
}

#[test]
fn what_was_promised_is_there_and_versions_before_it() {
    let (dir, states) = states_after(9);
    let (journal, damage) = open(dir.path());
    assert_eq!((damage, state(&journal)), (None, states[8].1.clone()));
    for (at, (_, (serial, owners))) in states.iter().enumerate() {
        let serial = serial.expect("it has one");
        let past = journal.tracks().past(&zone("a.example."), Serial(serial));
        let past = past.expect("it is known");
        let above: BTreeSet<String> = past
            .above
            .records()
            .map(|it| it.owner.to_string())
            .collect();
        assert_eq!((past.commit, &above), (commit(serial), owners), "{at}");
    }
    assert!(
        journal
            .tracks()
            .past(&zone("a.example."), Serial(77))
            .is_none()
    );
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_that_of_the_whole_pieces() {
    let (dir, states) = states_after(4);
    let path = dir.path().join(NAME);
    let octets = fs::read(&path).expect("read");
    let first = "stemma versions 1\n".len();
    for length in first..=octets.len() {
        let known = states.iter().rfind(|(end, _)| *end <= length as u64);
        let wanted = known.map_or_else(Default::default, |(_, state)| state.clone());
        for tail in [&[][..], &[0; 40]] {
            fs::write(&path, [&octets[..length], tail].concat()).expect("written");
            let (journal, damage) = open(dir.path());
            assert_eq!(
                (damage, state(&journal)),
                (None, wanted.clone()),
                "{length}"
            );
        }
    }
}

#[test]
fn damage_in_the_middle_is_told_and_nothing_behind_it_counts() {
    let (dir, states) = states_after(4);
    let path = dir.path().join(NAME);
    let octets = fs::read(&path).expect("read");
    let (begin, end) = (states[1].0 as usize, states[2].0 as usize);
    for at in begin..end {
        let mut octets = octets.clone();
        octets[at] ^= 2;
        fs::write(&path, octets).expect("written");
        let (journal, damage) = open(dir.path());
        let damage = damage.expect("it is told");
        assert!((2..20).contains(&damage.most_versions), "{at}: {damage:?}");
        assert_eq!(state(&journal), states[1].1, "{at}");
    }
    fs::write(&path, "something else").expect("written");
    assert!(Journal::open(dir.path()).is_err());
}

/// What was promised with a commit counts if the branch has it, whatever is asked after it was made.
#[test]
fn with_a_commit_it_counts_if_the_branch_has_that() {
    for (is_made, has_commit, counts) in [
        (false, false, false),
        (false, true, true),
        (true, false, true),
    ] {
        let (dir, states) = states_after(3);
        let (mut journal, _) = open(dir.path());
        let entries = [version(4, came(4))];
        journal.promise(&entries, Some(commit(4))).expect("written");
        assert_eq!(state(&journal), states[2].1, "not before");
        if is_made {
            journal.made(entries.to_vec());
        }
        let (mut journal, damage) = open(dir.path());
        assert_eq!(damage, None);
        assert_eq!(journal.awaits(), (!is_made).then(|| commit(4)));
        journal.settle(has_commit);
        let serial = if counts { 4 } else { 3 };
        assert_eq!(state(&journal).0, Some(serial), "{is_made} {has_commit}");
        journal
            .promise(&[version(9, came(9))], None)
            .expect("written");
        let (journal, damage) = open(dir.path());
        assert_eq!((damage, state(&journal).0), (None, Some(9)));
    }
}

#[test]
fn what_was_given_up_is_not_there() {
    let (dir, states) = states_after(3);
    let (mut journal, _) = open(dir.path());
    let lost = [version(4, came(4))];
    journal.promise(&lost, Some(commit(4))).expect("written");
    journal.give_up();
    journal
        .promise(&[version(5, came(5))], None)
        .expect("written");
    let (journal, _) = open(dir.path());
    let (serial, owners) = state(&journal);
    assert_eq!(serial, Some(5));
    assert!(!owners.contains("_acme-challenge.h4.a.example."));
    assert!(owners.is_superset(&states[2].1.1));
}

#[test]
fn the_file_and_what_is_known_stay_small() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, _) = open(dir.path());
    let (mut sizes, mut shrunk) = (Vec::new(), 0);
    for serial in 1..=6_000 {
        let steps = match serial % 2 {
            0 => vec![Step::Went(challenge(serial - 1))],
            _ => came(serial),
        };
        journal.note(vec![version(serial, steps)]).expect("written");
        let size = fs::metadata(dir.path().join(NAME))
            .expect("it is there")
            .len();
        shrunk += u32::from(sizes.last().is_some_and(|last| size < *last));
        sizes.push(size);
    }
    assert!(shrunk >= 1 && sizes.iter().all(|size| *size <= 2 * ROOM + 400));
    let (journal, _) = open(dir.path());
    let knows = |serial: usize| {
        let serial = Serial(serial as u32);
        let past = journal.tracks().past(&zone("a.example."), serial);
        past.is_some()
    };
    assert!(knows(6_001 - VERSIONS_OF_A_ZONE) && !knows(6_000 - VERSIONS_OF_A_ZONE));
    assert_eq!(state(&journal), (Some(6_000), BTreeSet::new()));
}

#[test]
fn what_changes_above_is_bounded_too() {
    let mut tracks = Tracks::default();
    let many = |from: u32| (from..from + 1_000).flat_map(came).collect::<Vec<Step>>();
    let versions = STEPS_OF_A_ZONE / 1_000;
    for serial in 0..=versions as u32 {
        tracks.take(version(serial, many(serial * 1_000)));
    }
    let a = zone("a.example.");
    assert!(tracks.past(&a, Serial(0)).is_none());
    assert!(tracks.past(&a, Serial(1)).is_some());
}

#[test]
fn many_zones_share_what_is_known() {
    let mut tracks = Tracks::default();
    let zones: Vec<ZoneName> = (0..ALL_VERSIONS / 16)
        .map(|number| zone(&format!("z{number}.example.")))
        .collect();
    for serial in 1..=20 {
        for zone in &zones {
            let version = Version {
                serial: Serial(serial),
                commit: commit(serial),
                steps: Vec::new(),
            };
            tracks.take(Entry::Served(zone.clone(), version));
        }
    }
    tracks.forget_oldest();
    let knows = |serial| tracks.past(&zones[5], Serial(serial)).is_some();
    assert!(knows(5) && knows(20) && !knows(4));
}
