//! The nodes of a zone in canonical order, in short shared runs.
//!
//! A change copies one run and the list of runs, whatever the size of the zone.

use crate::pages::Location;
use alloc::{sync::Arc, vec::Vec};
use core::cmp::Ordering;

/// Nodes in a run when it is built; a run is split at twice as many.
const RUN: usize = 256;

/// Node places in canonical order of their owners.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    runs: Arc<Vec<Arc<[Location]>>>,
}

/// A place in the order: which run, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rank {
    run: usize,
    at: usize,
}

impl Order {
    pub(crate) fn build(places: &[Location]) -> Self {
        Order {
            runs: Arc::new(places.chunks(RUN).map(Arc::from).collect()),
        }
    }

    /// Where the name is that `compare` compares the nodes with, or where it would be.
    pub(crate) fn find(&self, compare: impl Fn(Location) -> Ordering) -> Result<Rank, Rank> {
        let after = self.runs.partition_point(|run| compare(run[0]).is_le());
        let Some(run) = after.checked_sub(1) else {
            return Err(Rank { run: 0, at: 0 });
        };
        match self.runs[run].binary_search_by(|place| compare(*place)) {
            Ok(at) => Ok(Rank { run, at }),
            Err(at) => Err(Rank { run, at }),
        }
    }

    /// The places from `rank` on.
    pub(crate) fn from(&self, rank: Rank) -> impl Iterator<Item = Location> {
        let first = self
            .runs
            .get(rank.run)
            .map_or(&[][..], |run| &run[rank.at..]);
        let others = self.runs.get(rank.run + 1..).unwrap_or_default();
        first
            .iter()
            .chain(others.iter().flat_map(|run| run.iter()))
            .copied()
    }

    /// The places before `rank`, the nearest first.
    pub(crate) fn before(&self, rank: Rank) -> impl Iterator<Item = Location> {
        let nearest = self
            .runs
            .get(rank.run)
            .map_or(&[][..], |run| &run[..rank.at]);
        let others = &self.runs[..rank.run.min(self.runs.len())];
        nearest
            .iter()
            .rev()
            .chain(others.iter().rev().flat_map(|run| run.iter().rev()))
            .copied()
    }

    /// All places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Location> {
        self.from(Rank { run: 0, at: 0 })
    }

    /// All places, the last first.
    pub(crate) fn backwards(&self) -> impl Iterator<Item = Location> {
        self.before(Rank {
            run: self.runs.len(),
            at: 0,
        })
    }

    /// The runs, for telling which are shared with another version.
    pub(crate) fn runs(&self) -> &[Arc<[Location]>] {
        &self.runs
    }

    pub(crate) fn insert(&mut self, rank: Rank, place: Location) {
        self.edit(rank.run, |run| run.insert(rank.at, place));
    }

    pub(crate) fn remove(&mut self, rank: Rank) {
        self.edit(rank.run, |run| {
            run.remove(rank.at);
        });
    }

    pub(crate) fn replace(&mut self, rank: Rank, place: Location) {
        let run = &mut Arc::make_mut(&mut self.runs)[rank.run];
        Arc::make_mut(run)[rank.at] = place;
    }

    /// Octets held, those shared with other versions included.
    pub(crate) fn octets(&self) -> usize {
        self.runs
            .iter()
            .map(|run| size_of_val(&**run) + size_of::<Arc<[Location]>>())
            .sum()
    }

    fn edit(&mut self, run: usize, change: impl FnOnce(&mut Vec<Location>)) {
        let mut places = self.runs.get(run).map_or_else(Vec::new, |run| run.to_vec());
        change(&mut places);
        let halves = if places.len() > 2 * RUN {
            places.split_at(RUN)
        } else {
            (&*places, &[][..])
        };
        let new = [halves.0, halves.1]
            .into_iter()
            .filter(|half| !half.is_empty())
            .map(Arc::from);
        let runs = Arc::make_mut(&mut self.runs);
        runs.splice(run..runs.len().min(run + 1), new);
    }
}
