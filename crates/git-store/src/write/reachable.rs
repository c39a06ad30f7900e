//! All objects that the references of a repository lead to.

use std::collections::HashSet;

use gix::ObjectId;
use gix::objs::{Kind, TagRefIter};

use super::error::Result;
use super::whole::{entries, shallow};
use crate::commit::{Commit, CommitId};
use crate::error::Error;
use crate::objects::{Objects, damaged};
use crate::store::Store;

/// What has been reached so far.
pub(crate) struct Reachable {
    objects: Objects,
    shallow: HashSet<ObjectId>,
    pub(crate) ids: HashSet<ObjectId>,
}

impl Reachable {
    pub(crate) fn new(store: &Store) -> Result<Reachable> {
        Ok(Reachable {
            objects: store.objects(),
            shallow: shallow(store)?,
            ids: HashSet::new(),
        })
    }

    /// Adds what these lead to. Fails if a commit or folder is missing.
    pub(crate) fn add(&mut self, roots: &[ObjectId]) -> Result<()> {
        let mut open: Vec<(ObjectId, Option<Kind>)> = roots.iter().map(|&id| (id, None)).collect();
        while let Some((id, kind)) = open.pop() {
            if !self.ids.insert(id) {
                continue;
            }
            let kind = match kind {
                Some(kind) => kind,
                None => self.objects.kind(id)?,
            };
            match kind {
                Kind::Commit => self.open_commit(id, &mut open)?,
                Kind::Tree => self.open_tree(id, &mut open)?,
                Kind::Tag => open.push((self.tagged(id)?, None)),
                Kind::Blob => {}
            }
        }
        Ok(())
    }

    fn open_commit(&self, id: ObjectId, open: &mut Vec<(ObjectId, Option<Kind>)>) -> Result<()> {
        let commit = Commit::read(&self.objects, CommitId(id))?;
        open.push((commit.tree, Some(Kind::Tree)));
        if !self.shallow.contains(&id) {
            open.extend(
                commit
                    .parents
                    .iter()
                    .map(|parent| (parent.0, Some(Kind::Commit))),
            );
        }
        Ok(())
    }

    fn open_tree(&self, id: ObjectId, open: &mut Vec<(ObjectId, Option<Kind>)>) -> Result<()> {
        for (mode, _, id) in entries(&self.objects, id)? {
            match (mode.is_tree(), mode.is_commit()) {
                (true, _) => open.push((id, Some(Kind::Tree))),
                // A commit of another repository.
                (_, true) => {}
                _ => open.push((id, Some(Kind::Blob))),
            }
        }
        Ok(())
    }

    fn tagged(&self, id: ObjectId) -> Result<ObjectId> {
        let octets = self.objects.read_whole(id, Kind::Tag)?;
        let target = TagRefIter::from_bytes(&octets, self.objects.hash_kind()).target_id();
        Ok(target.map_err(|why| damaged(id, why.to_string()))?)
    }
}

/// What all references point to, and `HEAD`.
pub(crate) fn roots(store: &Store) -> Result<Vec<ObjectId>> {
    let repository = store.repository();
    let refused = |why: gix::Error| Error::Refused {
        why: why.to_string(),
    };
    let platform = repository.references().map_err(refused)?;
    let mut roots = Vec::new();
    for reference in platform.all().map_err(refused)? {
        let reference = reference.map_err(|why| Error::Refused {
            why: why.to_string(),
        })?;
        roots.extend(reference.target().try_id().map(ToOwned::to_owned));
    }
    roots.extend(repository.head_id().ok().map(gix::Id::detach));
    Ok(roots)
}
