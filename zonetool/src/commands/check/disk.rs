//! Checking files as they lie on disk, against what was pushed last or, where nothing is, what was committed.

use crate::checking::{Checker, Version, look_into};
use crate::console::Console;
use crate::failure::Failure;
use crate::files::{CommitFiles, Files, Folder, ZoneAt, is_at_or_below};
use crate::report::Report;
use crate::target::{self, Repository};
use crate::touched::{Side, may_include};
use git_store::{CommitId, Store};
use std::path::Path;

/// The files that are checked.
pub(super) struct Disk {
    pub(super) folder: Folder,
    what: What,
    /// What the repository around them has that may be served already, if there is one.
    base: Option<Side>,
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
        let base = base(&folder)?
            .map(|files| Side::new(Some(files)))
            .transpose()?;
        Ok(Disk { folder, what, base })
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
            .extend(findings.flat_map(|finding| look_into(&self.folder, finding)));
        Ok(listing
            .zones
            .into_iter()
            .filter(|zone| is_meant(&zone.path))
            .collect())
    }

    /// The zone as it was committed, unless it is not there or word for word the same.
    fn before(&self, checker: &Checker, zone: &ZoneAt) -> Result<Option<Version>, Failure> {
        let Some((files, committed)) = self.base.as_ref().and_then(|base| base.zone(&zone.zone))
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

fn base(folder: &Folder) -> Result<Option<CommitFiles>, Failure> {
    if !folder.is_work_tree() {
        return Ok(None);
    }
    let repository = Repository::around(folder.top())?;
    let base = upstream(&repository.store).or_else(|| repository.store.tip(None).ok().flatten());
    base.map(|base| repository.files(base)).transpose()
}

/// Where the branch was when it was last fetched or pushed: what is committed since then is not served yet, and the next
/// push is compared with it. Clones follow `origin` unless told otherwise, and no configuration is read to find out.
pub(crate) fn upstream(store: &Store) -> Option<CommitId> {
    let branch = store.head_branch().ok().flatten()?;
    let tracking = format!("refs/remotes/origin/{branch}");
    store.tip(Some(&tracking)).ok().flatten()
}
