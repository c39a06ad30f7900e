//! `zonetool up`: everything on this machine, in one command, to try it.

mod ground;
mod ports;
mod serve;
mod tour;

use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Outcome};
use crate::steps::Steps;
use clap::Args;
use ground::Ground;
use serde_json::json;
use std::path::PathBuf;

/// Run everything on this machine: a repository, the check hook and a primary without root
#[derive(Debug, Args)]
#[command(after_help = "\
The first run makes DIR with a bare repository and a working clone; later runs use what is there.
Every commit that is pushed is shown as it is served. Ctrl-C stops.

Exit codes:
  0  stopped
  2  usage
  3  something could not be read, written or started

Examples:
  zonetool up
  zonetool up --dir /tmp/try --port 5300")]
pub(crate) struct Up {
    /// Keep everything in DIR
    #[arg(long, value_name = "DIR", default_value = "stemma-up")]
    dir: PathBuf,

    /// Serve on 127.0.0.1 at PORT, or at the next free one
    #[arg(long, value_name = "PORT", default_value_t = 5353)]
    port: u16,

    #[command(flatten)]
    output: Output,
}

impl Up {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let mut steps = Steps::default();
        let ground = Ground::prepare(&self.dir, &mut steps)?;
        let listen = ports::choose(self.port)?;
        let metrics = ports::choose(listen.port().saturating_add(1))?;
        if !self.output.is_json() {
            steps.print(false, console)?;
        }
        let primary = serve::start(&ground, listen, metrics)?;
        match self.output.is_json() {
            true => console.line(&json!({
                "event": "ready",
                "server": listen.to_string(),
                "metrics": metrics.to_string(),
                "made": steps.to_json(),
            }))?,
            false => tour::print(&ground, self.port, [listen, metrics], console)?,
        }
        primary.follow(console)?;
        Ok(Exit::CLEAN)
    }
}
