//! With which merge a commit came in.

use crate::failure::Failure;
use git_store::{Commit, CommitId, Error, Store};
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

/// The committer's time, and the id to tell apart what was made in one second.
pub(super) type Age = (i64, CommitId);

pub(super) fn age(commit: &Commit) -> Age {
    (commit.committer.time_secs, commit.id)
}

/// For each commit the first parent that brought it in. Looked for when it is asked for, which only merges do.
pub(super) struct Arrivals {
    store: Store,
    begin: Cell<Option<CommitId>>,
    found: OnceCell<HashMap<CommitId, Age>>,
}

impl Arrivals {
    pub(super) fn new(store: &Store) -> Arrivals {
        Arrivals {
            store: store.clone(),
            begin: Cell::default(),
            found: OnceCell::new(),
        }
    }

    /// Says whose first parents are meant.
    pub(super) fn begin_at(&self, commit: CommitId) {
        self.begin.set(Some(commit));
    }

    /// A first parent came in with itself.
    pub(super) fn of(&self, commit: CommitId) -> Result<Option<Age>, Failure> {
        if self.found.get().is_none() {
            let found = self.find().map_err(|error| {
                Failure::unreadable("cannot read the history")
                    .because(&error)
                    .next("look at the repository: git fsck")
            })?;
            return Ok(self.found.get_or_init(|| found).get(&commit).copied());
        }
        Ok(self
            .found
            .get()
            .and_then(|found| found.get(&commit))
            .copied())
    }

    /// The oldest first parent comes first: what it was made on cannot have come in later.
    fn find(&self) -> git_store::Result<HashMap<CommitId, Age>> {
        let begin = self.begin.get().into_iter();
        let trunk = begin.flat_map(|begin| self.store.first_parents(begin));
        let trunk: Vec<Commit> = trunk.collect::<git_store::Result<_>>()?;
        let mut found = HashMap::new();
        for merge in trunk.into_iter().rev() {
            let age = age(&merge);
            found.insert(merge.id, age);
            let mut open = merge.parents;
            while let Some(id) = open.pop() {
                if found.contains_key(&id) {
                    continue;
                }
                match self.store.commit(id) {
                    Ok(commit) => open.extend(commit.parents),
                    // A shallow clone ends here.
                    Err(Error::Missing { .. }) => {}
                    Err(error) => return Err(error),
                }
                found.insert(id, age);
            }
        }
        Ok(found)
    }
}
