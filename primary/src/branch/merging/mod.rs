//! Two histories become one: what was pushed elsewhere, and updates that were acknowledged here meanwhile.
//!
//! ```text
//!   base ──> theirs   the text that the merge begins with: whatever they have changed stays as they wrote it
//!    └─────> ours     what our updates changed since the base is written into it:
//!                     a zone that only we have changed    its files, as they are
//!                     one that both have changed          its records (`update::merge`), amended in their text
//!                     theirs has mistakes in it           our changes in their text, where it can be read, else our files
//! ```
//! The merge is a commit as any: read and judged by the loader before the branch moves to it. If one of the zones that
//! were put together is wrong then, though both sides were right, ours are added to theirs set by set, as far as the zone
//! stays right; and if that does not help, theirs is taken as it is.
//!
//! # Which parent comes first
//! Ours. Serials do not care (`crate::serials`), but a zone that is wrong in the newest commit is looked for along first
//! parents (`loading::look_back`): there has to be the version that is served, with its updates, after a restart as well.
//! That is also what `git pull` does, which a person would do in our place.

mod plan;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use git_store::{
    BlobId, Change, CommitId, Edit, Found, Layout, Snapshot, TreePath, WriteError, ZoneName,
};

pub(crate) use plan::InVain;

use super::Apart;
use crate::loading::loader::Loader;
use plan::Plan;
use zones::Made;

/// One of the three versions.
struct Side {
    snapshot: Snapshot,
    layout: Layout,
}

/// All three, and what both have changed since the first.
struct Table {
    base: Side,
    ours: Side,
    theirs: Side,
    our_changes: Vec<Change>,
    our_zones: BTreeSet<ZoneName>,
    their_zones: BTreeSet<ZoneName>,
    their_paths: BTreeSet<TreePath>,
}

/// How a zone is put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Care {
    /// With all changes at once.
    #[default]
    None,
    /// Set by set.
    Some,
    /// Not at all: theirs is taken.
    Most,
}

impl Care {
    fn more(self) -> Care {
        match self {
            Care::None => Care::Some,
            Care::Some | Care::Most => Care::Most,
        }
    }
}

/// Makes the commit, moves the branch to it, and serves it; gives it.
pub(super) fn merge(
    loader: &mut Loader,
    branch: &str,
    apart: Apart,
) -> Result<CommitId, WriteError> {
    loader.reopen()?;
    let table = Table::lay(loader, apart)?;
    let mut care = BTreeMap::new();
    loop {
        let plan = table.plan(loader, &care)?;
        let durable = loader.store.put(&plan.draft(apart, loader.clock.wall()))?;
        let ready = loader.prepare(durable.commit())?;
        let wrong = plan.made_wrong(&ready);
        if !wrong.is_empty() {
            // With the most care there is none that is put together.
            loader.give_up(ready);
            for zone in wrong {
                let care = care.entry(zone).or_default();
                *care = Care::more(*care);
            }
            continue;
        }
        if let Err(why) = loader.store.advance(branch, Some(apart.ours), &durable) {
            loader.give_up(ready);
            return Err(why);
        }
        loader.serve_merge(ready);
        crate::telling::log::merged(durable.commit(), apart.theirs, &plan.lost);
        return Ok(durable.commit());
    }
}

impl Table {
    fn lay(loader: &Loader, apart: Apart) -> git_store::Result<Table> {
        let side = |commit| -> git_store::Result<Side> {
            let snapshot = loader.store.snapshot(commit)?;
            let layout = snapshot.layout()?;
            Ok(Side { snapshot, layout })
        };
        let (base, ours, theirs) = (side(apart.base)?, side(apart.ours)?, side(apart.theirs)?);
        let changed = |side: &Side| -> git_store::Result<(Vec<Change>, BTreeSet<ZoneName>)> {
            let changes = side.snapshot.changes_since(Some(&base.snapshot))?;
            let touched = base.layout.clone().apply(&changes);
            let board = loader.board();
            let including = board.concerned_by(&touched).cloned();
            let zones = including.chain(touched.zones.iter().cloned()).collect();
            Ok((changes, zones))
        };
        let (our_changes, our_zones) = changed(&ours)?;
        let (their_changes, their_zones) = changed(&theirs)?;
        Ok(Table {
            base,
            ours,
            theirs,
            our_changes,
            our_zones,
            their_zones,
            their_paths: their_changes.into_iter().map(|it| it.path).collect(),
        })
    }

    fn plan(&self, loader: &Loader, care: &BTreeMap<ZoneName, Care>) -> git_store::Result<Plan> {
        let mut plan = Plan::default();
        let mut dealt_with = BTreeSet::new();
        for zone in self.our_zones.intersection(&self.their_zones) {
            dealt_with.extend(self.paths(loader, zone));
            let made = match care.get(zone).copied().unwrap_or_default() {
                Care::Most => Made::theirs("both together have a mistake"),
                care => self.put_together(loader, zone, care)?,
            };
            plan.take(zone, made);
        }
        for change in &self.our_changes {
            if dealt_with.contains(&change.path) || self.their_paths.contains(&change.path) {
                continue;
            }
            plan.edits
                .extend(self.our_edit(change)?.map(|it| (change.path.clone(), it)));
        }
        Ok(plan)
    }

    /// All files of a zone that may be among what we have changed.
    fn paths(&self, loader: &Loader, zone: &ZoneName) -> BTreeSet<TreePath> {
        let sides = [&self.base, &self.ours, &self.theirs];
        let files = sides.map(|side| side.layout.zone(zone).and_then(Result::ok));
        let own = files.into_iter().flatten().map(|file| file.path);
        let board = loader.board();
        let held = board.zones.get(zone);
        let parts = held.map(|held| held.parts.clone()).unwrap_or_default();
        own.chain(parts).collect()
    }

    /// The files of a zone as we have them.
    fn our_files(
        &self,
        loader: &Loader,
        zone: &ZoneName,
    ) -> git_store::Result<BTreeMap<TreePath, Edit>> {
        let paths = self.paths(loader, zone);
        let changes = self
            .ours
            .snapshot
            .changes_since(Some(&self.theirs.snapshot))?;
        let own = changes.iter().filter(|it| paths.contains(&it.path));
        let mut files = BTreeMap::new();
        for change in own {
            files.extend(self.our_edit(change)?.map(|it| (change.path.clone(), it)));
        }
        Ok(files)
    }

    /// What makes a file of theirs the one that we have.
    fn our_edit(&self, change: &Change) -> git_store::Result<Option<Edit>> {
        let blob = |found: &Option<Found>| -> Option<BlobId> {
            match found {
                Some(Found::Zone(_, blob) | Found::Part(blob)) => Some(*blob),
                _ => None,
            }
        };
        let is_there = self.theirs.has(&change.path);
        match blob(&change.after) {
            None if is_there => Ok(Some(Edit::Remove)),
            None => Ok(None),
            Some(blob) => {
                let octets = self.ours.snapshot.file(&change.path, blob);
                Ok(Some(Edit::Put(octets.map_err(|why| unreadable(&why))?)))
            }
        }
    }
}

impl Side {
    fn has(&self, path: &TreePath) -> bool {
        let path = path.as_str().unwrap_or_default();
        self.snapshot.find(path).is_ok_and(|found| found.is_some())
    }
}

fn unreadable(why: &git_store::ReadError) -> git_store::Error {
    git_store::Error::Refused {
        why: why.to_string(),
    }
}
