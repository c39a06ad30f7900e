//! What shows that something will still be there after a power loss. Only this module's neighbours make these.

use std::path::PathBuf;
use std::thread::JoinHandle;

use super::error::{Result, WriteError};
use crate::commit::CommitId;

/// A commit of which all objects are durable. No branch need point to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "without a branch that points to it, the commit is lost in time"]
pub struct Durable {
    pub(super) commit: CommitId,
    /// The object database it is in.
    pub(super) database: PathBuf,
}

/// A commit that can be read already, of which the names of the new objects are not durable yet: they become so meanwhile.
#[derive(Debug)]
#[must_use = "the commit is only durable when this is finished"]
pub struct Underway {
    pub(super) durable: Durable,
    /// Who makes the names durable; none if they are.
    pub(super) names: Option<JoinHandle<Result<()>>>,
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
    /// [`WriteError::Full`] or [`WriteError::Io`]; then it may not be.
    pub fn finish(self) -> Result<Durable> {
        let failed = |_| WriteError::Io {
            what: "sync",
            path: self.durable.database.clone(),
            why: "the thread that did it failed".to_owned(),
        };
        if let Some(names) = self.names {
            names.join().map_err(failed)??;
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
