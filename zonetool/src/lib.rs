#![forbid(unsafe_code)]
//! The operator's hands on zones in Git: make, check, compare, show, ask, serve.
//!
//! This library is the program `zonetool` without its `main`: [`run`] takes the command line and returns the exit code.
//! It holds no DNS knowledge of its own. Zones are read by `zonefile`, checked by `zone`, found in Git by `git-store`,
//! and served by `primary`; what lives here is the command line, the rendering of findings for people and machines, and
//! the files a person edits.
//!
//! It deliberately does not follow a repository's configuration, hooks or programs when it reads zones, needs the `git`
//! program only in `up` and in the pre-commit hook, and does not print a control character that came out of a zone, a
//! commit or a packet.
//!
//! Central types: [`Cli`], the grammar of the command line, and `report::Located`, one finding with its places resolved.
//!
//! ```
//! // The help of every command is a value, so tests can hold it still.
//! let help = zonetool::command().render_long_help().to_string();
//! assert!(help.contains("Usage: zonetool"));
//! ```
//!
//! Limits: a finding of a range is attributed along first parents, at most 1,000 commits back; a changed zone is read
//! once for each commit that touches it.
//!
//! RFCs: 1035 §5 (master files), 3597 (unknown types), 6891 and 5001 (what `query` asks with), 8914 (extended errors), 2136 and 8945
//! (what `update` sends).

mod args;
mod changes;
mod checking;
mod client;
mod commands;
mod console;
mod failure;
mod files;
mod history;
mod key_file;
mod moment;
mod name_servers;
mod reading;
mod records;
mod remote;
mod report;
mod repository;
mod signed;
mod signing;
mod steps;
mod target;
mod tls;
mod touched;
mod worktree;

pub use args::{Cli, command};

use clap::FromArgMatches;
use console::Console;
use failure::Exit;
use std::ffi::OsString;

/// Runs one command line, the program's name first, and returns the exit code documented in README.md.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = words.into_iter().collect();
    let parsed = command()
        .try_get_matches_from(&words)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => Console::with_standard_streams(|console| cli.command.run(console)),
        Err(error) => refuse(&error, &words),
    }
}

/// Prints clap's help or complaint. `diff` keeps 2 for "there are changes", so its usage errors exit with 1 like its other errors.
fn refuse(error: &clap::Error, words: &[OsString]) -> u8 {
    // Nothing is left to report to when the terminal itself is gone.
    let _ = error.print();
    let is_diff = words.get(1).is_some_and(|word| word == "diff");
    match error.exit_code() {
        0 => Exit::CLEAN.0,
        _ if is_diff => commands::diff::FAILED.0,
        _ => Exit::USAGE.0,
    }
}
