#![forbid(unsafe_code)]
//! Prints which line stands for which section of which RFC, and which tests name it:
//! `cargo run -p tests --bin rfc-index [RFC...]`.

use std::io::Write;

use tests::rfc_index::RfcIndex;
use tests::source::rust_files;

fn main() -> std::io::Result<()> {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .map(|rfc| format!("| {rfc} "))
        .collect();
    let table = RfcIndex::of(&rust_files()).to_markdown();
    let shown = |at: usize, line: &str| {
        at < 2 || wanted.is_empty() || wanted.iter().any(|w| line.starts_with(w.as_str()))
    };
    let lines = table
        .lines()
        .enumerate()
        .filter(|(at, line)| shown(*at, line));
    let mut out = std::io::stdout().lock();
    lines
        .into_iter()
        .try_for_each(|(_, line)| writeln!(out, "{line}"))
}
