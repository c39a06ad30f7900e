#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! A request and its answer: what is taken, what is refused, and what the other side is told (RFC 8945 §5).

mod support;

use support::{
    NOW, answer, key, later, name, question, refusal, shared, signed, signer, tsig_at, verified,
};
use tsig::{
    Algorithm, AnswerError, Key, Keyring, MalformedKind, Refusal, Rejection, Request, SignError,
    TsigError, limits, sign_request,
};
use wire::ResponseCode;

fn rejected(ring: &Keyring, message: &[u8], now: tsig::Time) -> Rejection {
    *ring.verify(message, now).expect_err("refused")
}

fn malformed(ring: &Keyring, message: &[u8]) -> MalformedKind {
    let rejection = rejected(ring, message, NOW);
    assert_eq!(rejection.reason.verdict(), (ResponseCode::FormErr, None));
    assert_eq!(rejection.signature_octets(), 0, "a plain format error");
    match rejection.reason {
        Refusal::Malformed(malformed) => malformed.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_algorithm_both_ways_whole_and_cut_off() {
    for algorithm in Algorithm::ALL {
        for octets in [algorithm.output_octets(), algorithm.least_octets()] {
            let (ours, ring) = shared(|| {
                key("k._update.example.org", algorithm)
                    .with_mac_octets(octets)
                    .unwrap()
            });
            let (request, awaited) = signed(&ours, 7);
            assert_eq!(request.len(), question(7).len() + ours.signature_octets());
            let verified = verified(&ring, &request, NOW);
            assert_eq!((verified.original_id(), verified.time()), (7, NOW));
            assert_eq!(verified.key().name(), ours.name());
            let signer = verified.into_signer();
            let (mut reply, room) = (answer(7), signer.signature_octets());
            signer.sign(&mut reply, NOW).unwrap();
            assert_eq!(reply.len(), answer(7).len() + room);
            assert_eq!(awaited.verify(&reply, NOW).unwrap().message(), reply);
        }
    }
}

#[test]
fn what_is_not_signed_is_nobody_s() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    assert!(matches!(
        ring.verify(&question(1), NOW),
        Ok(Request::Unsigned)
    ));
    let (_, awaited) = signed(&ours, 1);
    assert_eq!(
        awaited.verify(&answer(1), NOW).unwrap_err(),
        AnswerError::Unsigned
    );
}

/// RFC 8945 §5.2.3, both ends of the window, and §5.4.3.
#[test]
fn the_time_window() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let (request, awaited) = signed(&ours, 1);
    for secs in [-300, 0, 300] {
        verified(&ring, &request, later(secs));
    }
    for secs in [-301, 301, 1_000_000, -1_700_000_000] {
        let rejection = rejected(&ring, &request, later(secs));
        let (signed, now) = (NOW, later(secs));
        assert_eq!(rejection.reason, Refusal::BadTime { signed, now });
        assert_eq!(
            rejection.reason.verdict(),
            (ResponseCode::NotAuth, Some(TsigError::BadTime))
        );
        let told = awaited.verify(&refusal(rejection, 1), NOW).unwrap_err();
        assert_eq!(
            told,
            AnswerError::ServerTime(now),
            "signed, and believed though the clocks differ"
        );
    }
    let mut reply = answer(1);
    signer(&ring, &request).sign(&mut reply, NOW).unwrap();
    let (signed, now) = (NOW, later(301));
    assert_eq!(
        awaited.verify(&reply, now).unwrap_err(),
        AnswerError::BadTime { signed, now }
    );
}

/// Of the two fudges the smaller counts.
#[test]
fn nobody_is_believed_for_longer_than_was_agreed() {
    let strict = || key("k", Algorithm::Sha256).with_fudge_secs(10).unwrap();
    let (_, strict_ring) = shared(strict);
    let (lax, lax_ring) = shared(|| key("k", Algorithm::Sha256));
    let (request, _) = signed(&lax, 1);
    verified(&strict_ring, &request, later(10));
    assert!(strict_ring.verify(&request, later(11)).is_err());
    let (request, _) = signed(&shared(strict).0, 1);
    verified(&lax_ring, &request, later(10));
    assert!(lax_ring.verify(&request, later(11)).is_err());
    for secs in [0, limits::FUDGE_SECS + 1] {
        assert!(key("k", Algorithm::Sha256).with_fudge_secs(secs).is_err());
    }
}

/// RFC 8945 §5.2.1 and §5.2.2: answers without a MAC, as hints.
#[test]
fn unknown_keys_and_wrong_secrets() {
    let ring = shared(|| key("k", Algorithm::Sha256)).1;
    let other_name = shared(|| key("l", Algorithm::Sha256)).0;
    let other_algorithm = shared(|| key("k", Algorithm::Sha384)).0;
    let other_secret = || {
        Key::new(
            name("k").as_ref(),
            Algorithm::Sha256,
            rr::Secret::new([1; 32]),
        )
        .unwrap()
    };
    for (ours, error) in [
        (other_name, TsigError::BadKey),
        (other_algorithm, TsigError::BadKey),
        (shared(other_secret).0, TsigError::BadSig),
    ] {
        let (request, awaited) = signed(&ours, 1);
        // Also when the time is wrong: nothing is looked at before the MAC.
        for now in [NOW, later(100_000)] {
            let rejection = rejected(&ring, &request, now);
            assert_eq!(
                rejection.reason.verdict(),
                (ResponseCode::NotAuth, Some(error))
            );
            let (room, id) = (rejection.signature_octets(), 1);
            let reply = refusal(rejection, id);
            assert_eq!(reply.len(), answer(1).len() + room);
            assert_eq!(
                awaited.verify(&reply, NOW).unwrap_err(),
                AnswerError::Hint(error)
            );
        }
    }
}

/// An algorithm that nobody here knows is a key that is not known; what was named is sent back.
#[test]
fn unknown_algorithms() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let (mut request, _) = signed(&ours, 1);
    let algorithm = tsig_at(&request).2;
    request[algorithm.start + 1..algorithm.end - 1].copy_from_slice(b"HMAC-sha999");
    let rejection = rejected(&ring, &request, NOW);
    let (key, named) = (name("k"), name("hmac-sha999"));
    assert_eq!(
        rejection.reason,
        Refusal::BadKey {
            key,
            algorithm: named
        }
    );
    let reply = refusal(rejection, 1);
    let (at, _, algorithm) = tsig_at(&reply);
    assert_eq!(&reply[algorithm.clone()], b"\x0bhmac-sha999\0");
    assert_eq!(at, answer(1).len());
    // No MAC, the request's identity, 17, nothing else.
    assert_eq!(reply[algorithm.end + 8..], [0, 0, 0, 1, 0, 17, 0, 0]);
}

/// RFC 8945 §5.2.2.1 and §5.2.4.
#[test]
fn shorter_macs_than_agreed() {
    let whole = || key("k", Algorithm::Sha256);
    let half = || key("k", Algorithm::Sha256).with_mac_octets(16).unwrap();
    let (short, short_ring) = shared(half);
    let (long, long_ring) = shared(whole);
    let (request, awaited) = signed(&short, 1);
    let rejection = rejected(&long_ring, &request, NOW);
    let (octets, wanted) = (16, 32);
    assert_eq!(rejection.reason, Refusal::BadTrunc { octets, wanted });
    assert_eq!(
        rejection.reason.verdict(),
        (ResponseCode::NotAuth, Some(TsigError::BadTrunc))
    );
    let told = awaited.verify(&refusal(rejection, 1), NOW).unwrap_err();
    assert_eq!(told, AnswerError::ServerWantsMore, "signed");
    // Longer than agreed is as good.
    let (request, awaited) = signed(&long, 1);
    let mut reply = answer(1);
    signer(&short_ring, &request).sign(&mut reply, NOW).unwrap();
    assert_eq!(
        awaited.verify(&reply, NOW).unwrap_err(),
        AnswerError::BadTrunc
    );
    for octets in [15, 33] {
        assert!(whole().with_mac_octets(octets).is_err());
    }
    // Time comes before length.
    let (request, _) = signed(&short, 1);
    assert!(matches!(
        rejected(&long_ring, &request, later(301)).reason,
        Refusal::BadTime { .. }
    ));
}

/// Cuts the MAC of a signed message to so many octets, or makes it longer.
fn with_mac_of(message: &[u8], octets: usize) -> Vec<u8> {
    let (at, owner, algorithm) = tsig_at(message);
    let mac_at = algorithm.end + 10;
    let length = usize::from(message[mac_at - 1]);
    let mut mac = message[mac_at..mac_at + length].to_vec();
    mac.resize(octets, 0);
    let mut data = message[algorithm.start..mac_at - 2].to_vec();
    data.extend((octets as u16).to_be_bytes());
    data.extend(mac);
    data.extend(&message[mac_at + length..]);
    let mut changed = message[..at].to_vec();
    changed.extend(&message[owner.start..owner.end + 8]);
    changed.extend((data.len() as u16).to_be_bytes());
    changed.extend(data);
    changed
}

/// RFC 8945 §5.2.2.1: impossible lengths are format errors, whatever else is right.
#[test]
fn macs_of_impossible_length() {
    for algorithm in Algorithm::ALL {
        let (ours, ring) = shared(|| key("k", algorithm));
        let (request, _) = signed(&ours, 1);
        for octets in [
            0,
            1,
            9,
            algorithm.least_octets() - 1,
            algorithm.output_octets() + 1,
            65,
            255,
        ] {
            assert_eq!(
                malformed(&ring, &with_mac_of(&request, octets)),
                MalformedKind::MacLength,
                "{octets}"
            );
        }
        let least = with_mac_of(&request, algorithm.least_octets());
        assert!(matches!(
            rejected(&ring, &least, NOW).reason,
            Refusal::BadTrunc { .. }
        ));
    }
}

/// RFC 8945 §4.2 and §5.2.
#[test]
fn records_that_make_no_sense() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let (request, _) = signed(&ours, 1);
    let (at, owner, algorithm) = tsig_at(&request);
    let change = |place: usize, octet: u8| {
        let mut changed = request.clone();
        changed[place] = octet;
        changed
    };
    // A second one, then another record behind it, each counted.
    let more = |octets: &[u8]| {
        let mut changed = [&request[..], octets].concat();
        changed[11] += 1;
        changed
    };
    let no_record = b"\0\0\x01\0\x01\0\0\0\0\0\0";
    let mut in_answer = change(11, 0);
    in_answer[7] = 1;
    // The algorithm as a pointer to itself in the message, which would read the same.
    let mut pointer = request[..algorithm.start].to_vec();
    pointer.extend([0xc0, 12]);
    pointer.extend(&request[algorithm.end..]);
    let length = (pointer.len() - algorithm.start) as u16;
    pointer[algorithm.start - 2..algorithm.start].copy_from_slice(&length.to_be_bytes());
    for (message, kind) in [
        (more(&request[at..]), MalformedKind::Twice),
        (more(no_record), MalformedKind::NotLast),
        (in_answer, MalformedKind::NotLast),
        ([&request[..], b"x"].concat(), MalformedKind::Trailing),
        (change(owner.end + 3, 1), MalformedKind::Class),
        (change(owner.end + 7, 1), MalformedKind::Ttl),
        (change(request.len() - 1, 1), MalformedKind::Data),
        (pointer, MalformedKind::Data),
        (vec![0; limits::MESSAGE_OCTETS + 1], MalformedKind::TooLong),
    ] {
        assert_eq!(malformed(&ring, &message), kind);
    }
    // The owner as a pointer that does not lead back.
    let mut forward = request.clone();
    forward[owner.start..owner.start + 2].copy_from_slice(&[0xc0, owner.start as u8]);
    assert!(matches!(
        malformed(&ring, &forward),
        MalformedKind::Structure(_)
    ));
    for length in 0..request.len() {
        assert!(
            matches!(
                malformed(&ring, &request[..length]),
                MalformedKind::Structure(_)
            ),
            "{length}"
        );
    }
}

/// The owner may be compressed, other than the algorithm: the digest has it decompressed.
#[test]
fn a_compressed_key_name() {
    let (ours, ring) = shared(|| key("example.org", Algorithm::Sha256));
    let (request, _) = signed(&ours, 1);
    let (at, owner, _) = tsig_at(&request);
    let compressed = [&request[..at], &[0xc0, 12 + 4], &request[owner.end..]].concat();
    assert_eq!(
        verified(&ring, &compressed, NOW).key().name(),
        name("example.org").as_ref()
    );
}

/// RFC 8945 §4.3.3 and RFC 4343: whoever spells a key in capitals means it, and signs it in small letters.
#[test]
fn case_of_names() {
    let (ours, ring) = shared(|| key("Key.Example.ORG", Algorithm::Sha256));
    let (mut request, _) = signed(&ours, 1);
    let (_, owner, algorithm) = tsig_at(&request);
    request[owner].make_ascii_uppercase();
    request[algorithm].make_ascii_uppercase();
    verified(&ring, &request, NOW);
    let doubled = ring
        .clone()
        .insert(key("KEY.example.org", Algorithm::Sha512));
    assert!(doubled.is_err(), "one name, one secret");
}

/// RFC 8945 §5.5: a server that forwards changes the identity, and the signature has the one before.
#[test]
fn forwarded_requests() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let (mut request, awaited) = signed(&ours, 1);
    request[..2].copy_from_slice(&[0x77, 0x77]);
    let forwarded = verified(&ring, &request, NOW);
    assert_eq!(forwarded.original_id(), 1);
    let mut reply = answer(0x7777);
    forwarded.into_signer().sign(&mut reply, NOW).unwrap();
    assert_eq!(
        awaited.verify(&reply, NOW).unwrap_err(),
        AnswerError::OtherId,
        "before it is changed back"
    );
    reply[..2].copy_from_slice(&[0, 1]);
    awaited.verify(&reply, NOW).unwrap();
}

#[test]
fn answers_to_others() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let (theirs, their_ring) = shared(|| key("l", Algorithm::Sha256));
    let ((request, awaited), (other, _)) = (signed(&ours, 1), signed(&ours, 1));
    let (their_request, _) = signed(&theirs, 1);
    assert_eq!(request, other, "the same second");
    let mut reply = answer(1);
    signer(&their_ring, &their_request)
        .sign(&mut reply, NOW)
        .unwrap();
    assert_eq!(
        awaited.verify(&reply, NOW).unwrap_err(),
        AnswerError::OtherKey
    );
    // The answer to another question of ours with the same identity.
    let mut asked = wire::message::query(1, name("mail.example.org").as_ref(), rr::Rtype::A);
    sign_request(&ours, &mut asked, NOW).unwrap();
    let mut reply = answer(1);
    signer(&ring, &asked).sign(&mut reply, NOW).unwrap();
    assert_eq!(
        awaited.verify(&reply, NOW).unwrap_err(),
        AnswerError::BadSig
    );
    // A request is no answer to itself.
    assert_eq!(
        awaited.verify(&request, NOW).unwrap_err(),
        AnswerError::BadSig
    );
}

#[test]
fn no_room_no_signature() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let room = ours.signature_octets();
    let (request, _) = signed(&ours, 1);
    let mut full = answer(1);
    full.resize(limits::MESSAGE_OCTETS - room + 1, 0);
    let before = full.clone();
    let refused = signer(&ring, &request).sign(&mut full, NOW);
    assert_eq!((refused, &full), (Err(SignError::TooLong(1)), &before));
    full.pop();
    signer(&ring, &request).sign(&mut full, NOW).unwrap();
    assert_eq!(full.len(), limits::MESSAGE_OCTETS);
    let mut short = vec![0; 11];
    assert_eq!(
        sign_request(&ours, &mut short, NOW).unwrap_err(),
        SignError::NotAMessage
    );
    let mut many = question(1);
    many[10..12].copy_from_slice(&[0xff; 2]);
    assert_eq!(
        sign_request(&ours, &mut many, NOW).unwrap_err(),
        SignError::TooManyRecords
    );
}

#[test]
fn weak_keys() {
    let of = |algorithm, octets: usize| {
        let secret = rr::Secret::new(vec![7; octets]);
        Key::new(name("k").as_ref(), algorithm, secret).unwrap()
    };
    let least = limits::WEAK_SECRET_OCTETS;
    assert!(!of(Algorithm::Sha256, least).is_weak());
    assert!(of(Algorithm::Sha256, least - 1).is_weak());
    assert!(of(Algorithm::Sha1, 64).is_weak());
}

#[test]
fn errors_have_words() {
    let (ours, ring) = shared(|| key("k", Algorithm::Sha256));
    let (request, _) = signed(&ours, 1);
    let text = |rejection: Rejection| rejection.reason.to_string();
    let late = text(rejected(&ring, &request, later(400)));
    assert_eq!(
        late,
        "signed at 1800000000 by a clock that is 400 s off ours; set the clocks"
    );
    let unknown = text(rejected(&Keyring::default(), &request, NOW));
    assert_eq!(unknown, "there is no key k. for hmac-sha256.");
    let twice = [&request[..], &request[tsig_at(&request).0..]].concat();
    assert_eq!(
        text(rejected(&ring, &twice, NOW)),
        format!("octet {}: octets follow the TSIG record", request.len())
    );
    assert_eq!(
        AnswerError::Hint(TsigError::BadKey).to_string(),
        "the server does not know the key, or not with this algorithm"
    );
}
