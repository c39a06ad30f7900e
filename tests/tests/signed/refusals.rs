//! Requests that are refused: what BIND, Knot and NSD say, beside what we say.

use rr::Rtype;
use tsig::{Algorithm, AnswerError, Key, Refusal, Request, TsigError, sign_request};

use crate::connection::{Connection, Told, question};
use crate::keys::{Shared, earlier, now, ring};
use crate::servers::{Running, Server};

/// What we say to a request.
fn ours(request: &[u8]) -> (Told, Refusal) {
    let rejection = ring().verify(request, now()).expect_err("refused");
    let reason = rejection.reason.clone();
    let mut answer = question(Rtype::AXFR);
    answer[2] |= 0x80;
    answer[3] |= u16::from(reason.verdict().0) as u8;
    rejection.finish(&mut answer).unwrap();
    (Told::by(&answer), reason)
}

fn sha256() -> Shared {
    Shared::of(Algorithm::Sha256)
}

fn signed(key: Key, at: tsig::Time) -> (Vec<u8>, tsig::Awaited) {
    let mut request = question(Rtype::AXFR);
    let awaited = sign_request(&std::sync::Arc::new(key), &mut request, at).unwrap();
    (request, awaited)
}

/// NOTAUTH
const NOTAUTH: u8 = 9;

#[test]
fn refusals_are_those_of_others() {
    let unknown = signed(
        sha256().with_name("nobody._transfer.example.org").key(),
        now(),
    );
    let other_secret = signed(sha256().with_secret(b"another").key(), now());
    let late = signed(sha256().key(), earlier(1000));
    let cases = [
        ("unknown key", unknown, AnswerError::Hint(TsigError::BadKey)),
        (
            "other secret",
            other_secret,
            AnswerError::Hint(TsigError::BadSig),
        ),
        ("late", late, AnswerError::ServerTime(now())),
    ];
    for server in Server::ALL {
        let running = Running::start(server);
        for (what, (request, awaited), told) in &cases {
            let theirs = Connection::to(running.address).ask(request);
            let (ours, reason) = ours(request);
            assert_eq!(ours.rcode, NOTAUTH, "{what}: {reason}");
            let said = awaited.verify(&theirs, earlier(1000)).unwrap_err();
            // RFC 8945 §5.3.2 wants the time signed, which NSD leaves out.
            if (server, *what) == (Server::Nsd, "late") {
                let mac_octets = 0;
                assert_eq!(Told::by(&theirs), Told { mac_octets, ..ours });
                assert_eq!(said, AnswerError::Hint(TsigError::BadTime));
                continue;
            }
            assert_eq!(Told::by(&theirs), ours, "{server:?} on {what}");
            match (said, told) {
                // The server's clock, signed.
                (AnswerError::ServerTime(time), AnswerError::ServerTime(ours)) => {
                    assert!(time.secs().abs_diff(ours.secs()) < 300, "{server:?}");
                }
                (said, told) => assert_eq!(said, *told, "{server:?} on {what}"),
            }
        }
    }
}

/// RFC 8945 §5.2.2.1 lets a MAC be cut to half its length, and §5.2.4 lets a server want more.
#[test]
fn macs_that_are_cut_off() {
    let half = || sha256().key().with_mac_octets(16).unwrap();
    for server in Server::ALL {
        let running = Running::start(server);
        let (request, awaited) = signed(half(), now());
        let theirs = Connection::to(running.address).ask(&request);
        let (ours, reason) = ours(&request);
        assert_eq!(
            reason,
            Refusal::BadTrunc {
                octets: 16,
                wanted: 32
            }
        );
        let said = awaited.verify(&theirs, now()).unwrap_err();
        match server {
            Server::Bind => {
                assert_eq!(
                    (Told::by(&theirs), said),
                    (ours, AnswerError::ServerWantsMore)
                );
            }
            // They know whole MACs only.
            Server::Knot | Server::Nsd => assert_eq!(said, AnswerError::Hint(TsigError::BadSig)),
        }
    }
}

/// Questions, too, are answered with a signature.
#[test]
fn signed_questions_are_answered_signed() {
    for server in [Server::Bind, Server::Nsd] {
        let running = Running::start(server);
        for shared in Shared::all() {
            let mut request = question(Rtype::SOA);
            let awaited = sign_request(&shared.arc(), &mut request, now()).unwrap();
            assert!(matches!(
                ring().verify(&request, now()),
                Ok(Request::Signed(_))
            ));
            let answer = Connection::to(running.address).ask(&request);
            let good = awaited.verify(&answer, now());
            assert!(good.is_ok(), "{server:?} {}: {good:?}", shared.algorithm);
            let mut changed = answer.clone();
            changed[40] ^= 1;
            assert!(awaited.verify(&changed, now()).is_err());
        }
    }
}
