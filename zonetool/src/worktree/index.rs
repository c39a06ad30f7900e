//! What Git remembers of a working tree: which files are tracked, and what they were when they were looked at last.

use super::{Boxed, Listed, WorkTree};
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::State;
use gix::index::entry::{Flags, Mode, Stage, Stat};
use std::collections::BTreeMap;
use std::path::Path;

/// The index on its way to what it will be.
pub(crate) struct Index {
    file: gix::index::File,
    new: BTreeMap<BString, Option<Seen>>,
}

/// A file as it is on disk and in the commit.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) mode: Mode,
    pub(crate) id: ObjectId,
    pub(crate) stat: Stat,
}

impl Index {
    /// The index of a working tree; one that is not there knows the files of `head`.
    pub(crate) fn read(tree: &WorkTree, path: &Path, head: &Listed) -> Result<Index, Boxed> {
        let hash = tree.config.object_hash();
        let file = match path.exists() {
            true => {
                gix::index::File::at(path, hash, false, gix::index::decode::Options::default())?
            }
            false => gix::index::File::from_state(State::new(hash), path),
        };
        if file.is_sparse() {
            return Err("its index is a sparse one, which only Git can go on with".into());
        }
        if file
            .entries()
            .iter()
            .any(|entry| entry.stage() != Stage::Unconflicted)
        {
            return Err("there are conflicts in it: resolve them with Git".into());
        }
        let mut index = Index {
            file,
            new: BTreeMap::new(),
        };
        if !path.exists() {
            index.begin(head);
        }
        Ok(index)
    }

    fn begin(&mut self, head: &Listed) {
        for (path, (mode, id)) in head {
            let (stat, flags) = (Stat::default(), Flags::empty());
            self.file
                .dangerously_push_entry(stat, *id, flags, *mode, path.as_bstr());
        }
        self.file.sort_entries();
    }

    /// Paths of the files that are tracked.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &BStr> {
        let entries = self.file.entries().iter();
        entries.map(|entry| entry.path(&self.file))
    }

    /// What is kept of a file.
    pub(crate) fn entry(&self, path: &BStr) -> Option<(Mode, ObjectId)> {
        let entry = self.file.entry_by_path(path)?;
        Some((entry.mode, entry.id))
    }

    /// Whether a file, or one below a folder, is or was tracked.
    pub(crate) fn is_known(&self, path: &BStr) -> bool {
        self.file.entry_by_path(path).is_some()
            || self.file.path_is_directory(path)
            || self.new.contains_key(path)
    }

    /// Whether somebody has told Git not to look at a file.
    pub(crate) fn is_hidden(&self, path: &BStr) -> bool {
        let entry = self.file.entry_by_path(path);
        entry.is_some_and(|entry| {
            entry
                .flags
                .intersects(Flags::SKIP_WORKTREE | Flags::ASSUME_VALID)
        })
    }

    /// What a path is from now on; `None` if it is not there any more.
    pub(crate) fn set(&mut self, path: &BStr, seen: Option<Seen>) {
        self.new.insert(path.to_owned(), seen);
    }

    /// The octets of the file.
    pub(crate) fn octets(&mut self) -> Result<Vec<u8>, Boxed> {
        let new = &self.new;
        self.file
            .remove_entries(|_, path, _| new.contains_key(path));
        for (path, seen) in &self.new {
            if let Some(Seen { mode, id, stat }) = *seen {
                self.file
                    .dangerously_push_entry(stat, id, Flags::empty(), mode, path.as_bstr());
            }
        }
        self.file.sort_entries();
        // Both are about entries that may be gone now.
        self.file.remove_tree();
        self.file.remove_resolve_undo();
        let mut octets = Vec::new();
        self.file
            .write_to(&mut octets, gix::index::write::Options::default())?;
        Ok(octets)
    }
}
