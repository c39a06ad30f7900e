#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! One zone of a secondary, step by step.

mod support;

use replication::{
    Action, Doubt, Event, Failure, Heard, Moment, News, Pace, Refresh, Standing, Told, Version, Way,
};
use rr::Serial;
use support::{Run, heard, version};

fn told(serial: Option<u32>) -> Event {
    Event::Notify(Told {
        primary: None,
        serial: serial.map(Serial),
    })
}

fn transfer_of(actions: &[Action]) -> Option<(usize, Option<u32>)> {
    actions.iter().find_map(|action| match action {
        Action::Transfer { primary, from, .. } => Some((*primary, from.map(|from| from.0))),
        _ => None,
    })
}

fn asked(actions: &[Action]) -> Option<(usize, Way)> {
    actions.iter().find_map(|action| match action {
        Action::Ask { primary, by, .. } => Some((*primary, *by)),
        _ => None,
    })
}

/// RFC 1034 §4.3.5.
#[test]
fn a_zone_is_looked_at_after_its_refresh_and_fetched_when_it_is_newer() {
    let mut run = Run::served(1);
    assert_eq!(run.zone.standing(), Standing::Served);
    let (exchange, pause) = run.ask(0);
    assert_eq!(pause, 1000);
    assert_eq!(run.handle(Event::Soa(exchange, heard(1))), []);
    let (exchange, pause) = run.ask(0);
    assert_eq!(pause, 1000);
    let actions = run.handle(Event::Soa(exchange, heard(2)));
    assert_eq!(transfer_of(&actions), Some((0, Some(1))), "IXFR from ours");
    let transfer = run.last_exchange();
    let actions = run.handle(Event::Transferred(transfer, heard(2)));
    assert_eq!(actions, [Action::Publish(transfer)]);
    assert_eq!(run.zone.version().unwrap().serial, Serial(2));
}

/// RFC 1995 §4: who does not know IXFR is asked for all; RFC 1034 §4.3.5 then has the next primary.
#[test]
fn ixfr_falls_back_to_axfr_and_then_to_the_next_primary() {
    for failure in [Failure::Refused, Failure::Broken] {
        let mut run = Run::served(2);
        let (exchange, _) = run.ask(0);
        run.handle(Event::Soa(exchange, heard(2)));
        let actions = run.handle(Event::Failed(run.last_exchange(), failure));
        assert_eq!(transfer_of(&actions), Some((0, None)), "{failure}");
        let actions = run.handle(Event::Failed(run.last_exchange(), failure));
        assert_eq!(asked(&actions), Some((1, Way::Datagrams)), "{failure}");
    }
    for failure in [Failure::Unreachable, Failure::NotTrusted(Doubt::Unsigned)] {
        let mut run = Run::served(2);
        let (exchange, _) = run.ask(0);
        run.handle(Event::Soa(exchange, heard(2)));
        let actions = run.handle(Event::Failed(run.last_exchange(), failure));
        assert_eq!(asked(&actions), Some((1, Way::Datagrams)), "{failure}");
    }
}

#[test]
fn who_does_not_answer_datagrams_is_asked_over_a_connection_and_then_the_next_one() {
    let mut run = Run::served(2);
    run.ask(0);
    let cancelled = |actions: &[Action]| matches!(actions[0], Action::Cancel(_));
    let expected = [
        (3, Some((0, Way::Datagrams))),
        (3, Some((0, Way::Connections))),
        (10, Some((1, Way::Datagrams))),
    ];
    for (patience, next) in expected {
        let (pause, actions) = run.wait();
        assert_eq!((pause, asked(&actions)), (patience, next));
        assert!(cancelled(&actions));
    }
}

/// RFC 7766 §5.
#[test]
fn an_answer_that_is_cut_off_is_asked_for_again_over_a_connection() {
    let mut run = Run::served(1);
    let (exchange, _) = run.ask(0);
    let actions = run.handle(Event::Truncated(exchange));
    assert_eq!(asked(&actions), Some((0, Way::Connections)));
}

#[test]
fn a_failed_round_is_retried_at_the_interval_of_the_zone() {
    let mut run = Run::served(2);
    for expected in [1000, 100, 100, 100] {
        let (exchange, pause) = run.ask(0);
        assert_eq!(pause, expected);
        run.handle(Event::Failed(exchange, Failure::Refused));
        let actions = run.handle(Event::Failed(run.last_exchange(), Failure::Refused));
        assert_eq!(asked(&actions), None);
    }
}

#[test]
fn transfers_that_fail_again_and_again_are_tried_less_often() {
    let mut run = Run::served(1);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        let (exchange, pause) = run.ask(0);
        pauses.push(pause);
        run.handle(Event::Soa(exchange, heard(2)));
        run.handle(Event::Failed(run.last_exchange(), Failure::Broken));
        run.handle(Event::Failed(run.last_exchange(), Failure::Broken));
        if run.zone.standing() == Standing::Expired {
            break;
        }
    }
    assert_eq!(pauses[..6], [1000, 100, 200, 400, 800, 1000]);
}

#[test]
fn a_zone_that_was_never_there_is_tried_for_less_and_less_often() {
    let mut run = Run::missing(1);
    let mut pauses = Vec::new();
    for _ in 0..10 {
        let (exchange, pause) = run.ask(0);
        pauses.push(pause);
        run.handle(Event::Failed(exchange, Failure::Refused));
        assert_eq!(run.zone.standing(), Standing::Missing);
    }
    assert_eq!(pauses, [0, 5, 10, 20, 40, 80, 160, 320, 600, 600]);
}

/// RFC 1034 §4.3.5 and RFC 1982 §3.2: a serial that has gone back, or half the circle on, is not newer.
#[test]
fn a_primary_whose_serial_goes_back_is_told_and_not_believed() {
    for theirs in [0, u32::MAX, 1 + (1 << 31)] {
        let mut run = Run::served(1);
        let (exchange, _) = run.ask(0);
        let actions = run.handle(Event::Soa(exchange, heard(theirs)));
        let behind = News::Behind {
            primary: 0,
            theirs: Serial(theirs),
            ours: Serial(1),
        };
        assert_eq!(actions, [Action::Tell(behind)]);
        assert_eq!(run.zone.standing(), Standing::Served);
        assert_eq!(run.ask(0).1, 100, "retried");
    }
}

#[test]
fn a_primary_that_promises_more_than_it_sends_is_not_believed() {
    // It sends what we have: that is a look that went well.
    let mut run = Run::served(1);
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, heard(9)));
    let transfer = run.last_exchange();
    let actions = run.handle(Event::Transferred(transfer, heard(1)));
    assert_eq!(actions, [Action::Discard(transfer)]);
    assert_eq!(run.ask(0).1, 1000);
    // It sends something older: that is none.
    run.handle(Event::Soa(run.last_exchange(), heard(9)));
    let transfer = run.last_exchange();
    let actions = run.handle(Event::Transferred(transfer, heard(0)));
    assert_eq!(actions[0], Action::Discard(transfer));
    assert_eq!(run.ask(0).1, 100);
    assert_eq!(run.zone.version().unwrap().serial, Serial(1));
}

#[test]
fn one_primary_that_has_the_zone_is_enough() {
    let mut run = Run::served(3);
    let (exchange, _) = run.ask(0);
    run.handle(Event::Failed(exchange, Failure::Unreachable));
    run.handle(Event::Soa(run.last_exchange(), heard(0)));
    run.handle(Event::Soa(run.last_exchange(), heard(1)));
    assert_eq!(run.ask(0).1, 1000, "confirmed by the third");
}

/// RFC 1034 §4.3.5: from the last success, and never forgotten.
#[test]
fn an_expired_zone_is_not_answered_from_and_comes_back_at_once() {
    let mut run = Run::served(1);
    let began = run.now;
    let mut asked = 0;
    let expired = loop {
        let (_, actions) = run.wait();
        asked += 1;
        if actions.contains(&Action::Expire) {
            break run.now;
        }
        assert!(asked < 1000);
    };
    assert_eq!(expired.millis_since(began), 5_000_000);
    assert_eq!(run.zone.standing(), Standing::Expired);
    assert_eq!(run.zone.version().unwrap().serial, Serial(1), "kept");
    // It goes on being looked at, and one answer is enough.
    let exchange = loop {
        if let Some(Action::Ask { exchange, .. }) = run.wait().1.last() {
            break *exchange;
        }
    };
    let back = run.now.millis_since(expired);
    assert!(back <= 120_000, "{back} ms, with retry 100 s");
    assert_eq!(run.handle(Event::Soa(exchange, heard(1))), [Action::Revive]);
    assert_eq!(run.zone.standing(), Standing::Served);
    assert_eq!(run.zone.expires_in_secs(run.now), Some(5000));
}

#[test]
fn an_expired_zone_is_taken_from_a_primary_that_has_begun_anew() {
    let now = Moment::from_secs(50);
    let mut run = Run::missing(1);
    run.zone = Refresh::kept(
        Pace::default(),
        vec![Way::Datagrams],
        now,
        (version(100), 0),
    );
    run.now = now;
    assert_eq!(run.zone.standing(), Standing::Expired);
    let (exchange, _) = run.ask(0);
    let actions = run.handle(Event::Soa(exchange, heard(7)));
    assert_eq!(transfer_of(&actions), Some((0, None)));
    let transfer = run.last_exchange();
    let actions = run.handle(Event::Transferred(transfer, heard(7)));
    assert_eq!(actions, [Action::Publish(transfer)]);
}

#[test]
fn a_kept_zone_is_served_at_once_for_what_is_left_of_its_time() {
    let now = Moment::from_secs(50);
    for (left, expected) in [(300, 300), (1_000_000, 5000)] {
        let kept = Refresh::kept(
            Pace::default(),
            vec![Way::Datagrams],
            now,
            (version(3), left),
        );
        assert_eq!(kept.standing(), Standing::Served);
        assert_eq!(kept.expires_in_secs(now), Some(expected));
        assert_eq!(kept.next_timeout(), Some(now), "and looked at");
    }
}

/// RFC 7314 §4: what a primary that is a secondary itself says about its own time.
#[test]
fn the_expire_option_bounds_what_is_passed_on() {
    let with = |serial, expire_secs| Heard {
        expire_secs: Some(expire_secs),
        ..heard(serial)
    };
    let mut run = Run::served(1);
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, with(1, 4500)));
    assert_eq!(run.zone.expires_in_secs(run.now), Some(4500), "made longer");
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, with(1, 10)));
    assert_eq!(run.zone.expires_in_secs(run.now), Some(3500), "not shorter");
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, heard(2)));
    run.handle(Event::Transferred(run.last_exchange(), with(2, 2000)));
    assert_eq!(run.zone.expires_in_secs(run.now), Some(2000));
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, heard(3)));
    run.handle(Event::Transferred(run.last_exchange(), with(3, 0)));
    assert_eq!(run.zone.expires_in_secs(run.now), Some(1100), "never blank");
}

#[test]
fn what_a_zone_says_of_its_times_is_bounded() {
    let hasty = Version {
        serial: Serial(1),
        refresh_secs: 0,
        retry_secs: 1,
        expire_secs: 0,
    };
    let mut run = Run::missing(1);
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, Heard::of(hasty)));
    run.handle(Event::Transferred(run.last_exchange(), Heard::of(hasty)));
    assert_eq!(run.zone.standing(), Standing::Served, "expire 0");
    let (exchange, pause) = run.ask(0);
    assert_eq!(pause, 30, "refresh 0");
    run.handle(Event::Failed(exchange, Failure::Refused));
    assert_eq!(
        run.zone.next_timeout(),
        Some(run.now.after_secs(15)),
        "retry 1"
    );
}

/// RFC 1996 §3.11 and §4: NOTIFY is a refresh that has come due.
#[test]
fn notify_has_the_primary_that_sent_it_asked_at_once() {
    let mut run = Run::served(3);
    let event = Event::Notify(Told {
        primary: Some(2),
        serial: Some(Serial(2)),
    });
    let actions = run.handle(event);
    assert_eq!(asked(&actions), Some((2, Way::Datagrams)));
    // RFC 1996 §3.7: a hint that is not newer saves the question.
    let mut run = Run::served(1);
    for old in [1, 0, u32::MAX] {
        assert_eq!(run.handle(told(Some(old))), []);
    }
    assert_eq!(asked(&run.handle(told(None))), Some((0, Way::Datagrams)));
}

#[test]
fn notifies_while_a_look_is_under_way_cause_one_more() {
    let mut run = Run::served(1);
    run.handle(told(Some(2)));
    let exchange = run.last_exchange();
    for serial in [2, 3, 3, 4, 3] {
        assert_eq!(run.handle(told(Some(serial))), []);
    }
    run.handle(Event::Soa(exchange, heard(2)));
    let transfer = run.last_exchange();
    assert_eq!(run.handle(told(Some(4))), []);
    let actions = run.handle(Event::Transferred(transfer, heard(2)));
    assert_eq!(actions, [Action::Publish(transfer)]);
    // At once, as the last look brought something.
    let (exchange, pause) = run.ask(0);
    assert_eq!(pause, 0);
    run.handle(Event::Soa(exchange, heard(4)));
    run.handle(Event::Transferred(run.last_exchange(), heard(4)));
    assert_eq!(run.ask(0).1, 1000, "no further one");
}

#[test]
fn what_a_transfer_has_brought_is_not_asked_for_again() {
    let mut run = Run::served(1);
    run.handle(told(Some(2)));
    run.handle(Event::Soa(run.last_exchange(), heard(3)));
    run.handle(told(Some(3)));
    run.handle(Event::Transferred(run.last_exchange(), heard(3)));
    assert_eq!(run.ask(0).1, 1000);
}

#[test]
fn a_notify_ahead_of_its_primary_is_followed_up_once() {
    let mut run = Run::served(1);
    run.handle(told(Some(9)));
    run.handle(Event::Soa(run.last_exchange(), heard(1)));
    let (exchange, pause) = run.ask(0);
    assert_eq!(pause, 1, "it may have been quicker than its zone");
    run.handle(Event::Soa(exchange, heard(1)));
    assert_eq!(run.ask(0).1, 1000, "and that is that");
}

/// A server that has just started, or looks because it is time, has not been told anything yet.
#[test]
fn a_notify_is_believed_at_once_after_a_look_of_our_own() {
    for failure in [None, Some(Failure::Refused)] {
        let mut run = Run::served(1);
        let (exchange, _) = run.ask(0);
        run.handle(match failure {
            None => Event::Soa(exchange, heard(1)),
            Some(failure) => Event::Failed(exchange, failure),
        });
        let actions = run.handle(told(Some(2)));
        assert!(asked(&actions).is_some(), "{failure:?}");
    }
}

#[test]
fn a_flood_of_notifies_makes_one_look_in_a_second() {
    let mut run = Run::served(1);
    let began = run.now;
    let mut looks = 0;
    for step in 0..20_000_u64 {
        run.now = began.after_millis(step);
        let mut actions = run.handle(told(Some(9)));
        if run.zone.next_timeout().is_some_and(|due| due <= run.now) {
            actions.extend(run.handle(Event::Timeout));
        }
        if asked(&actions).is_some() {
            looks += 1;
            run.handle(Event::Soa(run.last_exchange(), heard(1)));
        }
    }
    assert!((19..=21).contains(&looks), "{looks} in 20 s");
}

#[test]
fn what_comes_too_late_is_discarded() {
    let mut run = Run::served(1);
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, heard(2)));
    let transfer = run.last_exchange();
    let (pause, actions) = run.wait();
    assert_eq!(pause, 3600, "the longest that a transfer may take");
    assert_eq!(actions[0], Action::Cancel(transfer));
    let actions = run.handle(Event::Transferred(transfer, heard(2)));
    assert_eq!(actions, [Action::Discard(transfer)]);
    assert_eq!(run.handle(Event::Soa(exchange, heard(3))), []);
    assert_eq!(run.zone.version().unwrap().serial, Serial(1));
}

#[test]
fn chance_makes_a_pause_shorter_by_a_quarter_at_most() {
    let mut run = Run::served(1);
    run.chance = u32::MAX;
    let (exchange, _) = run.ask(0);
    run.handle(Event::Soa(exchange, heard(1)));
    assert_eq!(run.ask(0).1, 750);
}

#[test]
fn a_primary_behind_tls_is_never_asked_by_datagrams() {
    let mut run = Run::missing(1);
    run.zone = Refresh::missing(Pace::default(), vec![Way::Connections], run.now);
    let (_, actions) = run.wait();
    assert_eq!(asked(&actions), Some((0, Way::Connections)));
}
