//! Checking files as they lie on disk, against the commit they were edited from.

use crate::checking::{Checker, Version, locate_layout};
use crate::console::Console;
use crate::failure::Failure;
use crate::files::{CommitFiles, Files, Folder, ZoneAt, is_at_or_below};
use crate::report::Report;
use crate::target::{self, Repository};
use crate::touched::{Side, may_include};
use std::path::Path;

/// The files that are checked.
pub(super) struct Disk {
    pub(super) folder: Folder,
    what: What,
    /// The newest commit of the repository around them, if there is one.
    head: Option<Side>,
}

enum What {
    OneFile(ZoneAt),
    /// Everything below this path.
    Below(String),
}

impl Disk {
    /// The file or folder at `path`.
    pub(super) fn open(path: &Path, zone: Option<&str>) -> Result<Disk, Failure> {
        let (folder, what) = match path.is_dir() {
            true => target::folder(path).map(|(folder, below)| (folder, What::Below(below)))?,
            false => {
                target::file(path, zone).map(|(folder, file)| (folder, What::OneFile(file)))?
            }
        };
        let head = head(&folder)?
            .map(|files| Side::new(Some(files)))
            .transpose()?;
        Ok(Disk { folder, what, head })
    }

    pub(super) fn check(&self, console: &Console<'_>) -> Result<Report, Failure> {
        let (checker, policy_findings) = Checker::new(&self.folder);
        let mut report = Report {
            findings: policy_findings,
            ..Report::default()
        };
        let zones = self.zones(&mut report)?;
        let bar = console.progress(zones.len(), "checking zones");
        for zone in &zones {
            let before = self.before(&checker, zone)?;
            report.add(checker.check(&self.folder, zone, before.as_ref())?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(report)
    }

    fn zones(&self, report: &mut Report) -> Result<Vec<ZoneAt>, Failure> {
        let below = match &self.what {
            What::OneFile(zone) => return Ok(vec![zone.clone()]),
            What::Below(path) => path,
        };
        let is_meant = |path: &str| is_at_or_below(path, below);
        let listing = self.folder.list()?;
        let findings = listing
            .findings
            .iter()
            .filter(|finding| is_meant(&finding.path.to_string()));
        report
            .findings
            .extend(findings.map(|finding| locate_layout(&self.folder, finding)));
        Ok(listing
            .zones
            .into_iter()
            .filter(|zone| is_meant(&zone.path))
            .collect())
    }

    /// The zone as it was committed, unless it is not there or word for word the same.
    fn before(&self, checker: &Checker, zone: &ZoneAt) -> Result<Option<Version>, Failure> {
        let Some((files, committed)) = self.head.as_ref().and_then(|head| head.zone(&zone.zone))
        else {
            return Ok(None);
        };
        match is_same_text(files, &committed, &self.folder, zone) {
            true => Ok(None),
            false => checker.version(files, &committed),
        }
    }
}

/// Parts may have changed too, so a zone with includes is never taken for unchanged.
fn is_same_text(files: &CommitFiles, committed: &ZoneAt, folder: &Folder, zone: &ZoneAt) -> bool {
    let (before, now) = (
        files.read_optional(&committed.path),
        folder.read_optional(&zone.path),
    );
    before == now && !now.is_some_and(|text| may_include(&text))
}

fn head(folder: &Folder) -> Result<Option<CommitFiles>, Failure> {
    if !folder.is_work_tree() {
        return Ok(None);
    }
    let repository = Repository::around(folder.top())?;
    let tip = repository.store.tip(None).ok().flatten();
    tip.map(|tip| repository.files(tip)).transpose()
}
