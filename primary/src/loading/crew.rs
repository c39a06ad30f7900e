//! Reading many zones of one commit on all workers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use git_store::{CommitId, Layout, Snapshot, Store, ZoneName};
use zone::HashKey;
use zone::check::Policy;

use crate::loading::attempt::{Attempt, Bench, Since, Trails};

/// Fewer zones than this are not worth another thread.
const ZONES_PER_THREAD: usize = 8;

/// A commit, and those who read its zones.
pub(crate) struct Crew<'a> {
    pub(crate) store: &'a Store,
    pub(crate) commit: CommitId,
    pub(crate) layout: &'a Layout,
    pub(crate) policy: &'a Policy,
    pub(crate) key: HashKey,
    pub(crate) workers: usize,
    pub(crate) trails: &'a Trails,
    pub(crate) since: Since<'a>,
}

/// A zone and what came of it; `None` if the commit does not have it.
pub(crate) type Attempted = (ZoneName, Option<Attempt>);

impl Crew<'_> {
    /// Reads and checks all of these zones, in any order. The snapshot is of the commit.
    pub(crate) fn attempt_all(
        &self,
        names: &BTreeSet<ZoneName>,
        snapshot: &Snapshot,
    ) -> git_store::Result<Vec<Attempted>> {
        let names: Vec<&ZoneName> = names.iter().collect();
        let threads = names
            .len()
            .div_ceil(ZONES_PER_THREAD)
            .clamp(1, self.workers);
        let next = AtomicUsize::new(0);
        if threads == 1 {
            return Ok(self.work(snapshot, &names, &next));
        }
        thread::scope(|scope| {
            let spawn = |_| scope.spawn(|| self.work_alone(&names, &next));
            let workers: Vec<_> = (0..threads).map(spawn).collect();
            let mut all = Vec::with_capacity(names.len());
            for worker in workers {
                all.extend(worker.join().expect("panics are caught zone by zone")?);
            }
            Ok(all)
        })
    }

    /// Each worker has its own view of the repository.
    fn work_alone(
        &self,
        names: &[&ZoneName],
        next: &AtomicUsize,
    ) -> git_store::Result<Vec<Attempted>> {
        let snapshot = self.store.snapshot(self.commit)?;
        Ok(self.work(&snapshot, names, next))
    }

    /// Takes the next zone until there is none.
    fn work(&self, snapshot: &Snapshot, names: &[&ZoneName], next: &AtomicUsize) -> Vec<Attempted> {
        let bench = Bench {
            store: self.store,
            snapshot,
            policy: self.policy,
            key: self.key,
            trails: self.trails,
            since: self.since,
        };
        let mut done = Vec::new();
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = self.layout.zone(name);
            done.push(((*name).clone(), found.map(|found| bench.attempt(found))));
        }
        done
    }
}
