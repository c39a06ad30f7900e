//! Keys and messages of the tests.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;

use rr::{Name, NameRef, Rtype, Secret};
use tsig::{Algorithm, Awaited, Key, Keyring, Rejection, Request, ResponseSigner, Time, Verified};

pub(crate) const NOW: Time = Time::from_secs(1_800_000_000);

pub(crate) fn later(secs: i64) -> Time {
    Time::from_secs(NOW.secs().checked_add_signed(secs).unwrap())
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

pub(crate) fn key(text: &str, algorithm: Algorithm) -> Key {
    let secret = text.bytes().cycle().take(32).collect::<Vec<u8>>();
    Key::new(name(text).as_ref(), algorithm, Secret::new(secret)).unwrap()
}

/// Both ends of one key.
pub(crate) fn shared(key: impl Fn() -> Key) -> (Arc<Key>, Keyring) {
    let mut ring = Keyring::default();
    ring.insert(key()).map_err(|_| ()).unwrap();
    (Arc::new(key()), ring)
}

pub(crate) fn question(id: u16) -> Vec<u8> {
    wire::message::query(id, name("www.example.org").as_ref(), Rtype::A)
}

/// An answer without records to `question(id)`.
pub(crate) fn answer(id: u16) -> Vec<u8> {
    let mut answer = question(id);
    answer[2] = 0x84;
    answer
}

/// The answer that says what is wrong with a request.
pub(crate) fn refusal(rejection: Rejection, id: u16) -> Vec<u8> {
    let mut answer = answer(id);
    answer[3] |= u16::from(rejection.reason.verdict().0) as u8;
    rejection.finish(&mut answer).unwrap();
    answer
}

pub(crate) fn signed(key: &Arc<Key>, id: u16) -> (Vec<u8>, Awaited) {
    let mut request = question(id);
    let awaited = tsig::sign_request(key, &mut request, NOW).unwrap();
    (request, awaited)
}

pub(crate) fn verified<'m>(ring: &Keyring, request: &'m [u8], now: Time) -> Verified<'m> {
    match ring.verify(request, now) {
        Ok(Request::Signed(verified)) => verified,
        other => panic!("{other:?}"),
    }
}

/// What signs the answers to a request of one's own.
pub(crate) fn signer(ring: &Keyring, request: &[u8]) -> ResponseSigner {
    verified(ring, request, NOW).into_signer()
}

/// Where the TSIG record of a message begins, and its owner's and algorithm's octets.
pub(crate) fn tsig_at(message: &[u8]) -> (usize, std::ops::Range<usize>, std::ops::Range<usize>) {
    let last = wire::Records::of(message).unwrap().last().unwrap().unwrap();
    assert_eq!(last.rtype, Rtype::TSIG);
    let (owner, _) = NameRef::split_from(&message[last.at..]).unwrap();
    let owner_end = last.at + owner.as_wire().len();
    let data_at = owner_end + 10;
    let (algorithm, _) = NameRef::split_from(&message[data_at..]).unwrap();
    (
        last.at,
        last.at..owner_end,
        data_at..data_at + algorithm.as_wire().len(),
    )
}
