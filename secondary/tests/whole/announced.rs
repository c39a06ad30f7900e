//! Zones that the primary of a root key has announced.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use replication::Pace;
use replication::message::notify;
use secondary::{By, Config, Secondary, ZoneStatus};
use testbed::poll;
use testbed::process::free_address;
use tsig::sign_request;
use wire::ResponseCode;

use crate::support::primaries::{Kind, PrimaryServer};
use crate::support::{
    WIDE_KEY, await_seen, config, in_dir, key, name, now, said, start, try_exchange, version,
    zone_text,
};

const SLOW: &str = "3600 3600 86400";
/// Looked at each second, and good for a few.
const SHORT: &str = "1 1 3";
const ZONES: [&str; 2] = ["stays.example", "goes.example"];

fn text(zone: &str, serial: u32, times: &str) -> String {
    zone_text(serial, times).replace("example.org", zone)
}

fn status(secondary: &Secondary, zone: &str) -> Option<ZoneStatus> {
    let zones = secondary.status().zones.unwrap();
    zones.into_iter().find(|it| it.zone == format!("{zone}."))
}

fn kept(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "zone"))
        .count()
}

/// A primary that has both zones, with these times in their SOA records.
fn primary_of_both(place: SocketAddr, times: &str) -> PrimaryServer {
    let mut primary = PrimaryServer::prepared(Kind::Bind, place);
    for zone in ZONES {
        primary.write(zone, &text(zone, 1, times));
    }
    primary.begin();
    primary
}

fn following(primary: &PrimaryServer, place: SocketAddr, dir: &Path) -> Config {
    let mut config = in_dir(config(place, primary.address, WIDE_KEY), dir);
    config.pace = Pace {
        refresh_floor_secs: 1,
        retry_floor_secs: 1,
        missing_first_secs: 1,
        ..Pace::default()
    };
    config
}

#[test]
fn they_are_there_after_a_restart_and_forgotten_once_the_primary_has_them_no_longer() {
    let (place, dir) = (free_address(), tempfile::tempdir().unwrap());
    let mut primary = primary_of_both(place, SLOW);
    let config = following(&primary, place, dir.path());
    let secondary = start(&config);
    for zone in ZONES {
        primary.write(zone, &text(zone, 2, SLOW));
    }
    primary.reload();
    for zone in ZONES {
        await_seen(place, zone, &version(2));
        let told = status(&secondary, zone).unwrap();
        assert_eq!(told.by, By::Announcement);
        assert!(told.confirmed_secs_ago.is_some(), "{told:?}");
    }
    secondary.stop();
    primary.end();

    // Nobody is there to announce anything.
    let secondary = start(&config);
    for zone in ZONES {
        assert_eq!(said(place, zone), version(2), "{zone}");
        assert_eq!(status(&secondary, zone).unwrap().confirmed_secs_ago, None);
    }
    assert_eq!(kept(dir.path()), 2);

    // It takes one away: as long as what was fetched is good, that is served.
    primary.begin();
    primary.write("goes.example", &text("goes.example", 3, SHORT));
    primary.reload();
    await_seen(place, "goes.example", &version(3));
    primary.end();
    primary.remove("goes.example");
    primary.begin();
    await_seen(place, "goes.example", "Query Refused");
    assert_eq!(status(&secondary, "goes.example"), None);
    assert_eq!(kept(dir.path()), 1, "nor is it kept");
    secondary.stop();
    let secondary = start(&config);
    assert_eq!(said(place, "stays.example"), version(2));
    assert_eq!(said(place, "goes.example"), "Query Refused", "for good");
    secondary.stop();
}

/// Who is only away says nothing: what has expired is not forgotten (RFC 1034 §4.3.5).
#[test]
fn one_whose_primary_is_away_is_not_forgotten() {
    let (place, dir) = (free_address(), tempfile::tempdir().unwrap());
    let mut primary = primary_of_both(place, SHORT);
    let secondary = start(&following(&primary, place, dir.path()));
    primary.write("goes.example", &text("goes.example", 2, SHORT));
    primary.reload();
    await_seen(place, "goes.example", &version(2));
    primary.end();
    await_seen(place, "goes.example", "Server Failure");
    // It has been looked for in vain since.
    poll(|| match status(&secondary, "goes.example") {
        Some(told) if told.last_failure.is_some() => Ok(()),
        other => Err(format!("{other:?}")),
    });
    primary.begin();
    await_seen(place, "goes.example", &version(2));
    secondary.stop();
}

/// As the primary would, which has never heard of the zone.
fn announce(place: SocketAddr, zone: &str) {
    let mut message = notify(1, name(zone).as_ref(), None);
    sign_request(&key(WIDE_KEY), &mut message, now()).unwrap();
    let answer = poll(|| try_exchange(place, &message).ok_or("silence".to_owned()));
    assert_eq!(answer.rcode, ResponseCode::NoError, "{zone}");
}

/// A primary may be quicker to announce a zone than to have it; who refuses it for long enough does not have it.
#[test]
fn one_that_is_refused_from_the_start_is_forgotten_after_a_while() {
    let places = [free_address(), free_address()];
    let primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), places[0]);
    let dirs = places.map(|_| tempfile::tempdir().unwrap());
    let mut patient = following(&primary, places[0], dirs[0].path());
    let mut hasty = following(&primary, places[1], dirs[1].path());
    assert_eq!(patient.announced_in_vain.as_secs(), 86_400);
    hasty.announced_in_vain = Duration::ZERO;
    patient.most_announced = 1;
    let (patient, hasty) = (start(&patient), start(&hasty));
    for place in places {
        announce(place, "never.example");
    }
    poll(|| match status(&hasty, "never.example") {
        None => Ok(()),
        other => Err(format!("{other:?}")),
    });
    poll(|| {
        let told = status(&patient, "never.example").map(|it| it.last_failure);
        let why = told.clone().flatten().map(|it| it.why);
        (why.as_deref() == Some("it refuses"))
            .then_some(())
            .ok_or(format!("{told:?}"))
    });
    // There is one already, which is as many as there may be.
    announce(places[0], "other.example");
    assert_eq!(status(&patient, "other.example"), None);
    patient.stop();
    hasty.stop();
}
