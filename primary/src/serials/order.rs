//! In which order commits are gone through: each after those it was made on.
//!
//! ```text
//!   at ── a ── b ──────── m ── to       the trunk, one commit after the other
//!          └─ s ── t ────┘              a side: gone through as soon as all it was made on has been
//! ```

use std::collections::{BTreeMap, BTreeSet};

use git_store::{Commit, CommitId, Result, Store};

/// Commits that are gone through at most. Where history is longer the law begins later.
const MOST_COMMITS: usize = 100_000;

/// A commit on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leg {
    pub(super) id: CommitId,
    /// Those of the commits it was made on that are there.
    pub(super) parents: Vec<CommitId>,
    pub(super) is_trunk: bool,
}

/// The commits on a way, in order.
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub(super) legs: Vec<Leg>,
    /// Where sides left the trunk before the way began.
    pub(super) forks: BTreeSet<CommitId>,
}

type Parents = BTreeMap<CommitId, Vec<CommitId>>;

impl Order {
    /// The commit alone, as if it had been made on `at`; on nothing, if that is no longer there.
    pub(super) fn of_one(at: Option<CommitId>, to: CommitId) -> Order {
        Order {
            legs: linear(vec![to], at),
            forks: BTreeSet::new(),
        }
    }

    /// Whether there is one commit, made on the one before and on no other.
    pub(super) fn is_one(&self) -> bool {
        matches!(&self.legs[..], [leg] if leg.parents.len() == 1)
    }

    /// All commits from the first one on. The trunk goes along first parents.
    pub(super) fn anew(store: &Store, to: CommitId) -> Result<Order> {
        let trunk = store.first_parents(to).take(MOST_COMMITS);
        let mut trunk: Vec<Commit> = trunk.collect::<Result<_>>()?;
        if trunk.len() == MOST_COMMITS {
            tracing::warn!(
                commits = MOST_COMMITS,
                "history is longer than is gone through for the serials: they rise from there"
            );
        }
        trunk.reverse();
        let ids: Vec<CommitId> = trunk.iter().map(|commit| commit.id).collect();
        let is_linear = trunk.iter().all(|commit| commit.parents.len() < 2);
        let legs = match is_linear {
            true => linear(ids, None),
            false => ordered(&ids, with_sides(store, trunk)),
        };
        let forks = BTreeSet::new();
        Ok(Order { legs, forks })
    }

    /// The commits after `at`; `None` if `to` was not made on it. The trunk is a way from one to the other.
    pub(super) fn after(store: &Store, at: CommitId, to: CommitId) -> Result<Option<Order>> {
        if let Some(ids) = straight(store, at, to)? {
            return Ok(ids.map(|ids| Order {
                legs: linear(ids, Some(at)),
                forks: BTreeSet::new(),
            }));
        }
        let Some(commits) = store.commits_between(at, to)? else {
            return Ok(None);
        };
        let mut parents: Parents = commits
            .into_iter()
            .map(|commit| (commit.id, commit.parents))
            .collect();
        let mut forks = BTreeSet::new();
        let inner: BTreeSet<CommitId> = parents.keys().copied().collect();
        for parents in parents.values_mut() {
            parents.retain(|id| inner.contains(id) || store.commit(*id).is_ok());
            let outer = parents.iter().filter(|id| !inner.contains(id));
            forks.extend(outer.filter(|id| **id != at));
        }
        let trunk = way(&parents, at, to);
        let legs = ordered(&trunk, parents);
        Ok(Some(Order { legs, forks }))
    }
}

fn linear(ids: Vec<CommitId>, mut before: Option<CommitId>) -> Vec<Leg> {
    let leg = |id| Leg {
        id,
        parents: before.replace(id).into_iter().collect(),
        is_trunk: true,
    };
    ids.into_iter().map(leg).collect()
}

/// The commits between, the oldest first, if nothing was merged; inside `None` if `to` was not made on `at`.
fn straight(store: &Store, at: CommitId, to: CommitId) -> Result<Option<Option<Vec<CommitId>>>> {
    let mut ids = Vec::new();
    for commit in store.first_parents(to).take(MOST_COMMITS) {
        let commit = commit?;
        if commit.id == at {
            ids.reverse();
            return Ok(Some(Some(ids)));
        }
        if commit.parents.len() > 1 {
            return Ok(None);
        }
        ids.push(commit.id);
    }
    Ok(Some(None))
}

/// The trunk, and all that was merged into it, as far as it is there and the limit allows.
fn with_sides(store: &Store, trunk: Vec<Commit>) -> Parents {
    let mut open: Vec<CommitId> = Vec::new();
    let mut all = Parents::new();
    for commit in trunk {
        open.extend(commit.parents.iter().skip(1));
        all.insert(commit.id, commit.parents);
    }
    while let Some(id) = open.pop() {
        if all.contains_key(&id) || all.len() >= MOST_COMMITS {
            continue;
        }
        if let Ok(commit) = store.commit(id) {
            open.extend(&commit.parents);
            all.insert(id, commit.parents);
        }
    }
    let there: BTreeSet<CommitId> = all.keys().copied().collect();
    for parents in all.values_mut() {
        parents.retain(|id| there.contains(id));
    }
    all
}

/// From `at` to `to`, along first parents where they lead there.
fn way(parents: &Parents, at: CommitId, to: CommitId) -> Vec<CommitId> {
    let mut lead_there = BTreeSet::from([at]);
    for leg in ordered(&[], parents.clone()) {
        if leg.parents.iter().any(|id| lead_there.contains(id)) {
            lead_there.insert(leg.id);
        }
    }
    let mut way = Vec::new();
    let mut next = Some(to).filter(|to| *to != at);
    while let Some(id) = next {
        way.push(id);
        let mut before = parents[&id].iter();
        next = before.find(|id| lead_there.contains(id)).copied();
        next = next.filter(|id| *id != at);
    }
    way.reverse();
    way
}

/// Sides come before the next commit of the trunk as soon as they can.
fn ordered(trunk: &[CommitId], parents: Parents) -> Vec<Leg> {
    let of_trunk: BTreeSet<CommitId> = trunk.iter().copied().collect();
    let mut waiting_for: BTreeMap<CommitId, usize> = BTreeMap::new();
    let mut children: BTreeMap<CommitId, Vec<CommitId>> = BTreeMap::new();
    for (id, parents_of) in &parents {
        let inner = parents_of.iter().filter(|id| parents.contains_key(id));
        let inner: BTreeSet<&CommitId> = inner.collect();
        waiting_for.insert(*id, inner.len());
        for parent in inner {
            children.entry(*parent).or_default().push(*id);
        }
    }
    let is_ready = |(id, count): (&CommitId, &usize)| (*count == 0).then_some(*id);
    let mut ready: Vec<CommitId> = waiting_for.iter().filter_map(is_ready).collect();
    ready.retain(|id| !of_trunk.contains(id));
    let (mut trunk, mut parents) = (trunk.iter(), parents);
    let mut legs = Vec::new();
    while let Some(id) = ready.pop().or_else(|| trunk.next().copied()) {
        legs.push(Leg {
            id,
            parents: parents.remove(&id).unwrap_or_default(),
            is_trunk: of_trunk.contains(&id),
        });
        for child in children.remove(&id).unwrap_or_default() {
            let count = waiting_for.entry(child).or_default();
            *count -= 1;
            if *count == 0 && !of_trunk.contains(&child) {
                ready.push(child);
            }
        }
    }
    legs
}
