//! A difference as text for a person, for a program, for a merge request.

use super::compare::{Status, ZoneDiff};
use crate::changes::{Line, Sign};
use crate::console::{BOLD, Console, GREEN, Plain, RED};
use crate::report::counted;
use serde_json::{Value, json};
use std::io;

pub(super) fn human(diffs: &[ZoneDiff], console: &mut Console<'_>) -> io::Result<()> {
    for diff in diffs {
        section(diff, usize::MAX, console)?;
    }
    writeln!(console.out, "{}", summary(diffs))
}

/// Records that are shown in short, of all zones together.
const RECORDS: usize = 20;

/// The same for who has made the change: of zones that came or went only that they did, of others the first records.
pub(in crate::commands) fn short(diffs: &[ZoneDiff], console: &mut Console<'_>) -> io::Result<()> {
    let mut left = RECORDS;
    for diff in diffs {
        let limit = if diff.status == Status::Changed {
            left
        } else {
            0
        };
        section(diff, limit, console)?;
        left -= limit.min(diff.changes.len());
    }
    writeln!(console.out, "{}", summary(diffs))
}

fn section(diff: &ZoneDiff, limit: usize, console: &mut Console<'_>) -> io::Result<()> {
    let heading = console.paint(BOLD, heading(diff));
    writeln!(console.out, "{heading}")?;
    for change in diff.changes.iter().take(limit) {
        let style = if change.change == Sign::Added {
            GREEN
        } else {
            RED
        };
        let line = change.to_text();
        let line = console.paint(style, Plain(&line));
        writeln!(console.out, "{line}")?;
    }
    if diff.changes.len() > limit {
        let left_out = diff.changes.len() - limit;
        let what = if limit == 0 { "record" } else { "more record" };
        writeln!(console.out, "  {}", counted(left_out, what))?;
    }
    writeln!(console.out)
}

/// Fields are only ever added.
pub(in crate::commands) fn json(diffs: &[ZoneDiff]) -> Value {
    json!({
        "zones": diffs,
        "summary": {
            "zones": diffs.len(),
            "added": total(diffs, Sign::Added),
            "removed": total(diffs, Sign::Removed),
        },
    })
}

/// Zones as headings, records as diff blocks, large zones folded away.
pub(super) fn markdown(diffs: &[ZoneDiff], console: &mut Console<'_>) -> io::Result<()> {
    writeln!(console.out, "**{}**", summary(diffs))?;
    for diff in diffs {
        let is_long = diff.changes.len() > FOLD;
        let heading = heading(diff);
        match is_long {
            true => writeln!(
                console.out,
                "\n<details><summary>{}</summary>",
                Plain(&heading)
            )?,
            false => writeln!(console.out, "\n#### {}", Plain(&heading))?,
        }
        fenced(&diff.changes, console)?;
        if is_long {
            writeln!(console.out, "\n</details>")?;
        }
    }
    Ok(())
}

/// More changed records than this are folded away in a merge request.
const FOLD: usize = 40;

fn fenced(changes: &[Line], console: &mut Console<'_>) -> io::Result<()> {
    let lines: Vec<String> = changes.iter().map(Line::to_text).collect();
    // A fence longer than any run of backticks in the text cannot be closed by the text.
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|c| c != '`').map(str::len))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(console.out, "\n{fence}diff")?;
    lines
        .iter()
        .try_for_each(|line| writeln!(console.out, "{}", Plain(line)))?;
    writeln!(console.out, "{fence}")
}

/// `example.org. serial 1 → 2, +1 -1`
fn heading(diff: &ZoneDiff) -> String {
    let what = match (diff.status, diff.serial.before, diff.serial.after) {
        (Status::Added, _, Some(serial)) => format!(" (new zone, serial {serial})"),
        (Status::Added, ..) => " (new zone)".to_owned(),
        (Status::Removed, ..) => " (zone removed)".to_owned(),
        (_, Some(before), Some(after)) if before != after => {
            format!(" (serial {before} → {after})")
        }
        (_, Some(before), _) => format!(" (serial {before}, not raised)"),
        _ => String::new(),
    };
    let unread = match diff.unread {
        0 => String::new(),
        count => format!(
            ", {} not read: zonetool check",
            counted(count, "entry").replace("entrys", "entries")
        ),
    };
    format!("{}{what}{unread}", diff.zone)
}

fn summary(diffs: &[ZoneDiff]) -> String {
    match diffs.is_empty() {
        true => "no record differs".to_owned(),
        false => format!(
            "{} changed: {} added, {} removed",
            counted(diffs.len(), "zone"),
            counted(total(diffs, Sign::Added), "record"),
            counted(total(diffs, Sign::Removed), "record"),
        ),
    }
}

fn total(diffs: &[ZoneDiff], sign: Sign) -> usize {
    diffs.iter().map(|diff| diff.count(sign)).sum()
}
