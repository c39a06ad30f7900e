//! `zonetool update`: change a zone by messages to its server (RFC 2136).

mod answer;
mod flags;
mod record;
mod script;
mod session;
mod wrong;

use crate::args::Output;
use crate::client;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::signing::{KEYS, Signing};
use clap::Args;
use flags::Flags;
use record::Ground;
use rr::{Class, Name};
use script::{SCRIPT_OCTETS, Step};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use wrong::Placed;
use zeroize::Zeroizing;

/// Change records by signed messages to a server, as nsupdate does
#[derive(Debug, Args)]
#[command(after_help = format!("\
Changes are those of the options, else those of SCRIPT in nsupdate's language, from standard input where there is none. A script \
is read as a whole before anything is sent: one with a mistake does nothing.

In options a name without a final dot is below --zone, as in a zone file; without --zone, and in scripts, names are absolute. \
Prerequisites come first, then what is deleted, then what is added. Without --zone the server is asked which zone it is.

A message of more than 512 octets goes over TCP. Over UDP one that nobody answers is signed and sent again, so it may be carried \
out twice.

{KEYS}

Exit codes:
  0  the server has done it
  1  the server refuses it, or a prerequisite is not met
  2  usage, or mistakes in the script: nothing was sent
  3  no answer that can be believed, or something could not be read

Examples:
  zonetool update @192.0.2.1 --zone example.org --add 'www 300 A 192.0.2.7' --keys /etc/stemma/keys
  zonetool update @192.0.2.1 --replace 'www.example.org 300 A 192.0.2.7' --if-exists 'www.example.org A 192.0.2.1' --keys keys
  zonetool update @192.0.2.1 changes.txt --keys keys
  printf 'server 192.0.2.1\\nupdate delete old.example.org\\nsend\\n' | zonetool update --keys keys"))]
pub(crate) struct Update {
    /// Send to SERVER, an address or a name with an optional port, unless a script says another
    #[arg(value_name = "@SERVER|SCRIPT")]
    words: Vec<String>,

    /// Change ZONE
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,

    #[command(flatten)]
    flags: Flags,

    #[command(flatten)]
    signing: Signing,

    /// Send over TCP at once
    #[arg(long)]
    tcp: bool,

    /// Send without EDNS, to servers that do not understand it
    #[arg(long)]
    no_edns: bool,

    /// Wait SECONDS for each of three tries
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,

    #[command(flatten)]
    output: Output,
}

impl Update {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let (server, file) = self.server_and_file()?;
        let zone = self.zone()?;
        let steps = self.steps(file, zone.clone())?;
        let server = server.map(client::address).transpose()?;
        session::run(&self, server, zone, steps, console)
    }

    /// `@` is what tells them apart.
    fn server_and_file(&self) -> Result<(Option<&str>, Option<&str>), Failure> {
        let (mut server, mut file) = (None, None);
        for word in &self.words {
            let (place, word) = match word.strip_prefix('@') {
                Some(word) => (&mut server, word),
                None => (&mut file, word.as_str()),
            };
            if place.replace(word).is_some() {
                return Err(Failure::usage(format!("`{word}` is one too many"))
                    .next("name one @SERVER and one SCRIPT at most"));
            }
        }
        Ok((server, file))
    }

    fn zone(&self) -> Result<Option<Name>, Failure> {
        let zone = self.zone.as_deref().map(|zone| {
            Name::from_text(zone).map_err(|error| {
                Failure::usage(format!("`{zone}` is no domain name"))
                    .because(&error)
                    .next("name the zone like example.org")
            })
        });
        zone.transpose()
    }

    fn steps(&self, file: Option<&str>, zone: Option<Name>) -> Result<Vec<Step>, Failure> {
        let ground = Ground {
            origin: zone.unwrap_or_else(Name::root),
            class: Class::IN,
            ttl: self.flags.ttl(),
        };
        let steps = self.flags.steps(&ground).map_err(|wrong| refused(&wrong))?;
        match (steps.is_empty(), file) {
            (false, None) => Ok(steps),
            (false, Some(file)) => Err(Failure::usage(
                "there are changes in options, and a script",
            )
            .next(format!(
                "take one of them: leave out {file}, or the options"
            ))),
            (true, _) => {
                let (called, text) = read(file)?;
                let origin = Name::root();
                let ground = Ground { origin, ..ground };
                script::read(&called, &text, ground).map_err(|wrong| refused(&wrong))
            }
        }
    }
}

fn refused(wrong: &[Placed]) -> Failure {
    let what = match wrong.len() {
        1 => "a mistake, so nothing was sent".to_owned(),
        count => format!("{count} mistakes, so nothing was sent"),
    };
    let failure = Failure::usage(what);
    wrong
        .iter()
        .fold(failure, |failure, wrong| failure.because(wrong))
        .next("mend them and run it again; `zonetool update --help` has examples")
}

/// A script and what it is called; `-`, or none, is standard input. Scripts can have secrets in them.
fn read(file: Option<&str>) -> Result<(String, Zeroizing<String>), Failure> {
    let file = file.filter(|file| *file != "-");
    let called = file.unwrap_or("standard input").to_owned();
    let mut octets = Zeroizing::new(Vec::new());
    let read = match file {
        Some(file) => File::open(PathBuf::from(file)).and_then(|file| take(file, &mut octets)),
        None => take(io::stdin().lock(), &mut octets),
    };
    read.map_err(|why| {
        Failure::unreadable(format!("cannot read {called}"))
            .because(&why)
            .next("name a script, or give changes as options: --add, --delete, --replace")
    })?;
    if octets.len() > SCRIPT_OCTETS {
        return Err(
            Failure::usage(format!("{called} has more than {SCRIPT_OCTETS} octets"))
                .next("cut it behind a `send`"),
        );
    }
    let text = std::str::from_utf8(&octets).map_err(|why| {
        Failure::usage(format!("{called} is not UTF-8"))
            .because(&why)
            .next("write other octets as \\DDD")
    })?;
    Ok((called, Zeroizing::new(text.to_owned())))
}

fn take(from: impl Read, octets: &mut Vec<u8>) -> io::Result<()> {
    from.take(SCRIPT_OCTETS as u64 + 1)
        .read_to_end(octets)
        .map(drop)
}
