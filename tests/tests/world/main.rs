#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! The world: a primary, secondaries of it and of each other, a client and a person in one process, and perhaps another machine
//! with the repository, with a clock and a network that follow from a seed. Histories of pushes, reverts, updates, kills at every
//! milestone, partitions, loss, reordering, races and jumping clocks are made at random, and whatever happens, the laws (`laws`)
//! hold.
//!
//! A failure prints its seed and a history that is as short as could be found. `STEMMA_SEED=N` runs the history of that seed
//! alone, `STEMMA_WORLDS=N` so many of them, for a night.

mod carriers;
mod client;
mod far;
mod giving;
mod ground;
mod laws;
mod mutation;
mod primary_host;
mod repository;
mod scenario;
mod secondary_host;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use laws::Seen;
use scenario::{Scenario, shrink};
use world::World;

/// Histories in each run of the tests.
const WORLDS: u64 = 10_000;

/// What became of a history.
struct Run {
    trace: u64,
    broken: Option<String>,
    seen: Seen,
}

fn run(scenario: &Scenario) -> Run {
    let dir = ground::take();
    let mut world = World::new(scenario, dir.path());
    let lived = catch_unwind(AssertUnwindSafe(|| world.run()));
    let trace = lived.as_ref().copied().unwrap_or_default();
    if let Err(panic) = lived {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into()));
        let text = text.unwrap_or_else(|| "something".into());
        world.book.breaks(|| format!("panicked: {text}"));
    }
    Run {
        trace,
        broken: world.book.broken.take(),
        seen: world.book.seen,
    }
}

fn fail(scenario: &Scenario, broken: &str) -> ! {
    let short = shrink(scenario, |less| run(less).broken.is_some());
    let deeds: Vec<String> = short
        .deeds
        .iter()
        .map(|(at, deed)| format!("  {at:?} {deed:?}"))
        .collect();
    panic!(
        "{broken}\nagain: STEMMA_SEED={} cargo test -p tests --test world\nat its shortest, {:?} ({:?}):\n{}",
        scenario.seed,
        run(&short).broken,
        short.secondaries,
        deeds.join("\n"),
    );
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a decimal number"))
}

/// Each part is a test, and so a process of its own: threads of one would wait for each other's memory.
const PARTS: u64 = 4;

#[test]
fn whatever_happens_the_laws_hold() {
    live_through(1);
}

#[test]
fn whatever_happens_the_laws_hold_in_a_second_part() {
    live_through(2);
}

#[test]
fn whatever_happens_the_laws_hold_in_a_third_part() {
    live_through(3);
}

#[test]
fn whatever_happens_the_laws_hold_in_a_fourth_part() {
    live_through(4);
}

fn live_through(part: u64) {
    let seeds = match number("STEMMA_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("STEMMA_WORLDS").unwrap_or(WORLDS),
    };
    let seeds = seeds.filter(|seed| seed % PARTS == part % PARTS);
    let (mut all, mut worlds) = (Seen::default(), 0);
    for seed in seeds {
        let scenario = Scenario::of(seed);
        let run = run(&scenario);
        if let Some(broken) = run.broken {
            fail(&scenario, &broken);
        }
        all.add(&run.seen);
        worlds += 1;
    }
    println!("{worlds} worlds: {all:?}");
    // A world in which nothing happens would break no law.
    if worlds < 100 {
        return;
    }
    assert!(all.acknowledged > worlds, "{all:?}");
    assert!(all.versions > 3 * worlds, "{all:?}");
    assert!(all.incremental > 3 * worlds, "{all:?}");
    assert!(all.kills > worlds / 3, "{all:?}");
    assert!(all.answers > worlds / 4, "{all:?}");
    assert!(all.briefs > worlds / 3, "{all:?}");
    assert!(all.passed_on > worlds / 4, "{all:?}");
    assert!(all.merges > 0, "{all:?}");
}

#[test]
fn a_seed_says_all_that_happens() {
    for seed in 1..=20 {
        let scenario = Scenario::of(seed);
        assert_eq!(run(&scenario).trace, run(&scenario).trace, "of seed {seed}");
    }
}

/// History was rewritten, and a merge with what was pushed meanwhile had the serial of the update before it.
#[test]
fn a_merge_after_history_was_rewritten_has_a_serial_of_its_own() {
    for seed in [2856, 3906, 8400] {
        let scenario = Scenario::of(seed);
        if let Some(broken) = run(&scenario).broken {
            fail(&scenario, &broken);
        }
    }
}

/// Seeds within which each mistake is found.
const SOON: u64 = 150;

#[test]
fn each_mistake_breaks_a_law() {
    for mutation in mutation::ALL {
        let found = (1..=SOON).find_map(|seed| {
            let scenario = Scenario {
                mutation: Some(mutation),
                ..Scenario::of(seed)
            };
            run(&scenario).broken.map(|broken| (seed, broken))
        });
        let (seed, broken) = found.unwrap_or_else(|| panic!("{mutation:?} breaks no law"));
        println!("{mutation:?} with seed {seed}: {broken}");
    }
}
