//! What others may say to a secondary.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use replication::message::notify;
use secondary::Secondary;
use support::{KEY, SECRET, config, follow, name, start};
use testbed::process::free_address;
use tsig::{Key, Time, sign_request};
use wire::ResponseCode;
use wire::message::{Message, query};

/// A secondary of a zone whose primary, at another address, is away.
fn alone() -> (Secondary, SocketAddr) {
    let ours = free_address();
    let mut config = config(ours, free_address(), KEY);
    let line = format!("example.org 127.0.0.2@9 key={KEY}");
    follow(&mut config, &line, None);
    (start(&config), ours)
}

fn key(name: &str, secret: &str) -> Arc<Key> {
    Arc::new(tsig::text::read_key(&format!("{name}:SHA256:{secret}")).unwrap())
}

fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_secs(since_1970.as_secs())
}

fn exchange(server: SocketAddr, message: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket.send_to(message, server).unwrap();
    let mut octets = [0; 4096];
    let length = socket.recv(&mut octets).unwrap();
    octets[..length].to_vec()
}

fn code(server: SocketAddr, message: &[u8]) -> ResponseCode {
    Message::read(&exchange(server, message)).unwrap().rcode
}

/// RFC 1996 §3.10.
#[test]
fn strangers_are_refused_and_who_has_the_key_is_heard() {
    let (secondary, ours) = alone();
    let zone = name("example.org");
    let plain = notify(1, zone.as_ref(), None);
    assert_eq!(code(ours, &plain), ResponseCode::Refused, "another address");
    let elsewhere = notify(1, name("example.net").as_ref(), None);
    assert_eq!(code(ours, &elsewhere), ResponseCode::Refused);

    let mut signed = plain.clone();
    let awaited = sign_request(&key(KEY, SECRET), &mut signed, now()).unwrap();
    let answer = exchange(ours, &signed);
    assert!(
        awaited.verify(&answer, now()).is_ok(),
        "the answer is signed"
    );
    assert_eq!(Message::read(&answer).unwrap().rcode, ResponseCode::NoError);

    // RFC 8945 §5.2: another secret, another key, another time.
    let late = Time::from_secs(now().secs() - 3600);
    let wrong = [
        (key(KEY, "c29tZXRoaW5nIGVsc2U="), now()),
        (key("unknown._transfer", SECRET), now()),
        (key(KEY, SECRET), late),
    ];
    for (key, time) in wrong {
        let mut message = plain.clone();
        sign_request(&key, &mut message, time).unwrap();
        assert_eq!(
            code(ours, &message),
            ResponseCode::NotAuth,
            "{}",
            key.name()
        );
    }
    // A key is for its zone; and not every key brings new ones.
    for other in ["example.net", "new.example.org"] {
        let mut message = notify(1, name(other).as_ref(), None);
        sign_request(&key(KEY, SECRET), &mut message, now()).unwrap();
        assert_eq!(code(ours, &message), ResponseCode::Refused, "{other}");
    }
    secondary.stop();
}

/// Nothing is passed on to the primary (CVE-2026-33610, CVE-2026-42001), and strangers have no zone from here.
#[test]
fn updates_are_not_for_a_secondary_nor_transfers_for_strangers() {
    let (secondary, ours) = alone();
    let zone = name("example.org");
    let mut update = query(3, zone.as_ref(), rr::Rtype::SOA);
    update[2] |= 5 << 3;
    assert_eq!(code(ours, &update), ResponseCode::NotImp);
    let transfer = query(4, zone.as_ref(), rr::Rtype::AXFR);
    assert_eq!(code(ours, &transfer), ResponseCode::Refused);
    secondary.stop();
}

/// RFC 8945 §5.3: a signed question has a signed answer.
#[test]
fn signed_questions_have_signed_answers() {
    let (secondary, ours) = alone();
    let mut message = query(5, name("www.example.org").as_ref(), rr::Rtype::A);
    let awaited = sign_request(&key(KEY, SECRET), &mut message, now()).unwrap();
    let answer = exchange(ours, &message);
    assert!(awaited.verify(&answer, now()).is_ok());
    assert_eq!(
        Message::read(&answer).unwrap().rcode,
        ResponseCode::ServFail,
        "nothing has come yet"
    );
    secondary.stop();
}

#[test]
fn without_anything_to_follow_or_an_address_it_does_not_start() {
    let nothing = secondary::Config::new([free_address()]);
    assert!(
        secondary::run(nothing)
            .unwrap_err()
            .to_string()
            .contains("nothing to follow")
    );
    let mut nowhere = config(
        free_address(),
        free_address(),
        "x.127.0.0.1._transfer.example.org",
    );
    nowhere.server.listen.clear();
    assert!(
        secondary::run(nowhere)
            .unwrap_err()
            .to_string()
            .contains("--listen")
    );
}
