//! Which commits lie between others.
//!
//! The newest commit is looked at first, by the time it claims, and what is known hides its parents.
//! Clocks that were wrong make the walk longer, and may let it name a commit that was known; they
//! change nothing about who descends from whom.

use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;

use crate::commit::{Commit, CommitId};
use crate::error::{Error, Result};
use crate::objects::Objects;
use crate::store::Store;

/// So many common ancestors are compared at most; more there are only in histories that were made for it.
const MOST_COMMON: usize = 64;

impl Store {
    /// Whether `newer` is `older` or was made on it, over any number of commits and merges.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`] where a commit on the way from `newer` cannot be read.
    pub fn is_ancestor(&self, older: CommitId, newer: CommitId) -> Result<bool> {
        Ok(Between::walk(&self.objects(), newer, &[older])?.reaches(older))
    }

    /// The commits that `newer` was made on, itself included, and `older` was not, in any order; `None` if `newer` was
    /// not made on `older`. Where clocks were wrong, some may be among them that `older` was made on.
    ///
    /// # Errors
    /// As [`Self::is_ancestor`].
    pub fn commits_between(&self, older: CommitId, newer: CommitId) -> Result<Option<Vec<Commit>>> {
        let between = Between::walk(&self.objects(), newer, &[older])?;
        Ok(between.reaches(older).then_some(between.commits))
    }

    /// The states that a branch went through up to `newer`, which comes first, along first parents: without those that
    /// are `known`, and without all that these were made on (`git rev-list --first-parent NEWER ^KNOWN...`).
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`] where a commit on the way from `newer` cannot be read.
    pub fn first_parents_since(
        &self,
        newer: CommitId,
        known: &[CommitId],
    ) -> Result<Vec<CommitId>> {
        if known.contains(&newer) {
            return Ok(Vec::new());
        }
        let between = Between::walk(&self.objects(), newer, known)?;
        let new: HashSet<CommitId> = between.commits.iter().map(|commit| commit.id).collect();
        let states = self.first_parents(newer).map(|commit| Ok(commit?.id));
        let states = states.take_while(|id| id.as_ref().map_or(true, |id| new.contains(id)));
        let mut states = states.collect::<Result<Vec<CommitId>>>()?;
        // Where clocks were wrong, some at the end are no news.
        while let Some(oldest) = states.last()
            && self.is_in_any(*oldest, known)?
        {
            states.pop();
        }
        Ok(states)
    }

    /// A newest commit that both have, or were made on (`git merge-base`): of several, any; none where there is none.
    ///
    /// # Errors
    /// As [`Self::is_ancestor`].
    pub fn common_ancestor(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>> {
        let between = Between::walk(&self.objects(), one, &[other])?;
        let mut apart: HashMap<CommitId, Commit> = between
            .commits
            .into_iter()
            .map(|commit| (commit.id, commit))
            .collect();
        let mut common = Vec::new();
        let mut open = vec![one];
        let mut seen = HashSet::new();
        while let Some(id) = open.pop().filter(|_| common.len() < MOST_COMMON) {
            match apart.remove(&id) {
                // Where clocks were wrong, some are apart by their looks only: those that lead out of it tell.
                Some(commit) if !self.leads_out(&commit, &apart, &seen, other)? => {
                    open.extend(&commit.parents);
                    seen.insert(id);
                }
                None if seen.contains(&id) || common.contains(&id) => {}
                None if !self.is_ancestor(id, other)? => {}
                Some(_) | None => common.push(id),
            }
        }
        self.newest_of(&common)
    }

    /// Whether a commit at the edge of those that are apart is in the other history itself.
    fn leads_out(
        &self,
        commit: &Commit,
        apart: &HashMap<CommitId, Commit>,
        seen: &HashSet<CommitId>,
        other: CommitId,
    ) -> Result<bool> {
        let is_inner = |id: &CommitId| apart.contains_key(id) || seen.contains(id);
        let is_inside = !commit.parents.is_empty() && commit.parents.iter().all(is_inner);
        Ok(!is_inside && self.is_ancestor(commit.id, other)?)
    }

    /// One that none of the others was made on.
    fn newest_of(&self, commits: &[CommitId]) -> Result<Option<CommitId>> {
        let mut newest: Option<CommitId> = None;
        for &id in commits {
            let is_newer = match newest {
                Some(newest) => self.is_ancestor(newest, id)?,
                None => true,
            };
            newest = if is_newer { Some(id) } else { newest };
        }
        Ok(newest)
    }

    fn is_in_any(&self, older: CommitId, known: &[CommitId]) -> Result<bool> {
        for &known in known {
            match self.is_ancestor(older, known) {
                Ok(true) => return Ok(true),
                // What is known may be gone, or what it was made on.
                Ok(false) | Err(Error::Missing { .. }) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(false)
    }
}

/// What lies between known commits and a newer one.
pub(crate) struct Between {
    /// Commits that are not known, each after those that were made on it, as far as clocks were right.
    pub(crate) commits: Vec<Commit>,
    sides: HashMap<ObjectId, Sides>,
}

/// From where a commit was reached.
#[derive(Default, Clone, Copy)]
struct Sides {
    from_new: bool,
    from_known: bool,
}

/// Ordered by time; the id only makes the order total.
type Waiting = BinaryHeap<(i64, CommitId)>;

impl Between {
    pub(crate) fn walk(objects: &Objects, newer: CommitId, known: &[CommitId]) -> Result<Between> {
        let mut walk = Walk {
            objects,
            read: HashMap::new(),
            waiting: Waiting::new(),
            open: 0,
            between: Between {
                commits: Vec::new(),
                sides: HashMap::new(),
            },
        };
        let from_known = Sides {
            from_known: true,
            ..Sides::default()
        };
        for &id in known {
            walk.reach(id, from_known)?;
        }
        let from_new = Sides {
            from_new: true,
            ..Sides::default()
        };
        walk.reach(newer, from_new)?;
        walk.run()?;
        Ok(walk.between)
    }

    /// Whether the newer commit descends from this one, which must be among the known.
    pub(crate) fn reaches(&self, known: CommitId) -> bool {
        self.sides.get(&known.0).is_some_and(|sides| sides.from_new)
    }
}

struct Walk<'a> {
    objects: &'a Objects,
    read: HashMap<ObjectId, Commit>,
    waiting: Waiting,
    /// Commits that wait and are not known: without one there is nothing more to find.
    open: usize,
    between: Between,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<()> {
        while self.open > 0
            && let Some((_, id)) = self.waiting.pop()
        {
            let Some(commit) = self.read.remove(&id.0) else {
                continue;
            };
            let sides = self.between.sides[&id.0];
            self.open -= usize::from(!sides.from_known);
            for &parent in &commit.parents {
                self.reach(parent, sides)?;
            }
            if !sides.from_known {
                self.between.commits.push(commit);
            }
        }
        Ok(())
    }

    fn reach(&mut self, id: CommitId, from: Sides) -> Result<()> {
        let is_first = !self.between.sides.contains_key(&id.0);
        let sides = self.between.sides.entry(id.0).or_default();
        let was_known = sides.from_known;
        sides.from_new |= from.from_new;
        sides.from_known |= from.from_known;
        if !is_first {
            let is_hidden_now = from.from_known && !was_known && self.read.contains_key(&id.0);
            self.open -= usize::from(is_hidden_now);
            return Ok(());
        }
        let commit = match Commit::read(self.objects, id) {
            // What is known may end early: nothing is asked of it but to hide.
            Err(Error::Missing { .. }) if !from.from_new => return Ok(()),
            other => other?,
        };
        self.waiting.push((commit.committer.time_secs, id));
        self.open += usize::from(!from.from_known);
        self.read.insert(id.0, commit);
        Ok(())
    }
}
