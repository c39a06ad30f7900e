//! What senders are told, and names of other zones.

use rr::{Name, Serial};
use update::{Message, Planned, Policy, Refusal, Scene, plan};
use wire::{Ede, ResponseCode};
use zone::{Published, Revision};

use crate::support::{
    NOW, ROOT_KEY, lines, name, no_zones, planned, planned_with, script, update, zone,
};

const TOP: &str = "@ 300 SOA ns mail 10 7200 900 1209600 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n";

fn words(lines: &str) -> Vec<String> {
    lines.lines().map(str::to_owned).collect()
}

fn message(lines: &str) -> Vec<u8> {
    script::message(&name("example.org"), &words(lines))
}

#[test]
fn each_refusal_has_a_code_and_says_why() {
    let zone = zone("example.org", TOP);
    let update = |lines: &str| planned(&zone, &message(lines)).expect_err(lines);
    for (lines, code, ede, text) in [
        (
            "prereq yxdomain www",
            ResponseCode::NXDomain,
            Ede::OTHER,
            "prerequisite: www.example.org. has no records",
        ),
        (
            "prereq nxdomain ns",
            ResponseCode::YXDomain,
            Ede::OTHER,
            "prerequisite: ns.example.org. has records",
        ),
        (
            "prereq nxrrset ns A",
            ResponseCode::YXRRSet,
            Ede::OTHER,
            "prerequisite: ns.example.org. has A records",
        ),
        (
            "prereq yxrrset ns AAAA",
            ResponseCode::NXRRSet,
            Ede::OTHER,
            "prerequisite: ns.example.org. has no AAAA records, or others than those",
        ),
        (
            "update delete www.example.com.",
            ResponseCode::NotZone,
            Ede::NOT_AUTHORITATIVE,
            "www.example.com. is outside of the zone to be changed",
        ),
        (
            "section CH SOA",
            ResponseCode::NotAuth,
            Ede::NOT_AUTHORITATIVE,
            "there is no zone example.org. here",
        ),
        (
            "section IN A",
            ResponseCode::FormErr,
            Ede::OTHER,
            "octet 12: the zone section says A, not SOA",
        ),
        (
            "raw update www 5 ANY A",
            ResponseCode::FormErr,
            Ede::OTHER,
            "octet 29: a TTL of 5 where it must be 0",
        ),
        (
            "update add www 60 NSEC ns A",
            ResponseCode::Refused,
            Ede::NOT_SUPPORTED,
            "NSEC of www.example.org. is made by whoever signs the zone, not by updates",
        ),
    ] {
        let refusal = update(lines);
        assert_eq!(refusal.verdict(), (code, ede), "{lines}");
        assert_eq!(refusal.to_string(), text, "{lines}");
    }
    assert_eq!(
        Refusal::NotSigned.verdict(),
        (ResponseCode::Refused, Ede::PROHIBITED)
    );
}

/// The shape of messages, cut off at every octet and longer than any (`limits::MESSAGE_OCTETS`).
#[test]
fn messages_that_are_none() {
    let whole =
        message("prereq yxdomain www\nupdate add www 60 A 192.0.2.1\nupdate delete www MX 10 mail");
    assert!(Message::parse(&whole).is_ok());
    for length in 0..whole.len() {
        let refusal = Message::parse(&whole[..length]).expect_err("cut off");
        assert_eq!(refusal.verdict().0, ResponseCode::FormErr, "{length}");
    }
    let mut long = whole.clone();
    long.resize(update::limits::MESSAGE_OCTETS, 0);
    assert!(
        Message::parse(&long).is_ok(),
        "octets behind the last record are ignored"
    );
    long.push(0);
    assert!(matches!(Message::parse(&long), Err(Refusal::Malformed(_))));
    let query = wire::message::query(7, name("example.org").as_ref(), rr::Rtype::SOA);
    assert!(
        matches!(Message::parse(&query), Err(Refusal::Malformed(_))),
        "a question"
    );
}

/// RFC 2136 §3.1.2: one zone at a time, which is the caller's to find.
#[test]
fn another_zone_than_the_one_at_hand() {
    let zone = zone("example.com", TOP);
    let refusal = planned(&zone, &message("update delete www")).expect_err("another zone");
    assert_eq!(refusal, Refusal::NoSuchZone(name("example.org")));
}

/// RFC 2136 §3.2.5: names of a zone below are not of this zone, but for what its parent says about it.
#[test]
fn names_of_a_zone_below() {
    let parent = zone(
        "example.org",
        &format!("{TOP}sub 300 NS ns.sub\nns.sub 300 A 192.0.2.5\n"),
    );
    let child = zone("sub.example.org", TOP);
    let revision = Revision::new("beef");
    let zones = no_zones().with(Published {
        zone: child,
        revision,
    });
    let zones = zones.awaiting(name("late.example.org").as_ref());
    let plan = |lines: &str| {
        let scene = Scene {
            zone: &parent,
            serial: Serial(10),
            zones: &zones,
            policy: &Policy::default(),
            now: NOW,
        };
        plan(&update(message(lines), ROOT_KEY).unwrap(), &scene).map(|plan| plan.planned)
    };
    for refused in [
        "update add www.sub 60 A 192.0.2.1\nupdate add www.sub 60 TXT \"x\"",
        "update add sub 60 TXT \"x\"",
        "update delete www.sub",
        "prereq nxdomain www.sub",
        "prereq nxrrset sub MX",
        "update add www.late 60 TXT \"x\"",
        "update add late 60 TXT \"x\"",
    ] {
        let refusal = plan(refused).expect_err(refused);
        assert_eq!(refusal.verdict().0, ResponseCode::NotZone, "{refused}");
        assert!(
            refusal
                .to_string()
                .ends_with("send the update to that zone"),
            "{refusal}"
        );
    }
    for taken in [
        "update add sub 300 NS ns2.sub\nupdate add ns2.sub 300 AAAA 2001:db8::1",
        "update add sub 300 DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000",
        "update delete ns.sub A",
        "prereq yxdomain sub\nupdate delete sub",
        "update add late 300 NS ns.late\nupdate add ns.late 300 A 192.0.2.9",
        "update add subway 300 TXT \"no part of it\"",
    ] {
        assert!(matches!(plan(taken), Ok(Planned::Changes(_))), "{taken}");
    }
}

/// RFC 3007 §4.3: whoever signs a zone would have to sign again.
#[test]
fn a_zone_that_is_signed_elsewhere() {
    let rrsig = "@ 300 RRSIG SOA 13 2 300 20370101000000 20260101000000 1 example.org. AAAA\n";
    let text = format!("{TOP}{rrsig}@ 300 DNSKEY 257 3 13 AAAA\n@ 300 NSEC @ SOA\n");
    let zone = zone("example.org", &text);
    let refusal = planned(&zone, &message("update add www 60 A 192.0.2.1")).expect_err("signed");
    assert_eq!(refusal, Refusal::SignedZone(name("example.org")));
    assert_eq!(
        refusal.verdict(),
        (ResponseCode::Refused, Ede::NOT_SUPPORTED)
    );
    assert_eq!(
        planned(&zone, &message("update delete www")),
        Ok(Planned::Nothing)
    );
}

/// RFC 2136 §3.4.2.2: what a sender sees is the serial that is served, whatever the text says.
#[test]
fn the_serial_that_counts_is_the_one_served() {
    let (zone, apex) = (zone("example.org", TOP), name("example.org"));
    let plan = |serial: u32, lines: &str| {
        let scene = Scene {
            zone: &zone,
            serial: Serial(serial),
            zones: &no_zones(),
            policy: &Policy::default(),
            now: NOW,
        };
        plan(&update(message(lines), ROOT_KEY).unwrap(), &scene).map(|plan| plan.planned)
    };
    let soa = |serial: u32| format!("@ 300 SOA ns mail {serial} 7200 900 1209600 300");
    for ignored in [11, 20] {
        assert_eq!(
            plan(20, &format!("update add {}", soa(ignored))),
            Ok(Planned::Nothing)
        );
    }
    let taken = plan(20, &format!("update add {}", soa(21))).unwrap();
    // What is to be taken out of the text is what stands there.
    assert_eq!(
        lines(&taken, &apex),
        [format!("+ {}", soa(21)), format!("- {}", soa(10))]
    );
    let asked = "prereq yxrrset @ SOA ns mail 20 7200 900 1209600 300\nupdate delete ns AAAA";
    assert_eq!(plan(20, asked), Ok(Planned::Nothing));
    let other = "update add www 60 A 192.0.2.1";
    assert_eq!(
        lines(&plan(20, other).unwrap(), &apex),
        ["+ www 60 A 192.0.2.1"]
    );
}

/// 5,000 records in one message cost what they are, whatever set they are of.
#[test]
fn the_largest_message_is_planned_record_by_record() {
    let zone = zone("example.org", TOP);
    let apex = name("example.org");
    let mut octets = message("");
    let record = |at: u32| {
        let mut record = b"\x03www\xC0\x0C\0\x01\0\x01\0\0\0\x3C\0\x04".to_vec();
        record.extend((0x0A00_0000 + at).to_be_bytes());
        record
    };
    let count = (65_535 - 200 - octets.len()) / record(0).len();
    octets[8..10].copy_from_slice(&(count as u16).to_be_bytes());
    (0..count).for_each(|at| octets.extend(record((at as u32).wrapping_mul(7919) % 60_000)));
    let Ok(Planned::Changes(changes)) = planned(&zone, &octets) else {
        panic!("changes");
    };
    assert_eq!((changes.records().len(), changes.sets().len()), (count, 1));
    assert_eq!(lines(&Planned::Changes(changes), &apex).len(), count);
}

/// What is said of an update in a commit.
#[test]
fn changes_are_told_in_words() {
    let text = format!(
        "{TOP}www 300 A 192.0.2.1\nwww 300 A 192.0.2.2\n_443._tcp.www 300 TLSA 3 1 1 \\# 0\n"
    )
    .replace("TLSA 3 1 1 \\# 0", "TLSA 3 1 1 00");
    let zone = zone("example.org", &text);
    let script = "update delete _443._tcp.www TLSA\nupdate add _443._tcp.www 300 TLSA 3 1 1 01\n\
                  update delete www A 192.0.2.1\nupdate add www 60 A 192.0.2.2\nupdate add @ 300 TXT \"x\"\n\
                  update delete ns";
    let Ok(Planned::Changes(changes)) =
        planned_with(&zone, &message(script), ROOT_KEY, &Policy::default(), NOW)
    else {
        panic!("changes");
    };
    let told: Vec<String> = changes.lines().collect();
    assert_eq!(
        told,
        [
            "add TXT of @ (1 added)",
            "delete A of ns (1 removed)",
            "replace A of www (1 removed, TTL 300 to 60)",
            "replace TLSA of _443._tcp.www (1 removed, 1 added)",
        ]
    );
    let trailers: Vec<String> = changes.sets().iter().map(ToString::to_string).collect();
    assert_eq!(trailers[3], "TLSA _443._tcp.www.example.org. -1 +1");
    assert_eq!(changes.zone(), Name::from(zone.apex()).as_ref());
}
