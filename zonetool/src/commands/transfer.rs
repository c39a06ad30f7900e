//! `zonetool transfer`: zones from a server, as text or as a repository (RFC 5936), or what changed in one (RFC 1995).

mod into;
mod since;
mod told;

use crate::args::Output;
use crate::client::{self, Fetched, Manner, Unfetched};
use crate::console::{Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::report::{self, Report, ReportFormat, Severity};
use crate::signing::{KEYS, Signing};
use crate::steps::Steps;
use crate::tls::Secure;
use clap::Args;
use into::ZoneFile;
use rr::Name;
use serde_json::{Value, json};
use stack_os::outgoing::Peer;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use transfer::Blame;
use tsig::Operation;

/// Have zones sent by a server, as text or into a new repository
#[derive(Debug, Args)]
#[command(after_help = format!("\
The way in from BIND, Knot, NSD, PowerDNS or a provider: a repository with one file for each zone and a first commit. A zone that \
cannot be served, or is not what its ZONEMD records say, is not taken; what else is wrong with it is shown. Nothing is \
overwritten, and a repository that has commits gets the files only.

With --since the server is asked for what changed since the version in a file, most often one that this command has printed, with \
the serial that the server served it with. The new version is printed; a server that has forgotten that version sends all.

{KEYS}

Exit codes:
  0  transferred
  1  the server refuses it, or there are errors in the zones
  2  usage, or a file is there already
  3  no transfer that can be believed, or something could not be read or written

Examples:
  zonetool transfer @192.0.2.1 example.org > zones/example.org
  zonetool transfer @192.0.2.1 example.org example.net --into dns --keys /etc/stemma/keys
  zonetool transfer @192.0.2.1 example.org --since example.org.old > example.org.new
  zonetool transfer @192.0.2.1 example.org --tls ns1.example.org"))]
pub(crate) struct Transfer {
    /// Ask SERVER, an address or a name with an optional port
    #[arg(value_name = "@SERVER", value_parser = client::server_word)]
    server: String,

    /// Ask for ZONE
    #[arg(value_name = "ZONE", required = true)]
    zones: Vec<String>,

    /// Put them into the repository DIR, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,

    /// Ask for what changed since the version of the zone that is in FILE
    #[arg(long, value_name = "FILE", conflicts_with = "into")]
    since: Option<PathBuf>,

    #[command(flatten)]
    signing: Signing,

    #[command(flatten)]
    secure: Secure,

    /// Wait SECONDS for each message
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,

    #[command(flatten)]
    output: Output,
}

/// A zone that came, and its text.
struct Came {
    fetched: Fetched,
    file: ZoneFile,
}

impl Transfer {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        if self.since.is_some() && self.zones.len() > 1 {
            let what = "--since has one version, and there are several zones";
            return Err(Failure::usage(what).next("name one zone at a time"));
        }
        let server = client::address_at(&self.server, self.secure.port())?;
        let peer = self.secure.peer(server)?;
        // All of them, before anything is written.
        let came = self
            .zones
            .iter()
            .map(|zone| self.fetch(&peer, zone))
            .collect::<Result<Vec<_>, _>>()?;
        match &self.into {
            None => self.print(&came, console),
            Some(_) => self.put(server, came, console),
        }
    }

    fn fetch(&self, peer: &Peer, zone: &str) -> Result<Came, Failure> {
        let zone = Name::from_text(zone).map_err(|error| {
            Failure::usage(format!("`{zone}` is no domain name"))
                .because(&error)
                .next("name the zone like example.org")
        })?;
        let manner = Manner {
            timeout: Duration::from_secs(self.timeout),
            tcp: true,
            key: self.signing.key(Operation::Transfer, zone.as_ref())?,
        };
        let server = peer.address;
        let fetched = match &self.since {
            None => client::whole_zone(peer, &zone, &manner),
            Some(file) => client::newer_zone(peer, since::version(file, &zone)?, &manner),
        };
        let fetched = fetched.map_err(|why| not_fetched(server, &zone, &why))?;
        let serial = fetched.zone.serial().map_or(0, |serial| serial.0);
        let said = format!("{zone} as {server} served it, serial {serial}");
        let text = String::from_utf8(zone::write_text(&fetched.zone, &said));
        let file = ZoneFile {
            zone: into::file_name(zone.as_ref()),
            text: text.expect("zone text is ASCII"),
        };
        Ok(Came { fetched, file })
    }

    fn print(&self, came: &[Came], console: &mut Console<'_>) -> Outcome {
        if self.output.is_json() {
            let zones: Vec<Value> = came
                .iter()
                .map(|came| told::to_json(&came.fetched, Some(&came.file.text)))
                .collect();
            console.json(&json!({ "zones": zones }))?;
            return Ok(Exit::CLEAN);
        }
        for came in came {
            console.out.write_all(came.file.text.as_bytes())?;
            writeln!(console.err, "{}", Plain(&told::line(&came.fetched)))?;
        }
        Ok(Exit::CLEAN)
    }

    fn put(&self, server: SocketAddr, came: Vec<Came>, console: &mut Console<'_>) -> Outcome {
        let dir = self.into.as_deref().expect("looked at before");
        let zones: Vec<Value> = came
            .iter()
            .map(|came| told::to_json(&came.fetched, None))
            .collect();
        if !self.output.is_json() {
            for came in &came {
                writeln!(console.err, "{}", Plain(&told::line(&came.fetched)))?;
            }
        }
        let files: Vec<ZoneFile> = came.into_iter().map(|came| came.file).collect();
        let names: Vec<&str> = files.iter().map(|file| file.zone.as_str()).collect();
        let message = format!("Take over {} from {server}\n", names.join(", "));
        let mut steps = Steps::default();
        let report = into::write(dir, &files, message, &mut steps)?;
        match self.output.is_json() {
            true => console.json(&json!({ "zones": zones, "repository": steps.to_json() }))?,
            false => {
                steps.print(false, console)?;
                show(&report, console)?;
            }
        }
        match report.reaches(Severity::Error) {
            true => Ok(Exit::FINDINGS),
            false => Ok(Exit::CLEAN),
        }
    }
}

fn show(report: &Report, console: &mut Console<'_>) -> std::io::Result<()> {
    match report.findings.is_empty() {
        true => Ok(()),
        false => report::print(report, ReportFormat::Human, console),
    }
}

fn not_fetched(server: SocketAddr, zone: &Name, why: &Unfetched) -> Failure {
    let failure = match why {
        Unfetched::Io(why) => return client::no_response(server, why),
        _ => Failure::unreadable(format!("no transfer of {zone} from {server}")).because(why),
    };
    let next = match why {
        Unfetched::Transfer(why) => match why.kind.blame() {
            Blame::Refusal => {
                return failure
                    .with_exit(Exit::FINDINGS)
                    .next("have the server let this address or key transfer it: --keys FILE");
            }
            Blame::Keys => "compare key, secret and clock with those of the server",
            _ => "try again, or another server of the zone",
        },
        _ => "have it mended where it comes from",
    };
    failure.next(next)
}
