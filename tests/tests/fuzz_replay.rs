#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! Every fuzz target over its corpus and over mutations of it, bounded and the same on every run.
//! `STEMMA_SEED` chooses other mutations, `STEMMA_MUTATIONS` how many.

use std::panic::catch_unwind;
use std::path::PathBuf;

use fuzz::{TARGETS, Target};
use tests::mutate::mutated;
use tests::random::{Random, seed};
use tests::workspace::root;

const MUTATIONS: usize = 100_000;

#[test]
fn no_input_breaks_a_promise() {
    let count = std::env::var("STEMMA_MUTATIONS").map_or(MUTATIONS, |text| text.parse().unwrap());
    for target in TARGETS {
        let corpus = corpus(target);
        for (path, input) in &corpus {
            run(target, input, &path.display().to_string());
        }
        let inputs: Vec<&[u8]> = corpus.iter().map(|(_, input)| input.as_slice()).collect();
        let seed = seed(1);
        let mut random = Random::seeded(seed);
        for at in 0..count {
            let input = mutated(&mut random, &inputs);
            run(
                target,
                &input,
                &format!("STEMMA_SEED={seed}, mutation {at}"),
            );
        }
        println!(
            "{}: {} inputs, {count} mutations",
            target.name,
            corpus.len()
        );
    }
}

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join("fuzz/corpus").join(target.name);
    let list = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = list.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

fn run(target: &Target, input: &[u8], place: &str) {
    let result = catch_unwind(|| (target.run)(input));
    assert!(
        result.is_ok(),
        "{} breaks at {place}: {:?}",
        target.name,
        input.escape_ascii().to_string()
    );
}
