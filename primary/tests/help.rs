//! What a person reads first, as a snapshot.

use clap::{CommandFactory, Parser};
use primary::args::Args;

#[test]
fn long_help() {
    insta::assert_snapshot!(Args::command().term_width(100).render_long_help());
}

#[test]
fn the_command_line_of_the_example_service_is_one() {
    let unit = include_str!("../systemd/stemma-primary.service").replace("\\\n", " ");
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let words = line.expect("a command line").split_whitespace();
    Args::try_parse_from(words).expect("as the program reads it");
}
