//! Reading, building and checking a zone file: `cargo bench -p zone --bench check -- FILE ZONE`.
//!
//! The figures are those of `zonetool check`: seconds of each step on one thread, and the most memory the process had.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use rr::Name;
use zone::check::{CheckOptions, Policy};
use zone::{Builder, HashKey};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let [file, zone] = &arguments[..] else {
        return println!("usage: check FILE ZONE");
    };
    let start = Instant::now();
    let text = fs::read(file).expect("a zone file");
    let apex = Name::from_text(zone).expect("the name of a zone");
    let (mut map, mut builder) = (
        SourceMap::new(),
        Builder::new(
            apex.clone(),
            HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]),
        ),
    );
    let syntax = read_zone(
        apex.as_ref(),
        file,
        text,
        &mut NoSources,
        &Limits::default(),
        &mut map,
        &mut builder,
    );
    let read = start.elapsed();
    let zone = builder.finish();
    let built = start.elapsed();
    let (outcome, findings) = zone.check(&CheckOptions::new(&map, &syntax, &Policy::default()));
    let checked = start.elapsed();
    findings
        .iter()
        .take(10)
        .for_each(|finding| println!("{}", finding.one_line(&map)));
    println!(
        "{} findings, publishable: {}",
        findings.len(),
        outcome.is_ok()
    );
    println!(
        "read {:.3} s, build {:.3} s, check {:.3} s, all {:.3} s",
        read.as_secs_f64(),
        (built - read).as_secs_f64(),
        (checked - built).as_secs_f64(),
        checked.as_secs_f64()
    );
    println!("at most {} MiB", peak_kib() / 1024);
    black_box(outcome.is_ok());
}

/// `VmHWM`, the high-water mark of resident memory.
fn peak_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
