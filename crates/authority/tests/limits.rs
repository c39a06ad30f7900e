//! What a network sees that is sent too much: which answers are counted together, and what comes instead.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use std::sync::Arc;

use authority::{
    Authority, Class, Config, CookiePolicy, CookieSecret, Cookies, Limiter, Nsid, RateLimit,
    Request, Transport,
};
use hickory_proto::op::Message as Theirs;
use rr::Rtype;
use wire::message::{Ask, AskEdns, Message};
use wire::{EdnsOption, Flags, OptionCode, ResponseCode};
use zone::Zones;

mod support;

struct World {
    authority: Authority,
    limiter: Arc<Limiter>,
    zones: Zones,
}

impl World {
    fn new(rate: u32, slip: u8) -> World {
        let limit = RateLimit {
            rate,
            slip,
            ..RateLimit::default()
        };
        let limiter = Arc::new(Limiter::new(&limit, [1, 2]));
        let cookies = Cookies {
            secret: CookieSecret::new([7; 16]),
            previous: None,
            policy: CookiePolicy::Offer,
        };
        let config = Config {
            nsid: Nsid::Revision,
            cookies: Some(cookies),
            limiter: Some(Arc::clone(&limiter)),
            ..Config::default()
        };
        let (authority, zones) = (Authority::new(config), support::all_zones());
        World {
            authority,
            limiter,
            zones,
        }
    }

    fn ask(&self, message: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let mut out = vec![0; 65_535];
        let request = Request {
            message,
            transport,
            client: support::CLIENT,
            now: support::NOW,
        };
        let length = self.authority.answer(&self.zones, request, &mut out)?;
        out.truncate(length);
        Some(out)
    }

    /// The class that holds back the second of two questions, if one does.
    fn shared(first: &str, second: &str) -> Option<Class> {
        let world = World::new(1, 1);
        world
            .ask(&support::question(first).0, Transport::Udp)
            .unwrap();
        world
            .ask(&support::question(second).0, Transport::Udp)
            .unwrap();
        let held_back = world.limiter.held_back();
        held_back
            .into_iter()
            .find(|counts| counts.truncated == 1)
            .map(|counts| counts.class)
    }
}

/// With this cookie, and NSID asked for.
fn with_cookie(name: &str, cookie: &[u8]) -> Vec<u8> {
    let name = support::name(name);
    let options = [(OptionCode::COOKIE, cookie), (OptionCode::NSID, &[][..])];
    let options = options.map(|(code, data)| EdnsOption { code, data }).into();
    let edns = Some(AskEdns {
        payload_size: 1232,
        dnssec_ok: true,
        options,
        ..AskEdns::default()
    });
    Ask {
        id: 9,
        flags: Flags::RD,
        name: name.as_ref(),
        rtype: Rtype::A,
        class: rr::Class::IN,
        edns,
    }
    .emit()
}

fn cookie_in(message: &Message) -> Vec<u8> {
    let options = &message.edns.as_ref().unwrap().options;
    let cookie = options.iter().find(|(code, _)| *code == OptionCode::COOKIE);
    cookie.unwrap().1.to_vec()
}

#[test]
fn answers_are_counted_by_what_cannot_be_made_up() {
    let same = |first, second, class| {
        let shared = World::shared(first, second);
        assert_eq!(shared, Some(class), "{first}, {second}");
    };
    same("ns1.plain.example ANY", "ns2.plain.example ANY", Class::Any);
    same("nsec.example ANY", "nsec.example RRSIG", Class::Any);
    same("a.test A", "version.bind CH TXT", Class::Error);
    same("example.test A", "plain.example AXFR", Class::Error);
    same(
        "a.wild.plain.example A",
        "b.wild.plain.example A",
        Class::Wildcard,
    );
    same(
        "a.wild.plain.example A",
        "b.c.wild.plain.example A",
        Class::Wildcard,
    );
    same(
        "child.plain.example A",
        "a.child.plain.example TXT",
        Class::Referral,
    );

    same(
        "a.far.plain.example A",
        "b.far.plain.example MX",
        Class::Wildcard,
    );
    same(
        "big.plain.example A",
        "big.plain.example A",
        Class::Positive,
    );
    same(
        "secure.plain.example DS",
        "secure.plain.example A",
        Class::Referral,
    );

    let apart = |first, second| {
        assert_eq!(World::shared(first, second), None, "{first}, {second}");
    };
    apart("ns1.plain.example A", "ns2.plain.example A");
    apart("ns1.plain.example A", "ns1.plain.example TXT");
    apart("nx.plain.example A", "nx.nsec.example A");
    apart("a.wild.plain.example A", "ns1.plain.example A");
    apart("nx.plain.example A", "nx.test A");
}

#[test]
fn what_slips_is_empty_and_well_formed() {
    for (question, _) in support::questions()
        .iter()
        .filter(|(_, transport)| *transport == Transport::Udp)
    {
        let world = World::new(1, 1);
        let full = world.ask(question, Transport::Udp).unwrap();
        let slipped = world.ask(question, Transport::Udp).unwrap();
        let (full, short) = (
            Message::read(&full).unwrap(),
            Message::read(&slipped).unwrap(),
        );
        let theirs = Theirs::from_vec(&slipped).unwrap();
        assert!(theirs.metadata.truncation, "{question:?}");
        assert!(
            theirs.answers.is_empty()
                && theirs.authorities.is_empty()
                && theirs.additionals.is_empty()
        );
        assert_eq!((short.id, short.questions.len()), (full.id, 1));
        assert_eq!(short.questions[0].name, full.questions[0].name);
        assert_eq!(
            short.edns.is_some(),
            full.edns.is_some(),
            "OPT comes to who sent one"
        );
        assert!(slipped.len() <= question.len(), "nothing is gained by it");
        assert!(!short.flags.has(Flags::AA));
        let error = world.limiter.held_back().last().unwrap().truncated == 1;
        let wanted = if error {
            full.rcode
        } else {
            ResponseCode::NoError
        };
        assert_eq!(short.rcode, wanted);
    }
}

#[test]
fn faults_are_limited_too() {
    let world = World::new(1, 2);
    let (mut two, _) = support::question("ns1.plain.example A");
    two[5] = 2;
    let fates: Vec<_> = (0..5).map(|_| world.ask(&two, Transport::Udp)).collect();
    let lengths: Vec<_> = fates
        .iter()
        .map(|fate| fate.as_ref().map(Vec::len))
        .collect();
    assert_eq!(lengths, [Some(12), None, Some(12), None, Some(12)]);
    let slipped = Theirs::from_vec(fates[2].as_ref().unwrap()).unwrap();
    assert!(slipped.metadata.truncation && slipped.queries.is_empty());
    assert_eq!(fates[2].as_ref().unwrap()[3] & 15, 1, "FORMERR still");
}

/// RFC 7873 §5.2.3: the client that knows no cookie yet is told one with TC, and is not limited when it comes back.
#[test]
fn a_cookie_leads_out() {
    let world = World::new(1, 2);
    let first = with_cookie("ns1.plain.example", b"clientck");
    world.ask(&first, Transport::Udp).unwrap();
    assert_eq!(world.ask(&first, Transport::Udp), None, "dropped");
    let slipped = Message::read(&world.ask(&first, Transport::Udp).unwrap()).unwrap();
    assert!(slipped.flags.has(Flags::TC));
    assert_eq!(slipped.edns.as_ref().unwrap().options.len(), 1, "no NSID");
    let cookie = cookie_in(&slipped);
    assert_eq!((&cookie[..8], cookie.len()), (&b"clientck"[..], 24));

    let again = with_cookie("ns1.plain.example", &cookie);
    let forged = with_cookie(
        "ns1.plain.example",
        &[&cookie[..23], &[!cookie[23]]].concat(),
    );
    for _ in 0..10 {
        let full = Message::read(&world.ask(&again, Transport::Udp).unwrap()).unwrap();
        assert_eq!((full.flags.has(Flags::TC), full.answer.len()), (false, 1));
    }
    let forged: Vec<_> = (0..4).map(|_| world.ask(&forged, Transport::Udp)).collect();
    assert!(
        forged.iter().flatten().all(|answer| answer[2] & 2 != 0),
        "held back"
    );
    assert_eq!(forged.iter().flatten().count(), 2);
}

#[test]
fn tcp_is_not_limited() {
    let world = World::new(1, 2);
    let (question, _) = support::question("ns1.plain.example A");
    for _ in 0..10 {
        assert!(world.ask(&question, Transport::Tcp).unwrap()[7] > 0);
    }
    assert!(
        world
            .ask(&question, Transport::Udp)
            .is_some_and(|answer| answer[2] & 2 == 0),
        "nor counted"
    );
}
