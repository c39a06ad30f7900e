#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! The messages of refresh and NOTIFY.

mod support;

use replication::message::{
    Notified, SoaAnswer, answer_code, is_answer, notify, notify_answer, read_notify, read_soa,
    soa_query,
};
use replication::{Failure, Heard, Version};
use rr::{Rtype, Serial, Ttl};
use support::name;
use wire::ResponseCode;

const SOA: &[u8] = b"\0\0\0\0\0\x07\0\0\0\x0a\0\0\0\x05\0\0\0\x64\0\0\0\x01";
const VERSION: Version = Version {
    serial: Serial(7),
    refresh_secs: 10,
    retry_secs: 5,
    expire_secs: 100,
};

/// The answer of a primary to [`soa_query`]: with authority, its SOA record, and what stands at the end.
fn answer(query: &[u8], rcode: u8, options: &[u8]) -> Vec<u8> {
    let mut answer = query[..query.len() - 15].to_vec();
    answer[2] |= 0x84;
    answer[3] = rcode;
    answer[7] = 1;
    answer.extend(b"\xC0\x0C\0\x06\0\x01\0\0\0\x05\0\x16");
    answer.extend(SOA);
    answer.extend(b"\0\0\x29\x04\xD0\0\0\0\0");
    answer.extend((options.len() as u16).to_be_bytes());
    answer.extend(options);
    answer
}

/// RFC 7314 §3: the option is empty in the question and has four octets in the answer.
#[test]
fn the_soa_record_is_asked_for_with_expire() {
    let zone = name("example.org");
    let query = soa_query(7, zone.as_ref());
    assert!(query.ends_with(&[0, 9, 0, 0]));
    let heard = |expire_secs| {
        SoaAnswer::Heard(Heard {
            version: VERSION,
            expire_secs,
        })
    };
    let read = |answer: &[u8]| read_soa(answer, zone.as_ref());
    assert_eq!(read(&answer(&query, 0, b"")), heard(None));
    assert_eq!(
        read(&answer(&query, 0, b"\0\x09\0\x04\0\0\x01\0")),
        heard(Some(256))
    );
    assert_eq!(
        read(&answer(&query, 0, b"\0\x09\0\x03\0\0\x01")),
        heard(None)
    );
    assert_eq!(
        read(&answer(&query, 5, b"")),
        SoaAnswer::Failed(Failure::Refused)
    );
    let good = answer(&query, 0, b"");
    let mut truncated = good.clone();
    truncated[2] |= 2;
    assert_eq!(read(&truncated), SoaAnswer::Truncated);
    let mut cached = good.clone();
    cached[2] &= !4;
    assert_eq!(
        read(&cached),
        SoaAnswer::Failed(Failure::Broken),
        "no authority"
    );
    assert_eq!(
        read_soa(&good, name("example.net").as_ref()),
        SoaAnswer::Failed(Failure::Broken)
    );
    for length in 0..good.len() {
        assert!(
            !matches!(read(&good[..length]), SoaAnswer::Heard(_)),
            "{length}"
        );
    }
}

/// RFC 5452 §4.2.
#[test]
fn answers_to_other_questions_are_none() {
    let query = soa_query(7, name("example.org").as_ref());
    let good = answer(&query, 0, b"");
    assert!(is_answer(&query, &good));
    assert!(!is_answer(&query, &query), "a question");
    assert!(!is_answer(
        &soa_query(8, name("example.org").as_ref()),
        &good
    ));
    assert!(!is_answer(
        &soa_query(7, name("example.net").as_ref()),
        &good
    ));
    let mut update = good.clone();
    update[2] |= 0x28;
    assert!(!is_answer(&query, &update), "another operation");
    let bare = |rcode| [0, 7, 0x80, rcode, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(is_answer(&query, &bare(1)), "FORMERR may have no question");
    assert!(!is_answer(&query, &bare(0)));
}

/// RFC 1996 §3.7 and §4.7.
#[test]
fn notify_goes_there_and_back() {
    let zone = name("Example.org");
    let message = notify(9, zone.as_ref(), Some((Ttl::from_secs(5), SOA)));
    let notified = Notified {
        zone: zone.clone(),
        serial: Some(Serial(7)),
    };
    assert_eq!(read_notify(&message), Ok(notified));
    let bare = notify(9, zone.as_ref(), None);
    assert_eq!(read_notify(&bare).unwrap().serial, None);
    for code in [
        ResponseCode::NoError,
        ResponseCode::Refused,
        ResponseCode::NotAuth,
    ] {
        let answer = notify_answer(&message, code).unwrap();
        assert_eq!(answer_code(&message, &answer), Some(code));
        assert_eq!(
            read_notify(&answer),
            Err(ResponseCode::FormErr),
            "a response"
        );
    }
    assert_eq!(notify_answer(&message[..20], ResponseCode::NoError), None);
}

#[test]
fn what_is_no_notify_is_told_so() {
    let zone = name("example.org");
    let good = notify(9, zone.as_ref(), Some((Ttl::from_secs(5), SOA)));
    assert_eq!(
        read_notify(&soa_query(1, zone.as_ref())),
        Err(ResponseCode::NotImp)
    );
    let mut other = good.clone();
    let qtype = 12 + zone.as_wire().len();
    other[qtype + 1] = Rtype::CDS.0 as u8;
    assert_eq!(read_notify(&other), Err(ResponseCode::NotImp), "RFC 9859");
    let mut class = good.clone();
    class[qtype + 3] = 3;
    assert_eq!(read_notify(&class), Err(ResponseCode::FormErr));
    for length in 0..good.len() {
        assert!(read_notify(&good[..length]).is_err(), "{length}");
    }
}
