//! `zonetool wait`: until every name server serves a version.

mod awaited;
mod told;
mod watch;

use super::versions::{SERVERS, Versions};
use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Outcome};
use clap::Args;
use std::time::Duration;

/// Wait until every name server of a zone serves a commit
#[derive(Debug, Args)]
#[command(after_help = format!("\
A server serves the version when its serial is the one that the commit is served with, or a newer one. Where it has a digest of \
its records (ZONEMD), that is compared with the commit's. Records above commits (`_acme-challenge`) take serials and are in digests, too: \
where there are such, --state-dir tells the serial, once the primary has taken the commit in. It is asked again and again, with pauses that grow from 50 ms to 2 s. \
{SERVERS}

Exit codes:
  0  all serve it
  1  the time is over, and some do not
  2  usage, or no version of the zone is served at this commit
  3  something could not be read

Examples:
  zonetool wait
  zonetool wait HEAD~1 --zone example.org --timeout 60
  zonetool wait --serial 2026112101 --zone example.org --ns 192.0.2.2 --ns '[2001:db8::2]:53'"))]
pub(crate) struct Wait {
    #[command(flatten)]
    versions: Versions,

    /// Wait for SERIAL, whatever commit it is of
    #[arg(
        long,
        value_name = "SERIAL",
        requires = "zone",
        conflicts_with = "commit"
    )]
    serial: Option<u32>,

    /// Give up after SECONDS
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    #[command(flatten)]
    output: Output,
}

impl Wait {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let limit = Duration::from_secs(self.timeout);
        let (awaited, left) = self.known_in(limit)?;
        let watched = watch::all(&awaited, left, |seen| told::progress(seen, console))?;
        let lagging = watched.iter().filter(|seen| !seen.has_it()).count();
        match self.output.is_json() {
            true => console.json(&told::to_json(&watched))?,
            false => told::summary(&watched, limit, console)?,
        }
        match lagging {
            0 => Ok(Exit::CLEAN),
            _ => Ok(Exit::FINDINGS),
        }
    }
}
