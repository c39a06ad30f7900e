//! Making durable what a fetch has brought.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::Result;
use super::receipt::Durable;
use super::sources::files_in;
use super::superseded::nothing_is_removed;
use super::whole::check_whole;
use super::{database, disk};
use crate::commit::CommitId;
use crate::store::Store;

/// Syncs each pack once: those there are when it is used first, and then what has come since.
///
/// That one process fetched a pack and was killed, and the next finds nothing to fetch, so does not matter.
#[derive(Debug, Default)]
pub struct Settler {
    synced: HashSet<PathBuf>,
}

impl Settler {
    /// One that has synced nothing yet.
    #[must_use]
    pub fn new() -> Settler {
        Settler::default()
    }

    /// Makes a fetched commit durable, once all that it needs is there: every commit, folder and file that it
    /// has beyond `known`, a commit that is whole, such as the one the branch is at.
    ///
    /// A reference must lead to it already (`refs/stemma/fetched/...`), so that [`crate::Superseded::remove`] leaves
    /// alone what it needs.
    ///
    /// # Errors
    /// [`crate::WriteError::Repository`] with [`crate::Error::Missing`] if something is not there;
    /// [`crate::WriteError::Full`] or [`crate::WriteError::Io`] if it cannot be synced.
    pub fn settle(
        &mut self,
        store: &Store,
        to: CommitId,
        known: Option<CommitId>,
    ) -> Result<Durable> {
        let _held = nothing_is_removed();
        let store = store.reopened()?;
        let objects = store.objects();
        check_whole(&store, to, known)?;
        let database = database(&objects);
        let packs = database.join("pack");
        let is_of_a_pack = |name: &OsString| name.as_encoded_bytes().starts_with(b"pack-");
        let there: HashSet<PathBuf> = files_in(&packs)?
            .into_iter()
            .filter(|name| is_of_a_pack(name))
            .map(|name| packs.join(name))
            .collect();
        let new: Vec<&PathBuf> = there.difference(&self.synced).collect();
        disk::for_each(&new, |path| disk::sync(path))?;
        disk::for_each(&[packs.as_path(), &database], |dir| disk::sync(dir))?;
        self.synced = there;
        Ok(Durable::new(to, database, Arc::default()))
    }
}
