//! What a person reads first, as a snapshot.

use clap::Parser;
use secondary::args::Args;

#[test]
fn long_help() {
    insta::assert_snapshot!(Args::grammar().term_width(100).render_long_help());
}

#[test]
fn the_command_lines_of_the_manual_are_some() {
    let manual = include_str!("../README.md");
    let lines: Vec<&str> = manual
        .lines()
        .filter_map(|line| line.strip_prefix("    $ secondary"))
        .collect();
    assert!(lines.len() >= 2, "{lines:?}");
    for line in lines {
        let words = std::iter::once("secondary").chain(line.split_whitespace());
        Args::try_parse_from(words).expect("as the program reads it");
    }
}

#[test]
fn the_command_line_of_the_example_service_is_one() {
    let unit = include_str!("../systemd/stemma-secondary.service").replace("\\\n", " ");
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let words = line.expect("a command line").split_whitespace();
    Args::try_parse_from(words).expect("as the program reads it");
}
