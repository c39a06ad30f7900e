//! How long a zone is good, when clocks are not (RFC 1034 §4.3.5).

use testbed::{clock, poll};

use crate::program::Place;
use crate::support::primaries::{Kind, PrimaryServer};
use crate::support::{KEY, await_seen, is_expired, said, version, zone_text};

/// A day.
const EXPIRE: u64 = 86_400;

#[test]
fn time_goes_on_while_nothing_runs_and_a_clock_that_jumps_changes_little() {
    let place = Place::new();
    let mut primary = PrimaryServer::start(
        Kind::Knot,
        &zone_text(1, &format!("3600 3600 {EXPIRE}")),
        place.address,
    );
    let (port, keys, state) = (
        primary.address.port().to_string(),
        place.keys(&[KEY]),
        place.word("state"),
    );
    let words = [
        "--keys",
        &keys,
        "--primary-port",
        &port,
        "--state-dir",
        &state,
        // What makes the clock jump reads a file all the time.
        "--confine",
        "off",
    ];
    let under = clock::words(&clock::off_by_file(&place.path("clock")));
    let under: Vec<&str> = under.iter().map(String::as_str).collect();
    place.write("clock", "+0");
    let running = place.start_under(&under, &words);
    await_seen(place.address, "example.org", &version(1));
    running.kill();
    primary.end();

    // Two days later: it is too old, and nobody can confirm it. It is not forgotten.
    place.write("clock", "+2d");
    let running = place.start_under(&under, &words);
    is_expired(place.address, "example.org");
    let zone = running.zone("example.org.").unwrap();
    assert_eq!(
        (zone["standing"].as_str(), zone["serial"].as_u64()),
        (Some("expired"), Some(1))
    );
    running.kill();

    // A machine that has lost years: good for no longer than the zone says.
    place.write("clock", "-3650d");
    let running = place.start_under(&under, &words);
    assert_eq!(said(place.address, "example.org"), version(1));
    let left = || running.zone("example.org.").unwrap()["expires_in_secs"].as_u64();
    assert!(left().unwrap() <= EXPIRE, "{:?}", left());
    // While it runs the clock of the wall may go where it likes.
    for jump in ["+366d", "-1h", "+0"] {
        place.write("clock", jump);
        assert_eq!(said(place.address, "example.org"), version(1), "{jump}");
        assert!((EXPIRE / 2..=EXPIRE).contains(&left().unwrap()), "{jump}");
    }
    // And it follows again, now that signatures are in time.
    primary.write("example.org", &zone_text(2, &format!("3600 3600 {EXPIRE}")));
    primary.begin();
    await_seen(place.address, "example.org", &version(2));
    poll(|| match left() {
        Some(left) if left > EXPIRE - 600 => Ok(()),
        other => Err(format!("{other:?}")),
    });
    running.stop();
}
