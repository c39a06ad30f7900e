//! What is taken from a primary, and what is not: each reason with a transfer that has it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{ANSWER, AXFR, IXFR, apex, done, incoming, listed, message, records, taken, zone};
use rr::{Class, Rtype, Serial};
use transfer::{
    Asked, Blame, Content, Failure, FailureKind, Incoming, Limits, Misfit, Progress, Transport,
};
use wire::ResponseCode;
use zone::check::defect::DefectKind;

const SOA7: &str = "@ SOA ns mail 7 2h 1h 2w 300\n";
const SOA8: &str = "@ SOA ns mail 8 2h 1h 2w 300\n";
const SOA9: &str = "@ SOA ns mail 9 2h 1h 2w 300\n";
const BODY: &str = "@ NS ns\nns A 192.0.2.1\n";

fn version(serial: u32, body: &str) -> zone::Zone<zone::Checked> {
    zone(&format!("@ SOA ns mail {serial} 2h 1h 2w 300\n{body}"))
}

fn seven() -> zone::Zone<zone::Checked> {
    version(7, BODY)
}

fn whole() -> Asked {
    Asked::Whole(None)
}

fn changes() -> Asked {
    Asked::Changes(seven())
}

fn kind(progress: Result<Progress, Failure>) -> FailureKind {
    match progress {
        Err(failure) => failure.kind,
        Ok(Progress::More(incoming)) => incoming.ended().kind,
        Ok(Progress::Done(arrived)) => panic!("taken: {arrived:?}"),
    }
}

#[test]
fn a_zone_in_any_packing() {
    let (lower, upper) = (SOA8, SOA8.replace("ns mail", "NS Mail"));
    let parts = BODY.split_inclusive('\n').collect::<Vec<_>>();
    let packings: [&[&str]; 4] = [
        &[&format!("{lower}{BODY}{lower}")],
        &[lower, parts[0], parts[1], lower],
        &[
            &format!("{lower}{}", parts[0]),
            &format!("{}{upper}", parts[1]),
        ],
        &[lower, &format!("{BODY}{lower}")],
    ];
    for asked in [whole(), Asked::Whole(Some(Serial(7))), changes()] {
        for messages in packings {
            let arrived = done(taken(asked.clone(), messages));
            assert_eq!(arrived.messages, messages.len() as u64);
            let Content::Whole(zone) = arrived.what else {
                panic!("{arrived:?}")
            };
            assert_eq!(listed(&zone), listed(&version(8, BODY)));
        }
    }
}

#[test]
fn what_comes_twice_counts_once_and_a_set_has_one_ttl() {
    let text = format!("{SOA8}{BODY}ns A 192.0.2.1\nns 60 A 192.0.2.2\n{SOA8}");
    let Content::Whole(zone) = done(taken(whole(), &[&text])).what else {
        panic!()
    };
    assert_eq!(
        listed(&zone),
        listed(&version(8, &format!("{BODY}ns A 192.0.2.2\n")))
    );
    transfer::accept(zone).unwrap();
}

#[test]
fn changes_in_one_step_and_in_many() {
    let one = format!("{SOA9}{SOA7}ns A 192.0.2.1\n{SOA9}ns A 192.0.2.9\nnew TXT x\n{SOA9}");
    let many = [
        SOA9,
        SOA7,
        "ns A 192.0.2.1\n",
        &format!("{SOA8}ns A 192.0.2.8\n"),
        &format!("{SOA8}NS A 192.0.2.8\n{SOA9}"),
        "new TXT x\nns A 192.0.2.9\n",
        SOA9,
    ];
    let expected = version(9, "@ NS ns\nns A 192.0.2.9\nnew TXT x\n");
    for (messages, steps) in [(&[&*one][..], 1), (&many[..], 2)] {
        let Content::Changed(zone, made) = done(taken(changes(), messages)).what else {
            panic!()
        };
        assert_eq!(listed(&zone), listed(&expected));
        assert_eq!(made.len(), steps);
        let (accepted, _) = transfer::accept_changes(&seven(), zone, &made).unwrap();
        assert_eq!(listed(&accepted), listed(&expected));
    }
}

#[test]
fn changes_of_a_ttl_alone() {
    let text = format!("{SOA8}{SOA7}ns A 192.0.2.1\n{SOA8}ns 60 A 192.0.2.1\n{SOA8}");
    let Content::Changed(zone, _) = done(taken(changes(), &[&text])).what else {
        panic!()
    };
    assert_eq!(
        listed(&zone),
        listed(&version(8, "@ NS ns\nns 60 A 192.0.2.1\n"))
    );
}

#[test]
fn nothing_newer() {
    for (text, serial) in [(SOA7, 7), ("@ SOA ns mail 6 2h 1h 2w 300\n", 6)] {
        let arrived = done(taken(changes(), &[text]));
        assert!(matches!(arrived.what, Content::UpToDate(theirs) if theirs == Serial(serial)));
    }
    let newer = taken(changes(), &[SOA8]);
    assert!(
        matches!(newer, Ok(Progress::More(_))),
        "it may be a zone, record by record"
    );
}

#[test]
fn a_datagram_is_all_or_nothing() {
    let take = |flags, text: &str| {
        let (apex, records) = (apex(), records(text));
        let message = message(flags, Some((&apex, IXFR)), &records);
        incoming(changes(), Transport::Datagram).take(&message, common::NOW)
    };
    let all = format!("{SOA8}{SOA7}ns A 192.0.2.1\n{SOA8}ns A 192.0.2.8\n{SOA8}");
    assert!(matches!(
        done(take(ANSWER, &all)).what,
        Content::Changed(..)
    ));
    let serial = Some(Serial(8));
    assert!(
        matches!(done(take(ANSWER, SOA8)).what, Content::AskOverStream(told) if told == serial)
    );
    assert!(matches!(
        done(take(ANSWER | 0x200, SOA8)).what,
        Content::AskOverStream(None)
    ));
    assert_eq!(
        kind(take(ANSWER, &format!("{SOA8}{SOA7}"))),
        FailureKind::CutShort
    );
}

#[test]
fn zones_that_are_not_taken() {
    let soa_below = "ns SOA ns mail 8 2h 1h 2w 300\n";
    for (why, text, expected) in [
        (
            "nothing at the start",
            format!("{BODY}{SOA8}"),
            FailureKind::NoSoa,
        ),
        (
            "another zone",
            soa_below.replace("ns SOA", "example.net. SOA"),
            FailureKind::OtherZone,
        ),
        (
            "an SOA below",
            format!("{SOA8}{soa_below}{SOA8}"),
            FailureKind::SoaElsewhere,
        ),
        (
            "an SOA in the middle",
            format!("{SOA8}{BODY}{SOA9}x A 192.0.2.1\n{SOA8}"),
            FailureKind::OtherSoa(Serial(9)),
        ),
        (
            "the same SOA in the middle",
            format!("{SOA8}{BODY}{SOA8}x A 192.0.2.1\n{SOA8}"),
            FailureKind::AfterTheEnd,
        ),
        (
            "another SOA at the end",
            format!("{SOA8}{BODY}{SOA7}"),
            FailureKind::OtherSoa(Serial(7)),
        ),
        (
            "other timers at the end",
            format!("{SOA8}{BODY}{}", SOA8.replace("2h", "3h")),
            FailureKind::OtherSoa(Serial(8)),
        ),
        (
            "a record of another zone",
            format!("{SOA8}www.example.net. A 192.0.2.1\n{SOA8}"),
            FailureKind::OutOfZone,
        ),
        (
            "records after the end",
            format!("{SOA8}{BODY}{SOA8}x A 192.0.2.1\n"),
            FailureKind::AfterTheEnd,
        ),
        (
            "an end that does not come",
            format!("{SOA8}{BODY}"),
            FailureKind::CutShort,
        ),
        (
            "two CNAMEs",
            format!("{SOA8}x CNAME a\nx CNAME b\n{SOA8}"),
            FailureKind::Unservable(DefectKind::SecondCname),
        ),
    ] {
        assert_eq!(kind(taken(whole(), &[&text])), expected, "{why}");
    }
}

#[test]
fn a_zone_that_is_no_newer() {
    for serial in [7, 6, 7_u32.wrapping_add(1 << 31)] {
        let soa = format!("@ SOA ns mail {serial} 2h 1h 2w 300\n");
        let text = format!("{soa}{BODY}{soa}");
        for asked in [Asked::Whole(Some(Serial(7))), changes()] {
            assert_eq!(
                kind(taken(asked, &[&text])),
                FailureKind::NotNewer(Serial(serial))
            );
        }
        done(taken(whole(), &[&text]));
    }
}

#[test]
fn changes_that_are_not_taken() {
    let missing = FailureKind::Misfit(Misfit::Patch(zone::PatchError::NotThere(1)));
    let clash = FailureKind::Misfit(Misfit::Clash);
    for (why, text, expected) in [
        (
            "from another version",
            format!("{SOA9}{SOA8}{SOA9}{SOA9}"),
            FailureKind::OtherVersion(Serial(8)),
        ),
        (
            "a removal of nothing",
            format!("{SOA8}{SOA7}x A 192.0.2.1\n{SOA8}{SOA8}"),
            missing,
        ),
        (
            "an addition of what is there",
            format!("{SOA8}{SOA7}{SOA8}ns A 192.0.2.1\n{SOA8}"),
            clash,
        ),
        (
            "a second TTL",
            format!("{SOA8}{SOA7}{SOA8}ns 60 A 192.0.2.2\n{SOA8}"),
            clash,
        ),
        (
            "a way back",
            format!("{SOA9}{SOA7}{}{SOA9}", SOA8.replace('8', "6")),
            FailureKind::GoesBack(Serial(6)),
        ),
        (
            "a way beyond",
            format!("{SOA8}{SOA7}{SOA9}{SOA8}"),
            FailureKind::GoesBack(Serial(9)),
        ),
        (
            "a gap",
            format!("{SOA9}{SOA7}{SOA8}{SOA7}{SOA9}{SOA9}"),
            FailureKind::OtherVersion(Serial(7)),
        ),
        (
            "an end that differs",
            format!("{SOA8}{SOA7}{SOA8}{}", SOA8.replace("2h", "3h")),
            FailureKind::OtherSoa(Serial(8)),
        ),
        (
            "records after the end",
            format!("{SOA8}{SOA7}{SOA8}{SOA8}x A 192.0.2.1\n"),
            FailureKind::AfterTheEnd,
        ),
        (
            "an end that does not come",
            format!("{SOA8}{SOA7}{SOA8}x A 192.0.2.1\n"),
            FailureKind::CutShort,
        ),
        (
            "another zone",
            format!("{SOA8}{SOA7}{SOA8}x.example.net. A 192.0.2.1\n{SOA8}"),
            FailureKind::OutOfZone,
        ),
        (
            "a way back in all",
            format!("{}{SOA7}{SOA8}", SOA8.replace('8', "6")),
            FailureKind::NotNewer(Serial(6)),
        ),
    ] {
        assert_eq!(kind(taken(changes(), &[&text])), expected, "{why}");
    }
}

/// Answers to AXFR that look like changes are a zone with an SOA record in its middle.
#[test]
fn changes_that_nobody_asked_for() {
    let text = format!("{SOA8}{SOA7}{SOA8}{SOA8}");
    assert_eq!(
        kind(taken(whole(), &[&text])),
        FailureKind::OtherSoa(Serial(7))
    );
}

#[test]
fn messages_that_are_not_taken() {
    let (apex, other, records) = (apex(), common::name("example.net"), records(SOA8));
    let good = message(ANSWER, Some((&apex, AXFR)), &records);
    let take =
        |message: &[u8]| kind(incoming(whole(), Transport::Stream).take(message, common::NOW));
    let with = |at: usize, octet: u8| {
        let mut message = good.clone();
        message[at] = octet;
        take(&message)
    };
    assert_eq!(
        take(&good),
        FailureKind::CutShort,
        "that one was good, and not the last"
    );
    assert_eq!(take(&good[..11]), FailureKind::NotAMessage);
    assert!(matches!(
        take(&good[..good.len() - 1]),
        FailureKind::Unreadable(_)
    ));
    assert_eq!(with(0, 0xff), FailureKind::OtherId);
    assert_eq!(with(2, 0x04), FailureKind::NotAnAnswer);
    assert_eq!(with(2, 0xa4), FailureKind::OtherOperation);
    assert_eq!(with(2, 0x86), FailureKind::Truncated);
    assert_eq!(with(3, 5), FailureKind::Refused(ResponseCode::Refused));
    assert_eq!(with(3, 9), FailureKind::Refused(ResponseCode::NotAuth));
    assert_eq!(
        take(&message(ANSWER, Some((&other, AXFR)), &records)),
        FailureKind::OtherQuestion
    );
    assert_eq!(
        take(&message(ANSWER, Some((&apex, IXFR)), &records)),
        FailureKind::OtherQuestion
    );
    assert_eq!(
        take(&message(ANSWER, None, &records)),
        FailureKind::OtherQuestion
    );
    assert_eq!(
        take(&message(ANSWER, Some((&apex, AXFR)), &[])),
        FailureKind::Empty
    );
    let mut chaos = records.clone();
    chaos[0].class = Class(3);
    assert_eq!(
        take(&message(ANSWER, Some((&apex, AXFR)), &chaos)),
        FailureKind::OtherClass(Class(3))
    );
}

#[test]
fn a_later_message_with_another_question() {
    let (apex, other) = (apex(), common::name("example.net"));
    let first = message(ANSWER, Some((&apex, AXFR)), &records(SOA8));
    let second = message(ANSWER, Some((&other, AXFR)), &records(SOA8));
    let progress = common::take_all(incoming(whole(), Transport::Stream), [first, second]);
    let Err(failure) = progress else {
        panic!("{progress:?}")
    };
    assert_eq!(
        (failure.number, failure.kind),
        (2, FailureKind::OtherQuestion)
    );
}

/// A zone that never ends meets a limit, of records or of octets.
#[test]
fn zones_without_an_end() {
    let endless = |limits: Limits| {
        let (apex, first) = (apex(), records(SOA8));
        let mut incoming = incoming(whole(), Transport::Stream).with_limits(limits);
        let mut message = message(ANSWER, Some((&apex, AXFR)), &first);
        for number in 0.. {
            match incoming.take(&message, common::NOW) {
                Ok(Progress::More(more)) => incoming = more,
                Ok(Progress::Done(_)) => panic!("it has no end"),
                Err(failure) => return (failure.number, failure.kind),
            }
            let next = records(&format!("x{number} A 192.0.2.1\n"));
            message = common::message(ANSWER, None, &next);
        }
        unreachable!()
    };
    let records = Limits {
        records: 100,
        ..Limits::default()
    };
    assert_eq!(endless(records), (101, FailureKind::TooManyRecords));
    let octets = Limits {
        octets: 1_000,
        ..Limits::default()
    };
    let (number, kind) = endless(octets);
    assert_eq!(kind, FailureKind::TooManyOctets);
    assert!((10..30).contains(&number), "{number}");
    assert_eq!(kind.blame(), Blame::Limit);
}

#[test]
fn whose_fault_it_is() {
    let misfit = FailureKind::Misfit(Misfit::Clash);
    for (kind, blame) in [
        (FailureKind::Refused(ResponseCode::NotImp), Blame::Version),
        (FailureKind::Refused(ResponseCode::Refused), Blame::Refusal),
        (
            FailureKind::RefusedUnsigned(ResponseCode::NotAuth),
            Blame::Refusal,
        ),
        (
            FailureKind::Signature(tsig::StreamError::EndsUnsigned),
            Blame::Keys,
        ),
        (misfit, Blame::Version),
        (FailureKind::CutShort, Blame::Primary),
    ] {
        assert_eq!(kind.blame(), blame, "{kind}");
    }
}

#[test]
fn an_unsigned_refusal_is_a_hint() {
    let mut request = transfer::ask_whole(common::ID, apex().as_ref());
    let key = common::key(tsig::Dialect::Chained);
    let awaited = tsig::sign_request(&key, &mut request, common::NOW).unwrap();
    let apex = apex();
    let refusal = message(ANSWER | 5, Some((&apex, AXFR)), &[]);
    let incoming = incoming(whole(), Transport::Stream).signed(awaited);
    let kind = kind(incoming.take(&refusal, common::NOW));
    assert_eq!(kind, FailureKind::RefusedUnsigned(ResponseCode::Refused));
}

/// Meta types and data of the wrong shape are in no zone.
#[test]
fn data_of_the_wrong_shape() {
    let apex = apex();
    let mut short = records(&format!("{SOA8}ns A 192.0.2.1\n"));
    short[1].rdata.pop();
    let take = |answer: &[common::Rec]| {
        let message = message(ANSWER, Some((&apex, AXFR)), answer);
        kind(incoming(whole(), Transport::Stream).take(&message, common::NOW))
    };
    assert!(matches!(take(&short), FailureKind::Unreadable(_)));
    for rtype in [Rtype(255), Rtype::OPT, Rtype::TSIG] {
        short[1].rtype = rtype;
        assert_eq!(take(&short), FailureKind::MetaType(rtype));
    }
}

fn _it_moves_between_threads(incoming: Incoming) -> impl Send + 'static {
    incoming
}
