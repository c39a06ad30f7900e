//! What changes, by its changes (RFC 1995).

use rr::{RData, Rtype};
use testbed::poll;
use testbed::process::free_address;

use crate::support::primaries::{Kind, PrimaryServer};
use crate::support::{KEY, await_seen, config, in_dir, start, try_ask, version, zone_text};
use crate::{SLOW, each};

/// Versions that come while nobody is there to follow them.
const CHAIN: u32 = 100;

/// PowerDNS answers each IXFR with the whole zone.
#[test]
fn a_hundred_changes_come_at_once_and_by_changes_alone() {
    each(&[Kind::Bind, Kind::Knot, Kind::Nsd, Kind::Ours], |kind| {
        let (ours, dir) = (free_address(), tempfile::tempdir().unwrap());
        let mut primary = PrimaryServer::start(kind, &short_text(1), ours);
        let config = in_dir(config(ours, primary.address, KEY), dir.path());
        let secondary = start(&config);
        await_seen(ours, "example.org", &version(1));
        secondary.stop();
        for serial in 2..=1 + CHAIN {
            primary.write("example.org", &short_text(serial));
            primary.reload();
            poll(|| match serial_of(&primary) {
                Some(now) if now == serial => Ok(()),
                other => Err(format!(
                    "{kind:?}: {other:?}, not {serial}\n{}",
                    primary.log()
                )),
            });
        }
        let secondary = start(&config);
        await_seen(ours, "example.org", &version(1 + CHAIN));
        let (whole, changes) = given(&primary);
        assert!(whole == 1 && changes > 0, "{kind:?}:\n{}", primary.log());
        secondary.stop();
    });
}

/// The first two hundred hosts.
fn short_text(serial: u32) -> String {
    let text = zone_text(serial, SLOW);
    let lines = text.split_inclusive('\n').take(400);
    lines.collect()
}

fn serial_of(primary: &PrimaryServer) -> Option<u32> {
    let answer = try_ask(primary.address, "example.org", Rtype::SOA)?;
    match &answer.answer.first()?.data {
        RData::SOA(soa) => Some(soa.serial.0),
        _ => None,
    }
}

/// How many transfers of whole zones and of changes it says that it has given.
fn given(primary: &PrimaryServer) -> (usize, usize) {
    let log = primary.log();
    let lines = |with: &[&str]| {
        let lines = log.lines();
        lines
            .filter(|line| with.iter().all(|word| line.contains(word)))
            .count()
    };
    match primary.kind {
        Kind::Bind => (lines(&["AXFR started"]), lines(&[": IXFR started"])),
        Kind::Knot => (
            lines(&["AXFR, outgoing", "finished"]),
            lines(&["IXFR, outgoing", "finished"]),
        ),
        Kind::Nsd => (lines(&["axfr for"]), lines(&["ixfr for"])),
        Kind::PowerDns => (lines(&["AXFR"]), 0),
        Kind::Ours => (
            lines(&["transferred: whole zone"]),
            lines(&["transferred: changes"]),
        ),
    }
}
