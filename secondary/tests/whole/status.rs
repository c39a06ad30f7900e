//! The status as a person reads it.

use secondary::{By, Doing, LastFailure, Standing, Status, ZoneStatus};
use server::HearerReport;
use server::status::{Counters, KeysStatus};

fn zone(name: &str, standing: Standing) -> ZoneStatus {
    ZoneStatus {
        zone: name.into(),
        standing,
        serial: Some(2026),
        records: Some(12),
        octets: Some(4096),
        primary: Some("192.0.2.1:53".into()),
        primaries: vec!["192.0.2.1:53".into(), "192.0.2.2:53".into()],
        by: By::Configuration,
        confirmed_secs_ago: Some(61),
        expires_in_secs: Some(604_800),
        doing: Doing::Waiting,
        next_in_secs: Some(3000),
        last_failure: None,
    }
}

fn failure(why: &str) -> Option<LastFailure> {
    Some(LastFailure {
        primary: "192.0.2.1:53".into(),
        why: why.into(),
        secs_ago: 90,
    })
}

#[test]
fn each_zone_has_its_line_and_what_is_not_good_has_why() {
    let expired = ZoneStatus {
        confirmed_secs_ago: Some(700_000),
        expires_in_secs: Some(0),
        last_failure: failure("it did not answer in time"),
        doing: Doing::Asking,
        ..zone("b.example.", Standing::Expired)
    };
    let missing = ZoneStatus {
        serial: None,
        primary: None,
        confirmed_secs_ago: None,
        expires_in_secs: None,
        last_failure: failure("it refuses"),
        ..zone("longer.c.example.", Standing::Missing)
    };
    let status = Status {
        version: "0.1.0".into(),
        confined: Some("user dns, seccomp".into()),
        up_secs: 7200,
        listen: vec!["192.0.2.9:53".into()],
        tls: None,
        metrics: None,
        workers: 2,
        keys: Some(KeysStatus {
            keys: 3,
            trouble: None,
        }),
        zones: Some(vec![zone("a.example.", Standing::Served), expired, missing]),
        secondaries: vec![HearerReport {
            address: "192.0.2.30:53".parse().unwrap(),
            has_connected: false,
            key: None,
            sent: 3,
            answered: 2,
            trouble: Some("it is silent".into()),
        }],
        counters: Counters::default(),
    };
    insta::assert_snapshot!(status, @r"
    secondary   0.1.0, up 2 h 0 min, 2 workers
    listening   192.0.2.9:53
    confined    user dns, seccomp
    keys        3
    UDP         0 messages, 0 answers, rate limited: 0 truncated, 0 dropped
    TCP         0 connections, 0 messages, 0 answers
    zones       1 good, 2 not
      a.example.         served          2026  from 192.0.2.1:53, asks in 50 min 0 s, confirmed 1 min 1 s ago, expires in 7 d 0 h
      b.example.         expired         2026  from 192.0.2.1:53, asking, confirmed 8 d 2 h ago
        192.0.2.1:53: it did not answer in time (1 min 30 s ago)
      longer.c.example.  missing            -  from 192.0.2.1:53, asks in 50 min 0 s
        192.0.2.1:53: it refuses (1 min 30 s ago)
    secondaries 1 told of changes, 1 of them in vain
      192.0.2.30:53: 3 sent, 2 answered; it is silent
    ");
}
