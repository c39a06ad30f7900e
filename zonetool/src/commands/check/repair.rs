//! `--fix`: the safe replacements, octet for octet, and nothing else.

use super::disk::Disk;
use crate::console::Console;
use crate::failure::Failure;
use crate::files::Files;
use crate::report::{Fix, Located, Place, Report};
use std::collections::BTreeMap;

/// A repaired line can show the next mistake; after this many rounds something would be going in circles.
const ROUNDS: usize = 8;

/// Checks, repairs and checks again until nothing is left that is safe to repair. Reports what is left.
pub(super) fn until_done(disk: &Disk, console: &Console<'_>) -> Result<Report, Failure> {
    let mut fixed = Vec::new();
    for _ in 0..ROUNDS {
        let mut report = disk.check(console)?;
        let applied = apply(disk, &report.findings)?;
        if applied.is_empty() {
            report.fixed = fixed;
            return Ok(report);
        }
        fixed.extend(applied);
    }
    let report = disk.check(console)?;
    Ok(Report { fixed, ..report })
}

/// Writes each file once, with all of its fixes.
fn apply(disk: &Disk, findings: &[Located]) -> Result<Vec<(String, Place)>, Failure> {
    let mut by_file: BTreeMap<&str, Vec<(&Fix, &str)>> = BTreeMap::new();
    for finding in findings {
        if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe) {
            by_file
                .entry(&fix.file)
                .or_default()
                .push((fix, &finding.rule));
        }
    }
    let mut applied = Vec::new();
    for (file, mut fixes) in by_file {
        fixes.sort_by_key(|(fix, _)| (fix.start_octet, fix.end_octet));
        let fixes = without_overlaps(fixes);
        let text = disk.folder.read(file)?;
        let repaired = repaired(&text, &fixes).ok_or_else(|| {
            Failure::unreadable(format!(
                "{} was changed by somebody else meanwhile",
                disk.folder.shown(file)
            ))
            .next("run the same command again")
        })?;
        disk.folder.write(file, &repaired)?;
        applied.extend(
            fixes
                .iter()
                .map(|(fix, rule)| ((*rule).to_owned(), fix.place.clone())),
        );
    }
    Ok(applied)
}

/// The first of two that touch the same octets; the next round sees whether the other is still needed.
fn without_overlaps<'f>(fixes: Vec<(&'f Fix, &'f str)>) -> Vec<(&'f Fix, &'f str)> {
    let mut end = None;
    let mut kept = fixes;
    kept.retain(|(fix, _)| {
        let is_free = end.is_none_or(|end| {
            fix.start_octet > end || (fix.start_octet == end && fix.end_octet > end)
        });
        if is_free {
            end = Some(fix.end_octet);
        }
        is_free
    });
    kept
}

/// The text with the octets of each fix replaced; `None` where a fix does not fit the text any more.
fn repaired(text: &[u8], fixes: &[(&Fix, &str)]) -> Option<Vec<u8>> {
    let mut repaired = Vec::with_capacity(text.len() + 64);
    let mut copied = 0;
    for (fix, _) in fixes {
        repaired.extend_from_slice(text.get(copied..fix.start_octet)?);
        repaired.extend_from_slice(fix.replacement.as_bytes());
        copied = fix.end_octet;
    }
    repaired.extend_from_slice(text.get(copied..)?);
    Some(repaired)
}
