//! `zonetool notify`: tell a server that a zone has changed (RFC 1996).

use crate::args::Output;
use crate::client::{self, Manner, Notify as Message, Reply, extended_errors, rcode_word};
use crate::console::{BOLD, Console, GREEN, RED};
use crate::failure::{Exit, Failure, Outcome};
use crate::signing::{KEYS, Signing};
use clap::Args;
use rr::Name;
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tsig::Operation;
use wire::ResponseCode;

/// Tell a server that a zone has changed, so that it asks for the new version at once
#[derive(Debug, Args)]
#[command(after_help = format!("\
The server asks its own primary, not who tells it; where it has that version already, nothing happens.

{KEYS}

Exit codes:
  0  the server takes the notification
  1  it does not
  2  usage
  3  no answer that can be believed, or something could not be read

Examples:
  zonetool notify @192.0.2.2 example.org
  zonetool notify @192.0.2.2 example.org --keys /etc/stemma/keys"))]
pub(crate) struct Notify {
    /// Tell SERVER, an address or a name with an optional port
    #[arg(value_name = "@SERVER", value_parser = client::server_word)]
    server: String,

    /// Tell it of ZONE
    #[arg(value_name = "ZONE")]
    zone: String,

    #[command(flatten)]
    signing: Signing,

    /// Tell it over TCP at once
    #[arg(long)]
    tcp: bool,

    /// Wait SECONDS for each of three tries
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,

    #[command(flatten)]
    output: Output,
}

impl Notify {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let zone = Name::from_text(&self.zone).map_err(|error| {
            Failure::usage(format!("`{}` is no domain name", self.zone))
                .because(&error)
                .next("name the zone like example.org")
        })?;
        let server = client::address(&self.server)?;
        let manner = Manner {
            timeout: Duration::from_secs(self.timeout),
            tcp: self.tcp,
            key: self.signing.key(Operation::Notify, zone.as_ref())?,
        };
        let message = Message { zone };
        let reply = client::exchange(server, &message, &manner);
        let reply = reply.map_err(|error| client::no_response(server, &error))?;
        let told = Told {
            server,
            zone: &message.zone,
            signed: manner.key.is_some(),
            reply: &reply,
        };
        match self.output.is_json() {
            true => told.print_json(console)?,
            false => told.print(console)?,
        }
        match reply.message.rcode {
            ResponseCode::NoError => Ok(Exit::CLEAN),
            _ => Ok(Exit::FINDINGS),
        }
    }
}

struct Told<'t> {
    server: SocketAddr,
    zone: &'t Name,
    signed: bool,
    reply: &'t Reply,
}

impl Told<'_> {
    fn print(&self, console: &mut Console<'_>) -> io::Result<()> {
        let Told { server, zone, .. } = self;
        let rcode = self.reply.message.rcode;
        let (what, next) = self.meaning();
        let style = if next.is_none() { GREEN } else { RED };
        let code = console.paint(style, rcode_word(rcode.into()));
        writeln!(console.out, "{zone} at {server}: {code}: {what}")?;
        client::print_extended_errors(&self.reply.message, console)?;
        match next {
            Some(next) => writeln!(console.out, "  {}: {next}", console.paint(BOLD, "next")),
            None => Ok(()),
        }
    }

    /// What a response code says of a notification, and what to do about it; nothing where it is taken.
    fn meaning(&self) -> (&'static str, Option<&'static str>) {
        match self.reply.message.rcode {
            ResponseCode::NoError => ("told", None),
            ResponseCode::Refused if self.signed => (
                "the server takes no notification of this by this key",
                Some("see what it lets the key do: its name, its policy"),
            ),
            ResponseCode::Refused => (
                "the server takes no notification of this from this address without a key",
                Some(
                    "sign it: --keys FILE; or have the server take it (BIND: allow-notify, Knot: acl)",
                ),
            ),
            ResponseCode::NotAuth => (
                "the server does not have this zone, or not from a primary",
                Some("look at the name of the zone, and at the server's list of zones"),
            ),
            ResponseCode::NotImp => (
                "the server takes no notifications",
                Some(
                    "it looks for new versions by itself, after the refresh time of the SOA record",
                ),
            ),
            _ => (
                "the server does not take the notification",
                Some("look at what it has logged"),
            ),
        }
    }

    /// Fields are only ever added.
    fn print_json(&self, console: &mut Console<'_>) -> io::Result<()> {
        let message = &self.reply.message;
        let errors =
            extended_errors(message).map(|(code, text)| json!({ "code": code, "text": text }));
        let (meaning, next) = self.meaning();
        console.json(&json!({
            "server": self.server.to_string(),
            "zone": self.zone.to_string(),
            "rcode": rcode_word(message.rcode.into()),
            "meaning": meaning,
            "next": next,
            "errors": errors.collect::<Vec<_>>(),
            "elapsed_ms": self.reply.elapsed.as_secs_f64() * 1e3,
        }))
    }
}
