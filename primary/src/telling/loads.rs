//! What is counted of commits that are read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::event::Event;

/// Commits read so far, and how long that took.
#[derive(Debug, Default)]
pub(crate) struct Loads(Mutex<Told>);

/// A copy of the counts.
#[derive(Debug, Default, Clone)]
pub(crate) struct Told {
    /// Commits served, by how long they took.
    pub(crate) buckets: [u64; Loads::BOUNDS_NS.len() + 1],
    pub(crate) sum_ns: u64,
    /// Times that the branch or its newest commit could not be read.
    pub(crate) unreadable: u64,
    /// Times that a commit was refused, as it does not follow the one that is served, or is not signed.
    pub(crate) refused: u64,
}

impl Loads {
    /// Upper bounds of the time of a load, in nanoseconds.
    pub(crate) const BOUNDS_NS: [u64; 10] = [
        1_000_000,
        5_000_000,
        10_000_000,
        50_000_000,
        100_000_000,
        500_000_000,
        1_000_000_000,
        5_000_000_000,
        10_000_000_000,
        60_000_000_000,
    ];

    pub(crate) fn note(&self, event: &Event) {
        match event {
            Event::Commit(commit) => {
                let ns = u64::try_from(commit.took.as_nanos()).unwrap_or(u64::MAX);
                let bucket = Loads::BOUNDS_NS.iter().position(|bound| ns <= *bound);
                let mut told = self.lock();
                told.buckets[bucket.unwrap_or(Loads::BOUNDS_NS.len())] += 1;
                told.sum_ns = told.sum_ns.saturating_add(ns);
            }
            Event::Unreadable(_) => self.lock().unreadable += 1,
            Event::Refused(_) => self.lock().refused += 1,
            Event::NoCommit => {}
        }
    }

    pub(crate) fn told(&self) -> Told {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    pub(crate) fn served(&self) -> u64 {
        self.buckets.iter().sum()
    }
}
