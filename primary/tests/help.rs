//! What a person reads first, as a snapshot.

use clap::CommandFactory;
use primary::args::Args;

#[test]
fn long_help() {
    insta::assert_snapshot!(Args::command().term_width(100).render_long_help());
}
