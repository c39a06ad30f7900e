//! Whether all that a commit needs is there: what one process drops, another must not come to rely on.

use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;
use gix::objs::tree::EntryMode;
use gix::objs::{Kind, TreeRefIter};

use super::error::Result;
use crate::commit::{Commit, CommitId};
use crate::error::Error;
use crate::objects::{Objects, damaged};
use crate::store::Store;

/// Fails as [`Error::Missing`] unless everything is there that `commit` has and `known`, itself whole, has not.
pub(crate) fn check_whole(store: &Store, commit: CommitId, known: Option<CommitId>) -> Result<()> {
    let mut check = Check {
        objects: store.objects(),
        shallow: shallow(store)?,
        seen: HashSet::new(),
        side: HashMap::new(),
        queue: BinaryHeap::new(),
    };
    check.reach(commit, Side::New)?;
    known.map_or(Ok(()), |known| check.reach(known, Side::Known))?;
    check.run()
}

/// The commits whose parents are left out of a shallow clone.
pub(crate) fn shallow(store: &Store) -> Result<HashSet<ObjectId>> {
    let commits = store.repository().shallow_commits();
    let commits = commits.map_err(|why| Error::Refused {
        why: why.to_string(),
    })?;
    Ok(commits
        .iter()
        .flat_map(|commits| commits.iter().copied())
        .collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    New,
    Known,
}

/// Commits from the newest to the oldest, as long as one of them is new: whatever is known by then is left out.
/// Clocks that go backwards make it look at more than needed, never at less.
struct Check {
    objects: Objects,
    shallow: HashSet<ObjectId>,
    seen: HashSet<ObjectId>,
    side: HashMap<ObjectId, Side>,
    queue: BinaryHeap<(i64, ObjectId)>,
}

impl Check {
    fn run(&mut self) -> Result<()> {
        while let Some((_, id)) = self.next() {
            let side = self.side[&id];
            let commit = Commit::read(&self.objects, CommitId(id))?;
            let parents = match self.shallow.contains(&id) {
                true => &[][..],
                false => &commit.parents,
            };
            for &parent in parents {
                self.reach(parent, side)?;
            }
            if side == Side::New {
                let before = parents
                    .first()
                    .map(|&parent| Commit::read(&self.objects, parent));
                self.check_tree(commit.tree, before.transpose()?.map(|commit| commit.tree))?;
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<(i64, ObjectId)> {
        let is_new = |(_, id): &(i64, ObjectId)| self.side[id] == Side::New;
        // The queue is as long as the history is wide.
        self.queue
            .iter()
            .any(is_new)
            .then(|| self.queue.pop())
            .flatten()
    }

    fn reach(&mut self, commit: CommitId, side: Side) -> Result<()> {
        match self.side.get(&commit.0) {
            Some(before) if *before == side || *before == Side::Known => return Ok(()),
            _ => {}
        }
        let time = Commit::read(&self.objects, commit)?.committer.time_secs;
        self.side.insert(commit.0, side);
        self.queue.push((time, commit.0));
        Ok(())
    }

    /// What differs from the tree of the parent, which is looked at by itself or known.
    fn check_tree(&mut self, tree: ObjectId, before: Option<ObjectId>) -> Result<()> {
        if Some(tree) == before || !self.seen.insert(tree) {
            return Ok(());
        }
        let before: HashMap<Vec<u8>, ObjectId> = match before {
            Some(before) => entries(&self.objects, before)?
                .into_iter()
                .map(|(_, name, id)| (name, id))
                .collect(),
            None => HashMap::new(),
        };
        for (mode, name, id) in entries(&self.objects, tree)? {
            let before = before.get(&name).copied();
            if mode.is_tree() {
                let before = before.filter(|&id| self.objects.kind(id) == Ok(Kind::Tree));
                self.check_tree(id, before)?;
            } else if !mode.is_commit() && Some(id) != before && self.seen.insert(id) {
                self.objects.kind(id)?;
            }
        }
        Ok(())
    }
}

/// Mode, name and object of each entry of a tree.
pub(crate) fn entries(
    objects: &Objects,
    tree: ObjectId,
) -> Result<Vec<(EntryMode, Vec<u8>, ObjectId)>> {
    let octets = super::tree::read_tree(objects, tree)?;
    let mut entries = Vec::new();
    for entry in TreeRefIter::from_bytes(&octets, objects.hash_kind()) {
        let entry = entry.map_err(|why| damaged(tree, why.to_string()))?;
        entries.push((entry.mode, entry.filename.to_vec(), entry.oid.to_owned()));
    }
    Ok(entries)
}
