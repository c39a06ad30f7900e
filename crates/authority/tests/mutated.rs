//! Any octets: no panic, and what is answered is a message that others can read.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use std::time::Duration;

use authority::{Authority, Config, CookiePolicy, CookieSecret, Cookies, Nsid, Transport};
use hickory_proto::op::{Message as Theirs, MessageType};
use proptest::prelude::*;
use wire::message::Message;
use zone::Zones;

mod support;

/// Octets to put in place of others, and where to cut.
type Change = (Vec<(prop::sample::Index, u8)>, Option<prop::sample::Index>);

fn any_change() -> impl Strategy<Value = Change> {
    let octets = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    (
        octets,
        prop::option::weighted(0.2, any::<prop::sample::Index>()),
    )
}

fn changed(mut message: Vec<u8>, (octets, end): &Change) -> Vec<u8> {
    for (at, octet) in octets {
        let at = at.index(message.len());
        message[at] = *octet;
    }
    message.truncate(end.map_or(message.len(), |end| end.index(message.len() + 1)));
    message
}

fn authority() -> Authority {
    let cookies = Cookies {
        secret: CookieSecret::new([7; 16]),
        previous: None,
        policy: CookiePolicy::Require,
    };
    Authority::new(Config {
        nsid: Nsid::Octets((*b"ns1.example").into()),
        id: Some("ns1".into()),
        cookies: Some(cookies),
        tcp_idle: Some(100),
        ..Config::default()
    })
}

/// Answers, and holds the answer against what any answer has to be.
fn hold(authority: &Authority, zones: &Zones, message: &[u8], transport: Transport) {
    let Some(answer) = support::exchange(authority, zones, message, transport) else {
        // RFC 8906 §1: silence is for what is no query.
        assert!(
            message.len() < 12 || message[2] & 0x80 != 0,
            "no answer to {message:?}"
        );
        return;
    };
    assert_eq!(answer[..2], message[..2], "the identity");
    let ours = Message::read(&answer).unwrap_or_else(|error| panic!("{error} in {answer:?}"));
    let theirs = Theirs::from_vec(&answer).unwrap_or_else(|error| panic!("{error} in {answer:?}"));
    assert_eq!(theirs.metadata.message_type, MessageType::Response);
    assert!(!theirs.metadata.recursion_available && !theirs.metadata.authentic_data);
    assert_eq!(ours.answer.len(), theirs.answers.len());
    assert_eq!(ours.authority.len(), theirs.authorities.len());
    assert_eq!(ours.additional.len(), theirs.additionals.len());
    assert_eq!(ours.edns.is_some(), theirs.edns.is_some());
    for question in &ours.questions {
        let octets = [
            question.name.as_wire(),
            &question.rtype.0.to_be_bytes(),
            &question.class.0.to_be_bytes(),
        ]
        .concat();
        assert_eq!(
            message[12..][..octets.len()],
            octets,
            "the question comes back octet for octet"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_questions_are_answered_well(changes in prop::collection::vec(any_change(), 200)) {
        let (authority, zones) = (authority(), support::all_zones());
        for ((message, transport), change) in support::questions().into_iter().cycle().zip(&changes) {
            hold(&authority, &zones, &changed(message, change), transport);
        }
    }

    #[test]
    fn any_octets_are_answered_well(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 200)) {
        let (authority, zones) = (authority(), support::all_zones());
        for message in &messages {
            hold(&authority, &zones, message, Transport::Udp);
        }
    }
}

#[test]
fn every_question_of_the_tables_is_answered_well() {
    let (authority, zones) = (authority(), support::all_zones());
    for (message, transport) in support::questions() {
        hold(&authority, &zones, &message, transport);
        // Whatever room there is, the answer stays in it.
        for size in [0, 11, 12, 40, 100, 300, 511] {
            let request = authority::Request {
                message: &message,
                transport,
                client: support::CLIENT,
                now: Duration::from_secs(1),
            };
            let length = authority.answer(&zones, request, &mut vec![0; size]);
            assert!(length.is_none_or(|length| length <= size));
        }
    }
}
