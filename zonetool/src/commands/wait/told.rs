//! Who serves it, and who lags behind and by what.

use super::watch::{Said, Seen};
use crate::console::{BOLD, Console, GREEN, Plain, RED};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// A line on standard error as a server gets there: the result is told at the end.
pub(super) fn progress(seen: &Seen, console: &mut Console<'_>) -> io::Result<()> {
    match console.machine {
        true => Ok(()),
        false => {
            let line = line(seen);
            writeln!(console.err, "{}", Plain(&line))
        }
    }
}

/// `example.org. at ns1.example.org. (192.0.2.1:53): serial 5, after 0.3 s`
fn line(seen: &Seen) -> String {
    let (awaited, secs) = (&seen.awaited, seen.after.as_secs_f64());
    let place = format!("{} at {}: {}", awaited.zone, awaited.server, seen.said);
    match (seen.has_it(), &seen.said) {
        (true, Said::Serial(serial)) if *serial != awaited.serial => {
            format!("{place}, newer than {}, after {secs:.1} s", awaited.serial)
        }
        (true, _) => format!("{place}, after {secs:.1} s"),
        (false, Said::Other(_)) => place,
        (false, Said::Serial(_)) => format!("{place} in place of {}", awaited.serial),
        (false, _) => format!("{place}, in place of serial {}", awaited.serial),
    }
}

pub(super) fn summary(all: &[Seen], limit: Duration, console: &mut Console<'_>) -> io::Result<()> {
    let lagging: Vec<&Seen> = all.iter().filter(|seen| !seen.has_it()).collect();
    if lagging.is_empty() {
        let done = console.paint(GREEN, "served everywhere");
        return writeln!(console.out, "{done}: {count} of {count}", count = all.len());
    }
    for seen in &lagging {
        writeln!(console.out, "{}", Plain(&line(seen)))?;
    }
    let late = console.paint(RED, "not served everywhere");
    let (count, secs) = (lagging.len(), limit.as_secs());
    writeln!(
        console.out,
        "{late}: {count} of {} after {secs} s",
        all.len()
    )?;
    let next = console.paint(BOLD, "next");
    writeln!(console.out, "  {next}: {}", step(&lagging))
}

/// One that has an older version can be told of the newer one; of the others nothing is known.
fn step(lagging: &[&Seen]) -> String {
    let behind = |seen: &&&Seen| matches!(seen.said, Said::Serial(_));
    let place = |seen: &Seen| format!("@{} {}", seen.awaited.server.address, seen.awaited.zone);
    if let Some(other) = lagging
        .iter()
        .find(|seen| matches!(seen.said, Said::Other(_)))
    {
        let (zone, address) = (&other.awaited.zone, other.awaited.server.address);
        return format!("zonetool verify --zone {zone} --ns {address}");
    }
    match lagging.iter().find(behind) {
        Some(seen) => format!(
            "zonetool notify {}; and look at what that server has logged",
            place(seen)
        ),
        None => format!("zonetool query {} SOA", place(lagging[0])),
    }
}

/// Fields are only ever added.
pub(super) fn to_json(all: &[Seen]) -> Value {
    let one = |seen: &Seen| {
        let serial = match &seen.said {
            Said::Serial(serial) | Said::Other(serial) => Some(serial.0),
            _ => None,
        };
        json!({
            "zone": seen.awaited.zone.to_string(),
            "server": seen.awaited.server.name,
            "address": seen.awaited.server.address.to_string(),
            "wanted": seen.awaited.serial.0,
            "serial": serial,
            "served": seen.has_it(),
            "said": seen.said.to_string(),
            "elapsed_ms": seen.after.as_secs_f64() * 1e3,
        })
    };
    json!({
        "served": all.iter().all(Seen::has_it),
        "servers": all.iter().map(one).collect::<Vec<_>>(),
    })
}
