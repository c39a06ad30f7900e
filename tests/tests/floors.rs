#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Versions below which a crate has a fault that was published. `cargo deny check advisories` knows more, and needs the
//! network; which crates we want none of is in `deny.toml`.

use std::collections::BTreeMap;
use std::fs;

use tests::workspace::{Package, packages, root};

/// The first version without the fault, and where that is told.
const FLOORS: [(&str, &str, &str); 12] = [
    ("hickory-proto", "0.26.1", "RUSTSEC-2026-0118, -0119, -0120"),
    ("rustls", "0.23.18", "RUSTSEC-2024-0399"),
    ("rustls-webpki", "0.103.13", "RustSec, 2026"),
    ("ring", "0.17.12", "RUSTSEC-2025-0009"),
    (
        "gix-transport",
        "0.42.0",
        "RUSTSEC-2023-0064, RUSTSEC-2024-0335",
    ),
    ("gix-fs", "0.21.1", "RustSec, 2026"),
    ("gix-path", "0.10.11", "RUSTSEC-2024-0355, -0367, -0371"),
    ("gix-attributes", "0.22.3", "RUSTSEC-2024-0359"),
    ("gix-ref", "0.44.1", "RUSTSEC-2024-0351"),
    ("gix-index", "0.33.1", "RUSTSEC-2024-0348"),
    ("gix-features", "0.41.0", "RUSTSEC-2025-0021"),
    ("gix-date", "0.12.0", "RUSTSEC-2025-0140"),
];

/// What makes up chance by itself.
const GENERATORS: [&str; 5] = ["rand", "fastrand", "oorandom", "nanorand", "rand_xorshift"];

#[test]
fn no_crate_is_older_than_the_mending_of_its_faults() {
    let locked = locked();
    let mut found = 0;
    for (name, floor, why) in FLOORS {
        for version in locked.get(name).into_iter().flatten() {
            assert!(
                numbers(version) >= numbers(floor),
                "{name} {version} < {floor}: {why}"
            );
            found += 1;
        }
    }
    assert!(found >= 10, "{found}");
}

/// Secrets come from the kernel, or from `ring`, which asks it: no crate of ours that is not a test has a generator.
#[test]
fn nobody_of_ours_makes_up_chance() {
    for package in packages().into_iter().filter(Package::is_ours) {
        let own = package.dependencies.iter().filter(|it| !it.only_tests);
        for dependency in own {
            let name = dependency.name.as_str();
            assert!(!GENERATORS.contains(&name), "{}: {name}", package.name);
        }
    }
}

fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(['-', '+']).next().unwrap();
    plain
        .split('.')
        .map(|number| number.parse().unwrap())
        .collect()
}

/// The versions of each crate in the lock file.
fn locked() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in text.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let start = format!("{key} = \"");
            let line = package.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap().trim_end_matches('"').to_owned()
        };
        found
            .entry(value("name"))
            .or_default()
            .push(value("version"));
    }
    found
}
