//! The files of one commit, read from the object database.

use std::fmt;
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::tree::EntryMode;
use gix::objs::{Kind, TreeRefIter};

use crate::changes::{self, Change};
use crate::commit::{BlobId, Commit, CommitId};
use crate::entries::RawEntries;
use crate::error::{Error, Result};
use crate::finding::{Finding, Problem};
use crate::layout::Layout;
use crate::limits;
use crate::objects::{Objects, Withheld, damaged};
use crate::path::TreePath;
use crate::role::ZONE_ROOT;

/// One commit's files: whatever happens to branches meanwhile, they stay the same.
pub struct Snapshot {
    pub(crate) objects: Objects,
    commit: Commit,
    /// The tree of the commit itself: with thousands of zones in it, it is worth keeping.
    top: Arc<Vec<u8>>,
    root: Root,
}

/// Where the zones of a commit begin.
#[derive(Debug, Clone, Default)]
pub(crate) struct Root {
    /// `zones`, or empty for the top of the commit.
    pub(crate) path: TreePath,
    /// Its tree; `None` in place of a commit before the first one.
    pub(crate) tree: Option<ObjectId>,
    /// What is in that tree, where it has been read already.
    pub(crate) octets: Option<Arc<Vec<u8>>>,
}

/// Why a file was not handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// The file is one that is never taken.
    Refused(Finding),
    /// The repository could not be read.
    Repository(Error),
}

impl Snapshot {
    pub(crate) fn read(objects: Objects, id: CommitId) -> Result<Snapshot> {
        let commit = Commit::read(&objects, id)?;
        let top = read_tree(&objects, commit.tree)?;
        let root = find_root(&objects, commit.tree, &top)?;
        Ok(Snapshot {
            objects,
            commit,
            top,
            root,
        })
    }

    /// Another commit of the same repository. Both go on with what was unpacked for either, which is what makes a walk
    /// through many commits quick: one version of a file is told as a difference from another.
    ///
    /// # Errors
    /// [`Error::Missing`] (where a shallow clone ends, too) or [`Error::Damaged`].
    pub fn beside(&self, id: CommitId) -> Result<Snapshot> {
        Snapshot::read(self.objects.clone(), id)
    }

    /// The commit these files are of.
    #[must_use]
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The zone root: `zones`, or empty where the whole commit is.
    #[must_use]
    pub fn zone_root(&self) -> &TreePath {
        &self.root.path
    }

    /// All zones of the commit, and what is wrong with its files and folders.
    ///
    /// # Errors
    /// [`Error`] if objects are missing or damaged, or there are more than [`limits::FILES`].
    pub fn layout(&self) -> Result<Layout> {
        let mut layout = Layout::default();
        layout.apply(&self.changes_since(None)?);
        Ok(layout)
    }

    /// What differs from an older commit of the same repository, folders with the same id not entered.
    /// Without an older one, all there is.
    ///
    /// # Errors
    /// As [`Self::layout`].
    pub fn changes_since(&self, older: Option<&Snapshot>) -> Result<Vec<Change>> {
        let nothing = Root::default();
        changes::between(
            &self.objects,
            older.map_or(&nothing, |older| &older.root),
            &self.root,
        )
    }

    /// The contents of a file found in the layout or by an include.
    ///
    /// # Errors
    /// [`ReadError::Refused`] if it is larger than [`limits::FILE_OCTETS`] or has a NUL octet.
    pub fn file(&self, path: &TreePath, blob: BlobId) -> std::result::Result<Vec<u8>, ReadError> {
        self.text(path, blob).map(Arc::unwrap_or_clone)
    }

    /// The same, not copied where it is in memory.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn text(
        &self,
        path: &TreePath,
        blob: BlobId,
    ) -> std::result::Result<Arc<Vec<u8>>, ReadError> {
        let refuse = |problem| {
            ReadError::Refused(Finding {
                path: path.clone(),
                problem,
            })
        };
        let octets = self
            .objects
            .read_shared(blob.0, Kind::Blob, limits::FILE_OCTETS)
            .map_err(|withheld| match withheld {
                Withheld::TooLarge { octets } => refuse(Problem::TooLarge { octets }),
                Withheld::Failed(error) => ReadError::Repository(error),
            })?;
        match first_nul(&octets) {
            None => Ok(octets),
            Some(offset) => Err(refuse(Problem::Binary { offset })),
        }
    }

    /// How many octets a file has, without reading it; `None` if it is not there or cannot be read.
    #[must_use]
    pub fn size(&self, blob: BlobId) -> Option<u64> {
        self.objects.header(blob.0, Kind::Blob).ok()
    }

    /// The plain file at a path from the top of the commit; `None` if there is none.
    ///
    /// # Errors
    /// [`ReadError::Refused`] if it is a symbolic link, a submodule or executable.
    pub fn find(&self, path: &str) -> std::result::Result<Option<BlobId>, ReadError> {
        let mut tree = self.commit.tree;
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
            match self.entry(tree, folder)? {
                Some((mode, id)) if mode.is_tree() => tree = id,
                _ => return Ok(None),
            }
        }
        let Some((mode, id)) = self.entry(tree, file)? else {
            return Ok(None);
        };
        match changes::problem_of(mode) {
            Some(problem) => Err(ReadError::Refused(Finding {
                path: TreePath::new(path),
                problem,
            })),
            None => Ok((!mode.is_tree()).then_some(BlobId(id))),
        }
    }

    fn entry(&self, tree: ObjectId, name: &str) -> Result<Option<(EntryMode, ObjectId)>> {
        if tree == self.commit.tree {
            return find_entry(&self.objects, tree, &self.top, name);
        }
        find_entry(&self.objects, tree, &read_tree(&self.objects, tree)?, name)
    }
}

fn find_root(objects: &Objects, id: ObjectId, top: &Arc<Vec<u8>>) -> Result<Root> {
    Ok(match find_entry(objects, id, top, ZONE_ROOT)? {
        Some((mode, id)) if mode.is_tree() => Root {
            path: TreePath::new(ZONE_ROOT),
            tree: Some(id),
            octets: None,
        },
        _ => Root {
            path: TreePath::default(),
            tree: Some(id),
            octets: (!top.is_empty()).then(|| Arc::clone(top)),
        },
    })
}

/// A tree, or nothing in place of one that is too large: what cannot be looked into has no entry,
/// and the walk reports it.
fn read_tree(objects: &Objects, tree: ObjectId) -> Result<Arc<Vec<u8>>> {
    match objects.read_shared(tree, Kind::Tree, limits::TREE_OCTETS) {
        Ok(octets) => Ok(octets),
        Err(Withheld::TooLarge { .. }) => Ok(Arc::default()),
        Err(Withheld::Failed(error)) => Err(error),
    }
}

fn find_entry(
    objects: &Objects,
    tree: ObjectId,
    octets: &[u8],
    name: &str,
) -> Result<Option<(EntryMode, ObjectId)>> {
    let hash = objects.hash_kind();
    let mut raw = RawEntries::of(octets, hash.len_in_bytes());
    let found = raw.find(|entry| entry.name == name.as_bytes());
    // What is no entry is for who can say what is wrong with it.
    let at = found.map_or(raw.next_at(), |entry| entry.at);
    for entry in TreeRefIter::from_bytes(&octets[at..], hash) {
        let entry = entry.map_err(|why| damaged(tree, why.to_string()))?;
        if entry.filename == name.as_bytes() {
            return Ok(Some((entry.mode, entry.oid.to_owned())));
        }
    }
    Ok(None)
}

fn first_nul(octets: &[u8]) -> Option<usize> {
    // Whole blocks first: `contains` on octets is vectorised, `position` is not.
    let block = octets.chunks(4096).position(|block| block.contains(&0))?;
    let start = block * 4096;
    octets[start..]
        .iter()
        .position(|&octet| octet == 0)
        .map(|at| start + at)
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Snapshot({})", self.commit.id)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Refused(finding) => finding.fmt(out),
            ReadError::Repository(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<Error> for ReadError {
    fn from(error: Error) -> ReadError {
        ReadError::Repository(error)
    }
}
