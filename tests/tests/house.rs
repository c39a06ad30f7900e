#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! The house rules of ARCHITECTURE.md as a test: what fails here is a rule, what is only printed wants a reviewer's eye.
//! See the printed part with `cargo test -p tests --test house -- --nocapture`.

use std::collections::BTreeMap;
use std::fs;

use tests::rfc_index::{RfcIndex, references};
use tests::source::{Function, Source, rust_files, tracked_files};
use tests::workspace::{Package, packages, root};

/// Who uses whom: an arrow that is not here, or that nobody needs, does not pass. Layers from the bottom.
const EDGES: &[(&str, &[&str])] = &[
    // trust: octets of a commit, no zone
    ("signers", &[]),
    // records
    ("rr", &[]),
    ("wire", &["rr"]),
    // model
    ("zonefile", &["rr"]),
    ("zone", &["rr", "zonefile"]),
    ("tsig", &["rr", "wire", "zonefile"]),
    // engines
    ("transfer", &["rr", "wire", "zonefile", "zone", "tsig"]),
    ("authority", &["rr", "wire", "zone"]),
    ("replication", &["rr", "wire", "zone", "zonefile"]),
    ("update", &["rr", "wire", "zone", "tsig"]),
    // edges: a stack never sees a zone, the store never answers
    ("kernel-calls", &[]),
    ("stack-os", &["kernel-calls"]),
    ("stack-sim", &[]),
    ("confine", &["kernel-calls"]),
    ("git-store", &[]),
    ("git-remote", &["rr", "git-store"]),
    // tests: knows none of ours, and only `[dev-dependencies]` name it
    ("testbed", &[]),
    // wiring: what programs that serve zones share
    (
        "server",
        &[
            "rr",
            "wire",
            "zone",
            "tsig",
            "authority",
            "transfer",
            "replication",
            "stack-os",
            "kernel-calls",
            "confine",
        ],
    ),
    // programs: wiring
    (
        "primary",
        &[
            "rr",
            "wire",
            "zonefile",
            "zone",
            "authority",
            "tsig",
            "update",
            "replication",
            "transfer",
            "git-store",
            "git-remote",
            "signers",
            "server",
            "stack-os",
            "kernel-calls",
            "confine",
        ],
    ),
    (
        "zonetool",
        &[
            "rr",
            "wire",
            "zonefile",
            "zone",
            "git-store",
            "git-remote",
            "signers",
            "tsig",
            "transfer",
            "update",
            "stack-os",
            "primary",
            "secondary",
            "server",
        ],
    ),
    (
        "secondary",
        &[
            "rr",
            "wire",
            "zonefile",
            "zone",
            "tsig",
            "authority",
            "transfer",
            "replication",
            "server",
            "stack-os",
            "kernel-calls",
            "confine",
        ],
    ),
    ("resolver", &[]),
    ("letsencrypt", &[]),
];

/// Packages that may use any other: nothing depends on them.
const TEST_PACKAGES: &[&str] = &["tests", "fuzz", "benches"];

/// No sockets, clock, disk or unsafe code: `no_std`, and only these strangers, each `no_std` itself.
const FOUNDATION: &[&str] = &[
    "signers",
    "rr",
    "wire",
    "zonefile",
    "zone",
    "tsig",
    "transfer",
    "authority",
    "replication",
    "update",
];
const FOUNDATION_STRANGERS: &[&str] = &[
    "hickory-proto",
    "memchr",
    "siphasher",
    "sha1",
    "sha2",
    "hmac",
    "subtle",
    "hashbrown",
    "foldhash",
    "zeroize",
    "base64",
    "ring",
];

/// Engines decide by RFC: so many references per 1,000 lines of code at least.
const ENGINES: &[&str] = &["authority", "transfer", "tsig", "update", "replication"];
const REFERENCES_PER_1000: usize = 15;

/// The only crate with unsafe code.
const UNSAFE: &str = "kernel-calls";

const BANNED_MACROS: &[&str] = &["todo", "unimplemented", "dbg"];

#[test]
fn crates_use_only_the_layers_below() {
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    for package in ours()
        .iter()
        .filter(|p| !TEST_PACKAGES.contains(&p.name.as_str()))
    {
        let edges = allowed
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{}: which layer is it? Add it to EDGES.", package.name));
        for edge in package.edges().filter(|e| e.ours) {
            assert!(
                edges.contains(&edge.name.as_str()),
                "{} may not use {}",
                package.name,
                edge.name
            );
        }
        for edge in *edges {
            assert!(
                package.edges().any(|e| e.name == *edge),
                "{} does not use {edge}: take it out of EDGES",
                package.name
            );
        }
    }
}

#[test]
fn the_foundation_has_no_features_no_std_and_few_strangers() {
    for package in ours()
        .iter()
        .filter(|p| FOUNDATION.contains(&p.name.as_str()))
    {
        let front = front_page(package);
        assert!(
            package.features.is_empty(),
            "{} has cargo features",
            package.name
        );
        assert!(
            front.contains("#![no_std]"),
            "{} is not no_std",
            package.name
        );
        for edge in package.edges().filter(|e| !e.ours) {
            assert!(
                FOUNDATION_STRANGERS.contains(&edge.name.as_str()),
                "{} may not use {}",
                package.name,
                edge.name
            );
        }
    }
}

#[test]
fn unsafe_code_lives_in_one_crate() {
    for package in ours().iter().filter(|p| p.name != UNSAFE) {
        assert!(
            front_page(package).contains("#![forbid(unsafe_code)]"),
            "{} does not forbid unsafe code",
            package.name
        );
    }
}

#[test]
fn every_crate_is_built_with_the_workspace_s_rules() {
    for package in ours() {
        assert!(
            package.rust_version.is_some(),
            "{} has no rust-version",
            package.name
        );
        let manifest = fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} does not take the workspace's lints",
            package.name
        );
        for line in dependency_lines(&manifest) {
            assert!(
                line.contains("workspace = true"),
                "{}: the version of `{line}` belongs into the workspace's manifest",
                package.name
            );
        }
    }
}

#[test]
fn every_dependency_of_the_workspace_says_why_it_is_here() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    let mut explained = false;
    for line in section.lines() {
        match line.trim() {
            "" => explained = false,
            comment if comment.starts_with('#') => explained = comment.len() > 1,
            dependency => assert!(explained, "no reason above `{dependency}`"),
        }
    }
}

#[test]
fn strangers_are_licensed_and_not_banned() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let (licences, banned) = (quoted(&deny, "[licenses]"), quoted(&deny, "[bans]"));
    for package in packages().iter().filter(|p| !p.is_ours()) {
        let source = package.source.as_deref().unwrap_or_default();
        assert!(
            source.starts_with("registry+"),
            "{} comes from {source}",
            package.name
        );
        assert!(
            !banned.contains(&package.name),
            "{} is banned",
            package.name
        );
        assert!(
            satisfied(&package.licence, &licences),
            "{}: licence `{}`",
            package.name,
            package.licence
        );
    }
}

#[test]
fn nothing_is_left_to_do_in_comments() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    each_text_line(|path, line, text| {
        for word in words {
            assert!(
                !text.contains(word),
                "{path}:{line}: {word} (SHORTCOMINGS.md says what is missing)"
            );
        }
    });
    for source in rust_files() {
        for name in BANNED_MACROS {
            assert_eq!(
                source.macros(name),
                [0; 0],
                "{}: {name}!",
                source.path.display()
            );
        }
    }
}

#[test]
fn nothing_points_outside_the_repository() {
    let outside = [concat!("..", "/shared"), concat!("/work", "/")];
    each_text_line(|path, line, text| {
        for place in outside {
            assert!(!text.contains(place), "{path}:{line} names {place}");
        }
    });
}

#[test]
fn only_tests_unwrap() {
    let sources = rust_files();
    let found: Vec<_> = product(&sources)
        .flat_map(|s| {
            s.calls("unwrap")
                .into_iter()
                .map(|line| format!("{}:{line}", s.path.display()))
        })
        .collect();
    assert!(
        found.is_empty(),
        "expect(\"why it cannot fail\") instead: {found:?}"
    );
}

/// One sentence, what it deliberately does not do, an example that compiles, limits, RFCs; a program has a manual.
#[test]
fn every_crate_has_a_front_page() {
    for package in ours()
        .iter()
        .filter(|p| p.folder.parent().is_some_and(|f| f.ends_with("crates")))
    {
        let front = front_page(package);
        let lines = front.lines().filter(|line| line.starts_with("//!")).count();
        assert!(
            (15..=80).contains(&lines),
            "{}: a front page of {lines} lines",
            package.name
        );
        assert!(
            front.contains("//! ```"),
            "{}: no example on the front page",
            package.name
        );
    }
    for program in ours()
        .iter()
        .filter(|p| p.folder.join("src/main.rs").exists())
    {
        assert!(
            program.folder.join("README.md").exists(),
            "{} has no manual",
            program.name
        );
    }
}

#[test]
fn no_function_swallows_the_protocol() {
    for source in product(&rust_files()) {
        for (lines, place) in measured(source) {
            assert!(lines <= 70, "{place} has {lines} lines");
        }
        let lines = source.text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", source.path.display());
    }
}

#[test]
fn engines_name_their_rfcs() {
    let sources = rust_files();
    for engine in ENGINES {
        let files: Vec<_> = product(&sources)
            .filter(|s| s.folder().ends_with(engine))
            .collect();
        let lines: usize = files.iter().map(|s| s.code_lines()).sum();
        let named: usize = files
            .iter()
            .flat_map(|s| s.text.lines())
            .map(|line| references(line).len())
            .sum();
        println!("{engine}: {named} references in {lines} lines of code");
        assert!(
            named * 1000 >= REFERENCES_PER_1000 * lines,
            "{engine}: {named} RFC references in {lines} lines"
        );
    }
}

#[test]
fn the_rfc_index_is_printed() {
    let sources = rust_files();
    let index = RfcIndex::of(&sources);
    println!("RFCs that no test names: {:?}", index.untested());
    println!("the whole table: cargo run -p tests --bin rfc-index");
}

#[test]
fn outliers_are_printed() {
    let sources = rust_files();
    let mut functions: Vec<_> = product(&sources).flat_map(measured).collect();
    let mut files: Vec<_> = product(&sources)
        .map(|s| (s.text.lines().count(), s.path.display().to_string()))
        .collect();
    functions.sort();
    files.sort();
    print_outliers("function", &functions);
    print_outliers("file", &files);
}

fn ours() -> Vec<Package> {
    packages().into_iter().filter(Package::is_ours).collect()
}

/// Everything but tests.
fn product(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|s| !s.is_test_file())
}

fn front_page(package: &Package) -> String {
    let candidates = ["src/lib.rs", "src/main.rs"];
    let text = candidates
        .iter()
        .find_map(|file| fs::read_to_string(package.folder.join(file)).ok());
    text.unwrap_or_else(|| panic!("{} has neither src/lib.rs nor src/main.rs", package.name))
}

/// The lines of all `[dependencies]`-like tables.
fn dependency_lines(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            found.push(line);
        }
    }
    found
}

/// The quoted words of a section of deny.toml.
fn quoted(deny: &str, section: &str) -> Vec<String> {
    let text = deny
        .split(section)
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| line.split('"').nth(1))
        .map(str::to_owned)
        .collect()
}

/// An SPDX expression of `OR` and `AND` (and the old `/`) over allowed licences.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace(['(', ')'], "").replace('/', " OR ");
    let known = |licence: &str| allowed.iter().any(|a| a == licence.trim());
    expression
        .split(" AND ")
        .all(|all| all.split(" OR ").any(known))
}

fn each_text_line(mut check: impl FnMut(&str, usize, &str)) {
    for path in tracked_files() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        let name = path.display().to_string();
        text.lines()
            .enumerate()
            .for_each(|(at, line)| check(&name, at + 1, line));
    }
}

fn measured(source: &Source) -> impl Iterator<Item = (usize, String)> {
    let product = source
        .functions()
        .into_iter()
        .filter(|f| !source.is_test_line(f.line));
    product.map(|Function { name, line, lines }| {
        (lines, format!("{}:{line} {name}", source.path.display()))
    })
}

fn print_outliers(what: &str, sorted: &[(usize, String)]) {
    let Some(last) = sorted.len().checked_sub(1) else {
        return;
    };
    println!(
        "{what} lines: median {}, p95 {}",
        sorted[last / 2].0,
        sorted[last * 95 / 100].0
    );
    sorted
        .iter()
        .rev()
        .take(10)
        .for_each(|(lines, place)| println!("  {lines:5} {place}"));
}
