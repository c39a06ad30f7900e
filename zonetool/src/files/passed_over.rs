//! Files of a working tree that Git is told to ignore and does not know: an editor's backups, what a program makes.

use crate::failure::Failure;
use crate::repository;
use crate::worktree::{Boxed, Ignored, unread};
use gix::bstr::{BStr, BString, ByteSlice};
use std::collections::BTreeSet;
use std::path::Path;

/// What is not looked at, in the folder that was entered last and in those above it.
pub(super) struct PassedOver {
    ignored: Ignored,
    /// What Git knows is never passed over.
    tracked: BTreeSet<BString>,
}

impl PassedOver {
    /// Those of the working tree with this top.
    pub(super) fn of(top: &Path) -> Result<PassedOver, Failure> {
        let repository = repository::discover(top)?;
        let read = || -> Result<PassedOver, Boxed> {
            let index = repository.index_or_empty()?;
            let entries = index.entries().iter();
            Ok(PassedOver {
                ignored: Ignored::new(&repository, top)?,
                tracked: entries.map(|entry| entry.path(&index).to_owned()).collect(),
            })
        };
        read().map_err(|why| unread(top, &*why))
    }

    pub(super) fn enter(&mut self, folder: &Path) -> std::io::Result<()> {
        self.ignored.enter(folder)
    }

    pub(super) fn leave(&mut self) {
        self.ignored.leave();
    }

    /// Whether a file, or a folder with all that is in it, is passed over.
    pub(super) fn has(&self, path: &str, is_folder: bool) -> bool {
        let path = BStr::new(path);
        self.ignored.has(path, is_folder) && !self.is_known(path, is_folder)
    }

    fn is_known(&self, path: &BStr, is_folder: bool) -> bool {
        if !is_folder {
            return self.tracked.contains(path);
        }
        let below = BString::from([path.as_bytes(), b"/"].concat());
        let mut after = self.tracked.range(below.clone()..);
        after.next().is_some_and(|path| path.starts_with(&below))
    }
}
