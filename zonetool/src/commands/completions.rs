//! `zonetool completions`: what the shell needs to complete our words.

use crate::args::{Output, command};
use crate::console::Console;
use crate::failure::{Exit, Outcome};
use clap::Args;
use clap_complete::{Shell, generate};
use serde_json::json;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  printed
  2  usage

Examples:
  zonetool completions bash > ~/.local/share/bash-completion/completions/zonetool
  zonetool completions fish > ~/.config/fish/completions/zonetool.fish")]
pub(crate) struct Completions {
    /// Write for SHELL
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,

    #[command(flatten)]
    output: Output,
}

impl Completions {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        let mut script = Vec::new();
        generate(self.shell, &mut command(), "zonetool", &mut script);
        match self.output.is_json() {
            true => console.json(&json!({
                "shell": self.shell.to_string(),
                "script": String::from_utf8_lossy(&script),
            }))?,
            false => console.out.write_all(&script)?,
        }
        Ok(Exit::CLEAN)
    }
}
