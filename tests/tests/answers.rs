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

use std::collections::BTreeMap;
use std::fs;

use tests::compare::{Pair, Part, Table};
use tests::deliberate::DELIBERATE;
use tests::engine::Engine;
use tests::generate::{self, Generated};
use tests::peers::{Kind, Peer, Server};
use tests::random::{Random, seed};
use tests::sign::{Signer, sign};
use tests::workspace::root;

const ZONES: usize = 12;
const OWNERS: usize = 40;
const QUESTIONS_PER_NAME: usize = 4;
const SHOWN: usize = 500;

#[test]
fn unsigned_zones_are_answered_as_others_answer_them() {
    let seed = seed(1);
    let mut random = Random::seeded(seed);
    let zones = zones(&mut random);
    compare(&mut random, &zones, seed);
}

#[test]
fn signed_zones_are_answered_as_others_answer_them() {
    let seed = seed(2);
    let mut random = Random::seeded(seed);
    let mut zones = zones(&mut random);
    for (at, generated) in zones.iter_mut().enumerate() {
        generated.zone = sign(&generated.zone, Signer::ALL[at % Signer::ALL.len()]);
    }
    compare(&mut random, &zones, seed);
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

fn compare(random: &mut Random, zones: &[Generated], seed: u64) {
    let texts: Vec<_> = zones
        .iter()
        .map(|generated| generated.zone.clone())
        .collect();
    let ours = Engine::serving(&texts);
    let peers: Vec<Peer> = Kind::OTHERS
        .iter()
        .map(|kind| Peer::start(*kind, &texts))
        .collect();
    let table = table();
    let (mut asked, mut meant, mut failures) = (0, BTreeMap::new(), Vec::new());
    for generated in zones {
        for question in generate::questions(random, generated, QUESTIONS_PER_NAME) {
            asked += 1;
            for peer in &peers {
                let pair = Pair::ask(&ours, peer, &question);
                let unexplained = explain(&pair, &table, &mut meant);
                if !unexplained.is_empty() {
                    failures.push(format!("{unexplained:?} in {pair}"));
                }
            }
        }
    }
    println!("{asked} questions; differences that are meant: {meant:?}");
    let shown = failures
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        failures.is_empty(),
        "STEMMA_SEED={seed}: {} answers differ, the first:\n{shown}",
        failures.len()
    );
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
