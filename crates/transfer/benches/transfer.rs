//! A zone out and in again: `cargo bench -p transfer [-- RECORDS [PART]]`, parts `out`, `signed`, `in`, `digest`.
//!
//! The zone has hosts with two addresses and some text, and delegations with glue. For figures that can be compared run a
//! part under `valgrind --tool=callgrind`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write;
use std::time::Instant;

use rr::{Name, Secret};
use transfer::zonemd::{Digest, Hash};
use transfer::{Asked, Content, Incoming, Next, Outgoing, Progress, Request, Transport, accept};
use tsig::{Algorithm, Key, Keyring, ResponseSigner, Time};
use zone::{Builder, Checked, HashKey, Zone};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
const NOW: Time = Time::from_secs(1_800_000_000);

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let records = words.first().and_then(|word| word.parse().ok());
    let wanted = |part: &str| words.len() < 2 || words[1] == part;
    let zone = load(records.unwrap_or(900_000));
    if wanted("out") {
        send("out", &zone, None, |_| {});
    }
    if wanted("signed") {
        send("signed", &zone, Some(signer(&zone)), |_| {});
    }
    if wanted("in") {
        take(&zone);
    }
    if wanted("digest") {
        let clock = Instant::now();
        let digest = Digest::of(&zone, Hash::Sha384);
        println!("digest: {:.0?}, {digest}", clock.elapsed());
    }
}

fn load(records: usize) -> Zone<Checked> {
    let mut text = String::from(
        "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n",
    );
    for host in 0..records / 5 {
        let (high, low) = (host >> 8 & 255, host & 255);
        let written = writeln!(
            text,
            "h{host} A 10.1.{high}.{low}\nh{host} AAAA 2001:db8::{host:x}\nh{host} TXT \"v=host id={host}\"\n\
             d{host} NS ns1.d{host}\nns1.d{host} A 10.2.{high}.{low}"
        );
        written.expect("a String takes all");
    }
    let apex = Name::from_text("bench.example").expect("a name");
    let mut builder = Builder::new(apex.clone(), KEY);
    let (mut map, limits) = (SourceMap::new(), Limits::default());
    read_zone(
        apex.as_ref(),
        "bench",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    accept(builder.finish()).expect("a good zone").0
}

fn key() -> Key {
    let name = Name::from_text("a._transfer.bench.example").expect("a name");
    Key::new(
        name.as_ref(),
        Algorithm::Sha256,
        Secret::new(*b"0123456789abcdef"),
    )
    .expect("a key")
}

fn signer(zone: &Zone<Checked>) -> ResponseSigner {
    let mut request = transfer::ask_whole(1, zone.apex());
    let sharer = std::sync::Arc::new(key());
    tsig::sign_request(&sharer, &mut request, NOW).expect("there is room");
    let mut keys = Keyring::default();
    keys.insert(key()).expect("the first key");
    match keys.verify(&request, NOW) {
        Ok(tsig::Request::Signed(verified)) => verified.into_signer(),
        _ => unreachable!("the key is known"),
    }
}

fn send(
    part: &str,
    zone: &Zone<Checked>,
    signer: Option<ResponseSigner>,
    mut each: impl FnMut(&[u8]),
) {
    let request = Request::read(&transfer::ask_whole(1, zone.apex())).expect("a request");
    let mut outgoing = Outgoing::new(request, zone.clone(), None, signer);
    let (mut message, mut messages, mut octets) = (Vec::new(), 0_usize, 0);
    let clock = Instant::now();
    loop {
        let next = outgoing.next_message(&mut message, NOW).expect("it fits");
        messages += 1;
        octets += message.len();
        each(&message);
        if next == Next::Last {
            break;
        }
    }
    let (time, records) = (clock.elapsed(), zone.record_count());
    let each = time.as_nanos() / records as u128;
    println!(
        "{part}: {records} records, {messages} messages, {octets} octets, {time:.0?}, {each} ns a record"
    );
}

fn take(zone: &Zone<Checked>) {
    let mut messages = Vec::new();
    send("sent", zone, None, |message| {
        messages.push(message.to_vec());
    });
    let asked = Asked::Whole(None);
    let apex = zone.apex().to_owned();
    let mut incoming = Incoming::new(1, apex, asked, Transport::Stream, KEY);
    let clock = Instant::now();
    for message in &messages {
        match incoming.take(message, NOW).expect("a good transfer") {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => {
                let Content::Whole(copy) = arrived.what else {
                    unreachable!("all was asked for")
                };
                let taken = clock.elapsed();
                let records = copy.record_count();
                accept(copy).expect("a good zone");
                println!(
                    "in: {records} records, {taken:.0?}, accepted after {:.0?}",
                    clock.elapsed()
                );
                return;
            }
        }
    }
}
