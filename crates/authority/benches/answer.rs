//! What an answer costs: `cargo bench -p authority [-- KIND ...]`; with `--unlimited` without counting rates.
//!
//! The zone has the shape of a hosting zone, the questions are those of `bench/auth.py`, one kind after the other.
//! Times are as noisy as the machine. For figures that can be compared, count instructions:
//! `valgrind --tool=callgrind --toggle-collect='*answer_all*' BENCH KIND`, over 10,000 answers.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured"
)]

use std::fmt::Write;
use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::{Authority, Config, Limiter, RateLimit, Request, Transport};
use rr::{Class, Name, Rtype};
use wire::Flags;
use wire::message::{Ask, AskEdns};
use zone::check::{CheckOptions, Policy};
use zone::{Builder, HashKey, Published, Revision, Zones};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
/// Of each kind of name.
const NAMES: usize = 2000;
const ANSWERS: usize = 10_000;

/// Kind, owner with `#` for a number, type, EDNS.
const KINDS: [(&str, &str, Rtype, bool); 10] = [
    ("address", "h#.bench.example.", Rtype::A, false),
    ("address-edns", "h#.bench.example.", Rtype::A, true),
    ("two-labels", "h#.bench.example.", Rtype::AAAA, false),
    ("referral", "www.d#.bench.example.", Rtype::A, false),
    ("mail", "m#.bench.example.", Rtype::MX, false),
    ("alias", "c#.bench.example.", Rtype::A, false),
    ("wildcard", "x.w#.bench.example.", Rtype::A, false),
    ("no-name", "nx#.bench.example.", Rtype::A, false),
    ("no-data", "h#.bench.example.", Rtype::MX, false),
    ("refused", "h#.bench.test.", Rtype::A, false),
];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let limited = !std::env::args().any(|word| word == "--unlimited");
    let config = Config {
        limiter: limited.then(limiter),
        ..Config::default()
    };
    let (authority, zones) = (Authority::new(config), zones());
    for (kind, owner, rtype, edns) in KINDS {
        if wanted.is_empty() || wanted.iter().any(|word| word == kind) {
            let questions: Vec<Vec<u8>> = (0..ANSWERS)
                .map(|n| question(owner, n, rtype, edns))
                .collect();
            answer_all(&authority, &zones, &questions);
            let start = Instant::now();
            let octets = answer_all(&authority, &zones, &questions);
            let nanos = start.elapsed().as_nanos() / ANSWERS as u128;
            println!("{kind:14} {nanos:5} ns, {} octets", octets / ANSWERS);
        }
    }
}

/// Counts, and never holds back.
fn limiter() -> Arc<Limiter> {
    let limit = RateLimit {
        rate: RateLimit::RATE_MAX,
        ..RateLimit::default()
    };
    Arc::new(Limiter::new(&limit, [1, 2]))
}

#[inline(never)]
fn answer_all(authority: &Authority, zones: &Zones, questions: &[Vec<u8>]) -> usize {
    let (mut out, client) = ([0; 1232], IpAddr::from([127, 0, 0, 1]));
    let mut octets = 0;
    for message in questions {
        let request = Request {
            message,
            transport: Transport::Udp,
            client,
            now: Duration::ZERO,
        };
        octets += authority
            .answer(black_box(zones), request, &mut out)
            .unwrap();
        black_box(&out);
    }
    octets
}

/// The numbers are in no order, so that no two questions touch the same names soon.
fn question(owner: &str, n: usize, rtype: Rtype, edns: bool) -> Vec<u8> {
    let name = Name::from_text(&owner.replace('#', &(n * 7919 % NAMES).to_string())).unwrap();
    let edns = edns.then(|| AskEdns {
        payload_size: 1232,
        ..AskEdns::default()
    });
    Ask {
        id: n as u16,
        flags: Flags::default(),
        name: name.as_ref(),
        rtype,
        class: Class::IN,
        edns,
    }
    .emit()
}

fn zones() -> Zones {
    let mut text = String::from(
        "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\n\
         ns1 A 192.0.2.1\nns2 A 192.0.2.2\nns1 AAAA 2001:db8::1\n",
    );
    for n in 0..NAMES {
        let (high, low) = (n >> 8, n & 255);
        write!(
            text,
            "h{n} A 10.0.{high}.{low}\nh{n} AAAA 2001:db8:1::{n:x}\n\
             d{n} NS ns1.d{n}\nd{n} NS ns2.d{n}\nns1.d{n} A 10.200.{high}.{low}\nns2.d{n} A 10.201.{high}.{low}\n\
             m{n} MX 10 h{n}\nc{n} CNAME h{n}\n*.w{n} A 10.202.{high}.{low}\n"
        )
        .unwrap();
    }
    let (apex, mut map) = (Name::from_text("bench.example.").unwrap(), SourceMap::new());
    let mut builder = Builder::new(apex.clone(), KEY);
    let limits = Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "bench.example",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    let (zone, _) = builder
        .finish()
        .check(&CheckOptions::new(&map, &errors, &Policy::default()));
    let revision = Revision::new("bench");
    Zones::new(KEY, revision.clone()).with(Published {
        zone: zone.unwrap(),
        revision,
    })
}
