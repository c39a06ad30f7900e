//! What a secondary gets: the shape of the messages, and what is in them.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::Arc;

use common::{ID, NOW, done, exchange, exchange_over, incoming, listed, sent, take_all, zone};
use hickory_proto::op::Message as HickoryMessage;
use rr::{Rtype, Serial};
use transfer::limits::{LARGEST_MESSAGE, MESSAGE_OCTETS};
use transfer::{
    Asked, Content, Difference, History, Outgoing, Request, RequestError, Transport, Wanted,
};
use wire::message::Message;
use zone::{Checked, Zone};

const SOA: &str = "@ SOA ns mail 7 2h 1h 2w 300\n";

/// Glue, what a cut hides, a wildcard, an alias, sets of several records, and names that share much.
const ZONE: &str = "@ NS ns\n@ MX 10 mail\n@ MX 20 mail.example.net.\nns A 192.0.2.1\nns A 192.0.2.2\n\
    sub NS ns.sub\nns.sub A 192.0.2.3\nhidden.sub TXT hidden\n*.w CNAME ns\nmail AAAA 2001:db8::1\n\
    _x._tcp SRV 0 0 25 mail\nd DNAME example.net.\n";

fn small() -> Zone<Checked> {
    zone(&format!("{SOA}{ZONE}"))
}

/// As many hosts as it takes for several messages.
fn large(serial: u32, hosts: usize) -> Zone<Checked> {
    let hosts: String = (0..hosts)
        .map(|host| format!("h{host} A 192.0.2.1\nh{host} TXT \"host {host} of many\"\n"))
        .collect();
    zone(&format!(
        "@ SOA ns mail {serial} 2h 1h 2w 300\n{ZONE}{hosts}"
    ))
}

fn whole(zone: &Zone<Checked>) -> Vec<Vec<u8>> {
    let exchange = exchange(Asked::Whole(None), None);
    sent(Outgoing::new(exchange.request, zone.clone(), None, None))
}

#[test]
fn all_of_the_zone_between_two_soa_records() {
    let zone = small();
    let messages = whole(&zone);
    assert_eq!(messages.len(), 1);
    let read = Message::read(&messages[0]).unwrap();
    assert_eq!(read.answer.len(), zone.record_count() + 1);
    let types: Vec<_> = read
        .answer
        .iter()
        .map(|record| record.data.rtype())
        .collect();
    assert_eq!((types[0], types[types.len() - 1]), (Rtype::SOA, Rtype::SOA));
    assert_eq!(
        types.iter().filter(|rtype| **rtype == Rtype::SOA).count(),
        2
    );
    let arrived = done(take_all(
        incoming(Asked::Whole(None), Transport::Stream),
        messages,
    ));
    let Content::Whole(copy) = arrived.what else {
        panic!()
    };
    assert_eq!(listed(&copy), listed(&zone));
    assert_eq!(
        arrived.expire_secs,
        Some(1_209_600),
        "RFC 7314: two weeks, as the SOA record says"
    );
}

/// RFC 5936 §2.2: identity, question, flags; the OPT record is in the first message only.
#[test]
fn each_message_is_an_answer_to_the_request() {
    let messages = whole(&large(7, 2_000));
    assert!(messages.len() > 4);
    for (number, octets) in messages.iter().enumerate() {
        assert!(octets.len() <= MESSAGE_OCTETS);
        let read = Message::read(octets).unwrap();
        assert_eq!(read.id, ID);
        assert_eq!(read.flags, wire::Flags(0x8400), "QR and AA");
        assert_eq!(
            (read.questions.len(), read.questions[0].rtype),
            (1, Rtype(252))
        );
        assert!(read.authority.is_empty() && read.additional.is_empty());
        assert_eq!(read.edns.is_some(), number == 0);
        assert!(
            HickoryMessage::from_vec(octets).is_ok(),
            "hickory reads it, too"
        );
    }
    let full = &messages[..messages.len() - 1];
    assert!(
        full.iter()
            .all(|octets| octets.len() > MESSAGE_OCTETS - 300),
        "they are full"
    );
}

#[test]
fn names_are_compressed() {
    let zone = large(7, 2_000);
    let uncompressed: usize = listed(&zone)
        .iter()
        .map(|(owner, _, _, rdata)| owner.len() + 11 + rdata.len())
        .sum();
    let octets: usize = whole(&zone).iter().map(Vec::len).sum();
    assert!(octets * 10 < uncompressed * 8, "{octets} of {uncompressed}");
}

/// A record that is larger than messages are made, and a set that fits into none at all together with a signature.
#[test]
fn what_is_large_gets_a_message_of_its_own() {
    let txt = |octets: usize| {
        let strings: String = (0..octets / 256)
            .map(|_| format!(" \"{}\"", "x".repeat(255)))
            .collect();
        strings
    };
    let mut text = format!("{SOA}{ZONE}big TXT{}\nlater A 192.0.2.1\n", txt(40_000));
    for number in 0..3 {
        text.push_str(&format!("set TXT {number}{}\n", txt(21_500)));
    }
    let zone = zone(&text);
    for dialect in [
        None,
        Some(tsig::Dialect::Chained),
        Some(tsig::Dialect::EachAlone),
    ] {
        let exchange = exchange(Asked::Whole(None), dialect);
        let outgoing = Outgoing::new(exchange.request, zone.clone(), None, exchange.signer);
        let messages = sent(outgoing);
        assert!(
            messages
                .iter()
                .all(|message| message.len() <= LARGEST_MESSAGE)
        );
        let Content::Whole(copy) = done(take_all(exchange.incoming, messages)).what else {
            panic!()
        };
        assert_eq!(listed(&copy), listed(&zone));
    }
}

fn chain(versions: u32) -> (Vec<Zone<Checked>>, History) {
    let (mut zones, mut history) = (Vec::new(), History::default());
    for serial in 1..=versions {
        let text = format!(
            "@ SOA ns mail {serial} 2h 1h 2w 300\n{ZONE}x{serial} A 192.0.2.{serial}\nns AAAA 2001:db8::{serial}\n"
        );
        zones.push(zone(&text));
    }
    for pair in zones.windows(2) {
        history.push(Arc::new(Difference::between(&pair[0], &pair[1]).unwrap()));
    }
    (zones, history)
}

fn answer(have: &Zone<Checked>, newest: &Zone<Checked>, history: &History) -> (Content, usize) {
    let exchange = exchange(Asked::Changes(have.clone()), None);
    let steps = exchange
        .request
        .needs_changes_since(newest)
        .map(|since| history.since(since));
    let outgoing = Outgoing::new(exchange.request, newest.clone(), steps.flatten(), None);
    let messages = sent(outgoing);
    let count = Message::read(&messages[0]).unwrap().answer.len();
    (done(take_all(exchange.incoming, messages)).what, count)
}

/// RFC 1995 §4: the differences one after the other, from whichever version the client has.
#[test]
fn changes_from_any_version() {
    let (zones, history) = chain(4);
    let newest = &zones[3];
    for (at, have) in zones.iter().enumerate().take(3).skip(1) {
        let (Content::Changed(copy, steps), count) = answer(have, newest, &history) else {
            panic!("from {at}")
        };
        assert_eq!(steps.len(), 3 - at);
        assert_eq!(listed(&copy), listed(newest));
        assert_eq!(
            count,
            2 + 6 * steps.len(),
            "two SOA records and four others each, within two"
        );
    }
}

#[test]
fn nothing_newer_is_one_record() {
    let (zones, history) = chain(3);
    for have in &zones[1..] {
        let (Content::UpToDate(serial), 1) = answer(have, &zones[1], &history) else {
            panic!()
        };
        assert_eq!(serial, Serial(2));
    }
}

/// RFC 1995 §4: the whole zone where that is less, or where nobody knows.
#[test]
fn the_whole_zone_where_changes_are_no_use() {
    let (zones, history) = chain(6);
    let other = |serial: u32| {
        let hosts: String = (0..90)
            .map(|host| format!("h{host} A 192.0.{serial}.{host}\n"))
            .collect();
        zone(&format!(
            "@ SOA ns mail {serial} 2h 1h 2w 300\n{ZONE}{hosts}"
        ))
    };
    let (one, two) = (other(1), other(2));
    let mut replaced = History::default();
    replaced.push(Arc::new(Difference::between(&one, &two).unwrap()));
    let (content, _) = answer(&one, &two, &replaced);
    assert!(
        matches!(content, Content::Whole(_)),
        "each record goes and comes"
    );
    let (content, _) = answer(&zones[4], &zones[5], &History::default());
    assert!(matches!(content, Content::Whole(_)), "unknown");
    let elsewhere = history.since(Serial(2)).unwrap();
    let exchange = exchange(Asked::Changes(zones[4].clone()), None);
    let outgoing = Outgoing::new(exchange.request, zones[5].clone(), Some(elsewhere), None);
    assert_eq!(outgoing.kind(), "whole zone", "steps from another version");
}

/// RFC 1995 §5: what came and went again is left out where all steps would be more than the zone.
#[test]
fn many_changes_are_condensed() {
    let (zones, history) = chain(6);
    let (content, count) = answer(&zones[0], &zones[5], &history);
    let Content::Changed(copy, steps) = content else {
        panic!("not as changes")
    };
    assert_eq!((steps.len(), count), (1, 8), "six within two SOA records");
    assert_eq!(listed(&copy), listed(&zones[5]));
    let none: &[Difference] = &[];
    assert!(Difference::condensed(none).is_none());
}

#[test]
fn a_history_is_a_chain_within_its_limit() {
    let (zones, history) = chain(5);
    assert_eq!(history.since(Serial(1)).unwrap().len(), 4);
    assert_eq!(history.since(Serial(5)).unwrap().len(), 0);
    assert!(history.since(Serial(6)).is_none());
    let step =
        |from: usize, to: usize| Arc::new(Difference::between(&zones[from], &zones[to]).unwrap());
    let mut small = History::default().with_octets(step(0, 1).octets() + step(1, 2).octets());
    small.push(step(0, 1));
    small.push(step(1, 2));
    small.push(step(2, 3));
    assert!(small.since(Serial(1)).is_none(), "the oldest had to go");
    assert_eq!(small.since(Serial(2)).unwrap().len(), 2);
    small.push(step(2, 4));
    assert!(
        small.since(Serial(2)).is_none(),
        "it does not go on from serial 4"
    );
    assert_eq!(small.since(Serial(3)).unwrap().len(), 1);
    let mut none = History::default().with_octets(10);
    none.push(step(0, 1));
    assert_eq!(none.octets(), 0);
}

#[test]
fn so_many_versions_are_a_history() {
    let most = transfer::limits::HISTORY_VERSIONS;
    let version = |serial: usize| zone(&format!("@ SOA ns mail {serial} 2h 1h 2w 300\n{ZONE}"));
    let zones: Vec<_> = (1..=most + 2).map(version).collect();
    let mut history = History::default();
    let mut steps = zones
        .windows(2)
        .map(|pair| Difference::between(&pair[0], &pair[1]).unwrap());
    steps
        .by_ref()
        .take(most)
        .for_each(|step| history.push(Arc::new(step)));
    assert_eq!(history.since(Serial(1)).unwrap().len(), most);
    history.push(Arc::new(steps.next().unwrap()));
    assert!(history.since(Serial(1)).is_none(), "the oldest had to go");
    assert_eq!(history.since(Serial(2)).unwrap().len(), most);
}

#[test]
fn no_difference_leads_back() {
    let (zones, _) = chain(2);
    assert!(Difference::between(&zones[1], &zones[0]).is_none());
    assert!(Difference::between(&zones[0], &zones[0]).is_none());
}

/// RFC 1995 §2: over UDP all of it or the SOA record alone.
#[test]
fn over_udp_it_fits_or_it_is_the_soa_record() {
    let (zones, history) = chain(2);
    let steps = history.since(Serial(1));
    let only = |asked: Asked, newest: &Zone<Checked>, steps, most| {
        let exchange = exchange_over(asked, Some(tsig::Dialect::Chained), Transport::Datagram);
        let outgoing = Outgoing::new(exchange.request, newest.clone(), steps, exchange.signer);
        let mut message = Vec::new();
        outgoing.only_message(&mut message, most, NOW).unwrap();
        assert!(message.len() <= most);
        done(take_all(exchange.incoming, [message])).what
    };
    let have = Asked::Changes(zones[0].clone());
    let fits = only(have.clone(), &zones[1], steps.clone(), 1_232);
    assert!(matches!(fits, Content::Changed(..)));
    let large = large(2, 100);
    let does_not = only(have, &large, None, 1_232);
    assert!(matches!(does_not, Content::AskOverStream(Some(Serial(2)))));
    let whole = only(Asked::Whole(None), &zones[1], None, 1_232);
    assert!(matches!(whole, Content::AskOverStream(None)), "TC");
}

/// The names of a zone are written as ends of the question.
#[test]
fn another_zone_is_not_sent() {
    let other = common::zone_of(&common::name("example.net"), &format!("{SOA}{ZONE}"));
    let exchange = exchange(Asked::Whole(None), None);
    let mut outgoing = Outgoing::new(exchange.request, other, None, None);
    let sent = outgoing.next_message(&mut Vec::new(), NOW);
    assert_eq!(sent, Err(transfer::SendError::OtherZone));
}

#[test]
fn requests_are_read() {
    let (zones, _) = chain(2);
    let changes = transfer::ask_changes(ID, &zones[1]).unwrap();
    let request = Request::read(&changes).unwrap();
    assert_eq!(request.wanted(), Wanted::Since(Serial(2)));
    assert_eq!(request.zone(), zones[1].apex());
    assert_eq!(request.needs_changes_since(&zones[0]), None);
    let whole = transfer::ask_whole(ID, zones[1].apex());
    assert_eq!(Request::read(&whole).unwrap().wanted(), Wanted::Whole);
    // The type of the question, which is that of the whole zone.
    let at = 12 + zones[1].apex().as_wire().len();
    let with = |at: usize, octet: u8| {
        let mut message = whole.clone();
        message[at] = octet;
        Request::read(&message).unwrap_err()
    };
    assert_eq!(with(at + 1, 251), RequestError::NoVersion);
    assert_eq!(with(at + 1, 253), RequestError::OtherType(Rtype(253)));
    assert_eq!(with(at + 3, 3), RequestError::OtherClass(rr::Class(3)));
    assert_eq!(with(2, 0x80), RequestError::NotAQuery);
}
