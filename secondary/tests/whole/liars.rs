//! Primaries that were honest once, and lie about the next version: what is served stays, and is followed again by the truth.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use replication::Pace;
use rr::Rtype;
use secondary::{Secondary, ZoneStatus};
use testbed::poll;
use testbed::process::free_address;
use tsig::{Key, Keyring, Request, ResponseSigner};

use crate::support::liar::{answer, question, record, send, serve, soa, whole};
use crate::support::{KEY, SECRET, await_seen, config, follow, now, said, start, version};

/// What all have held before the lies begin, and what they say that they have then.
const HELD: u32 = 7;
const CLAIMED: u32 = 8;
const TRUE: u32 = 9;

/// Zones by what is done to them, and what is told of it.
const LIES: [(&str, &str); 6] = [
    // RFC 1982 §3.2.
    (
        "back.example",
        "its serial 6 is not newer than 7; what we have stays",
    ),
    (
        "half.example",
        "its serial 2147483655 is not newer than 7; what we have stays",
    ),
    // RFC 8945 §5.3.1: no more than 99 in a row, and the last one is signed.
    ("gap.example", UNTRUSTED),
    ("end.example", UNTRUSTED),
    ("cuts.example", "what it sends is not right"),
    (LOOPS, "what it sends is not right"),
];
const UNTRUSTED: &str = "a signature of it is wrong or missing; look whether transfers= of \
    127.0.0.1.127.0.0.1._transfer.example.org. says what it speaks, and what is between us";
/// RFC 1995 §4: changes from a version that nobody has here are none; the whole zone is asked for.
const ELSEWHERE: &str = "elsewhere.example";
/// Two primaries, each of which is ahead, until it is asked for the zone.
const LOOPS: &str = "loops.example";
/// As many messages without a signature as there may be.
const ALMOST: &str = "almost.example";

#[derive(Default)]
struct Liar {
    lies: AtomicBool,
    tells_truth: AtomicBool,
    transfers: Mutex<BTreeMap<String, usize>>,
}

impl Liar {
    fn claimed(&self, zone: &str) -> u32 {
        match (self.tells_truth.load(SeqCst), self.lies.load(SeqCst), zone) {
            (true, ..) | (_, _, ALMOST) => TRUE,
            (_, false, _) => HELD,
            (_, _, "back.example") => HELD - 1,
            (_, _, "half.example") => HELD + (1 << 31),
            _ => CLAIMED,
        }
    }

    fn transfer(&self, mut stream: TcpStream, asked: &[u8]) -> std::io::Result<()> {
        let (zone, _, rtype) = question(asked);
        if Rtype(rtype) == Rtype::SOA {
            let mut reply = answer(asked, &[soa(&zone, self.claimed(&zone))]);
            sign(&mut reply, asked);
            return send(&mut stream, &reply);
        }
        *self
            .transfers
            .lock()
            .unwrap()
            .entry(zone.clone())
            .or_default() += 1;
        let is_lie = self.claimed(&zone) == CLAIMED;
        match zone.as_str() {
            "gap.example" if is_lie => gaps(&mut stream, asked, 150, None),
            "end.example" if is_lie => gaps(&mut stream, asked, 1, Some(false)),
            ALMOST => gaps(&mut stream, asked, 99, Some(true)),
            "cuts.example" | LOOPS if is_lie => {
                let message = answer(asked, &whole(&zone, CLAIMED)[..3]);
                send(&mut stream, &message)
            }
            ELSEWHERE if is_lie && Rtype(rtype) == Rtype::IXFR => {
                let www = |serial| whole(&zone, serial)[2].clone();
                let steps = [
                    soa(&zone, 8),
                    soa(&zone, 5),
                    www(5),
                    soa(&zone, 8),
                    www(8),
                    soa(&zone, 8),
                ];
                reply(&mut stream, asked, &steps)
            }
            _ => reply(&mut stream, asked, &whole(&zone, self.claimed(&zone))),
        }
    }
}

fn signer(asked: &[u8]) -> Option<ResponseSigner> {
    let mut ring = Keyring::default();
    let key: Key = tsig::text::read_key(&format!("{KEY}:SHA256:{SECRET}")).unwrap();
    ring.insert(key).unwrap();
    match ring.verify(asked, now()) {
        Ok(Request::Signed(verified)) => Some(verified.into_signer()),
        _ => None,
    }
}

fn sign(message: &mut Vec<u8>, asked: &[u8]) {
    if let Some(signer) = signer(asked) {
        signer.sign(message, now()).unwrap();
    }
}

fn reply(stream: &mut TcpStream, asked: &[u8], records: &[Vec<u8>]) -> std::io::Result<()> {
    let mut message = answer(asked, records);
    sign(&mut message, asked);
    send(stream, &message)
}

/// The first message is signed, and those in between are not; the last one as is said, or it never comes.
fn gaps(
    stream: &mut TcpStream,
    asked: &[u8],
    between: u8,
    last: Option<bool>,
) -> std::io::Result<()> {
    let (zone, ..) = question(asked);
    let all = whole(&zone, if zone == ALMOST { TRUE } else { CLAIMED });
    let mut first = answer(asked, &all[..3]);
    let signer = signer(asked).unwrap();
    let mut signer = signer.sign_first(&mut first, now()).unwrap().with_gap(99);
    send(stream, &first)?;
    for number in 0..between {
        let host = record(
            &format!("h{number}.{zone}"),
            Rtype::A.0,
            &[192, 0, 2, number],
        );
        let mut message = answer(asked, &[host]);
        if number < 99 {
            signer.sign_next(&mut message, now()).unwrap();
        }
        send(stream, &message)?;
    }
    let mut message = answer(asked, &all[3..]);
    match last {
        Some(true) => signer.sign_last(&mut message, now()).unwrap(),
        Some(false) => {}
        None => {
            // Whoever waits for it to go on waits until the other side has had enough.
            let mut rest = Vec::new();
            return std::io::Read::read_to_end(stream, &mut rest).map(drop);
        }
    }
    send(stream, &message)
}

fn status(secondary: &Secondary, zone: &str) -> ZoneStatus {
    let zones = secondary.status().zones.unwrap();
    let found = zones.into_iter().find(|it| it.zone == format!("{zone}."));
    found.unwrap()
}

fn lie(address: SocketAddr, liar: &Arc<Liar>) {
    let [by_datagram, by_stream] = [Arc::clone(liar), Arc::clone(liar)];
    serve(
        address,
        move |asked| {
            let (zone, ..) = question(asked);
            let mut reply = answer(asked, &[soa(&zone, by_datagram.claimed(&zone))]);
            sign(&mut reply, asked);
            reply
        },
        move |stream, asked| by_stream.transfer(stream, &asked),
    );
}

#[test]
fn a_version_that_is_a_lie_is_not_served_and_the_truth_is_followed() {
    let (ours, theirs, others) = (free_address(), free_address(), free_address());
    let liar = Arc::<Liar>::default();
    for address in [theirs, others] {
        lie(address, &liar);
    }
    let mut config = config(ours, theirs, KEY);
    config.pace = Pace {
        refresh_floor_secs: 1,
        retry_floor_secs: 1,
        missing_first_secs: 1,
        missing_last_secs: 1,
        ..Pace::default()
    };
    let zones = LIES
        .iter()
        .map(|(zone, _)| *zone)
        .chain([ELSEWHERE, ALMOST]);
    let zones: Vec<&str> = zones.collect();
    // Key names are for zones below them; this one is for signatures only.
    let lines = zones.iter().map(|zone| {
        let more = match *zone {
            "gap.example" | "end.example" | ALMOST => format!("key={KEY}"),
            LOOPS => format!("127.0.0.1@{}", others.port()),
            _ => String::new(),
        };
        format!("{zone} 127.0.0.1@{} {more}\n", theirs.port())
    });
    follow(&mut config, &lines.collect::<String>(), None);
    let secondary = start(&config);
    for zone in &zones {
        let first = if *zone == ALMOST { TRUE } else { HELD };
        await_seen(ours, zone, &version(first));
    }

    liar.lies.store(true, SeqCst);
    for (zone, told) in LIES {
        poll(|| {
            let status = status(&secondary, zone);
            let why = status.last_failure.as_ref().map(|it| it.why.as_str());
            (why == Some(told))
                .then_some(())
                .ok_or(format!("{status:?}"))
        });
        assert_eq!(said(ours, zone), version(HELD), "{zone}");
    }
    await_seen(ours, ELSEWHERE, &version(CLAIMED));

    liar.tells_truth.store(true, SeqCst);
    for zone in &zones {
        await_seen(ours, zone, &version(TRUE));
    }
    // Each is asked for again at its own pace, however often it lies.
    let transfers = liar.transfers.lock().unwrap().clone();
    assert!(transfers.values().all(|count| *count < 60), "{transfers:?}");
    secondary.stop();
}
