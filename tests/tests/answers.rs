#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! The same questions on the same zones, answered by our engine and by BIND, NSD and Knot.
//!
//! Zones and questions are generated from a seed (`STEMMA_SEED` tries another one); each answer is compared as
//! `tests/src/compare.rs` says, and what differs must be a row of `tests/differences.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, thread};

use tests::compare::{Pair, Part, Table};
use tests::deliberate::DELIBERATE;
use tests::engine::Engine;
use tests::generate::{self, Generated};
use tests::peers::{Kind, Peer, Server, ZoneText};
use tests::question::Question;
use tests::random::{Random, another_seed, seed};
use tests::sign::{Signer, sign};
use tests::workspace::root;

const ZONES: usize = 12;
const OWNERS: usize = 40;
const QUESTIONS_PER_NAME: usize = 4;
const SHOWN: usize = 500;

/// The rows that were needed, each with the server for which.
type Meant = Vec<String>;

/// Unsigned zones, signed ones, and those made for a row: together they need every row of the table for every server in it,
/// or the row is out of date. With another seed chance decides, so that is asked of the default seeds only.
#[test]
fn zones_are_answered_as_others_answer_them() {
    let meant = thread::scope(|scope| {
        let runs: [fn() -> Meant; 3] = [unsigned, signed, rare];
        let runs = runs.map(|run| scope.spawn(run));
        let meant = runs.into_iter().map(|run| run.join().unwrap());
        meant.flatten().collect::<BTreeSet<_>>()
    });
    let table = table();
    let certain = table.rows().filter(|(name, _)| *name != "tighter-packing");
    let rows = certain.map(|(name, program)| format!("{name} {program}"));
    let idle: Vec<_> = rows.filter(|row| !meant.contains(row)).collect();
    println!("rows that no question needs: {idle:?}");
    assert!(
        idle.is_empty() || another_seed(),
        "no question needs {idle:?}"
    );
}

fn unsigned() -> Meant {
    let seed = seed(1);
    let mut random = Random::seeded(seed);
    let zones = zones(&mut random);
    compare(&asked(&mut random, &zones), seed)
}

fn signed() -> Meant {
    let seed = seed(2);
    let mut random = Random::seeded(seed);
    let mut zones = zones(&mut random);
    for (at, generated) in zones.iter_mut().enumerate() {
        generated.zone = sign(&generated.zone, Signer::ALL[at % Signer::ALL.len()]);
    }
    compare(&asked(&mut random, &zones), seed)
}

fn rare() -> Meant {
    compare(&generate::rare(), 0)
}

/// What holds for the engine holds for the program: the same octets over UDP.
#[test]
fn the_primary_answers_as_its_engine_does() {
    let mut random = Random::seeded(seed(3));
    let zones = zones(&mut random);
    let texts: Vec<_> = zones
        .iter()
        .map(|generated| generated.zone.clone())
        .collect();
    let (engine, primary) = (Engine::serving(&texts), Peer::start(Kind::Primary, &texts));
    for generated in &zones {
        for question in generate::questions(&mut random, generated, 1) {
            let message = question.to_wire(random.below(65_536) as u16);
            assert_eq!(engine.udp(&message), primary.udp(&message), "{question}");
        }
    }
}

#[test]
fn the_table_and_its_code_have_the_same_rows() {
    let mut names: Vec<_> = DELIBERATE
        .iter()
        .map(|difference| difference.name)
        .collect();
    names.sort_unstable();
    assert_eq!(table().names(), names);
}

fn zones(random: &mut Random) -> Vec<Generated> {
    (0..ZONES)
        .map(|at| generate::zone(random, &format!("z{at}.example"), OWNERS))
        .collect()
}

fn table() -> Table {
    Table::read(&fs::read_to_string(root().join("tests/differences.md")).unwrap())
}

fn asked(random: &mut Random, zones: &[Generated]) -> Vec<(ZoneText, Vec<Question>)> {
    let questions = |generated: &Generated| {
        let questions = generate::questions(random, generated, QUESTIONS_PER_NAME);
        (generated.zone.clone(), questions)
    };
    zones.iter().map(questions).collect()
}

/// Fails on what no row of the table explains; the rows that were needed.
fn compare(zones: &[(ZoneText, Vec<Question>)], seed: u64) -> Meant {
    let texts: Vec<_> = zones.iter().map(|(zone, _)| zone.clone()).collect();
    let ours = Engine::serving(&texts);
    let peers = Kind::OTHERS.map(|kind| Peer::start(kind, &texts));
    let table = table();
    let (mut asked, mut meant, mut failures) = (0, BTreeMap::new(), Vec::new());
    for question in zones.iter().flat_map(|(_, questions)| questions) {
        asked += 1;
        for peer in &peers {
            let pair = Pair::ask(&ours, peer, question);
            let unexplained = explain(&pair, &table, &mut meant);
            if !unexplained.is_empty() {
                failures.push(format!("{unexplained:?} in {pair}"));
            }
        }
    }
    println!("{asked} questions; differences that are meant: {meant:?}");
    let shown: Vec<_> = failures.iter().take(SHOWN).map(String::as_str).collect();
    assert!(
        failures.is_empty(),
        "STEMMA_SEED={seed}: {} answers differ, the first:\n{}",
        failures.len(),
        shown.join("\n")
    );
    meant.into_keys().collect()
}

/// The parts that no row of the table explains; counts the rows that were needed.
fn explain(pair: &Pair<'_>, table: &Table, meant: &mut BTreeMap<String, usize>) -> Vec<Part> {
    let mut parts = pair.parts();
    for difference in DELIBERATE {
        let concerned = parts.iter().any(|part| difference.parts.contains(part));
        if concerned
            && table.allows(difference.name, &pair.kind.to_string())
            && (difference.shows)(pair)
        {
            parts.retain(|part| !difference.parts.contains(part));
            *meant
                .entry(format!("{} {}", difference.name, pair.kind))
                .or_default() += 1;
        }
    }
    parts
}
