#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Many zones: what is due, and how much of it goes on at a time.

mod support;

use std::collections::BTreeMap;

use replication::{
    Action, Event, Exchange, Failure, Fleet, FleetLimits, Moment, Pace, Refresh, Standing, Told,
    Way, ZoneNumber,
};
use support::heard;

fn now(secs: u64) -> Moment {
    Moment::from_secs(secs)
}

fn missing() -> Refresh {
    Refresh::missing(Pace::default(), vec![Way::Datagrams], now(0))
}

fn fleet(zones: usize) -> (Fleet, Vec<ZoneNumber>) {
    let mut fleet = Fleet::new(FleetLimits::default());
    let numbers = (0..zones).map(|_| fleet.insert(now(0), missing()));
    let numbers = numbers.collect();
    (fleet, numbers)
}

fn actions(fleet: &mut Fleet) -> Vec<(ZoneNumber, Action)> {
    std::iter::from_fn(|| fleet.poll_action()).collect()
}

fn begun(actions: &[(ZoneNumber, Action)]) -> BTreeMap<ZoneNumber, (Exchange, bool)> {
    let begun = actions.iter().filter_map(|(zone, action)| match action {
        Action::Ask { exchange, .. } => Some((*zone, (*exchange, false))),
        Action::Transfer { exchange, .. } => Some((*zone, (*exchange, true))),
        _ => None,
    });
    begun.collect()
}

/// Ten at a time, as many as BIND and Knot let in.
#[test]
fn ten_thousand_zones_are_fetched_a_few_at_a_time() {
    let (mut fleet, zones) = fleet(10_000);
    assert_eq!(fleet.busy(), (0, 0));
    fleet.handle_timeout(now(0), 7);
    let mut open = begun(&actions(&mut fleet));
    assert_eq!((open.len(), fleet.busy()), (100, (100, 0)));
    let mut published = 0;
    while let Some((zone, (exchange, is_transfer))) = open.pop_first() {
        let event = match is_transfer {
            true => Event::Transferred(exchange, heard(1)),
            false => Event::Soa(exchange, heard(1)),
        };
        fleet.handle(now(1), zone, event, 7);
        let (asked, transferred) = fleet.busy();
        assert!(asked <= 100 && transferred <= 10, "{asked}, {transferred}");
        let actions = actions(&mut fleet);
        let is_publish = |(_, action): &&(ZoneNumber, Action)| matches!(action, Action::Publish(_));
        published += actions.iter().filter(is_publish).count();
        open.extend(begun(&actions));
    }
    assert_eq!((published, fleet.busy()), (10_000, (0, 0)));
    let served = |zone: &&ZoneNumber| fleet.zone(**zone).unwrap().standing() == Standing::Served;
    assert_eq!(zones.iter().filter(served).count(), 10_000);
    // They do not come due together again.
    let first = fleet.next_timeout().unwrap();
    fleet.handle_timeout(first, 7);
    assert!(actions(&mut fleet).len() < 200);
}

#[test]
fn a_zone_that_is_told_of_costs_nothing_to_the_others() {
    let (mut fleet, zones) = fleet(100);
    fleet.handle_timeout(now(0), 0);
    for (zone, (exchange, _)) in begun(&actions(&mut fleet)) {
        fleet.handle(now(0), zone, Event::Failed(exchange, Failure::Refused), 0);
    }
    actions(&mut fleet);
    let told = Told {
        primary: None,
        serial: None,
    };
    fleet.handle(now(2), zones[41], Event::Notify(told), 0);
    let actions = actions(&mut fleet);
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!(actions[0].0, zones[41]);
}

#[test]
fn zones_that_are_removed_leave_room_and_no_trace() {
    let (mut fleet, zones) = fleet(300);
    fleet.handle_timeout(now(0), 0);
    let open = begun(&actions(&mut fleet));
    for zone in &zones[50..] {
        assert!(fleet.remove(now(0), *zone).is_some());
    }
    assert_eq!((fleet.len(), fleet.busy()), (50, (50, 0)));
    // The permits that they left went to those behind them, which were then removed as well.
    let gone = open.iter().find(|(zone, _)| **zone >= zones[50]).unwrap();
    actions(&mut fleet);
    fleet.handle(now(1), *gone.0, Event::Soa(gone.1.0, heard(1)), 0);
    assert_eq!(actions(&mut fleet), []);
    let later = fleet.insert(now(1), missing());
    assert!(later > zones[299], "numbers are not used again");
    for zone in zones[..50].iter().chain([&later]) {
        fleet.remove(now(1), *zone);
    }
    assert_eq!((fleet.is_empty(), fleet.next_timeout()), (true, None));
    assert_eq!(fleet.busy(), (0, 0));
}

#[test]
fn a_zone_without_primaries_holds_nobody_up() {
    let mut fleet = Fleet::new(FleetLimits {
        questions: 1,
        transfers: 1,
    });
    fleet.insert(
        now(0),
        Refresh::missing(Pace::default(), Vec::new(), now(0)),
    );
    let other = fleet.insert(now(0), missing());
    fleet.handle_timeout(now(0), 0);
    assert!(begun(&actions(&mut fleet)).contains_key(&other));
}
