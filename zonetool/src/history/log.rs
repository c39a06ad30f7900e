//! Which commits changed the records, along first parents.

use super::{Past, Version};
use crate::changes::{self, Change};
use crate::records::Record;
use std::collections::VecDeque;
use std::rc::Rc;

/// A commit and what it changed.
#[derive(Debug)]
pub(crate) struct Entry<C> {
    pub(crate) commit: C,
    /// In canonical order, never empty.
    pub(crate) changes: Vec<Change<Rc<Record>>>,
}

/// The newest `limit` commits that changed a record, newest first.
pub(crate) fn log<P: Past>(tip: P, limit: usize) -> Result<Vec<Entry<P::Commit>>, P::Error> {
    let mut line = Line {
        next: Some(tip),
        ready: VecDeque::new(),
    };
    let nothing = Rc::new(Version {
        records: Vec::new(),
        is_whole: true,
    });
    let mut entries = Vec::new();
    let mut newer = line.next()?;
    while let Some((commit, version)) = newer.filter(|_| entries.len() < limit) {
        let older = line.next()?;
        let before = older.as_ref().map_or(&nothing, |(_, version)| version);
        let changes = changes_between(before, &version);
        if !changes.is_empty() {
            entries.push(Entry { commit, changes });
        }
        newer = older;
    }
    Ok(entries)
}

fn changes_between(before: &Rc<Version>, after: &Rc<Version>) -> Vec<Change<Rc<Record>>> {
    if Rc::ptr_eq(before, after) {
        return Vec::new();
    }
    changes::between(&before.records, &after.records)
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
type Seen<C> = (C, Rc<Version>);

/// First parents, newest first, each version completed with what its mistakes may hide.
struct Line<P: Past> {
    next: Option<P>,
    ready: VecDeque<Seen<P::Commit>>,
}

impl<P: Past> Line<P> {
    fn next(&mut self) -> Result<Option<Seen<P::Commit>>, P::Error> {
        if self.ready.is_empty() {
            let run = self.run()?;
            self.complete(run);
        }
        Ok(self.ready.pop_front())
    }

    /// Up to a version that hides nothing, or to the beginning.
    fn run(&mut self) -> Result<Vec<Seen<P::Commit>>, P::Error> {
        let mut run = Vec::new();
        while let Some(past) = self.next.take() {
            self.next = past.parent(0)?;
            run.push((past.commit(), Rc::clone(past.version())));
            if past.version().is_whole {
                break;
            }
        }
        Ok(run)
    }

    fn complete(&mut self, run: Vec<Seen<P::Commit>>) {
        let mut below: Option<Rc<Version>> = None;
        for (commit, shown) in run.into_iter().rev() {
            let version = match below {
                Some(older) if !shown.is_whole => Rc::new(shown.over(&older)),
                _ => shown,
            };
            below = Some(Rc::clone(&version));
            self.ready.push_front((commit, version));
        }
    }
}
