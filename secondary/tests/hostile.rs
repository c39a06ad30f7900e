//! Primaries that lie, stop and mix things up: nothing of what they send is served, and their fault is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use replication::Pace;
use rr::Rtype;
use secondary::{Standing, ZoneStatus};
use support::{KEY, await_seen, config, follow, name, seen, start};
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
        "its signature or certificate is not right",
    ),
];

/// Junk behind an answer that is cut off: it is asked again over TCP, and all is well.
const TRUNCATES: &str = "truncates.example";
/// Junk behind a whole transfer is nothing.
const JUNK: &str = "junk.example";

const SOA: u16 = 6;

/// A server that is as it should be once it is told to.
struct Hostile {
    is_honest: Arc<AtomicBool>,
}

impl Hostile {
    fn start(address: SocketAddr) -> Hostile {
        let is_honest = Arc::<AtomicBool>::default();
        let (udp, tcp) = (
            UdpSocket::bind(address).unwrap(),
            TcpListener::bind(address).unwrap(),
        );
        let honest = Arc::clone(&is_honest);
        thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((length, peer)) = udp.recv_from(&mut question) {
                let answer = over_udp(&question[..length], honest.load(SeqCst));
                let _ = udp.send_to(&answer, peer);
            }
        });
        let honest = Arc::clone(&is_honest);
        thread::spawn(move || {
            for stream in tcp.incoming() {
                let is_honest = honest.load(SeqCst);
                // Who is answered badly goes away early.
                thread::spawn(move || drop(over_tcp(stream.unwrap(), is_honest)));
            }
        });
        Hostile { is_honest }
    }
}

/// The name that is asked for, as text, where the question ends, and its type.
fn question(message: &[u8]) -> (String, usize, u16) {
    let (owner, _) = rr::NameRef::split_from(&message[12..]).unwrap();
    let at = 12 + owner.as_wire().len();
    let rtype = u16::from_be_bytes([message[at], message[at + 1]]);
    (
        owner.to_string().trim_end_matches('.').to_owned(),
        at + 4,
        rtype,
    )
}

fn header(asked: &[u8], end: usize, answers: u16) -> Vec<u8> {
    let mut message = asked[..end].to_vec();
    message[2..4].copy_from_slice(&[0x84, 0]);
    message[6..8].copy_from_slice(&answers.to_be_bytes());
    message[8..12].fill(0);
    message
}

fn record(owner: &str, rtype: u16, rdata: &[u8]) -> Vec<u8> {
    let fixed = [&rtype.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60]].concat();
    let length = (rdata.len() as u16).to_be_bytes();
    [name(owner).as_wire(), &fixed, &length, rdata].concat()
}

/// Looked at each second.
fn soa(zone: &str, serial: u32) -> Vec<u8> {
    let numbers = [serial, 1, 1, 3600, 60].map(u32::to_be_bytes).concat();
    let names = [
        name("ns.other.example").as_wire(),
        name("mail.other.example").as_wire(),
    ]
    .concat();
    record(zone, SOA, &[names, numbers].concat())
}

fn over_udp(asked: &[u8], is_honest: bool) -> Vec<u8> {
    let (zone, end, _) = question(asked);
    if zone == TRUNCATES && !is_honest {
        let mut cut = header(asked, end, 0);
        cut[2] |= 2;
        cut.extend(b"junk behind it");
        return cut;
    }
    [header(asked, end, 1), soa(&zone, 7)].concat()
}

fn over_tcp(mut stream: TcpStream, is_honest: bool) -> std::io::Result<()> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut asked = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut asked)?;
    let (zone, end, rtype) = question(&asked);
    let mut message = match rtype {
        SOA => [header(&asked, end, 1), soa(&zone, 7)].concat(),
        _ => transfer(&asked, is_honest),
    };
    let length = (message.len() as u16).to_be_bytes();
    if zone == "stops.example" && !is_honest {
        message.truncate(message.len() / 2);
    }
    stream.write_all(&length)?;
    stream.write_all(&message)
}

fn transfer(asked: &[u8], is_honest: bool) -> Vec<u8> {
    let (zone, end, _) = question(asked);
    let fault = if is_honest { "" } else { zone.as_str() };
    let www = format!("www.{zone}");
    let mut records = vec![
        soa(&zone, 7),
        record(&zone, Rtype::NS.0, name("ns.other.example").as_wire()),
        record(&www, Rtype::TXT.0, b"\x09version 7"),
    ];
    if fault == "mixes.example" {
        records.push(record("www.victim.example", Rtype::TXT.0, b"\x04evil"));
    }
    records.push(soa(&zone, if fault == "lies.example" { 8 } else { 7 }));
    if fault == "more.example" {
        records.push(record(&www, Rtype::TXT.0, b"\x04late"));
    }
    let mut message = header(asked, end, records.len() as u16);
    records.iter().for_each(|record| message.extend(record));
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
