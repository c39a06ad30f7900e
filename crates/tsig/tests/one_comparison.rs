#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! MACs are compared in one place, which takes a time that tells nothing (RFC 8945 §10): the source says so.

use std::fs;
use std::path::{Path, PathBuf};

/// Every line of the crate that is not a comment, with the file it is in.
fn lines() -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = [source.clone(), source.join("text")];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    let of_file = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code = product
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        code.map(|line| (path.clone(), line.to_owned()))
            .collect::<Vec<_>>()
    };
    files.flat_map(of_file).collect()
}

fn files_with(word: &str) -> Vec<String> {
    let lines = lines();
    let found = lines.iter().filter(|(_, line)| line.contains(word));
    found
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn one_comparison_and_one_caller() {
    assert_eq!(files_with(".ct_eq("), ["mac.rs"]);
    assert_eq!(files_with(".agrees_with("), ["check.rs"]);
}

/// Nothing else looks at the octets of two MACs: a comparison with `==` of anything called so would be on such a line.
#[test]
fn no_other_comparison() {
    let is_mac = |line: &str| {
        line.contains("mac.octets()") || line.contains("fields.mac") || line.contains("mac ==")
    };
    let compares = |line: &str| {
        ["==", "!=", "starts_with", ".eq(", "cmp("]
            .iter()
            .any(|sign| line.contains(sign))
    };
    let lines = lines();
    let found: Vec<_> = lines
        .iter()
        .filter(|(_, line)| is_mac(line) && compares(line))
        .collect();
    // Whether there is a MAC, not what it is.
    let allowed = |line: &str| line.contains("fields.mac.is_empty()");
    assert!(found.iter().all(|(_, line)| allowed(line)), "{found:?}");
    assert!(
        lines.iter().filter(|(_, line)| is_mac(line)).count() > 5,
        "it looks at something"
    );
}
