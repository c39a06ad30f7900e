//! Which commits changed the records, along first parents.

use super::{Past, Version};
use crate::changes::{self, Change};
use crate::records::Record;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// A commit and what it changed.
#[derive(Debug)]
pub(crate) struct Entry<C> {
    pub(crate) commit: C,
    /// In canonical order, never empty.
    pub(crate) changes: Vec<Change<Rc<Record>>>,
    /// Of a merge, the commits on its sides that changed a record, newest first.
    pub(crate) sides: Vec<Entry<C>>,
}

/// The newest `limit` commits that changed a record, newest first.
pub(crate) fn log<P: Past>(tip: P, limit: usize) -> Result<Vec<Entry<P::Commit>>, P::Error> {
    let mut told = Told {
        seen: BTreeSet::new(),
        limit,
    };
    told.line(tip, None)
}

/// What a log has been through.
struct Told<P: Past> {
    /// Commits on sides: two merges may have some in common.
    seen: BTreeSet<P::Age>,
    limit: usize,
}

impl<P: Past> Told<P> {
    /// First parents from a commit on; on a side, up to one that came in otherwise or was told already.
    fn line(&mut self, from: P, arrival: Option<&Option<P::Age>>) -> Result<Entries<P>, P::Error> {
        let mut line = Line {
            next: Some(from),
            ready: VecDeque::new(),
        };
        let mut entries = Vec::new();
        let mut newer = line.next()?;
        while let Some((past, version)) = newer.filter(|_| entries.len() < self.limit) {
            if let Some(arrival) = arrival
                && (past.came_with()? != *arrival || !self.seen.insert(past.age()))
            {
                break;
            }
            newer = line.next()?;
            let before = newer.as_ref().map(|(_, version)| version);
            let changes = changes_between(before, &version);
            if !changes.is_empty() {
                entries.push(Entry {
                    commit: past.commit(),
                    changes,
                    sides: self.sides(&past)?,
                });
            }
        }
        Ok(entries)
    }

    /// What came in by the other parents of a merge.
    fn sides(&mut self, merge: &P) -> Result<Entries<P>, P::Error> {
        let (mut entries, mut number) = (Vec::new(), 1);
        while let Some(side) = merge.parent(number)? {
            let arrival = merge.came_with()?;
            entries.extend(self.line(side, Some(&arrival))?);
            number += 1;
        }
        Ok(entries)
    }
}

type Entries<P> = Vec<Entry<<P as Past>::Commit>>;

fn changes_between(before: Option<&Rc<Version>>, after: &Rc<Version>) -> Vec<Change<Rc<Record>>> {
    if before.is_some_and(|before| Rc::ptr_eq(before, after)) {
        return Vec::new();
    }
    let before = before.map_or(&[][..], |before| &before.records);
    changes::between(before, &after.records)
        .map(|change| match change {
            Change::Removed(record) => Change::Removed(Rc::clone(record)),
            Change::Added(record) => Change::Added(Rc::clone(record)),
            Change::Ttl { before, after } => Change::Ttl {
                before: Rc::clone(before),
                after: Rc::clone(after),
            },
        })
        .collect()
}

/// A commit and what it says.
type Seen<P> = (P, Rc<Version>);

/// First parents, newest first, each version completed with what its mistakes may hide.
struct Line<P: Past> {
    next: Option<P>,
    ready: VecDeque<Seen<P>>,
}

impl<P: Past> Line<P> {
    fn next(&mut self) -> Result<Option<Seen<P>>, P::Error> {
        if self.ready.is_empty() {
            let run = self.run()?;
            self.complete(run);
        }
        Ok(self.ready.pop_front())
    }

    /// Up to a version that hides nothing, or to the beginning.
    fn run(&mut self) -> Result<Vec<Seen<P>>, P::Error> {
        let mut run = Vec::new();
        while let Some(past) = self.next.take() {
            self.next = past.parent(0)?;
            let version = Rc::clone(past.version());
            let is_whole = version.is_whole;
            run.push((past, version));
            if is_whole {
                break;
            }
        }
        Ok(run)
    }

    fn complete(&mut self, run: Vec<Seen<P>>) {
        let mut below: Option<Rc<Version>> = None;
        for (past, shown) in run.into_iter().rev() {
            let version = match below {
                Some(older) if !shown.is_whole => Rc::new(shown.over(&older)),
                _ => shown,
            };
            below = Some(Rc::clone(&version));
            self.ready.push_front((past, version));
        }
    }
}
