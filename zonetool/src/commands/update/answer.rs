//! What a server says to an update, in words.

use crate::client::{self, Reply, Update, extended_errors, rcode_word};
use crate::console::{BOLD, Console, GREEN, RED, YELLOW};
use crate::report::counted;
use rr::Name;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use tsig::Key;
use wire::ResponseCode;

/// What an answer is to.
pub(super) struct Sent<'u> {
    server: SocketAddr,
    zone: &'u Name,
    prerequisites: usize,
    changes: usize,
    key: Option<Name>,
}

impl<'u> Sent<'u> {
    pub(super) fn new(server: SocketAddr, update: &'u Update, key: Option<&Key>) -> Sent<'u> {
        Sent {
            server,
            zone: &update.zone,
            prerequisites: update.prerequisites.len(),
            changes: update.changes.len(),
            key: key.map(|key| key.name().to_owned()),
        }
    }
}

/// `example.org. at 192.0.2.1:53: done, 2 changes`, or why not and what to do about it.
pub(super) fn print(sent: &Sent<'_>, reply: &Reply, console: &mut Console<'_>) -> io::Result<()> {
    let Sent { server, zone, .. } = sent;
    let rcode = reply.message.rcode;
    let code = rcode_word(rcode.into());
    let (what, next) = meaning(rcode, sent.key.is_some());
    let style = if rcode == ResponseCode::NoError {
        GREEN
    } else {
        RED
    };
    let code = console.paint(style, code);
    writeln!(
        console.out,
        "{zone} at {server}: {code}: {what}{}",
        extent(sent, rcode)
    )?;
    client::print_extended_errors(&reply.message, console)?;
    if reply.tries > 1 && rcode != ResponseCode::NoError {
        let note = console.paint(YELLOW, "note");
        let tries = reply.tries;
        writeln!(
            console.out,
            "  {note}: this is the answer to try {tries}; one before it may have been carried out"
        )?;
    }
    match next {
        Some(next) => writeln!(console.out, "  {}: {next}", console.paint(BOLD, "next")),
        None => Ok(()),
    }
}

fn extent(sent: &Sent<'_>, rcode: ResponseCode) -> String {
    match (rcode, sent.changes) {
        (ResponseCode::NoError, 0) => {
            format!(
                " ({}, no change)",
                counted(sent.prerequisites, "prerequisite")
            )
        }
        (ResponseCode::NoError, changes) => format!(" ({})", counted(changes, "change")),
        _ => "; nothing was changed".to_owned(),
    }
}

/// What a response code says of an update (RFC 2136 §2.2 and §3), and what to do about it.
fn meaning(rcode: ResponseCode, signed: bool) -> (&'static str, Option<&'static str>) {
    match rcode {
        ResponseCode::NoError => ("done", None),
        ResponseCode::FormErr => (
            "the server cannot read the message",
            Some("try --no-edns; if it stays, the server does not know a type of these records"),
        ),
        ResponseCode::ServFail => (
            "the server could not do it",
            Some("look at what it has logged; then send it again"),
        ),
        ResponseCode::NXDomain => (
            "a name that has to exist does not",
            Some("look at what is there, and mend the prerequisites"),
        ),
        ResponseCode::YXDomain => (
            "a name that must not exist does",
            Some("look at what is there, and mend the prerequisites"),
        ),
        ResponseCode::NXRRSet => (
            "records that have to be there are not",
            Some("look at what is there, and mend the prerequisites"),
        ),
        ResponseCode::YXRRSet => (
            "records that must not be there are",
            Some("look at what is there, and mend the prerequisites"),
        ),
        ResponseCode::NotImp => (
            "the server takes no updates",
            Some("send them to the primary of the zone"),
        ),
        ResponseCode::Refused if signed => (
            "this key may not do this here",
            Some("see what the server lets the key change: its name, its policy"),
        ),
        ResponseCode::Refused => (
            "the server lets nobody do this without a key, or not from this address",
            Some("sign it: --keys FILE"),
        ),
        ResponseCode::NotAuth => (
            "the server is not the primary of this zone, or does not let this key near it",
            Some(
                "look at the zone (--zone) and the server; for a zone within another, name the inner one",
            ),
        ),
        ResponseCode::NotZone => (
            "a name is not in the zone",
            Some("send what is in other zones by itself"),
        ),
        _ => ("the server refuses it", Some("look at what it has logged")),
    }
}

/// Fields are only ever added.
pub(super) fn to_json(sent: &Sent<'_>, reply: &Reply) -> Value {
    let errors =
        extended_errors(&reply.message).map(|(code, text)| json!({ "code": code, "text": text }));
    let rcode = reply.message.rcode;
    let (meaning, next) = meaning(rcode, sent.key.is_some());
    json!({
        "server": sent.server.to_string(),
        "zone": sent.zone.to_string(),
        "key": sent.key.as_ref().map(ToString::to_string),
        "prerequisites": sent.prerequisites,
        "changes": sent.changes,
        "rcode": rcode_word(rcode.into()),
        "meaning": meaning,
        "next": next,
        "errors": errors.collect::<Vec<_>>(),
        "transport": reply.transport,
        "tries": reply.tries,
        "elapsed_ms": reply.elapsed.as_secs_f64() * 1e3,
    })
}

/// The last answer by its figures, for `answer`.
pub(super) fn print_message(reply: &Reply, console: &mut Console<'_>) -> io::Result<()> {
    let Reply {
        message,
        octets,
        transport,
        ..
    } = reply;
    let code = rcode_word(message.rcode.into());
    let elapsed = reply.elapsed.as_secs_f64() * 1e3;
    let line = format!(
        "; {code}, id {}, {octets} octets over {transport} in {elapsed:.1} ms",
        message.id
    );
    match console.machine {
        true => writeln!(console.err, "{line}"),
        false => writeln!(console.out, "{line}"),
    }
}
