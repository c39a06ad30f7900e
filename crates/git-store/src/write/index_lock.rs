//! The index of a working tree, locked as Git locks it.
//!
//! Where a branch is checked out, three things have to agree: the files, the index that says what they were, and the
//! branch. Git's programs take `index.lock` before they touch any of them. So whoever holds this lock is the one who is
//! at work in that tree, and may move the branch that is checked out there ([`Store::advance_checked_out`]), having said
//! before what the index is from then on: it is renamed into its place right after the branch has moved.
//!
//! A process that is killed leaves the lock, as Git's own do: what it was about to do to the files is for a person to see.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use super::disk;
use super::error::{Refusal, Result, WriteError, failed};
use super::lock::{BETWEEN_TRIES, WAIT, with_suffix};
use crate::commit::CommitId;
use crate::store::Store;
use crate::write::{Durable, Receipt};

/// A working tree that nobody else changes through Git while this lives.
#[derive(Debug)]
pub struct IndexLock {
    index: PathBuf,
    lock: PathBuf,
    head: PathBuf,
    is_renamed: bool,
}

/// The lock with what the index will be.
#[derive(Debug)]
pub struct NewIndex(IndexLock);

impl IndexLock {
    /// Waits for the lock of the working tree that the repository was opened by.
    ///
    /// # Errors
    /// [`Refusal::NoWorkTree`] in a bare repository; [`WriteError::Busy`] if another program does not let go of it.
    pub fn take(store: &Store) -> Result<IndexLock> {
        let repository = store.repository();
        let git_dir = repository.git_dir().to_owned();
        if repository.is_bare() {
            return Err(Refusal::NoWorkTree { path: git_dir }.into());
        }
        let (index, head) = (git_dir.join("index"), git_dir.join("HEAD"));
        let lock = with_suffix(&index, ".lock");
        let end = Instant::now() + WAIT;
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Ok(_) => break,
                Err(why) if why.kind() != ErrorKind::AlreadyExists => {
                    return Err(failed("create", &lock)(why));
                }
                Err(_) if Instant::now() > end => return Err(WriteError::Busy { lock }),
                Err(_) => thread::sleep(BETWEEN_TRIES),
            }
        }
        Ok(IndexLock {
            index,
            lock,
            head,
            is_renamed: false,
        })
    }

    /// The index as it is: nobody else changes it.
    #[must_use]
    pub fn index(&self) -> &Path {
        &self.index
    }

    /// Writes what the index will be, synced.
    ///
    /// # Errors
    /// [`WriteError::Full`] or [`WriteError::Io`].
    pub fn write(self, octets: &[u8]) -> Result<NewIndex> {
        let mut options = OpenOptions::new();
        let opened = options.write(true).truncate(true).open(&self.lock);
        let mut file = opened.map_err(failed("open", &self.lock))?;
        file.write_all(octets)
            .and_then(|()| file.sync_all())
            .map_err(failed("write", &self.lock))?;
        Ok(NewIndex(self))
    }
}

impl NewIndex {
    /// The `HEAD` of the working tree.
    pub(super) fn head(&self) -> &Path {
        &self.0.head
    }

    fn put_in_place(mut self) -> Result<()> {
        fs::rename(&self.0.lock, &self.0.index).map_err(failed("rename", &self.0.lock))?;
        self.0.is_renamed = true;
        Ok(())
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        if !self.is_renamed {
            disk::discard(&self.lock);
        }
    }
}

impl Store {
    /// As [`Self::advance`], for the branch that is checked out where the index is from: that follows. A branch that is
    /// checked out elsewhere is refused as ever.
    ///
    /// # Errors
    /// As [`Self::advance`]; [`WriteError::Behind`] if the branch has moved and the index could not be put in its place.
    pub fn advance_checked_out(
        &self,
        branch: &str,
        expected: Option<CommitId>,
        to: &Durable,
        index: NewIndex,
    ) -> Result<Receipt> {
        let store = self.reopened()?;
        let receipt = store.move_branch(branch, (expected, to), Some(index.head()))?;
        index.put_in_place().map_err(|error| WriteError::Behind {
            commit: to.commit(),
            why: error.to_string(),
        })?;
        Ok(receipt)
    }
}
