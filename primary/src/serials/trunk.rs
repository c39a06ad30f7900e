//! The commits along first parents, by their places.

use std::collections::BTreeMap;

use git_store::{CommitId, Store};

/// Commits that are gone back for this. Versions that were served longer ago than that are not known any more.
const MOST: usize = 65_536;

/// A commit and its first parents, counted from the newest.
#[derive(Debug, Default)]
pub(super) struct Trunk(BTreeMap<CommitId, usize>);

impl Trunk {
    /// What there is no longer, as in a shallow clone, ends it.
    pub(super) fn read(store: &Store, tip: CommitId) -> git_store::Result<Trunk> {
        let (mut places, mut next) = (BTreeMap::new(), Some(tip));
        while let Some(commit) = next.filter(|_| places.len() < MOST) {
            let place = places.len();
            next = match store.commit(commit) {
                Ok(read) => read.parents.first().copied(),
                Err(why) if place == 0 => return Err(why),
                Err(_) => break,
            };
            places.insert(commit, place);
        }
        Ok(Trunk(places))
    }

    pub(super) fn has(&self, commit: CommitId) -> bool {
        self.0.contains_key(&commit)
    }

    /// The oldest commit that has this one in it: itself, or where it was merged.
    pub(super) fn first_with(&self, store: &Store, commit: CommitId) -> Option<CommitId> {
        if self.has(commit) {
            return Some(commit);
        }
        let mut newest_first: Vec<(usize, CommitId)> =
            self.0.iter().map(|(id, place)| (*place, *id)).collect();
        newest_first.sort_unstable();
        let has_it = |(_, id): &(usize, CommitId)| store.is_ancestor(commit, *id).unwrap_or(false);
        let count = newest_first.partition_point(has_it);
        let (_, oldest) = newest_first.get(count.checked_sub(1)?)?;
        Some(*oldest)
    }

    /// Whether the first one is the second, or comes before it.
    pub(super) fn is_older(&self, commit: CommitId, than: CommitId) -> bool {
        let places = (self.0.get(&commit), self.0.get(&than));
        matches!(places, (Some(place), Some(than)) if place >= than)
    }
}
