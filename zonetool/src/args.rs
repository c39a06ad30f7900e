//! The grammar of the command line.
//!
//! One grammar for all help texts: a command and an option are described by an imperative sentence without a final dot;
//! a value is named in capitals; every command ends with its exit codes and its examples. `tests/help.rs` holds them to it.

use crate::commands::Command;
use clap::{CommandFactory, Parser, ValueEnum};

/// Keep DNS zones in Git: make, check, compare, show and serve them
#[derive(Debug, Parser)]
#[command(
    name = "zonetool",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The whole command line as clap sees it, for help texts and completions.
pub fn command() -> clap::Command {
    Cli::command()
}

/// What most commands can print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a person
    #[default]
    Human,
    /// One JSON document on standard output
    Json,
}

/// The `--format` of commands with the two common formats.
#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Print the result as FORMAT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Format,
}

impl Output {
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}
