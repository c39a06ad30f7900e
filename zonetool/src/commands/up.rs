//! `zonetool up`: everything on this machine, in one command, to try it.

mod bind;
mod followers;
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

/// Run everything on this machine without root: repository, hook, primary, two secondaries
#[derive(Debug, Args)]
#[command(after_help = "\
The first run makes DIR with a bare repository, a working clone and keys; later runs use what is there.
Every commit that is pushed is shown as it is served. Ctrl-C stops. SIGHUP has the files of keys
read again.

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

    /// Serve on 127.0.0.1 at PORT, or at the next free one; all else has the ports behind it
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
        let addresses = ports::choose_all(self.port)?;
        if !self.output.is_json() {
            steps.print(false, console)?;
        }
        let running = serve::start(&ground, &addresses)?;
        match self.output.is_json() {
            true => console.line(&json!({
                "event": "ready",
                "server": addresses.primary.to_string(),
                "metrics": addresses.metrics.to_string(),
                "secondaries": addresses.secondaries.map(|address| address.to_string()),
                "made": steps.to_json(),
            }))?,
            false => tour::print(&ground, self.port, &addresses, console)?,
        }
        running.follow(console)?;
        Ok(Exit::CLEAN)
    }
}
