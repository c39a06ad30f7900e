//! Zones given on to further secondaries.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use replication::Pace;
use rr::{Name, Rtype};
use secondary::{Config, Secondary};
use support::primaries::{Kind, PrimaryServer};
use support::{KEY, SECRET, await_seen, config, follow, name, start, version, zone_text};
use testbed::process::free_address;
use transfer::{Content, Incoming, Progress, Transport};
use tsig::{Key, Time, sign_request};
use wire::message::Message;
use zone::{Checked, HashKey, Zone};

/// Looks every second, so that a change need not be told.
const QUICK: &str = "1 1 3600";

fn following(ours: SocketAddr, primary: SocketAddr) -> Config {
    let mut config = config(ours, primary, KEY);
    config.pace = Pace {
        refresh_floor_secs: 1,
        retry_floor_secs: 1,
        missing_first_secs: 1,
        ..Pace::default()
    };
    follow(
        &mut config,
        &format!("example.org 127.0.0.1@{} key={KEY}", primary.port()),
        None,
    );
    config
}

fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_secs(since_1970.as_secs())
}

fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).unwrap();
    message
}

/// What comes of a request for the zone, and how many octets that took.
fn transferred(server: SocketAddr, held: Option<&Zone<Checked>>) -> (Content, usize) {
    let zone: Name = name("example.org");
    let key: Arc<Key> = Arc::new(tsig::text::read_key(&format!("{KEY}:SHA256:{SECRET}")).unwrap());
    let (mut request, asked) = match held {
        None => (
            transfer::ask_whole(7, zone.as_ref()),
            transfer::Asked::Whole(None),
        ),
        Some(held) => (
            transfer::ask_changes(7, held).unwrap(),
            transfer::Asked::Changes(held.clone()),
        ),
    };
    let awaited = sign_request(&key, &mut request, now()).unwrap();
    let hash = HashKey::new([1, 2]);
    let mut incoming = Incoming::new(7, zone, asked, Transport::Stream, hash).signed(awaited);
    let mut stream = TcpStream::connect(server).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
        .write_all(&(request.len() as u16).to_be_bytes())
        .unwrap();
    stream.write_all(&request).unwrap();
    let mut octets = 0;
    loop {
        let message = receive(&mut stream);
        octets += message.len();
        match incoming.take(&message, now()).unwrap() {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => return (arrived.what, octets),
        }
    }
}

fn whole(server: SocketAddr) -> Zone<Checked> {
    match transferred(server, None).0 {
        Content::Whole(zone) => transfer::accept(zone).unwrap().0,
        _ => panic!("a whole zone was asked for"),
    }
}

fn records(zone: &Zone<Checked>) -> BTreeSet<(String, u16, Vec<u8>)> {
    let sets = zone.nodes().flat_map(zone::Node::rrsets);
    let records = sets.flat_map(|set| {
        let owner = set.node().owner().to_string();
        let rdatas = set
            .rdatas()
            .map(move |rdata| (owner.clone(), set.rtype().0, rdata.to_vec()));
        rdatas.collect::<Vec<_>>()
    });
    records.collect()
}

/// RFC 1034 §4.3.5: a secondary is a primary for others.
#[test]
fn a_chain_of_secondaries_ends_with_the_zone_that_it_began_with() {
    let places: Vec<SocketAddr> = (0..3).map(|_| free_address()).collect();
    let mut primary = PrimaryServer::start(Kind::Knot, &zone_text(1, QUICK), places[0]);
    let mut before = primary.address;
    let mut chain: Vec<Secondary> = Vec::new();
    for place in &places {
        chain.push(start(&following(*place, before)));
        before = *place;
    }
    let last = places[2];
    await_seen(last, "example.org", &version(1));
    let first = whole(last);
    assert_eq!(records(&first), records(&whole(primary.address)));

    primary.write("example.org", &zone_text(2, QUICK));
    primary.reload();
    await_seen(last, "example.org", &version(2));
    for place in &places {
        assert_eq!(records(&whole(*place)), records(&whole(primary.address)));
    }
    // RFC 1995 §4: what changed is far less than the zone.
    let (content, octets) = transferred(places[1], Some(&first));
    assert!(matches!(content, Content::Changed(..)), "changes");
    assert!(octets < 2000, "{octets} octets");
    chain.into_iter().for_each(Secondary::stop);
}

/// RFC 5936 §5: to nobody who has no key and is in no network that may.
#[test]
fn a_zone_is_given_to_who_may_have_it() {
    let (ours, open) = (free_address(), free_address());
    let primary = PrimaryServer::start(Kind::Knot, &zone_text(1, QUICK), ours);
    let closed = start(&following(ours, primary.address));
    let mut config = following(open, primary.address);
    config.server.allow_transfer = vec!["127.0.0.0/8".parse().unwrap()];
    let open_to_all = start(&config);
    for (place, given) in [(ours, false), (open, true)] {
        await_seen(place, "example.org", &version(1));
        let request = transfer::ask_whole(7, name("example.org").as_ref());
        let mut stream = TcpStream::connect(place).unwrap();
        stream
            .write_all(&(request.len() as u16).to_be_bytes())
            .unwrap();
        stream.write_all(&request).unwrap();
        let answer = Message::read(&receive(&mut stream)).unwrap();
        let has_soa = answer
            .answer
            .first()
            .is_some_and(|it| it.data.rtype() == Rtype::SOA);
        assert_eq!(has_soa, given, "{answer:?}");
    }
    closed.stop();
    open_to_all.stop();
}

/// RFC 1996 §2: who follows a secondary hears from it that a zone has changed, and need not ask.
#[test]
fn who_follows_a_secondary_is_told_of_changes() {
    let (ours, last) = (free_address(), free_address());
    let slow = "3600 3600 86400";
    let mut primary = PrimaryServer::start(Kind::Knot, &zone_text(1, slow), ours);
    let mut first = following(ours, primary.address);
    first.server.notify = Some(server::NotifyConfig {
        notified: vec![server::Notified {
            address: last,
            key: Some(name(KEY)),
        }],
        tells_name_servers: false,
        port: last.port(),
    });
    let first = start(&first);
    let second = start(&following(last, ours));
    await_seen(last, "example.org", &version(1));
    primary.write("example.org", &zone_text(2, slow));
    primary.reload();
    await_seen(last, "example.org", &version(2));
    first.stop();
    second.stop();
}
