//! `--fix`: the safe replacements, octet for octet, and nothing else.

use super::disk::Disk;
use crate::console::Console;
use crate::failure::Failure;
use crate::report::{Fix, Located, Place, Report};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

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
        let path = disk.folder.on_disk(file);
        rewrite(&path, &fixes).map_err(|error| {
            Failure::unreadable(format!("cannot write {}", path.display()))
                .because(&error)
                .next("look at the permissions of the file and its folder")
        })?;
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

/// Through a second file, so that nobody ever reads half of it.
fn rewrite(path: &Path, fixes: &[(&Fix, &str)]) -> io::Result<()> {
    let text = fs::read(path)?;
    let mut repaired = Vec::with_capacity(text.len() + 64);
    let mut copied = 0;
    for (fix, _) in fixes {
        let before = text
            .get(copied..fix.start_octet)
            .ok_or(io::ErrorKind::InvalidData)?;
        repaired.extend_from_slice(before);
        repaired.extend_from_slice(fix.replacement.as_bytes());
        copied = fix.end_octet;
    }
    repaired.extend_from_slice(text.get(copied..).ok_or(io::ErrorKind::InvalidData)?);
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".zonetool-new");
    fs::write(&fresh, repaired)?;
    fs::set_permissions(&fresh, fs::metadata(path)?.permissions())?;
    fs::rename(&fresh, path)
}
