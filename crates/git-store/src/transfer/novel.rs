//! The objects of new commits that the known ones do not have.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};

use crate::commit::Commit;
use crate::error::{Error, Result};
use crate::limits;
use crate::objects::{Objects, Withheld, damaged};

/// An object that is new, and the one it took the place of.
pub(super) struct Object {
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
    pub(super) instead_of: Option<ObjectId>,
}

/// Collects them; each once.
pub(super) struct Novel<'a> {
    database: &'a Objects,
    pub(super) objects: Vec<Object>,
    seen: HashSet<ObjectId>,
}

/// The entries of a folder: by name, the id, and whether it is a folder.
type Folder = HashMap<Vec<u8>, (ObjectId, Kind)>;

impl<'a> Novel<'a> {
    pub(super) fn new(database: &'a Objects) -> Novel<'a> {
        Novel {
            database,
            objects: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// A commit, and what its tree has that those of its parents have not.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<()> {
        self.objects.push(Object {
            id: commit.id.0,
            kind: Kind::Commit,
            instead_of: None,
        });
        let parents: Vec<ObjectId> = commit
            .parents
            .iter()
            .map(|&id| Ok(Commit::read(self.database, id)?.tree))
            .collect::<Result<_>>()?;
        self.tree(commit.tree, &parents)
    }

    fn tree(&mut self, id: ObjectId, older: &[ObjectId]) -> Result<()> {
        if older.contains(&id) || !self.seen.insert(id) {
            return Ok(());
        }
        self.objects.push(Object {
            id,
            kind: Kind::Tree,
            instead_of: older.first().copied(),
        });
        let had: Vec<Folder> = older
            .iter()
            .map(|&id| self.folder(id))
            .collect::<Result<_>>()?;
        for (name, (id, kind)) in self.folder(id)? {
            let same_name = had.iter().filter_map(|folder| folder.get(&name));
            let same_kind = same_name.filter(|(_, old)| *old == kind);
            let older: Vec<ObjectId> = same_kind.map(|(old, _)| *old).collect();
            self.entry(id, kind, &older)?;
        }
        Ok(())
    }

    fn entry(&mut self, id: ObjectId, kind: Kind, older: &[ObjectId]) -> Result<()> {
        if kind == Kind::Tree {
            return self.tree(id, older);
        }
        if !older.contains(&id) && self.seen.insert(id) {
            self.objects.push(Object {
                id,
                kind,
                instead_of: older.first().copied(),
            });
        }
        Ok(())
    }

    fn folder(&self, id: ObjectId) -> Result<Folder> {
        let read = self.database.read(id, Kind::Tree, limits::TREE_OCTETS);
        let octets = read.map_err(|withheld| too_large(withheld, id))?;
        let mut folder = Folder::new();
        for entry in TreeRefIter::from_bytes(&octets, id.kind()) {
            let entry = entry.map_err(|why| damaged(id, why.to_string()))?;
            let kind = match entry.mode {
                mode if mode.is_tree() => Kind::Tree,
                // The commit of another repository, which is not in this one.
                mode if mode.is_commit() => continue,
                _ => Kind::Blob,
            };
            folder.insert(entry.filename.to_vec(), (entry.oid.to_owned(), kind));
        }
        Ok(folder)
    }
}

pub(super) fn too_large(withheld: Withheld, id: ObjectId) -> Error {
    match withheld {
        Withheld::Failed(error) => error,
        Withheld::TooLarge { octets } => damaged(id, format!("an object of {octets} octets")),
    }
}
