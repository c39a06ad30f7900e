//! What is handed back, and what is answered in its place by who has no room for it.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use std::time::Duration;

use authority::{Authority, Config, Outcome, Reply, Request, Task, Transport, room};
use rr::Rtype;
use wire::message::{Message, query};
use wire::{Ede, Query, ResponseCode};

mod support;

/// A question of this type, with another operation, and a TSIG record (RFC 8945 §4.2) without sense behind it.
fn message(rtype: Rtype, opcode: u8, is_signed: bool) -> Vec<u8> {
    let mut message = query(7, support::name("plain.example.").as_ref(), rtype);
    message[2] |= opcode << 3;
    if is_signed {
        message[11] = 1;
        message.extend(b"\x03key\0\0\xfa\0\xff\0\0\0\0\0\x02hi");
    }
    message
}

fn request(message: &[u8], transport: Transport) -> Request<'_> {
    Request {
        message,
        transport,
        client: [192, 0, 2, 7].into(),
        now: Duration::ZERO,
    }
}

/// RFC 2136 §1.3, RFC 1996 §3.3, RFC 5936 §2.2.1, RFC 1995 §3, RFC 8945 §5.1.
#[test]
fn what_zones_do_not_answer_is_handed_back() {
    let (authority, zones) = (Authority::new(Config::default()), support::all_zones());
    for (rtype, opcode, wanted) in [
        (Rtype::SOA, 0, None),
        (Rtype::AXFR, 0, Some(Task::Transfer)),
        (Rtype::IXFR, 0, Some(Task::Transfer)),
        (Rtype::SOA, 4, Some(Task::Notify)),
        (Rtype::SOA, 5, Some(Task::Update)),
        (Rtype::AXFR, 5, Some(Task::Update)),
    ] {
        for is_signed in [false, true] {
            let wanted = wanted.or(is_signed.then_some(Task::Question));
            let message = message(rtype, opcode, is_signed);
            for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
                let mut out = [0; 1232];
                let request = request(&message, transport);
                let outcome = authority.answer_or_hand_on(&zones, request, &mut out);
                match (outcome, wanted) {
                    (Outcome::Handed(task, query), Some(wanted)) => {
                        assert_eq!((task, query.is_signed), (wanted, is_signed));
                        assert_eq!(out, [0; 1232], "nothing is written");
                    }
                    (Outcome::Answer(_), None) => assert!(out[2] & 0x80 != 0),
                    other => panic!("{other:?} for {rtype} {opcode}"),
                }
                // Who has no room for it says so by one call.
                let told = authority.answer(&zones, request, &mut out).unwrap();
                let rcode = Message::read(&out[..told]).unwrap().rcode;
                let refused = matches!(rcode, ResponseCode::NotImp | ResponseCode::Refused);
                let is_question = matches!(wanted, None | Some(Task::Question));
                assert_eq!(refused, !is_question, "{rcode}");
            }
        }
    }
}

fn hand(message: &[u8]) -> Outcome<'_> {
    let (authority, zones) = (Authority::new(Config::default()), support::all_zones());
    authority.answer_or_hand_on(&zones, request(message, Transport::Tcp), &mut [0; 512])
}

#[test]
fn answers_and_nonsense_are_not_handed_back() {
    let mut answer = message(Rtype::SOA, 4, false);
    answer[2] |= 0x80;
    assert!(matches!(hand(&answer), Outcome::Silence));
    assert!(matches!(
        hand(&message(Rtype::SOA, 3, false)),
        Outcome::Answer(12)
    ));
    let cut = message(Rtype::SOA, 5, true);
    assert!(matches!(hand(&cut[..cut.len() - 1]), Outcome::Answer(_)));
}

/// RFC 1996 §4.7: the answer repeats the operation and the question, and has AA.
#[test]
fn a_reply_has_the_operation_the_question_and_what_it_is_told() {
    let (authority, zones) = (Authority::new(Config::default()), support::all_zones());
    for (is_authoritative, rcode) in [
        (true, ResponseCode::NoError),
        (false, ResponseCode::Refused),
    ] {
        let message = message(Rtype::SOA, 4, false);
        let request = request(&message, Transport::Udp);
        let query = Query::parse(&message).unwrap();
        let ede = Some(Ede::new(Ede::NOT_AUTHORITATIVE, ""));
        let reply = Reply {
            rcode,
            ede,
            is_authoritative,
        };
        let mut out = [0; 512];
        let length = authority.reply(&zones, &request, &query, (reply, &mut out));
        let told = Message::read(&out[..length.unwrap()]).unwrap();
        assert_eq!((told.id, told.rcode), (7, rcode));
        assert_eq!(out[2], 0xA0 | (u8::from(is_authoritative) << 2));
        assert_eq!(told.questions[0].rtype, Rtype::SOA);
    }
}

/// RFC 6891 §6.2.3, RFC 1035 §4.2.1.
#[test]
fn room_is_what_transport_and_client_take() {
    let message = message(Rtype::SOA, 0, false);
    let query = Query::parse(&message).unwrap();
    assert_eq!(room(Transport::Udp, &query), 512);
    assert_eq!(room(Transport::Tls, &query), 65_535);
}

/// RFC 9432 §7: whoever may not have a catalog is told as little as if there were none, also while it is awaited.
#[test]
fn a_zone_that_is_withheld_is_for_who_is_trusted() {
    let authority = Authority::new(Config::default());
    let (above, below) = (
        support::name("plain.example."),
        support::name("deep.plain.example."),
    );
    let tell = |zones: &zone::Zones, question: &str| {
        let message = query(7, support::name(question).as_ref(), Rtype::SOA);
        let mut out = [0; 512];
        let asked = request(&message, Transport::Udp);
        let outcome = authority.answer_or_hand_on(zones, asked, &mut out);
        let is_handed = matches!(outcome, Outcome::Handed(Task::Question, _));
        assert!(authority.answer(zones, asked, &mut out).is_some());
        let to_all = out[3] & 0xF;
        let told = authority.answer_in_confidence(zones, asked, &mut out);
        assert!(told.is_some(), "{question}");
        (is_handed, to_all, out[3] & 0xF)
    };
    const FAILED: u8 = 2;
    const REFUSED: u8 = 5;
    let zones = support::zones(["plain.example"]).withholding(above.as_ref());
    assert_eq!(tell(&zones, "plain.example."), (true, REFUSED, 0));
    assert_eq!(tell(&zones, "www.PLAIN.example."), (true, REFUSED, 0));
    assert_eq!(tell(&zones, "elsewhere.test."), (false, REFUSED, REFUSED));
    // One below it that is for everybody, and has no good version.
    let inside = zones.clone().awaiting(below.as_ref());
    assert_eq!(
        tell(&inside, "www.deep.plain.example."),
        (false, FAILED, FAILED)
    );
    let away = zones.without(above.as_ref());
    assert_eq!(tell(&away, "plain.example."), (false, REFUSED, REFUSED));
    let awaited = away.awaiting(above.as_ref());
    assert_eq!(
        tell(&awaited, "www.plain.example."),
        (true, REFUSED, FAILED)
    );
    let shared = awaited.sharing(above.as_ref());
    assert_eq!(tell(&shared, "plain.example."), (false, FAILED, FAILED));
}
