//! The quick way from one version of a large zone to the next: by what differs in its files.
//!
//! ```text
//!   the commit that is served ──┐
//!                               ├─> files that differ ─> stretches that differ ─> records ─> zone, amended and checked
//!   the new commit ─────────────┘          (git-store)          (zonefile)                         (zone)
//! ```
//! Each step gives exactly what reading and checking everything would give, or gives up. Then everything is read, and
//! that alone decides and reports: nothing that is told of a zone comes from here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::thread;

use git_store::{BlobId, Change, CommitId, Found, Snapshot, TreePath, ZoneFile};
use rr::{Class, Name, NameRef};
use zone::{Checked, RecordRef, Zone, check};
use zonefile::{Edit, Followed, Limits, Written};

use crate::loading::attempt::{Attempt, Bench};

/// Zones of less text are read as a whole in a millisecond, and nothing is kept of them.
const WORTH_IT: usize = 1 << 16;

/// Octets of text that take longer to inflate than a thread takes to start.
const WORTH_A_THREAD: u64 = 1 << 20;

/// More files than this are not laid side by side.
const MOST_FILES: usize = 64;

/// What is kept of a large zone besides its served form: how its text was read.
pub(crate) struct Trail {
    pub(crate) zone: Zone<Checked>,
    /// The commit of this version; its files may be in later ones too.
    pub(crate) commit: CommitId,
    /// The zone's own file and its parts.
    pub(crate) files: BTreeMap<TreePath, BlobId>,
    pub(crate) path: TreePath,
    /// The parts it asked for.
    pub(crate) parts: Vec<TreePath>,
    pub(crate) text: zonefile::Trail,
}

/// Why the quick way leads nowhere.
#[derive(Debug)]
pub(crate) enum Lost {
    /// A file came, went, moved or became something that is not taken; or too many did.
    Files,
    /// The repository no longer has a text, or it is not to be read now.
    Repository,
    /// What the texts say differently.
    Text(zonefile::Unclear),
    /// A record is not of class IN.
    Class,
    /// What the change does to the zone.
    Zone(zone::Doubt),
}

/// A file that differs: path, old and new contents.
type Changed = (TreePath, BlobId, BlobId);

impl Trail {
    /// The trail, if the zone is large enough to want one.
    pub(crate) fn worth_it(self) -> Option<Box<Trail>> {
        (self.text.octets() >= WORTH_IT).then(|| Box::new(self))
    }

    /// The version of the commit on the bench, whose file of this zone is `file`.
    pub(crate) fn follow(&self, bench: &Bench<'_>, file: &ZoneFile) -> Result<Attempt, Lost> {
        if file.path != self.path {
            return Err(Lost::Files);
        }
        let changes = self.changes_to(bench).map_err(|_| Lost::Repository)?;
        let changed = self.changed(&changes)?;
        let followed = self.read(bench, &changed)?;
        let zone = self.amend(bench, &followed)?;
        let mut files = self.files.clone();
        files.extend(changed.into_iter().map(|(path, _, new)| (path, new)));
        Ok(Attempt::amended(Trail {
            zone,
            commit: bench.snapshot.commit().id,
            files,
            path: self.path.clone(),
            parts: self.parts.clone(),
            text: followed.trail,
        }))
    }

    /// What differs from the commit of this version.
    fn changes_to<'b>(&self, bench: &Bench<'b>) -> git_store::Result<Cow<'b, [Change]>> {
        match bench.since {
            Some((commit, changes)) if commit == self.commit => Ok(Cow::Borrowed(changes)),
            _ => {
                let older = bench.store.snapshot(self.commit)?;
                bench.snapshot.changes_since(Some(&older)).map(Cow::Owned)
            }
        }
    }

    /// The files of this zone that differ.
    fn changed(&self, changes: &[Change]) -> Result<Vec<Changed>, Lost> {
        let mut changed = Vec::new();
        for change in changes {
            let Some(known) = self.files.get(&change.path) else {
                continue;
            };
            match (blob(change.before.as_ref()), blob(change.after.as_ref())) {
                (Some(before), Some(after)) if before == *known && changed.len() < MOST_FILES => {
                    changed.push((change.path.clone(), before, after));
                }
                _ => return Err(Lost::Files),
            }
        }
        Ok(changed)
    }

    /// What the files say differently. Of a large file, old and new texts are read at the same time: inflating them
    /// takes longest.
    fn read(&self, bench: &Bench<'_>, changed: &[Changed]) -> Result<Followed, Lost> {
        let newer = bench.snapshot;
        let octets: u64 = changed
            .iter()
            .filter_map(|(_, _, new)| newer.size(*new))
            .sum();
        let read_old = |older: &Snapshot| texts(older, changed, |(_, old, _)| *old);
        let read_new = || texts(newer, changed, |(_, _, new)| *new);
        let (old, new) = match octets > WORTH_A_THREAD {
            true => thread::scope(|scope| {
                // Each has its own view of the repository.
                let older = bench.store.snapshot(newer.commit().id).ok();
                let old = scope.spawn(move || read_old(&older?));
                let new = read_new();
                (old.join().ok().flatten(), new)
            }),
            false => (read_old(newer), read_new()),
        };
        let (old, new) = old.zip(new).ok_or(Lost::Repository)?;
        let paths: Vec<String> = changed.iter().map(|(path, ..)| path.to_string()).collect();
        let pairs = paths.iter().zip(old.iter().zip(&new));
        let edits: Vec<Edit<'_>> = pairs
            .map(|(path, (old, new))| Edit { path, old, new })
            .collect();
        let is_plain = |text: &[u8]| !check::may_allow(text);
        let followed = self.text.follow(&edits, &Limits::default(), &is_plain);
        followed.map_err(Lost::Text)
    }

    /// What is known of the text of this version, for who changes it.
    pub(crate) fn behind(&self, name: NameRef<'_>) -> Option<Name> {
        let has_records = |node: &zone::Node<'_>| !node.is_empty_non_terminal();
        match self.zone.node(name).filter(has_records) {
            Some(_) => Some(name.to_owned()),
            None => {
                let before = self.zone.named_before(name)?;
                (before != self.zone.apex()).then(|| before.to_owned())
            }
        }
    }

    /// A file of this version, if it is as it was in the commit.
    pub(crate) fn text_in(&self, snapshot: &Snapshot, path: &str) -> Option<zonefile::Text> {
        let blob = snapshot.find(path).ok()??;
        let path = TreePath::new(path);
        let is_known = self.files.get(&path) == Some(&blob);
        let text = is_known.then(|| snapshot.text(&path, blob).ok())?;
        text.map(zonefile::Text::from)
    }

    fn amend(&self, bench: &Bench<'_>, followed: &Followed) -> Result<Zone<Checked>, Lost> {
        let Followed { removed, added, .. } = followed;
        if removed
            .iter()
            .chain(added)
            .any(|record| record.class != Class::IN)
        {
            return Err(Lost::Class);
        }
        let removed = removed
            .iter()
            .map(|record| zone::Change::Removed(of(record)));
        let added = added.iter().map(|record| zone::Change::Added(of(record)));
        let changes: Vec<_> = removed.chain(added).collect();
        self.zone.amend(&changes, bench.policy).map_err(Lost::Zone)
    }
}

fn blob(found: Option<&Found>) -> Option<BlobId> {
    match found? {
        Found::Zone(_, blob) | Found::Part(blob) => Some(*blob),
        Found::Keys(_) | Found::Refused(..) => None,
    }
}

fn texts(
    snapshot: &Snapshot,
    changed: &[Changed],
    which: impl Fn(&Changed) -> BlobId,
) -> Option<Vec<Arc<Vec<u8>>>> {
    let text = |file: &Changed| snapshot.text(&file.0, which(file)).ok();
    changed.iter().map(text).collect()
}

/// The record for a zone, which does not know where it was written.
pub(crate) fn of(record: &Written) -> RecordRef<'_> {
    RecordRef {
        owner: record.owner.as_ref(),
        rtype: record.rtype,
        ttl: record.ttl,
        rdata: &record.rdata,
        at: None,
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lost::Files => write!(out, "its files are others than before"),
            Lost::Repository => write!(out, "the repository does not give its texts"),
            Lost::Text(why) => why.fmt(out),
            Lost::Class => write!(out, "a record is not of class IN"),
            Lost::Zone(why) => why.fmt(out),
        }
    }
}
