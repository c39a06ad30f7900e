//! What the OPT record of an answer tells, for a person and for a machine.

use crate::client::ede_word;
use crate::console::{Console, Plain};
use rr::{Name, NameRef};
use serde_json::{Value, json};
use std::fmt;
use std::io;
use wire::OptionCode;
use wire::message::ReadEdns;

/// What one option says. One that is not as its RFC has it, or that nothing here knows, is told by its octets.
enum Said<'a> {
    /// RFC 5001 §2.3: octets that are often text.
    Nsid(&'a [u8]),
    /// RFC 9660 §4: the zone that the answer is from, and its serial.
    ZoneSerial(NameRef<'a>, u32),
    /// RFC 8914 §2: a code, and text for a person.
    ExtendedError(u16, String),
    /// RFC 7873 §4: what the client made up, and what the server gives for it.
    Cookie(&'a [u8], &'a [u8]),
    /// RFC 7830 §3: so many octets that say nothing.
    Padding(usize),
    /// RFC 7828 §3.1: for how many tenths of a second a connection may be idle.
    Keepalive(u16),
    Other(OptionCode, &'a [u8]),
}

impl<'a> Said<'a> {
    /// `asked` is the name of the question, of which zones are told by how many labels of it are theirs.
    fn read(code: OptionCode, data: &'a [u8], asked: NameRef<'a>) -> Said<'a> {
        let known = match code {
            OptionCode::NSID => Some(Said::Nsid(data)),
            OptionCode::ZONEVERSION => zone_serial(data, asked),
            OptionCode::EDE => data.split_first_chunk().map(|(code, text)| {
                let text = String::from_utf8_lossy(text).into_owned();
                Said::ExtendedError(u16::from_be_bytes(*code), text)
            }),
            OptionCode::COOKIE => data
                .split_at_checked(8)
                .map(|(client, server)| Said::Cookie(client, server)),
            OptionCode::PADDING => Some(Said::Padding(data.len())),
            OptionCode::KEEPALIVE => <[u8; 2]>::try_from(data)
                .ok()
                .map(|tenths| Said::Keepalive(u16::from_be_bytes(tenths))),
            _ => None,
        };
        known.unwrap_or(Said::Other(code, data))
    }
}

/// RFC 9660 §2.1: LABELCOUNT, TYPE (§4: 0 is the serial of the SOA, the only one there is), VERSION.
fn zone_serial<'a>(data: &'a [u8], asked: NameRef<'a>) -> Option<Said<'a>> {
    let (&[labels, 0], serial) = data.split_first_chunk()? else {
        return None;
    };
    let serial = u32::from_be_bytes(serial.try_into().ok()?);
    let mut around = asked.ancestors();
    let zone = around.find(|name| name.label_count() == usize::from(labels))?;
    Some(Said::ZoneSerial(zone, serial))
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Nsid(data) => write!(f, "nsid: {}", nsid(data)),
            Said::ZoneSerial(zone, serial) => write!(f, "zone version: serial {serial} of {zone}"),
            Said::ExtendedError(code, text) => {
                write!(f, "extended error {code} ({}): {text}", ede_word(*code))
            }
            Said::Cookie(client, server) => {
                write!(f, "cookie: {} {}", hex(client), hex(server))
            }
            Said::Padding(octets) => write!(f, "padding: {octets} octets"),
            Said::Keepalive(tenths) => {
                write!(f, "keepalive: {} s", f32::from(*tenths) / 10.0)
            }
            Said::Other(code, data) => write!(f, "option {}: {}", code.0, hex(data)),
        }
    }
}

/// A line for each option, in the order sent.
pub(super) fn print(edns: &ReadEdns, asked: &Name, console: &mut Console<'_>) -> io::Result<()> {
    for said in all(edns, asked) {
        writeln!(console.out, "; {}", Plain(&said.to_string()))?;
    }
    Ok(())
}

/// Of options that may be there once, what the first says; null where there is none.
pub(super) fn to_json(edns: &ReadEdns, asked: &Name) -> Value {
    let mut told = json!({
        "version": edns.version,
        "udp_octets": edns.payload_size,
        "dnssec": edns.dnssec_ok,
        "nsid": null,
        "zone_version": null,
        "cookie": null,
        "padding_octets": null,
        "keepalive_secs": null,
        "errors": [],
        "options": [],
    });
    for said in all(edns, asked) {
        let (key, value) = said.to_json();
        match &mut told[key] {
            Value::Array(all) => all.push(value),
            Value::Null => told[key] = value,
            _ => {}
        }
    }
    told
}

impl Said<'_> {
    fn to_json(&self) -> (&'static str, Value) {
        match self {
            Said::Nsid(data) => ("nsid", nsid(data).into()),
            Said::ZoneSerial(zone, serial) => (
                "zone_version",
                json!({ "zone": zone.to_string(), "serial": serial }),
            ),
            Said::ExtendedError(code, text) => ("errors", json!({ "code": code, "text": text })),
            Said::Cookie(client, server) => (
                "cookie",
                json!({ "client": hex(client), "server": hex(server) }),
            ),
            Said::Padding(octets) => ("padding_octets", (*octets).into()),
            Said::Keepalive(tenths) => ("keepalive_secs", (f64::from(*tenths) / 10.0).into()),
            Said::Other(code, data) => ("options", json!({ "code": code.0, "octets": hex(data) })),
        }
    }
}

fn all<'a>(edns: &'a ReadEdns, asked: &'a Name) -> impl Iterator<Item = Said<'a>> {
    let options = edns.options.iter();
    options.map(|(code, data)| Said::read(*code, data, asked.as_ref()))
}

/// Text where it is text, else hexadecimal.
fn nsid(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => hex(data),
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|octet| format!("{octet:02x}")).collect()
}
