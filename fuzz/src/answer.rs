//! The answering engine, over zones with everything in them.

use std::sync::OnceLock;
use std::time::Duration;

use authority::{Authority, Config, CookiePolicy, CookieSecret, Cookies, Nsid, Request, Transport};
use rr::Name;
use wire::Flags;
use wire::message::Message;
use zone::check::{CheckOptions, Policy};
use zone::{Builder, HashKey, Published, Revision, Zones};
use zonefile::{Limits, NoSources, Pos, SourceMap, read_zone};

const KEY: HashKey = HashKey::new([1, 2]);
const ZONES: [(&str, &str); 4] = [
    (
        "plain.example",
        include_str!("../../crates/authority/tests/zones/plain.example"),
    ),
    (
        "nsec.example",
        include_str!("../../crates/authority/tests/zones/nsec.example"),
    ),
    (
        "nsec3.example",
        include_str!("../../crates/authority/tests/zones/nsec3.example"),
    ),
    (
        "optout.example",
        include_str!("../../crates/authority/tests/zones/optout.example"),
    ),
];

/// Octets as a message over each transport: what is answered is an answer to it, and can be read.
pub fn answer(octets: &[u8]) {
    static SERVED: OnceLock<(Authority, Zones)> = OnceLock::new();
    let (authority, zones) = SERVED.get_or_init(|| (authority(), zones()));
    let mut out = vec![0; 65_535];
    for (transport, most) in [
        (Transport::Udp, 1232),
        (Transport::Tcp, 65_535),
        (Transport::Tls, 65_535),
    ] {
        let client = [192, 0, 2, 1].into();
        let request = Request {
            message: octets,
            transport,
            client,
            now: Duration::from_secs(1_800_000_000),
        };
        match authority.answer(zones, request, &mut out) {
            // RFC 8906 §1: silence is for what is no query.
            None => assert!(octets.len() < 12 || octets[2] & 0x80 != 0),
            Some(length) => {
                assert!(length <= most);
                check(octets, &out[..length]);
            }
        }
    }
}

fn check(asked: &[u8], told: &[u8]) {
    let message = Message::read(told).expect("an answer is read");
    assert_eq!(told[..2], asked[..2], "the identity");
    assert!(message.flags.has(Flags::QR));
    for flag in [Flags::RA, Flags::AD, Flags::CD] {
        assert!(!message.flags.has(flag));
    }
    if let Some(question) = message.questions.first() {
        let name = question.name.as_wire();
        assert_eq!(
            asked[12..12 + name.len()],
            *name,
            "the question comes back as it came"
        );
    }
}

fn authority() -> Authority {
    let secret = CookieSecret::new([7; 16]);
    Authority::new(Config {
        nsid: Nsid::Revision,
        id: Some("fuzz".into()),
        version: None,
        cookies: Some(Cookies {
            secret,
            previous: None,
            policy: CookiePolicy::Require,
        }),
        tcp_idle: Some(100),
        limiter: None,
    })
}

fn zones() -> Zones {
    let mut zones = Zones::new(KEY, Revision::new("none"));
    zones.extend(ZONES.iter().map(|(apex, text)| published(apex, text)));
    zones
}

fn published(apex: &str, text: &str) -> Published {
    let (apex, mut map) = (Name::from_text(apex).expect("a name"), SourceMap::new());
    let mut builder = Builder::new(apex.clone(), KEY);
    let limits = Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    // Loops of aliases are an operator's to allow, and ours to answer.
    let (policy, _) = Policy::read(b"* cname-loop off\n", Pos(0));
    let (zone, _) = builder
        .finish()
        .check(&CheckOptions::new(&map, &errors, &policy));
    Published {
        zone: zone.expect("a good zone"),
        revision: Revision::new("one"),
    }
}
