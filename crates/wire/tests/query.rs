//! Queries, whole and broken. hickory-proto is the oracle.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use hickory_proto::op::{Message, OpCode, ResponseCode};
use proptest::prelude::*;
use rr::{Class, Name, Rtype};
use wire::message::{Ask, AskEdns, query};
use wire::{Ede, EdnsOption, FaultKind, Flags, OptionCode, Query, Verdict};

fn plain() -> Vec<u8> {
    query(
        0x1234,
        Name::from_text("wWw.example.org.").unwrap().as_ref(),
        Rtype::A,
    )
}

fn with_edns(options: Vec<EdnsOption<'_>>) -> Vec<u8> {
    let name = Name::from_text("www.example.org.").unwrap();
    let edns = AskEdns {
        payload_size: 1232,
        dnssec_ok: true,
        version: 0,
        options,
    };
    let (name, rtype, class) = (name.as_ref(), Rtype::A, Class::IN);
    Ask {
        id: 1,
        flags: Flags::RD,
        name,
        rtype,
        class,
        edns: Some(edns),
    }
    .emit()
}

fn option(code: u16, data: &[u8]) -> EdnsOption<'_> {
    EdnsOption {
        code: OptionCode(code),
        data,
    }
}

fn fault(message: &[u8]) -> FaultKind {
    Query::parse(message).expect_err("a fault").kind
}

#[test]
fn a_plain_question_is_read_in_place() {
    let message = plain();
    let query = Query::parse(&message).unwrap();
    assert_eq!(
        (query.id, query.opcode, query.edns.is_none()),
        (0x1234, OpCode::Query, true)
    );
    let question = query.question.unwrap();
    assert_eq!(
        question.name.to_string(),
        "wWw.example.org.",
        "RFC 4343 §4.1: the case is kept"
    );
    assert_eq!((question.rtype, question.class), (Rtype::A, Class::IN));
    assert_eq!(question.octets, &message[12..]);
}

#[test]
fn the_first_option_of_a_kind_wins() {
    let message = with_edns(vec![
        option(3, b""),
        option(65001, b"unknown"),
        option(10, b"12345678"),
        option(10, b"abcdefghABCDEFGH"),
    ]);
    let edns = Query::parse(&message).unwrap().edns.unwrap();
    assert!(edns.nsid && edns.dnssec_ok && !edns.keepalive);
    assert_eq!(
        (edns.payload_size, edns.version, edns.options().count()),
        (1232, 0, 4)
    );
    assert_eq!(edns.cookie.unwrap().client, *b"12345678");
    assert!(edns.cookie.unwrap().server.is_empty());
}

#[test]
fn the_thirty_third_option_is_not_looked_at() {
    let mut options = vec![option(65001, b"x"); 32];
    options.push(option(3, b""));
    let message = with_edns(options);
    let edns = Query::parse(&message).unwrap().edns.unwrap();
    assert!(!edns.nsid);
    assert_eq!(edns.options().count(), 32);
}

#[test]
fn a_cookie_may_stand_for_the_question() {
    let mut message = with_edns(vec![option(10, b"12345678")]);
    message.drain(12..12 + 21);
    message[5] = 0;
    let query = Query::parse(&message).unwrap();
    assert!(query.question.is_none() && query.edns.unwrap().cookie.is_some());
    // Without the cookie there is nothing left to answer (RFC 9619 §4).
    let bare = [&message[..11], &[0]].concat();
    assert_eq!(fault(&bare), FaultKind::QuestionCount(0));
}

#[test]
fn every_fault_is_told_apart() {
    let whole = plain();
    assert_eq!(fault(&whole[..11]), FaultKind::Short);
    assert_eq!(fault(&[]), FaultKind::Short);
    assert_eq!(fault(&whole[..whole.len() - 1]), FaultKind::CutShort);
    let change = |at: usize, to: u8| {
        let mut message = whole.clone();
        message[at] = to;
        message
    };
    assert_eq!(fault(&change(2, 0x80)), FaultKind::Response);
    assert_eq!(
        fault(&change(2, 0x78)),
        FaultKind::Opcode(OpCode::Unknown(15))
    );
    assert_eq!(
        fault(&change(2, 0x30)),
        FaultKind::Opcode(OpCode::Unknown(6)),
        "RFC 8490, DSO"
    );
    assert_eq!(fault(&change(12, 0xC0)), FaultKind::Pointer);
    assert_eq!(
        fault(&change(11, 1)),
        FaultKind::CutShort,
        "a record is announced, none follows"
    );
    let two = [&change(5, 2)[..], &whole[12..]].concat();
    assert_eq!(fault(&two), FaultKind::QuestionCount(2));
}

#[test]
fn opt_has_its_place() {
    let good = with_edns(vec![]);
    let opt = good[good.len() - 11..].to_vec();
    let mut twice = [&good[..], &opt].concat();
    twice[11] = 2;
    assert_eq!(fault(&twice), FaultKind::OptTwice);
    let mut answer = good.clone();
    (answer[7], answer[11]) = (1, 0);
    assert_eq!(fault(&answer), FaultKind::OptPlace);
    let mut owned = [&good[..good.len() - 11], b"\x01a", &opt].concat();
    assert_eq!(fault(&owned), FaultKind::OptPlace);
    owned[11] = 0;
    assert!(
        Query::parse(&owned).is_ok(),
        "octets after the last record are ignored"
    );
    assert_eq!(
        fault(&with_edns(vec![option(10, b"1234567")])),
        FaultKind::CookieLength
    );
    assert_eq!(
        fault(&with_edns(vec![option(10, b"123456789012345")])),
        FaultKind::CookieLength
    );
    assert_eq!(
        fault(&with_edns(vec![option(10, &[0; 41])])),
        FaultKind::CookieLength
    );
    let mut short = with_edns(vec![option(65001, b"abc")]);
    let length_at = short.len() - 4;
    short[length_at] = 4;
    assert_eq!(fault(&short), FaultKind::OptOptions);
}

/// RFC 9660 §3.2.1.
#[test]
fn a_version_is_asked_for_with_one_empty_option() {
    let one = with_edns(vec![option(19, b"")]);
    assert!(Query::parse(&one).unwrap().edns.unwrap().zone_version);
    for wrong in [
        vec![option(19, b"x")],
        vec![option(19, b""), option(3, b""), option(19, b"")],
    ] {
        assert_eq!(fault(&with_edns(wrong)), FaultKind::ZoneVersion);
    }
}

#[test]
fn options_of_another_version_are_not_read() {
    let mut message = with_edns(vec![option(10, b"1")]);
    let version_at = message.len() - 5 - 5;
    message[version_at] = 1;
    assert_eq!(Query::parse(&message).unwrap().edns.unwrap().version, 1);
}

#[test]
fn signatures_are_stepped_over_at_the_end_only() {
    let tsig = b"\x03key\x00\x00\xFA\x00\xFF\x00\x00\x00\x00\x00\x02ab";
    let mut signed = [&with_edns(vec![])[..], tsig].concat();
    signed[11] = 2;
    assert!(Query::parse(&signed).is_ok());
    let mut followed = [&signed[..], b"\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"].concat();
    followed[11] = 3;
    assert_eq!(fault(&followed), FaultKind::TsigPlace);
}

#[test]
fn faults_know_their_answer() {
    let message = with_edns(vec![option(10, b"1")]);
    let fault = Query::parse(&message).expect_err("an illegal cookie");
    assert_eq!(fault.question, Some(&message[12..33]));
    assert_eq!(
        fault.edns_do,
        Some(true),
        "the OPT record was whole, the answer has one too"
    );
    let told = Verdict::Reply(
        ResponseCode::FormErr,
        Some(Ede::new(0, "illegal cookie length")),
    );
    assert_eq!(fault.kind.verdict(), told);
    assert_eq!(FaultKind::Short.verdict(), Verdict::Silence);
    assert_eq!(FaultKind::Response.verdict(), Verdict::Silence);
    let opcode = FaultKind::Opcode(OpCode::Unknown(15)).verdict();
    assert!(matches!(opcode, Verdict::Reply(ResponseCode::NotImp, _)));
}

/// A well-formed query with some octets changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let base = prop_oneof![
        Just(plain()),
        Just(with_edns(vec![
            option(10, b"12345678"),
            option(3, b""),
            option(11, b"")
        ])),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (base, changes, any::<prop::sample::Index>()).prop_map(|(mut message, changes, end)| {
        for (at, octet) in changes {
            let at = at.index(message.len());
            message[at] = octet;
        }
        let keep = end.index(4 * message.len());
        message.truncate(keep.max(message.len() / 2));
        message
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        wire::fuzz_query(&octets);
    }

    #[test]
    fn what_we_read_hickory_reads_alike(message in mutated()) {
        wire::fuzz_query(&message);
        let (Ok(ours), Ok(theirs)) = (Query::parse(&message), Message::from_vec(&message)) else {
            return Ok(());
        };
        prop_assert_eq!(ours.id, theirs.metadata.id);
        prop_assert_eq!(ours.opcode, theirs.metadata.op_code);
        if let Some(question) = ours.question {
            prop_assert_eq!(theirs.queries.len(), 1);
            prop_assert_eq!(question.rtype.0, u16::from(theirs.queries[0].query_type()));
            prop_assert_eq!(question.class.0, u16::from(theirs.queries[0].query_class()));
            let spelled: Vec<&[u8]> = theirs.queries[0].name().iter().collect();
            prop_assert_eq!(question.name.labels().collect::<Vec<_>>(), spelled);
        }
        if let (Some(ours), Some(theirs)) = (ours.edns, theirs.edns.as_ref()) {
            prop_assert_eq!(ours.version, theirs.version());
            prop_assert_eq!(ours.dnssec_ok, theirs.flags().dnssec_ok);
            prop_assert_eq!(ours.payload_size.max(512), theirs.max_payload());
        }
    }
}
