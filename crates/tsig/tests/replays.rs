#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Requests that come a second time.

mod support;

use std::sync::Arc;

use support::{NOW, answer, key, later, question, shared, verified};
use tsig::{Algorithm, Key, Keyring, RepeatReason, ReplayGuard, Time, limits, sign_request};

fn ends() -> (Arc<Key>, Keyring) {
    shared(|| key("k._update.example.org", Algorithm::Sha256))
}

fn request(key: &Arc<Key>, id: u16, at: Time) -> Vec<u8> {
    let mut request = question(id);
    sign_request(key, &mut request, at).unwrap();
    request
}

fn admit(
    guard: &mut ReplayGuard,
    ring: &Keyring,
    request: &[u8],
    now: Time,
) -> Result<(), RepeatReason> {
    let admitted = guard.admit(verified(ring, request, now), now);
    admitted.map(|_| ()).map_err(|repeated| repeated.reason)
}

#[test]
fn a_request_counts_once_as_long_as_it_is_believed() {
    let ((key, ring), mut guard) = (ends(), ReplayGuard::new());
    let ahead = request(&key, 1, later(300));
    assert_eq!(admit(&mut guard, &ring, &ahead, NOW), Ok(()));
    for secs in [0, 1, 300, 599, 600] {
        assert_eq!(
            admit(&mut guard, &ring, &ahead, later(secs)),
            Err(RepeatReason::Seen),
            "{secs}"
        );
    }
    assert!(
        ring.verify(&ahead, later(601)).is_err(),
        "nobody believes it any more"
    );
    // Another second, identity or key is another request.
    for (id, secs) in [(1, 0), (2, 300), (1, 299)] {
        assert_eq!(
            admit(&mut guard, &ring, &request(&key, id, later(secs)), NOW),
            Ok(())
        );
    }
}

/// A forwarder's identity is not signed, so it makes no new request.
#[test]
fn another_identity_in_the_header_is_no_other_request() {
    let ((key, ring), mut guard) = (ends(), ReplayGuard::new());
    let mut again = request(&key, 1, NOW);
    assert_eq!(admit(&mut guard, &ring, &again, NOW), Ok(()));
    again[0] = 0x55;
    assert_eq!(
        admit(&mut guard, &ring, &again, NOW),
        Err(RepeatReason::Seen)
    );
    let repeated = guard.admit(verified(&ring, &again, NOW), NOW).unwrap_err();
    assert_eq!(repeated.key, support::name("k._update.example.org"));
    let mut refused = answer(1);
    repeated.signer.sign(&mut refused, NOW).unwrap();
}

/// It takes nothing new rather than forget what it has seen.
#[test]
fn a_full_guard_is_strict() {
    let ((key, ring), mut guard) = (ends(), ReplayGuard::with_capacity(3));
    for id in 0..3 {
        assert_eq!(
            admit(&mut guard, &ring, &request(&key, id, NOW), NOW),
            Ok(())
        );
    }
    assert_eq!(
        admit(&mut guard, &ring, &request(&key, 3, NOW), NOW),
        Err(RepeatReason::Full)
    );
    assert_eq!(
        admit(&mut guard, &ring, &request(&key, 0, NOW), NOW),
        Err(RepeatReason::Seen)
    );
    let fresh = request(&key, 3, later(300));
    assert_eq!(
        admit(&mut guard, &ring, &fresh, later(300)),
        Err(RepeatReason::Full)
    );
    assert_eq!(guard.remembered(), 3);
    assert_eq!(
        admit(&mut guard, &ring, &fresh, later(301)),
        Ok(()),
        "time makes room"
    );
    assert_eq!(guard.remembered(), 1);
}

#[test]
fn what_is_forgotten_stays_refused_when_the_clock_goes_back() {
    let ((key, ring), mut guard) = (ends(), ReplayGuard::new());
    let (early, late) = (request(&key, 1, NOW), request(&key, 2, later(1000)));
    assert_eq!(admit(&mut guard, &ring, &early, NOW), Ok(()));
    assert_eq!(admit(&mut guard, &ring, &late, later(1000)), Ok(()));
    assert_eq!(guard.remembered(), 1, "the first is past");
    assert_eq!(
        admit(&mut guard, &ring, &early, NOW),
        Err(RepeatReason::MayHaveBeenSeen)
    );
}

#[test]
fn a_guard_that_has_just_started() {
    let ((key, ring), mut guard) = (ends(), ReplayGuard::new().starting_at(NOW));
    let before = request(&key, 1, later(-1));
    assert_eq!(
        admit(&mut guard, &ring, &before, NOW),
        Err(RepeatReason::MayHaveBeenSeen)
    );
    assert_eq!(
        admit(&mut guard, &ring, &request(&key, 1, NOW), NOW),
        Ok(())
    );
}

/// What it remembers is bounded by time as well: a second's worth for each second of twice the fudge.
#[test]
fn memory_is_bounded_by_time() {
    let ((key, ring), mut guard) = (ends(), ReplayGuard::new());
    let mut most = 0;
    for secs in 0..2000 {
        let now = later(secs);
        admit(&mut guard, &ring, &request(&key, 1, now), now).unwrap();
        most = most.max(guard.remembered());
    }
    assert_eq!(most, usize::from(limits::FUDGE_SECS) + 1);
    assert_eq!(guard.capacity(), limits::REMEMBERED_MESSAGES);
}
