//! Branches that are merged, in whatever direction: the serial of what is served next is never the lower one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use git_store::{CommitId, Location, Store, ZoneName};
use primary::{Standing, ZoneSerials};
use rr::Serial;

use crate::running::Running;
use crate::support::{PATIENCE, Random, Repo, zone};

const NAMES: [&str; 2] = ["a.example", "b.example"];

/// What is stated of each zone, and a number that no other version has.
type Zones = BTreeMap<&'static str, (u32, u32)>;

/// A history with merges, and what is in each commit.
struct Made {
    repo: Repo,
    commits: Vec<Commit>,
}

struct Commit {
    id: String,
    parents: Vec<usize>,
    zones: Zones,
}

impl Made {
    /// `COMMITS` of them, the clocks of their authors not always right.
    fn new(dice: &mut Random) -> Made {
        let repo = Repo::new();
        let mut commits: Vec<Commit> = Vec::new();
        let mut stream = String::new();
        for number in 0..COMMITS {
            let mut parents = BTreeSet::new();
            for _ in 0..=dice.below(3) {
                let recent = number.saturating_sub(1 + dice.below(6));
                parents.extend(Some(recent).filter(|_| number > 0));
            }
            let mut parents: Vec<usize> = parents.into_iter().collect();
            if dice.below(12) == 0 {
                parents.clear();
            }
            if dice.below(2) == 0 {
                parents.reverse();
            }
            let zones = zones_of(&parents, &commits, number as u32, dice);
            write_commit(&mut stream, number, (&parents, &zones), dice);
            commits.push(Commit {
                id: String::new(),
                parents,
                zones,
            });
        }
        for (commit, id) in commits.iter_mut().zip(repo.import(&stream, COMMITS)) {
            commit.id = id;
        }
        Made { repo, commits }
    }

    /// Whether one commit is the other or was made on it.
    fn leads(&self, older: usize, newer: usize) -> bool {
        let mut parents = self.commits[newer].parents.iter();
        older == newer || parents.any(|parent| self.leads(older, *parent))
    }

    /// The law word for word: what each zone came to in each commit.
    fn law(&self) -> Vec<BTreeMap<&'static str, u32>> {
        let mut law: Vec<BTreeMap<&'static str, u32>> = Vec::new();
        for commit in &self.commits {
            let mut here = BTreeMap::new();
            for name in NAMES {
                let zone = commit.zones.get(name);
                let before = commit.parents.iter().filter_map(|parent| {
                    let differs = self.commits[*parent].zones.get(name) != zone;
                    Some((*law[*parent].get(name)?, differs))
                });
                let before: Vec<(u32, bool)> = before.collect();
                let newest = before.iter().map(|(serial, _)| *serial).max();
                let serial = match (newest, zone) {
                    (None, zone) => zone.map(|(stated, _)| *stated),
                    (Some(newest), Some((stated, _))) if before.contains(&(newest, true)) => {
                        Some((newest + 1).max(*stated))
                    }
                    (newest, _) => newest,
                };
                here.extend(serial.map(|serial| (name, serial)));
            }
            law.push(here);
        }
        law
    }

    fn store(&self) -> Store {
        let path = self.repo.path();
        let location = Location::parse(path.to_str().expect("UTF-8")).expect("a path");
        Store::open(&location).expect("it opens")
    }

    fn tip(&self, number: usize) {
        let id = &self.commits[number].id;
        self.repo.git(&["update-ref", "refs/heads/main", id]);
    }
}

const COMMITS: usize = 24;

/// As one of the parents has them, or new.
fn zones_of(parents: &[usize], commits: &[Commit], number: u32, dice: &mut Random) -> Zones {
    let mut zones = Zones::new();
    for (at, name) in NAMES.into_iter().enumerate() {
        let from = (!parents.is_empty()).then(|| parents[dice.below(parents.len())]);
        let kept = from.and_then(|from| commits[from].zones.get(name).copied());
        let new = (dice.below(12) as u32, 10 * number + at as u32);
        match dice.below(5) {
            0 => zones.insert(name, new),
            1 if number > 0 => None,
            _ => zones.insert(name, kept.unwrap_or(new)),
        };
    }
    zones
}

fn write_commit(
    stream: &mut String,
    number: usize,
    (parents, zones): (&[usize], &Zones),
    dice: &mut Random,
) {
    let time = 1_700_000_000 + 10 * number as u64 + dice.below(100) as u64;
    let who = format!("A <a@example.org> {time} +0000");
    let _ = write!(
        stream,
        "commit refs/made/{number}\nmark :{}\ncommitter {who}\ndata 2\nx\n",
        number + 1
    );
    for (at, parent) in parents.iter().enumerate() {
        let word = if at == 0 { "from" } else { "merge" };
        let _ = writeln!(stream, "{word} :{}", parent + 1);
    }
    let _ = writeln!(stream, "deleteall");
    for (name, (stated, version)) in zones {
        let text = zone(*stated, "192.0.2.1") + &format!("v TXT {version}\n");
        let _ = write!(
            stream,
            "M 100644 inline {name}\ndata {}\n{text}\n",
            text.len()
        );
    }
}

/// What a server that starts at the commit serves of a zone.
fn started_at(store: &Store, commit: &str, name: &str) -> Option<Serial> {
    let commit = CommitId::from_hex(commit).expect("an id");
    let zone = ZoneName::from_absolute_text(&format!("{name}."));
    let serials = ZoneSerials::read(store, commit, &zone, None).expect("it is read");
    serials.served().expect("it is read")?.serial
}

/// Whoever served one commit and then a later one, started anew for each: the serial does not fall, and rises where the zone
/// is another.
#[test]
fn serials_never_fall_from_any_commit_to_any_later_one() {
    let mut pairs = 0;
    for seed in 1..=6 {
        let made = Made::new(&mut Random::seeded(seed));
        let store = made.store();
        let serials: Vec<[Option<Serial>; 2]> = made
            .commits
            .iter()
            .map(|commit| NAMES.map(|name| started_at(&store, &commit.id, name)))
            .collect();
        for (number, law) in made.law().into_iter().enumerate() {
            for (at, name) in NAMES.into_iter().enumerate() {
                let is_there = made.commits[number].zones.contains_key(name);
                let wanted = law.get(name).filter(|_| is_there).copied().map(Serial);
                let id = &made.commits[number].id;
                assert_eq!(serials[number][at], wanted, "seed {seed}: {name} at {id}");
            }
        }
        for newer in 0..COMMITS {
            for older in (0..newer).filter(|older| made.leads(*older, newer)) {
                for (at, name) in NAMES.into_iter().enumerate() {
                    let zones = [older, newer].map(|number| made.commits[number].zones.get(name));
                    let (Some(before), Some(after)) = (serials[older][at], serials[newer][at])
                    else {
                        continue;
                    };
                    let is_right = match zones[0] == zones[1] {
                        true => after == before || after.is_newer_than(before),
                        false => after.is_newer_than(before),
                    };
                    let ids = [older, newer].map(|number| &made.commits[number].id);
                    assert!(is_right, "seed {seed}: {name} {before} to {after}: {ids:?}");
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 500, "the histories are worth something: {pairs}");
}

/// A server that follows from commit to commit serves what one does that starts there.
#[test]
fn following_and_starting_come_to_the_same() {
    let mut steps = 0;
    for seed in 11..=16 {
        let mut dice = Random::seeded(seed);
        let made = Made::new(&mut dice);
        let store = made.store();
        made.tip(0);
        let running = Running::start(&made.repo);
        running.commit();
        let mut at = 0;
        loop {
            let mut next = (at + 1..COMMITS).filter(|next| made.leads(at, *next));
            let Some(next) = next.nth(dice.below(2)) else {
                break;
            };
            made.tip(next);
            let id = &made.commits[next].id;
            while running
                .primary
                .status()
                .commit
                .is_none_or(|commit| commit.id != *id)
            {
                running.told.recv_timeout(PATIENCE).expect("told in time");
            }
            for name in NAMES {
                let wanted =
                    started_at(&store, id, name).map(|serial| (Standing::Good, Some(serial.0)));
                let served = running.zones().get(&format!("{name}.")).copied();
                assert_eq!(served, wanted, "seed {seed}: {name} from {at} to {next}");
            }
            (at, steps) = (next, steps + 1);
        }
    }
    assert!(steps > 20, "the ways are worth something: {steps}");
}
