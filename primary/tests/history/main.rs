//! Which version of a zone is served, whatever the history: before a restart and after it.

mod branch;
mod generated;
mod kept;
mod layout;
mod merges;
mod parts;
mod running;
mod serials;
#[path = "../support/mod.rs"]
mod support;

use primary::CommitEvent;

const GARBAGE: &str = "garbage\n";

fn outcomes(event: &CommitEvent) -> Vec<String> {
    let mut lines: Vec<String> = event.zones.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}
