//! `zonetool verify`: whether every name server serves exactly what a commit has.

mod asking;
mod compared;

use super::expected::Expected;
use super::versions::{SERVERS, Version, Versions};
use crate::args::Output;
use crate::client::{self, Manner, Unfetched};
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::name_servers::NameServer;
use crate::signing::{KEYS, Signing};
use clap::Args;
use compared::{Compared, How};
use serde_json::{Value, json};
use stack_os::outgoing::Peer;
use std::time::Duration;
use transfer::Blame;
use transfer::zonemd::Hash;
use tsig::Operation;

/// Prove that every name server of a zone serves exactly what a commit has
#[derive(Debug, Args)]
#[command(after_help = format!("\
{SERVERS}

A server that lets the zone be transferred is compared record by record, so nothing can be left. Any other is asked for each set of \
records that the commit has, at a pace: what it has beyond these is not seen, nor are signatures and NSEC3 records. Lines with - \
are what the commit has, those with + what the server has in their place. Records that are served and never committed are counted \
beside them; --state-dir tells the serials that they took.

{KEYS}

Exit codes:
  0  all serve exactly this
  1  some do not, or cannot be asked
  2  usage, or no version of the zone is served at this commit
  3  something could not be read

Examples:
  zonetool verify --zone example.org --keys /etc/stemma/keys
  zonetool verify HEAD~1 --ns 192.0.2.2 --ns ns2.example.org"))]
pub(crate) struct Verify {
    #[command(flatten)]
    versions: Versions,

    #[command(flatten)]
    signing: Signing,

    /// Ask COUNT questions a second at most
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,

    /// Wait SECONDS for each answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,

    #[command(flatten)]
    output: Output,
}

impl Verify {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let (side, versions) = self.versions.read(None)?;
        let mut all = Vec::new();
        for version in &versions {
            let expected = Expected::read(&side, version)?;
            for server in &version.servers {
                let compared = self.compare(&expected, version, server, console)?;
                if !self.output.is_json() {
                    compared.print(console)?;
                }
                all.push(compared);
            }
        }
        if self.output.is_json() {
            let servers: Vec<Value> = all.iter().map(Compared::to_json).collect();
            console.json(&json!({
                "same": all.iter().all(Compared::is_same),
                "servers": servers,
            }))?;
        }
        match all.iter().all(Compared::is_same) {
            true => Ok(Exit::CLEAN),
            false => Ok(Exit::FINDINGS),
        }
    }

    fn compare(
        &self,
        expected: &Expected,
        version: &Version,
        server: &NameServer,
        console: &Console<'_>,
    ) -> Result<Compared, Failure> {
        let apex = version.apex();
        let key = self.signing.key(Operation::Transfer, apex.as_ref())?;
        let manner = |tcp, key| Manner {
            timeout: Duration::from_secs(self.timeout),
            tcp,
            key,
        };
        let compared = |how| Compared {
            zone: apex.clone(),
            server: server.clone(),
            digest: expected.digest(Hash::Sha384),
            how,
        };
        Ok(compared(
            match client::whole_zone(&Peer::plain(server.address), &apex, &manner(true, key)) {
                Ok(fetched) => How::Transferred(expected.against(&fetched.zone)),
                Err(why) if is_denied(&why) => {
                    let asking = asking::Asking {
                        server: server.address,
                        manner: manner(false, None),
                        rate: self.rate,
                    };
                    asking.all(expected, console)
                }
                Err(why) => How::Failed(why.to_string()),
            },
        ))
    }
}

/// Nobody may have the zone, or not with this key, or not over TCP: then it can still be asked about.
fn is_denied(why: &Unfetched) -> bool {
    match why {
        Unfetched::Io(_) => true,
        Unfetched::Transfer(why) => {
            matches!(
                why.kind.blame(),
                Blame::Refusal | Blame::Keys | Blame::Version
            ) || why.number == 0
        }
        Unfetched::Refused(_) => false,
    }
}
