//! Primaries that lie, stop and mix things up: nothing of what they send is served, and their fault is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use replication::Pace;
use rr::Rtype;
use secondary::{Standing, ZoneStatus};
use support::liar::{self, answer, question, record, soa, whole};
use support::{KEY, await_seen, config, follow, seen, start};
use testbed::poll;
use testbed::process::free_address;

/// What a primary does wrong with the zone of this name, and what is told of it.
const FAULTS: &[(&str, &str)] = &[
    ("stops.example", "what it sends is not right"),
    ("mixes.example", "what it sends is not right"),
    ("lies.example", "what it sends is not right"),
    ("more.example", "what it sends is not right"),
    ("swaps.example", "what it sends is not right"),
    ("renumbers.example", "what it sends is not right"),
    ("refuses.example", "it refuses"),
    (
        "unsigned.example",
        "it does not sign its answers; see that it knows 127.0.0.1.127.0.0.1._transfer.example.org.",
    ),
];

/// Junk behind an answer that is cut off: it is asked again over TCP, and all is well.
const TRUNCATES: &str = "truncates.example";
/// Junk behind a whole transfer is nothing.
const JUNK: &str = "junk.example";

/// A server that is as it should be once it is told to.
struct Hostile {
    is_honest: Arc<AtomicBool>,
}

impl Hostile {
    fn start(address: SocketAddr) -> Hostile {
        let is_honest = Arc::<AtomicBool>::default();
        let [by_datagram, by_stream] = [Arc::clone(&is_honest), Arc::clone(&is_honest)];
        liar::serve(
            address,
            move |asked| over_udp(asked, by_datagram.load(SeqCst)),
            move |stream, asked| over_tcp(stream, &asked, by_stream.load(SeqCst)),
        );
        Hostile { is_honest }
    }
}

fn over_udp(asked: &[u8], is_honest: bool) -> Vec<u8> {
    let (zone, ..) = question(asked);
    if zone == TRUNCATES && !is_honest {
        let mut cut = answer(asked, &[]);
        cut[2] |= 2;
        cut.extend(b"junk behind it");
        return cut;
    }
    answer(asked, &[soa(&zone, 7)])
}

fn over_tcp(mut stream: TcpStream, asked: &[u8], is_honest: bool) -> std::io::Result<()> {
    let (zone, _, rtype) = question(asked);
    let mut message = match Rtype(rtype) {
        Rtype::SOA => answer(asked, &[soa(&zone, 7)]),
        _ => transfer(asked, is_honest),
    };
    let length = (message.len() as u16).to_be_bytes();
    if zone == "stops.example" && !is_honest {
        message.truncate(message.len() / 2);
    }
    stream.write_all(&length)?;
    stream.write_all(&message)
}

fn transfer(asked: &[u8], is_honest: bool) -> Vec<u8> {
    let (zone, ..) = question(asked);
    let fault = if is_honest { "" } else { zone.as_str() };
    let www = format!("www.{zone}");
    let mut records = whole(&zone, 7);
    match fault {
        "mixes.example" => {
            let evil = record("www.victim.example", Rtype::TXT.0, b"\x04evil");
            records.insert(3, evil);
        }
        "lies.example" => records[3] = soa(&zone, 8),
        "more.example" => records.push(record(&www, Rtype::TXT.0, b"\x04late")),
        _ => {}
    }
    let mut message = answer(asked, &records);
    match fault {
        JUNK => message.extend(b"junk"),
        "swaps.example" => message[13] ^= 1,
        "renumbers.example" => message[0] ^= 1,
        "refuses.example" => message[3] |= 5,
        _ => {}
    }
    message
}

#[test]
fn nothing_of_a_hostile_primary_is_served_and_an_honest_one_is_believed_again() {
    let (ours, theirs) = (free_address(), free_address());
    let hostile = Hostile::start(theirs);
    let mut config = config(ours, theirs, KEY);
    config.pace = Pace {
        missing_first_secs: 1,
        missing_last_secs: 1,
        ..Pace::default()
    };
    let line = |zone: &str| match zone {
        "unsigned.example" => format!("{zone} 127.0.0.1@{} key={KEY}\n", theirs.port()),
        _ => format!("{zone} 127.0.0.1@{}\n", theirs.port()),
    };
    let zones = FAULTS
        .iter()
        .map(|(zone, _)| *zone)
        .chain([TRUNCATES, JUNK]);
    let lines: String = zones.map(line).collect();
    follow(&mut config, &lines, None);
    let secondary = start(&config);
    let status = |zone: &str| -> ZoneStatus {
        let zones = secondary.status().zones.unwrap();
        let zone = format!("{zone}.");
        zones.into_iter().find(|it| it.zone == zone).unwrap()
    };
    for zone in [TRUNCATES, JUNK] {
        await_seen(ours, zone, "\"version 7\"");
    }
    for (zone, told) in FAULTS {
        poll(|| {
            let status = status(zone);
            let why = status.last_failure.as_ref().map(|it| it.why.as_str());
            (why == Some(told))
                .then_some(())
                .ok_or(format!("{status:?}"))
        });
        assert_eq!(status(zone).standing, Standing::Missing, "{zone}");
        assert_eq!(seen(ours, zone), "Server Failure", "{zone}");
    }
    assert_eq!(seen(ours, "victim.example"), "Query Refused");
    hostile.is_honest.store(true, SeqCst);
    for (zone, _) in FAULTS
        .iter()
        .filter(|(zone, _)| *zone != "unsigned.example")
    {
        await_seen(ours, zone, "\"version 7\"");
    }
    secondary.stop();
}
