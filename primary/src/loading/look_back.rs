//! Going back in history for the last good version of zones that are not right.
//!
//! ```text
//!   tip ---> first parent ---> ... ---> until (what was read before) or the end
//!    x           x                o
//!    broken      the commit that  good: served
//!                brought it in
//! ```
//! One walk serves all broken zones of a commit; a commit that touches none of them costs one walk
//! over what it changed.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{Commit, CommitId, Layout, Snapshot, Store, Touched, TreePath, ZoneName};
use zone::HashKey;

use crate::loading::attempt::{Attempt, Bench, Trails, find_policy, read_policy};
use crate::loading::verdict::Version;

/// Where to look.
pub(crate) struct LookBack<'a> {
    pub(crate) store: &'a Store,
    pub(crate) key: HashKey,
    /// The commit whose zones are kept if nothing newer is found.
    pub(crate) until: Option<CommitId>,
    /// How many commits to go back.
    pub(crate) limit: usize,
    /// Whether zones may be served from a commit.
    pub(crate) is_trusted: &'a dyn Fn(CommitId) -> bool,
}

/// A zone that is looked for, and what is found.
#[derive(Default)]
pub(crate) struct Wanted {
    /// The parts that the version looked at last asks for.
    pub(crate) parts: Vec<TreePath>,
    /// The commit that brought in the version that is not right.
    pub(crate) brought_by: Option<Commit>,
    pub(crate) found: Option<Found>,
}

/// The last good version, or that there is none to be found further back.
pub(crate) enum Found {
    /// Zone, file, and the commit it was read from.
    Good(Box<Version>),
    /// The zone was new in the version that is not right.
    Absent,
}

impl LookBack<'_> {
    /// Fills in what is found, going back from `tip`.
    pub(crate) fn search(
        &self,
        tip: &Snapshot,
        layout: &Layout,
        wanted: &mut BTreeMap<ZoneName, Wanted>,
    ) -> git_store::Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut layout = layout.clone();
        let mut newer: Option<Snapshot> = None;
        // Zones whose version here is another than in the commits looked at, to be read from one that is trusted.
        let mut ended = BTreeSet::new();
        for commit in self
            .store
            .first_parents(tip.commit().id)
            .skip(1)
            .take(self.limit)
        {
            if wanted.values().all(|wanted| wanted.found.is_some()) {
                return Ok(());
            }
            let older = self.store.snapshot(commit?.id)?;
            let child = newer.as_ref().unwrap_or(tip);
            let touched = layout.apply(&older.changes_since(Some(child))?);
            let is_judged_anew = find_policy(&older) != find_policy(child);
            ended.extend(blame(wanted, child.commit(), |name, parts| {
                is_judged_anew || concerns(&touched, name, parts)
            }));
            if Some(older.commit().id) == self.until {
                return Ok(());
            }
            if !ended.is_empty() && (self.is_trusted)(older.commit().id) {
                self.try_version(&older, &layout, std::mem::take(&mut ended), wanted);
            }
            newer = Some(older);
        }
        Ok(())
    }

    fn try_version(
        &self,
        older: &Snapshot,
        layout: &Layout,
        ended: BTreeSet<ZoneName>,
        wanted: &mut BTreeMap<ZoneName, Wanted>,
    ) {
        let policy = read_policy(older);
        // What is served is a later version than these.
        let trails = Trails::new();
        let bench = Bench {
            store: self.store,
            snapshot: older,
            policy: &policy,
            key: self.key,
            trails: &trails,
            since: None,
        };
        let since = self.since(older, layout);
        for name in ended {
            let attempt = layout.zone(&name).map(|found| bench.attempt(found));
            let is_kept = since
                .as_ref()
                .zip(attempt.as_ref())
                .is_some_and(|(since, attempt)| !concerns(since, &name, &attempt.parts));
            // What was read before is what is served, with the serial that it has; nothing further back is newer.
            if let Some(wanted) = wanted.get_mut(&name).filter(|_| !is_kept) {
                wanted.take(attempt, older.commit().id);
            }
        }
    }

    /// What differs between this commit and the one whose zones are kept; `None` if all may, as where history was
    /// rewritten and that one is gone.
    fn since(&self, older: &Snapshot, layout: &Layout) -> Option<Touched> {
        let until = self.store.snapshot(self.until?).ok()?;
        let changes = until.changes_since(Some(older)).ok()?;
        (find_policy(&until) == find_policy(older)).then(|| layout.clone().apply(&changes))
    }
}

impl Wanted {
    /// The version that was found.
    pub(crate) fn good(&mut self) -> Option<&mut Version> {
        match &mut self.found {
            Some(Found::Good(version)) => Some(version),
            _ => None,
        }
    }

    fn take(&mut self, attempt: Option<Attempt>, commit: CommitId) {
        match attempt {
            None => self.found = Some(Found::Absent),
            Some(Attempt {
                zone: Some(zone),
                path: Some(path),
                ..
            }) => {
                self.found = Some(Found::Good(Box::new(Version {
                    zone,
                    stated: None,
                    path,
                    commit,
                })));
            }
            Some(attempt) => self.parts = attempt.parts,
        }
    }
}

fn concerns(touched: &Touched, name: &ZoneName, parts: &[TreePath]) -> bool {
    touched.zones.contains(name) || parts.iter().any(|part| touched.parts.contains(part))
}

/// The zones still looked for whose version ends here; the first time, `child` is to blame.
fn blame(
    wanted: &mut BTreeMap<ZoneName, Wanted>,
    child: &Commit,
    ends: impl Fn(&ZoneName, &[TreePath]) -> bool,
) -> Vec<ZoneName> {
    let mut ended = Vec::new();
    for (name, wanted) in wanted
        .iter_mut()
        .filter(|(_, wanted)| wanted.found.is_none())
    {
        if ends(name, &wanted.parts) {
            wanted.brought_by.get_or_insert_with(|| child.clone());
            ended.push(name.clone());
        }
    }
    ended
}
