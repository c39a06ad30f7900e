//! `zonetool accept`: letting a commit in that the primary has refused.

use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use clap::Args;
use primary::control;
use serde_json::json;
use std::path::PathBuf;

/// Have the running primary take in a commit that does not follow the one it serves
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  accepted
  1  the primary has not refused this commit
  2  usage
  3  no primary answers

Examples:
  zonetool accept 5f0c3bd9d6e1
  zonetool accept 5f0c3bd9d6e1 --control /run/stemma-primary.sock")]
pub(crate) struct Accept {
    /// Accept COMMIT, its id or the first digits, and what was made on it
    #[arg(value_name = "COMMIT", value_parser = read_digits)]
    commit: String,

    /// Ask at the control socket PATH instead of the usual one
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,

    #[command(flatten)]
    output: Output,
}

impl Accept {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let socket = self.control.clone().or_else(control::default_path);
        let socket = socket.ok_or_else(|| {
            Failure::unreadable("there is no usual control socket here")
                .next("name it: zonetool accept COMMIT --control PATH")
        })?;
        let id = control::accept(&socket, &self.commit).map_err(|why| failure(&why))?;
        match self.output.is_json() {
            true => console.json(&json!({ "accepted": id }))?,
            false => writeln!(
                console.out,
                "accepted {id}; see what is served: primary --status"
            )?,
        }
        Ok(Exit::CLEAN)
    }
}

fn failure(why: &primary::Failure) -> Failure {
    match why {
        primary::Failure::Server(server::Failure::Declined(_)) => {
            Failure::unreadable("the commit is not accepted")
                .because(why)
                .next("see which one is refused: primary --status")
                .with_exit(Exit::FINDINGS)
        }
        _ => Failure::unreadable("no running primary to accept it")
            .because(why)
            .next("start it, or name its socket: zonetool accept COMMIT --control PATH"),
    }
}

/// Four digits at least, as `git` wants them.
fn read_digits(text: &str) -> Result<String, String> {
    let is_hex = text.bytes().all(|octet| octet.is_ascii_hexdigit());
    match is_hex && (4..=64).contains(&text.len()) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("write 4 to 64 hexadecimal digits, as the log of the primary has them".into()),
    }
}
