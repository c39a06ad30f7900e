//! More than anybody should send: a transfer without an end, and NOTIFY from everywhere.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};

use replication::message::notify;
use rr::Rtype;
use testbed::poll;
use testbed::process::free_address;
use testbed::random::{Random, seed};

use crate::program::{Place, told};
use crate::support::liar::{answer, question, record, send, serve, soa, whole};
use crate::support::{await_seen, name, version};

/// MiB that a transfer may have, and octets of memory that the server may have more than before, of what comes and is made of it.
const LIMIT: u64 = 4;
const MEMORY: u64 = 16 * (LIMIT << 20);

/// Octets of memory that the process has had at most.
fn most_memory(process: u32) -> u64 {
    let kib = told(process, "VmHWM:");
    kib.trim_end_matches(" kB").trim().parse::<u64>().unwrap() << 10
}

/// What was asked, and what was sent without an end.
#[derive(Default)]
struct Seen {
    questions: AtomicUsize,
    is_endless: AtomicUsize,
    octets: AtomicU64,
    ended: AtomicUsize,
}

/// Not looked at again for an hour.
fn calm(mut soa: Vec<u8>) -> Vec<u8> {
    let refresh = soa.len() - 16;
    soa[refresh..refresh + 4].copy_from_slice(&3600_u32.to_be_bytes());
    soa
}

fn calm_zone(zone: &str) -> Vec<Vec<u8>> {
    let mut records = whole(zone, 7);
    for end in [0, 3] {
        records[end] = calm(records[end].clone());
    }
    records
}

/// A zone that goes on for as long as somebody listens, in messages of 16 KiB.
fn endless(mut stream: std::net::TcpStream, asked: &[u8], seen: &Seen) -> std::io::Result<()> {
    let (zone, ..) = question(asked);
    send(&mut stream, &answer(asked, &[soa(&zone, 8)]))?;
    let sent = (0_u32..).try_for_each(|number| {
        let host = |at: u32| {
            let owner = format!("h{number}-{at}.{zone}");
            record(&owner, Rtype::A.0, &[192, 0, 2, at as u8])
        };
        let hosts: Vec<_> = (0..400).map(host).collect();
        let message = answer(asked, &hosts);
        seen.octets.fetch_add(message.len() as u64, SeqCst);
        send(&mut stream, &message)
    });
    seen.ended.fetch_add(1, SeqCst);
    sent
}

fn primary(address: SocketAddr) -> Arc<Seen> {
    let seen = Arc::<Seen>::default();
    let [by_datagram, by_stream] = [Arc::clone(&seen), Arc::clone(&seen)];
    let serial = |seen: &Seen| 7 + seen.is_endless.load(SeqCst) as u32;
    serve(
        address,
        move |asked| {
            by_datagram.questions.fetch_add(1, SeqCst);
            let (zone, ..) = question(asked);
            answer(asked, &[calm(soa(&zone, serial(&by_datagram)))])
        },
        move |mut stream, asked| {
            let (zone, _, rtype) = question(&asked);
            match Rtype(rtype) {
                Rtype::SOA => send(
                    &mut stream,
                    &answer(&asked, &[calm(soa(&zone, serial(&by_stream)))]),
                ),
                _ if by_stream.is_endless.load(SeqCst) == 1 => endless(stream, &asked, &by_stream),
                _ => send(&mut stream, &answer(&asked, &calm_zone(&zone))),
            }
        },
    );
    seen
}

/// As many as the socket takes, from addresses of loopback that are no primary's, and from that of the primary: addresses of
/// datagrams can be forged (RFC 1996 §3.10).
fn flood(server: SocketAddr, zone: &str, from: impl Iterator<Item = Ipv4Addr>) {
    for (number, from) in (0_u16..).zip(from) {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        let message = notify(number, name(zone).as_ref(), None);
        for _ in 0..20 {
            match socket.send_to(&message, server) {
                Err(why) if why.kind() != ErrorKind::WouldBlock => panic!("{why}"),
                _ => {}
            }
        }
    }
}

#[test]
fn whatever_is_sent_memory_and_questions_stay_few_and_answers_go_on() {
    let (place, theirs) = (Place::new(), free_address());
    let seen_there = primary(theirs);
    let zones = place.write(
        "zones",
        &format!("flood.example 127.0.0.1@{}\n", theirs.port()),
    );
    let limit = LIMIT.to_string();
    let running = place.start(&["--zones", &zones, "--transfer-limit", &limit]);
    await_seen(place.address, "flood.example", &version(7));
    let before = most_memory(running.id());
    let questions = || seen_there.questions.load(SeqCst);

    // Strangers: not one question comes of it, be it about a zone that is followed or about another one.
    let asked = questions();
    let mut random = Random::seeded(seed(41));
    let strangers = (0..200)
        .map(|_| Ipv4Addr::new(127, 7, random.below(250) as u8, 1 + random.below(250) as u8));
    let strangers: Vec<_> = strangers.collect();
    for zone in ["flood.example", "other.example"] {
        flood(place.address, zone, strangers.iter().copied());
    }
    await_seen(place.address, "flood.example", &version(7));
    assert_eq!(questions(), asked);

    // Who has the address of the primary causes a look, and not one for each message.
    let began = std::time::Instant::now();
    flood(
        place.address,
        "flood.example",
        std::iter::repeat_n(Ipv4Addr::LOCALHOST, 200),
    );
    poll(|| match questions() > asked {
        true => Ok(()),
        false => Err("it has not looked".into()),
    });
    let most = 10 + 4 * began.elapsed().as_secs() as usize;
    assert!(
        questions() - asked <= most,
        "{} of {most}",
        questions() - asked
    );

    // The next version has no end: by changes, and as a whole.
    seen_there.is_endless.store(1, SeqCst);
    poll(|| {
        flood(
            place.address,
            "flood.example",
            std::iter::once(Ipv4Addr::LOCALHOST),
        );
        let failure = running.zone("flood.example.").unwrap()["last_failure"]["why"].clone();
        let has_ended = seen_there.ended.load(SeqCst) >= 2;
        (has_ended && failure == "what it sends is not right")
            .then_some(())
            .ok_or(failure.to_string())
    });
    assert!(running.log().contains("octets"), "{}", running.log());
    await_seen(place.address, "flood.example", &version(7));
    let more = most_memory(running.id()) - before;
    assert!(more < MEMORY, "{more} octets more");
    // What the kernel kept for who sent it counts, too.
    let sent = seen_there.octets.load(SeqCst) / seen_there.ended.load(SeqCst) as u64;
    assert!(sent < 8 * (LIMIT << 20), "{sent}");
    running.stop();
}
