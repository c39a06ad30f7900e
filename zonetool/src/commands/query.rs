//! `zonetool query`: ask one server one question.

mod edns;

use crate::args::Output;
use crate::client::{self, Ask, Edns, Manner, Reply, rcode_word};
use crate::console::{BLUE, BOLD, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::records::Shown;
use clap::Args;
use rr::{Name, Record, Rtype};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use wire::message::Message;
use wire::{Flags, ResponseCode};

/// Ask a server one question, over UDP and again over TCP where the answer is cut
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the server answered NOERROR
  1  the server answered another code, such as NXDOMAIN or REFUSED
  2  usage
  3  no response

Examples:
  zonetool query @127.0.0.1:5353 www.example.org
  zonetool query @[2001:db8::1]:5353 example.org SOA --tcp --nsid --format json")]
pub(crate) struct Query {
    /// Ask SERVER, an address or a name with an optional port
    #[arg(value_name = "@SERVER", value_parser = client::server_word)]
    server: String,

    /// Ask about NAME, taken as absolute
    #[arg(value_name = "NAME")]
    name: String,

    /// Ask for records of TYPE
    #[arg(value_name = "TYPE", default_value = "A")]
    rtype: String,

    /// Ask over TCP at once
    #[arg(long)]
    tcp: bool,

    /// Ask for DNSSEC records too
    #[arg(long)]
    dnssec: bool,

    /// Ask the server for its identifier, with Stemma the commit it serves
    #[arg(long)]
    nsid: bool,

    /// Ask for the serial of the zone that the answer is from
    #[arg(long)]
    zoneversion: bool,

    /// Send a cookie, and show what the server gives for it
    #[arg(long)]
    cookie: bool,

    /// Ask without EDNS
    #[arg(long, conflicts_with_all = ["dnssec", "nsid", "zoneversion", "cookie", "bufsize"])]
    no_edns: bool,

    /// Take UDP responses of up to OCTETS
    #[arg(long, value_name = "OCTETS", default_value_t = 1232)]
    bufsize: u16,

    /// Ask the server to recurse
    #[arg(long)]
    recurse: bool,

    /// Wait SECONDS for each of three tries
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,

    #[command(flatten)]
    output: Output,
}

impl Query {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let ask = self.ask()?;
        let server = client::address(&self.server)?;
        let reply = client::exchange(server, &ask, &self.manner());
        let reply = reply.map_err(|error| client::no_response(server, &error))?;
        match self.output.is_json() {
            true => console.json(&to_json(server, &ask, &reply))?,
            false => print(server, &ask, &reply, console)?,
        }
        match reply.message.rcode {
            ResponseCode::NoError => Ok(Exit::CLEAN),
            _ => Ok(Exit::FINDINGS),
        }
    }

    fn ask(&self) -> Result<Ask, Failure> {
        let name = Name::from_text(&self.name).map_err(|error| {
            Failure::usage(format!("`{}` is no domain name", self.name)).because(&error)
        })?;
        let rtype = self.rtype.parse::<Rtype>().map_err(|error| {
            Failure::usage(format!("`{}` is no record type", self.rtype))
                .because(&error)
                .next("write a mnemonic such as AAAA, or TYPE65280")
        })?;
        let edns = Edns {
            udp_octets: self.bufsize,
            dnssec: self.dnssec,
            nsid: self.nsid,
            zone_version: self.zoneversion,
            cookie: self.cookie.then(client::random),
        };
        Ok(Ask {
            name,
            rtype,
            recursion: self.recurse,
            edns: (!self.no_edns).then_some(edns),
        })
    }

    fn manner(&self) -> Manner {
        Manner {
            timeout: Duration::from_secs(self.timeout),
            tcp: self.tcp,
            key: None,
        }
    }
}

fn print(
    server: SocketAddr,
    ask: &Ask,
    reply: &Reply,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let message = &reply.message;
    let code = console.paint(BOLD, rcode_word(message.rcode.into()));
    let elapsed = reply.elapsed.as_secs_f64() * 1e3;
    writeln!(
        console.out,
        "; {} {} @{server} {}",
        ask.name,
        ask.rtype,
        how(reply)
    )?;
    let flags: String = flag_words(message)
        .iter()
        .map(|flag| format!(" {flag}"))
        .collect();
    writeln!(
        console.out,
        "; {code}{flags}, {} octets in {elapsed:.1} ms",
        reply.octets
    )?;
    if let Some(edns) = &message.edns {
        edns::print(edns, &ask.name, console)?;
    }
    print_section("answer", &message.answer, console)?;
    print_section("authority", &message.authority, console)?;
    print_section("additional", &message.additional, console)
}

fn how(reply: &Reply) -> &'static str {
    match reply.was_truncated {
        true => "tcp (after a truncated udp response)",
        false => reply.transport,
    }
}

/// The names of the flags that are set, as they have been printed since the first dig.
fn flag_words(message: &Message) -> Vec<&'static str> {
    const FLAGS: [(Flags, &str); 6] = [
        (Flags::AA, "aa"),
        (Flags::TC, "tc"),
        (Flags::RD, "rd"),
        (Flags::RA, "ra"),
        (Flags::AD, "ad"),
        (Flags::CD, "cd"),
    ];
    FLAGS
        .iter()
        .filter(|(flag, _)| message.flags.has(*flag))
        .map(|(_, word)| *word)
        .collect()
}

fn print_section(title: &str, records: &[Record], console: &mut Console<'_>) -> io::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let heading = console.paint(BLUE, format!("; {title}"));
    writeln!(console.out, "{heading}")?;
    for Shown {
        name,
        ttl,
        class,
        rtype,
        data,
    } in records.iter().map(Shown::from)
    {
        writeln!(
            console.out,
            "{} {ttl} {class} {rtype} {}",
            Plain(&name),
            Plain(&data)
        )?;
    }
    Ok(())
}

fn to_json(server: SocketAddr, ask: &Ask, reply: &Reply) -> Value {
    let message = &reply.message;
    let section = |records: &[Record]| records.iter().map(Shown::from).collect::<Vec<_>>();
    json!({
        "server": server.to_string(),
        "transport": reply.transport,
        "was_truncated": reply.was_truncated,
        "elapsed_ms": reply.elapsed.as_secs_f64() * 1e3,
        "octets": reply.octets,
        "id": message.id,
        "rcode": rcode_word(message.rcode.into()),
        "flags": flag_words(message),
        "question": { "name": ask.name.to_string(), "type": ask.rtype.to_string() },
        "answer": section(&message.answer),
        "authority": section(&message.authority),
        "additional": section(&message.additional),
        "edns": message.edns.as_ref().map(|edns| edns::to_json(edns, &ask.name)),
    })
}
