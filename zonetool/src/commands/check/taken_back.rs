//! A zone that is again as it was in an earlier commit: somebody took a change back.
//!
//! The serial in its file is then the old one, and has to be: `git revert` knows nothing of serials. The primary
//! serves such a version with a serial that is higher than all before it, so this is no mistake there; it would be one
//! for a server that is given the file.

use crate::checking::{Checker, Outcome};
use crate::failure::Failure;
use crate::files::{CommitFiles, ZoneAt};
use crate::report::Severity;
use crate::target::Repository;
use crate::touched;
use git_store::{BlobId, CommitId, Snapshot};
use std::collections::BTreeMap;
use zone::rules::Rule;

/// Commits gone back to find the one that a zone is again as it was in.
const LOOK_BACK: usize = 1_000;

/// Makes a warning of what is wrong with the serial of a zone that is as it was before `from`, or in a commit further back
/// along first parents. A zone whose serial is signed is served with that or not at all.
pub(super) fn judge(
    repository: &Repository,
    checker: &Checker,
    from: CommitId,
    (files, zone): (&CommitFiles, &ZoneAt),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let rules = [Rule::SerialLowered.id(), Rule::SerialNotRaised.id()];
    let is_about_serial = |rule: &str| rules.contains(&rule);
    let of_serial = outcome
        .findings
        .iter_mut()
        .filter(|finding| is_about_serial(&finding.rule) && finding.severity == Severity::Error);
    let mut of_serial = of_serial.peekable();
    if of_serial.peek().is_none() {
        return Ok(());
    }
    let is_signed = checker
        .version(files, zone)?
        .is_some_and(|version| version.is_signed());
    let Some(back_to) = (match is_signed {
        true => None,
        false => same_as(repository, from, files, zone)?,
    }) else {
        return Ok(());
    };
    for finding in of_serial {
        finding.severity = Severity::Warning;
        finding.help = Some(format!(
            "the zone is as in commit {} again, and the primary raises the serial itself; \
             for other servers, raise it here",
            back_to.short()
        ));
    }
    Ok(())
}

/// The newest commit before `from` that has the zone in just these files.
fn same_as(
    repository: &Repository,
    from: CommitId,
    files: &CommitFiles,
    zone: &ZoneAt,
) -> Result<Option<CommitId>, Failure> {
    let mut texts: BTreeMap<String, Option<BlobId>> = BTreeMap::new();
    for path in touched::asked(files, zone)? {
        texts.insert(path.clone(), found(&files.snapshot, &path));
    }
    let is_same = |older: &Snapshot| texts.iter().all(|(path, blob)| found(older, path) == *blob);
    let mut newer = None::<Snapshot>;
    for commit in repository.store.first_parents(from).take(LOOK_BACK) {
        let unread = |why| {
            Failure::unreadable("cannot read the history").because(&why as &dyn std::error::Error)
        };
        let id = commit.map_err(unread)?.id;
        let older = match &newer {
            Some(newer) => newer.beside(id),
            None => repository.store.snapshot(id),
        };
        let older = older.map_err(unread)?;
        if is_same(&older) {
            return Ok(Some(id));
        }
        newer = Some(older);
    }
    Ok(None)
}

fn found(snapshot: &Snapshot, path: &str) -> Option<BlobId> {
    snapshot.find(path).ok().flatten()
}
