//! Checking commits: one as it stands, or a range for what it brings in and who did it.

use crate::checking::{Checker, Known, Version, look_into};
use crate::console::Console;
use crate::failure::Failure;
use crate::files::Files;
use crate::report::{Located, Origin, Report};
use crate::target::Repository;
use crate::touched::{self, Side};
use git_store::{Commit, CommitId, Range, ZoneName};

use super::taken_back;

/// All zones of one commit, their serials against those of its first parent.
pub(crate) fn check_commit(
    repository: &Repository,
    commit: CommitId,
    console: &Console<'_>,
) -> Result<Report, Failure> {
    let side = Side::new(Some(repository.files(commit)?))?;
    let parent = side.files().snapshot.commit().parents.first().copied();
    let parent = Side::new(parent.map(|parent| repository.files(parent)).transpose()?)?;
    let touched = touched::between(&parent, &side)?;
    let (checker, mut findings) = Checker::new(side.files());
    let listing = side.files().list()?;
    findings.extend(
        listing
            .findings
            .iter()
            .flat_map(|finding| look_into(side.files(), finding)),
    );
    let mut report = Report {
        findings,
        ..Report::default()
    };
    let bar = console.progress(listing.zones.len(), "checking zones");
    for zone in &listing.zones {
        let before = if touched.contains(&zone.zone) {
            version(&checker, &parent, &zone.zone)?
        } else {
            None
        };
        let mut outcome = checker.check(side.files(), zone, before.as_ref())?;
        if let Some(parent) = &parent.files {
            let from = parent.snapshot.commit().id;
            taken_back::judge(
                repository,
                &checker,
                from,
                (side.files(), zone),
                &mut outcome,
            )?;
        }
        report.add(outcome);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report)
}

/// What a range brings in: findings that its end has and its beginning had not, each with its commit.
pub(crate) fn check_range(
    repository: &Repository,
    range: Range,
    console: &Console<'_>,
) -> Result<Report, Failure> {
    let older = Side::new(range.from.map(|from| repository.files(from)).transpose()?)?;
    let newer = Side::new(Some(repository.files(range.to)?))?;
    let (checker, mut findings) = Checker::new(newer.files());
    findings.extend(new_in_layout(&older, &newer));
    let walk = Walk {
        repository,
        range,
        checker,
        older,
        newer,
    };
    let mut report = Report {
        findings,
        ..Report::default()
    };
    let touched = touched::judged_anew(&walk.older, &walk.newer)?;
    let bar = console.progress(touched.len(), "checking zones");
    for zone in &touched {
        walk.check(zone, &mut report)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report)
}

fn version(checker: &Checker, side: &Side, zone: &ZoneName) -> Result<Option<Version>, Failure> {
    match side.zone(zone) {
        Some((files, at)) => checker.version(files, &at),
        None => Ok(None),
    }
}

fn new_in_layout(older: &Side, newer: &Side) -> Vec<Located> {
    let before = older.layout.findings();
    let now = newer.layout.findings();
    now.iter()
        .filter(|finding| !before.contains(finding))
        .flat_map(|finding| look_into(newer.files(), finding))
        .collect()
}

/// Commits gone back to name the one that brought a finding in. A rewritten branch may share nothing with what it was.
const LOOK_BACK: usize = 1_000;

struct Walk<'r> {
    repository: &'r Repository,
    range: Range,
    checker: Checker,
    older: Side,
    newer: Side,
}

impl Walk<'_> {
    fn check(&self, zone: &ZoneName, report: &mut Report) -> Result<(), Failure> {
        let Some((newer, at)) = self.newer.zone(zone) else {
            return Ok(());
        };
        let before = version(&self.checker, &self.older, zone)?;
        let mut outcome = self.checker.check(newer, &at, before.as_ref())?;
        if let Some((files, before)) = self
            .older
            .zone(zone)
            .filter(|_| !outcome.findings.is_empty())
        {
            let checker = self.checker.under_policy_of(files);
            let mut known = Known::new(&checker.check(files, &before, None)?.findings);
            outcome.findings.retain(|finding| !known.take(finding));
        }
        if let Some(from) = self.range.from {
            let zone = (newer, &at);
            taken_back::judge(self.repository, &self.checker, from, zone, &mut outcome)?;
        }
        self.name_commits(zone, before.as_ref(), &mut outcome.findings)?;
        report.add(outcome);
        Ok(())
    }

    /// Goes back commit by commit: a finding that the state before does not have came in here.
    fn name_commits(
        &self,
        zone: &ZoneName,
        before: Option<&Version>,
        findings: &mut [Located],
    ) -> Result<(), Failure> {
        let mut open: Vec<&mut Located> = findings.iter_mut().collect();
        for commit in self
            .repository
            .store
            .first_parents(self.range.to)
            .take(LOOK_BACK)
        {
            let commit = commit
                .map_err(|error| Failure::unreadable("cannot read the history").because(&error))?;
            if open.is_empty() || Some(commit.id) == self.range.from {
                break;
            }
            let mut known = match self.parent_in_range(&commit) {
                None => Known::new(&[]),
                Some(parent) if !self.may_touch(commit.id, parent, zone)? => continue,
                Some(parent) => self.findings_at(parent, zone, before)?,
            };
            let (still, here): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|finding| known.take(finding));
            here.into_iter()
                .for_each(|finding| finding.origin = Some(Origin::new(&commit)));
            open = still;
        }
        Ok(())
    }

    /// Without reading the zone: a part that changed may be one of it, and another policy may judge it otherwise.
    fn may_touch(
        &self,
        commit: CommitId,
        parent: CommitId,
        zone: &ZoneName,
    ) -> Result<bool, Failure> {
        let (files, parent) = (
            self.repository.files(commit)?,
            self.repository.files(parent)?,
        );
        let touched = files.touched_since(Some(&parent))?;
        let policies = [&files, &parent].map(|files| touched::policy(Some(files)));
        Ok(touched.zones.contains(zone) || !touched.parts.is_empty() || policies[0] != policies[1])
    }

    /// The state before this commit, if that still is inside the range.
    fn parent_in_range(&self, commit: &Commit) -> Option<CommitId> {
        commit
            .parents
            .first()
            .copied()
            .filter(|parent| Some(*parent) != self.range.from)
    }

    fn findings_at(
        &self,
        commit: CommitId,
        zone: &ZoneName,
        before: Option<&Version>,
    ) -> Result<Known, Failure> {
        let side = Side::new(Some(self.repository.files(commit)?))?;
        match side.zone(zone) {
            Some((files, at)) => {
                let checker = self.checker.under_policy_of(files);
                Ok(Known::new(&checker.check(files, &at, before)?.findings))
            }
            None => Ok(Known::new(&[])),
        }
    }
}
