#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Messages that dnspython has signed (`vectors.py`): verified here, and signed here to the same octets.

mod support;

use std::sync::Arc;

use rr::Secret;
use support::{later, name, shared, verified};
use tsig::{Algorithm, AnswerError, Awaited, Key, Keyring, Rejection, Stream, Time, sign_request};

const VECTORS: &str = include_str!("vectors.txt");

struct Vector {
    algorithm: Algorithm,
    key_name: String,
    secret: Vec<u8>,
    time: Time,
    messages: Vec<Vec<u8>>,
}

impl Vector {
    fn ends(&self) -> (Arc<Key>, Keyring) {
        shared(|| {
            let secret = Secret::new(self.secret.as_slice());
            Key::new(name(&self.key_name).as_ref(), self.algorithm, secret).unwrap()
        })
    }

    /// The first message, signed by us at its time.
    fn request(&self, at: Time) -> (Vec<u8>, Awaited) {
        let mut request = unsigned(&self.messages[0]);
        let awaited = sign_request(&self.ends().0, &mut request, at).unwrap();
        (request, awaited)
    }
}

fn vectors(kind: &str) -> Vec<Vector> {
    let lines = VECTORS
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let of_kind = lines.filter(|words| words[0] == kind);
    let vectors: Vec<_> = of_kind
        .map(|words| Vector {
            algorithm: Algorithm::from_text(words[1]).unwrap(),
            key_name: words[2].to_owned(),
            secret: octets(words[3]),
            time: Time::from_secs(words[4].parse().unwrap()),
            messages: words[5..].iter().map(|text| octets(text)).collect(),
        })
        .collect();
    assert_eq!(vectors.len(), 15, "five algorithms, three secrets each");
    vectors
}

fn octets(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A message without its TSIG record, if it has one.
fn unsigned(message: &[u8]) -> Vec<u8> {
    let last = wire::Records::of(message).unwrap().last().unwrap().unwrap();
    if last.rtype != rr::Rtype::TSIG {
        return message.to_vec();
    }
    let mut plain = message[..last.at].to_vec();
    plain[11] -= 1;
    plain
}

#[test]
fn requests() {
    for vector in vectors("request") {
        assert_eq!(vector.request(vector.time).0, vector.messages[0]);
        let request = verified(&vector.ends().1, &vector.messages[0], vector.time).time();
        assert_eq!(request, vector.time);
    }
}

#[test]
fn answers() {
    for vector in vectors("answer") {
        let before = Time::from_secs(vector.time.secs() - 1);
        let (request, awaited) = vector.request(before);
        assert_eq!(request, vector.messages[0]);
        awaited.verify(&vector.messages[1], vector.time).unwrap();
        let mut reply = unsigned(&vector.messages[1]);
        let ring = vector.ends().1;
        let signer = verified(&ring, &request, vector.time).into_signer();
        signer.sign(&mut reply, vector.time).unwrap();
        assert_eq!(reply, vector.messages[1]);
    }
}

/// RFC 8945 §5.2.3
#[test]
fn answers_that_tell_the_time() {
    for vector in vectors("late") {
        let theirs = Time::from_secs(vector.time.secs() + 999);
        let (request, awaited) = vector.request(vector.time);
        let told = awaited
            .verify(&vector.messages[1], vector.time)
            .unwrap_err();
        assert_eq!(told, AnswerError::ServerTime(theirs));
        let rejection: Rejection = *vector.ends().1.verify(&request, theirs).unwrap_err();
        let mut reply = unsigned(&vector.messages[1]);
        rejection.finish(&mut reply).unwrap();
        assert_eq!(reply, vector.messages[1]);
    }
}

/// RFC 8945 §5.3.1. The third, fourth and sixth message have no signature.
#[test]
fn streams() {
    for vector in vectors("stream") {
        let (request, awaited) = vector.request(vector.time);
        let [sent, parts @ ..] = vector.messages.as_slice() else {
            panic!("a request and its answers");
        };
        assert_eq!(&request, sent);
        let mut stream = Stream::Settled(awaited.verify_first(&parts[0], vector.time).unwrap());
        for (part, signed) in parts[1..]
            .iter()
            .zip([true, false, false, true, false, true])
        {
            stream = stream.next(part, vector.time).unwrap();
            assert_eq!(matches!(stream, Stream::Settled(_)), signed);
        }
        assert_eq!(stream.finish().unwrap().messages(), 7);
        assert_eq!(signed_here(&vector, &request, parts), parts);
    }
}

fn signed_here(vector: &Vector, request: &[u8], parts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let ring = vector.ends().1;
    let mut ours: Vec<_> = parts.iter().map(|part| unsigned(part)).collect();
    let signer = verified(&ring, request, vector.time).into_signer();
    let mut signer = signer.sign_first(&mut ours[0], vector.time).unwrap();
    for (part, gap) in ours[1..6].iter_mut().zip([0, 2, 2, 2, 1]) {
        signer = signer.with_gap(gap);
        signer.sign_next(part, vector.time).unwrap();
    }
    signer.sign_last(&mut ours[6], vector.time).unwrap();
    ours
}

/// The clock of the tests is not that of the vectors.
#[test]
fn vectors_are_old() {
    let vector = &vectors("request")[0];
    assert!(
        vector
            .ends()
            .1
            .verify(&vector.messages[0], later(0))
            .is_err()
    );
}
