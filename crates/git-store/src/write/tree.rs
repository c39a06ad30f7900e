//! From a tree and changes by path to new trees.

use std::collections::{BTreeMap, HashSet};

use gix::ObjectId;
use gix::objs::bstr::{BString, ByteSlice};
use gix::objs::tree::{Entry, EntryKind};
use gix::objs::{Kind, TreeRefIter, WriteTo};
use gix::validate::path::component;

use super::draft::Edit;
use super::error::{Refusal, Result, WriteError};
use super::loose::NewObject;
use super::patched;
use crate::limits;
use crate::objects::{Objects, Withheld, damaged};
use crate::path::TreePath;

/// Octets of a path: what Git's own check (`largePathname`) takes.
const PATH_OCTETS: usize = 4096;

/// What happens at a name: to a file of that name, and below a folder of that name.
#[derive(Default)]
struct Node<'a> {
    path: TreePath,
    edit: Option<&'a Edit>,
    below: BTreeMap<&'a [u8], Node<'a>>,
}

/// The objects that a change makes, what is pointed to first.
pub(crate) struct NewTrees<'a> {
    objects: &'a Objects,
    seen: HashSet<ObjectId>,
    pub(crate) made: Vec<NewObject>,
}

impl<'a> NewTrees<'a> {
    pub(crate) fn new(objects: &'a Objects) -> NewTrees<'a> {
        NewTrees {
            objects,
            seen: HashSet::new(),
            made: Vec::new(),
        }
    }

    /// The tree that comes from `old` by the changes.
    pub(crate) fn apply(
        &mut self,
        old: Option<ObjectId>,
        changes: &BTreeMap<TreePath, Edit>,
    ) -> Result<ObjectId> {
        let mut root = Node::default();
        for (path, edit) in changes {
            root.insert(path, edit)?;
        }
        match self.folder(old, &root)? {
            Some(tree) => Ok(tree),
            None => self.make(Kind::Tree, Vec::new(), None),
        }
    }

    /// `None` is a folder without files, which Git does not have.
    fn folder(&mut self, old: Option<ObjectId>, node: &Node<'_>) -> Result<Option<ObjectId>> {
        if let Some(octets) = self.patched(old, node)? {
            return self.make(Kind::Tree, octets, old).map(Some);
        }
        let mut entries = self.entries(old)?;
        for (&name, below) in &node.below {
            let before = entries.remove(name);
            if let Some(entry) = self.entry(before, name, below)? {
                entries.insert(name.to_vec(), entry);
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let mut entries: Vec<Entry> = entries.into_values().collect();
        // Git's order: as if the name of a folder ended with a slash.
        entries.sort();
        let mut octets = Vec::new();
        let written = gix::objs::Tree { entries }.write_to(&mut octets);
        written.expect("names have no NUL, and writing to memory does not fail");
        self.make(Kind::Tree, octets, old).map(Some)
    }

    /// The folder where all that happens is that files in it get other contents.
    fn patched(&mut self, old: Option<ObjectId>, node: &Node<'_>) -> Result<Option<Vec<u8>>> {
        let put = |node: &&Node<'_>| match node.edit {
            Some(Edit::Put(_)) => node.below.is_empty(),
            Some(Edit::Remove) | None => false,
        };
        let Some(old) = old.filter(|_| node.below.values().all(|below| put(&below))) else {
            return Ok(None);
        };
        let mut octets = read_tree(self.objects, old)?;
        let id_octets = self.objects.hash_kind().len_in_bytes();
        let Some(places) = patched::places(&octets, &node.below, id_octets) else {
            return Ok(None);
        };
        for (name, at) in places {
            let below = &node.below[name];
            if let Some(Edit::Put(text)) = below.edit {
                let place = at..at + id_octets;
                let old = ObjectId::try_from(&octets[place.clone()]).ok();
                let id = self.blob(below, text, old)?;
                octets[place].copy_from_slice(id.as_bytes());
            }
        }
        Ok(Some(octets))
    }

    /// What is at a name afterwards.
    fn entry(
        &mut self,
        before: Option<Entry>,
        name: &[u8],
        node: &Node<'_>,
    ) -> Result<Option<Entry>> {
        let is_folder = before.as_ref().is_some_and(|entry| entry.mode.is_tree());
        let (old_folder, old_file) = match is_folder {
            true => (before, None),
            false => (None, before),
        };
        let old_blob = old_file.as_ref().map(|entry| entry.oid);
        let file = file_after(old_file, node)?;
        let folder = match (node.below.is_empty(), old_folder) {
            (true, old) => old.map(|entry| entry.oid),
            (false, old) => self.folder(old.map(|entry| entry.oid), node)?,
        };
        let (kind, oid) = match (file, folder) {
            (Some(_), Some(_)) => return Err(node.refuse("is a file and a folder")),
            (None, None) => return Ok(None),
            (Some(After::Same(entry)), None) => return Ok(Some(entry)),
            (Some(After::New(octets)), None) => {
                (EntryKind::Blob, self.blob(node, octets, old_blob)?)
            }
            (None, Some(tree)) => (EntryKind::Tree, tree),
        };
        Ok(Some(Entry {
            mode: kind.into(),
            filename: BString::from(name),
            oid,
        }))
    }

    fn blob(&mut self, node: &Node<'_>, octets: &[u8], old: Option<ObjectId>) -> Result<ObjectId> {
        if octets.len() as u64 > limits::FILE_OCTETS {
            return Err(WriteError::Refused(Refusal::TooLarge {
                path: node.path.clone(),
                octets: octets.len() as u64,
            }));
        }
        self.make(Kind::Blob, octets.to_vec(), old)
    }

    /// `old` is what it takes the place of.
    pub(crate) fn make(
        &mut self,
        kind: Kind,
        octets: Vec<u8>,
        old: Option<ObjectId>,
    ) -> Result<ObjectId> {
        let object = NewObject::new(self.objects.hash_kind(), kind, octets)?;
        let id = object.id;
        if self.seen.insert(id) {
            self.made.push(NewObject {
                replaces: old,
                ..object
            });
        }
        Ok(id)
    }

    fn entries(&self, tree: Option<ObjectId>) -> Result<BTreeMap<Vec<u8>, Entry>> {
        let Some(tree) = tree else {
            return Ok(BTreeMap::new());
        };
        let octets = read_tree(self.objects, tree)?;
        let mut entries = BTreeMap::new();
        for entry in TreeRefIter::from_bytes(&octets, self.objects.hash_kind()) {
            let entry: Entry = entry.map_err(|why| damaged(tree, why.to_string()))?.into();
            let name = entry.filename.to_vec();
            if entries.insert(name, entry).is_some() {
                return Err(damaged(tree, "a name twice").into());
            }
        }
        Ok(entries)
    }
}

/// The file at a name after a change.
enum After<'a> {
    Same(Entry),
    New(&'a [u8]),
}

fn file_after<'a>(before: Option<Entry>, node: &Node<'a>) -> Result<Option<After<'a>>> {
    match (node.edit, before) {
        (Some(Edit::Put(octets)), _) => Ok(Some(After::New(octets))),
        (Some(Edit::Remove), Some(_)) => Ok(None),
        (Some(Edit::Remove), None) => Err(node.refuse("is not there, and cannot be removed")),
        (None, before) => Ok(before.map(After::Same)),
    }
}

impl<'a> Node<'a> {
    fn insert(&mut self, path: &'a TreePath, edit: &'a Edit) -> Result<()> {
        check_path(path)?;
        let mut node = self;
        for name in path.as_bytes().split(|&octet| octet == b'/') {
            let below = node.path.join(name);
            node = node.below.entry(name).or_default();
            node.path = below;
        }
        node.edit = Some(edit);
        Ok(())
    }

    fn refuse(&self, why: &'static str) -> WriteError {
        refuse(&self.path, why)
    }
}

/// No name that Git would refuse to check out, here or on another system.
fn check_path(path: &TreePath) -> Result<()> {
    if path.as_bytes().len() > PATH_OCTETS {
        return Err(refuse(path, "is too long"));
    }
    let options = component::Options {
        // What other systems cannot store is for whoever names the zones.
        protect_windows: false,
        protect_hfs: true,
        protect_ntfs: true,
    };
    for name in path.as_bytes().split(|&octet| octet == b'/') {
        let taken = component(name.as_bstr(), None, options);
        if taken.is_err() || name.contains(&0) {
            return Err(refuse(path, "is not a path that Git takes"));
        }
    }
    Ok(())
}

fn refuse(path: &TreePath, why: &'static str) -> WriteError {
    WriteError::Refused(Refusal::Path {
        path: path.clone(),
        why,
    })
}

pub(crate) fn read_tree(objects: &Objects, tree: ObjectId) -> Result<Vec<u8>> {
    objects
        .read(tree, Kind::Tree, limits::TREE_OCTETS)
        .map_err(|withheld| match withheld {
            Withheld::Failed(error) => error.into(),
            Withheld::TooLarge { octets } => {
                damaged(tree, format!("a folder of {octets} octets")).into()
            }
        })
}
