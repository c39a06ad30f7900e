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

const MUTATIONS: usize = 20_000;

/// A test for each target, so that they run side by side.
macro_rules! replay {
    ($($name:ident)*) => {
        $(#[test] fn $name() { replay(stringify!($name)); })*

        #[test]
        fn every_target_is_replayed() {
            let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(known, [$(stringify!($name)),*]);
        }
    };
}

replay!(name rdata_wire rdata_text message answer zone_text editor signed_commit signed_message key_file notified update update_policy transfer);

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = corpus(target);
    for (path, input) in &corpus {
        run(target, input, &path.display().to_string());
    }
    let count = std::env::var("STEMMA_MUTATIONS").map_or(MUTATIONS, |text| text.parse().unwrap());
    let (inputs, seed): (Vec<&[u8]>, _) = (
        corpus.iter().map(|(_, input)| input.as_slice()).collect(),
        seed(1),
    );
    let mut random = Random::seeded(seed);
    for at in 0..count {
        let input = mutated(&mut random, &inputs);
        run(
            target,
            &input,
            &format!("STEMMA_SEED={seed}, mutation {at}"),
        );
    }
    println!("{name}: {} inputs, {count} mutations", corpus.len());
}

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join("fuzz/corpus").join(target.name);
    let list = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = list.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).unwrap());
    paths.into_iter().map(read).chain(found(target)).collect()
}

/// What a fuzzer found.
fn found(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let name = format!("fuzz/found/{}.txt", target.name);
    let text = std::fs::read_to_string(root().join(&name)).unwrap();
    let line = |(at, line): (usize, &str)| {
        let place = PathBuf::from(format!("{name}:{}", at + 1));
        let input = fuzz::found::read(line).unwrap_or_else(|| panic!("{}", place.display()));
        assert_eq!(fuzz::found::write(&input), line, "{}", place.display());
        (place, input)
    };
    text.lines().enumerate().map(line).collect()
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
