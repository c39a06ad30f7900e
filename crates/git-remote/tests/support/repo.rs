//! Repositories made by Git itself, read and written by the store.

use std::ops::Deref;

use git_store::{CommitId, Store};

/// A bare repository that goes away with its value.
pub(crate) struct Repo(testbed::Repo);

impl Deref for Repo {
    type Target = testbed::Repo;

    fn deref(&self) -> &testbed::Repo {
        &self.0
    }
}

impl Repo {
    pub(crate) fn new() -> Repo {
        Repo(testbed::Repo::new())
    }

    pub(crate) fn with_format(format: &str) -> Repo {
        Repo(testbed::Repo::with_format(format))
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_path(&self.path()).unwrap()
    }

    /// A commit on a branch that sets one file and leaves all others.
    pub(crate) fn commit(&self, branch: &str, path: &str, text: &str) -> CommitId {
        self.commit_file(branch, path, text);
        self.tip(branch)
    }

    pub(crate) fn tip(&self, branch: &str) -> CommitId {
        self.store().tip(Some(branch)).unwrap().unwrap()
    }

    /// Everything that a commit needs is there and sound, by Git's own account.
    pub(crate) fn is_sound(&self, commit: CommitId) -> bool {
        self.set("checked", commit);
        self.fsck().is_empty()
    }
}
