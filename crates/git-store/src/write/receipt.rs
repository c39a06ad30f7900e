//! What shows that something will still be there after a power loss. Only this module's neighbours make these.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Result;
use super::hands::Together;
use super::lock::LockDraft;
use crate::commit::CommitId;

/// A commit of which all objects are durable. No branch need point to it.
#[derive(Debug)]
#[must_use = "without a branch that points to it, the commit is lost in time"]
pub struct Durable {
    pub(super) commit: CommitId,
    /// The object database it is in.
    pub(super) database: PathBuf,
    pub(super) ahead: Arc<Ahead>,
}

/// The file that the lock of a branch will be, where it was made together with the commit.
pub(super) type Ahead = Mutex<Option<(PathBuf, LockDraft)>>;

/// A commit that can be read already, of which the names of the new objects are not durable yet: they become so meanwhile.
#[derive(Debug)]
#[must_use = "the commit is only durable when this is finished"]
pub struct Underway {
    pub(super) durable: Durable,
    /// The directories that the names are in, being synced; none if they are.
    pub(super) names: Option<Together<PathBuf>>,
}

impl Underway {
    /// The commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.durable.commit
    }

    /// Waits until all of it is durable.
    ///
    /// # Errors
    /// [`WriteError::Full`](super::WriteError::Full) or [`WriteError::Io`](super::WriteError::Io); then it may not be.
    pub fn finish(self) -> Result<Durable> {
        if let Some(names) = self.names {
            names.finish().0?;
        }
        Ok(self.durable)
    }
}

/// A branch points to this commit, and all of that is durable: what may be acknowledged to a client.
///
/// There is no other way to one than [`crate::Store::write`] and [`crate::Store::advance`]:
///
/// ```compile_fail
/// let receipt = git_store::Receipt { branch: "main".into(), commit: todo!(), previous: None };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub(super) branch: String,
    pub(super) commit: CommitId,
    pub(super) previous: Option<CommitId>,
}

impl Durable {
    pub(super) fn new(commit: CommitId, database: PathBuf, ahead: Arc<Ahead>) -> Durable {
        Durable {
            commit,
            database,
            ahead,
        }
    }

    /// Gives what was made ahead for the branch in this file.
    pub(super) fn take_ahead(&self, branch: &Path) -> Option<LockDraft> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let made = ahead.take().filter(|(path, _)| path == branch);
        made.map(|(_, draft)| draft)
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.commit
    }
}

impl Receipt {
    /// The full name of the branch, `refs/heads/...`.
    #[must_use]
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The commit that it points to.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.commit
    }

    /// The commit that it pointed to before; `None` if it was not there.
    #[must_use]
    pub fn previous(&self) -> Option<CommitId> {
        self.previous
    }
}
