#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! What holds for all keys and messages.

mod support;

use proptest::prelude::*;
use rr::{NameRef, Secret};
use support::{NOW, answer, question, shared, signed, signer, tsig_at, verified};
use tsig::{Algorithm, Dialect, Key, Keyring, Request, Time, sign_request};

/// Names of one to four labels of letters.
fn names() -> impl Strategy<Value = rr::Name> {
    proptest::collection::vec("[a-z_]{1,9}", 1..4)
        .prop_map(|labels| support::name(&labels.join(".")))
}

prop_compose! {
    fn keys()(
        name in names(),
        algorithm in proptest::sample::select(Algorithm::ALL.to_vec()),
        secret in proptest::collection::vec(any::<u8>(), 1..200),
        cut in 0.0..=1.0,
        alone in any::<bool>(),
    ) -> Parts {
        let least = algorithm.least_octets();
        let room = (algorithm.output_octets() - least) as f64;
        let mac_octets = least + (room * cut) as usize;
        let dialect = if alone { Dialect::EachAlone } else { Dialect::Chained };
        Parts { name, algorithm, secret, mac_octets, dialect }
    }
}

/// A key that can be had twice.
#[derive(Clone, Debug)]
struct Parts {
    name: rr::Name,
    algorithm: Algorithm,
    secret: Vec<u8>,
    mac_octets: usize,
    dialect: Dialect,
}

impl Parts {
    fn key(&self) -> Key {
        let secret = Secret::new(self.secret.as_slice());
        let key = Key::new(self.name.as_ref(), self.algorithm, secret).unwrap();
        key.with_mac_octets(self.mac_octets)
            .unwrap()
            .with_dialect(self.dialect)
    }
}

/// Whether a bit of a signed message may change without harm: of the identity, which a forwarder changes, and of what makes
/// letters of key and algorithm capitals.
fn is_free(message: &[u8], bit: usize, is_request: bool) -> bool {
    let (octet, is_case) = (bit / 8, bit % 8 == 5);
    let (_, owner, algorithm) = tsig_at(message);
    let is_letter = message[octet].is_ascii_alphabetic();
    (is_request && octet < 2)
        || (is_case && is_letter && (owner.contains(&octet) || algorithm.contains(&octet)))
}

fn is_verified(ring: &Keyring, message: &[u8]) -> bool {
    matches!(ring.verify(message, NOW), Ok(Request::Signed(_)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Each single bit, of requests and of answers.
    #[test]
    fn no_bit_can_be_changed(parts in keys()) {
        let (key, ring) = shared(|| parts.key());
        let (request, awaited) = signed(&key, 0x1234);
        let mut reply = answer(0x1234);
        signer(&ring, &request).sign(&mut reply, NOW).unwrap();
        for bit in 0..8 * request.len() {
            let mut changed = request.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(is_verified(&ring, &changed), is_free(&request, bit, true), "bit {}", bit);
        }
        for bit in 0..8 * reply.len() {
            let mut changed = reply.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(awaited.verify(&changed, NOW).is_ok(), is_free(&reply, bit, false), "bit {}", bit);
        }
    }

    #[test]
    fn a_message_is_of_one_key(ours in keys(), theirs in keys()) {
        let (key, _) = shared(|| ours.key());
        let (_, ring) = shared(|| theirs.key());
        let same = ours.name == theirs.name && ours.algorithm == theirs.algorithm && ours.secret == theirs.secret;
        prop_assume!(!same);
        prop_assert!(!is_verified(&ring, &signed(&key, 1).0));
        // Nor of one that has the name only.
        let (_, ring) = shared(|| Parts { name: ours.name.clone(), ..theirs.clone() }.key());
        let same = ours.algorithm == theirs.algorithm && ours.secret == theirs.secret;
        prop_assert!(same || !is_verified(&ring, &signed(&key, 1).0));
    }

    /// Any octets are refused, or not signed; nothing panics.
    #[test]
    fn any_octets(octets in proptest::collection::vec(any::<u8>(), 0..200), parts in keys()) {
        let (key, ring) = shared(|| parts.key());
        prop_assert!(!is_verified(&ring, &octets));
        prop_assert!(signed(&key, 1).1.verify(&octets, NOW).is_err());
    }

    /// What is in the message does not matter, and signing takes nothing away.
    #[test]
    fn signing_adds_a_record_and_nothing_else(parts in keys(), time in 0..1_u64 << 48, id in any::<u16>()) {
        let (key, ring) = shared(|| parts.key());
        let now = Time::from_secs(time);
        let mut request = question(id);
        sign_request(&key, &mut request, now).unwrap();
        let (at, owner, _) = tsig_at(&request);
        let mut before = request[..at].to_vec();
        before[11] -= 1;
        prop_assert_eq!(before, question(id));
        prop_assert_eq!(NameRef::from_wire(&request[owner]).unwrap(), parts.name.as_ref());
        let verified = verified(&ring, &request, now);
        prop_assert_eq!((verified.time(), verified.original_id()), (now, id));
    }

    /// A stream with any gaps is believed as it is, and not when any octet of any message has changed.
    #[test]
    fn streams(parts in keys(), count in 2..9_usize, gap in 0..4_u8, at in any::<proptest::sample::Index>(), octet in any::<proptest::sample::Index>()) {
        let (key, ring) = shared(|| parts.key());
        let (request, awaited) = signed(&key, 1);
        let mut messages = vec![answer(1); count];
        let (last, before) = messages.split_last_mut().unwrap();
        let mut signer = signer(&ring, &request).sign_first(&mut before[0], NOW).unwrap().with_gap(gap);
        for message in &mut before[1..] {
            signer.sign_next(message, NOW).unwrap();
        }
        signer.sign_last(last, NOW).unwrap();
        let believed = |awaited: tsig::Awaited, messages: &[Vec<u8>]| {
            let first = tsig::Stream::Settled(awaited.verify_first(&messages[0], NOW)?);
            let end = messages[1..].iter().try_fold(first, |stream, message| stream.next(message, NOW));
            end.and_then(tsig::Stream::finish)
        };
        prop_assert!(believed(awaited, &messages).is_ok());
        let message = at.get(&messages).clone();
        let octet = octet.index(message.len());
        let place = at.index(count);
        messages[place][octet] ^= 0x80;
        prop_assert!(believed(signed(&key, 1).1, &messages).is_err(), "octet {} of message {}", octet, place);
    }
}
