//! What differs between the zone roots of two commits, by walking both trees at once.
//!
//! Folders with the same id are not entered, so the cost is that of the folders on the way to what
//! changed. Limits are looked at before a folder is inflated; a folder beyond them is one finding,
//! and whatever is in it counts as not there.

use std::cmp::Ordering;
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::tree::{EntryKind, EntryMode, EntryRef, name_order};
use gix::objs::{Kind, TreeRefIter};

use crate::commit::BlobId;
use crate::entries;
use crate::error::{Error, Result};
use crate::finding::Problem;
use crate::limits;
use crate::objects::{Objects, Withheld, damaged};
use crate::path::{TreePath, is_unsafe};
use crate::role::Role;
use crate::snapshot::Root;
use crate::zone_name::{NameProblem, ZoneName};

/// One path that two commits do not have in common. Ignored files are never among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file or folder, from the top of the commit.
    pub path: TreePath,
    /// What was there in the older commit.
    pub before: Option<Found>,
    /// What is there in the newer one.
    pub after: Option<Found>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The file of a zone.
    Zone(ZoneName, BlobId),
    /// A part, for zones that include it.
    Part(BlobId),
    /// Keys, which are no zone's: reported wherever they are.
    Keys(BlobId),
    /// Something that is not taken; the zone is the one its name stands for, if it does.
    Refused(Option<ZoneName>, Problem),
}

/// All changes from one root to another, in the order of the walk.
pub(crate) fn between(objects: &Objects, older: &Root, newer: &Root) -> Result<Vec<Change>> {
    let mut walk = Walk {
        objects,
        changes: Vec::new(),
        seen: 0,
    };
    if older.path == newer.path {
        walk.folder(&Place::root(newer), older.into(), newer.into())?;
    } else {
        // zones/ came or went: the same file is at another path now.
        walk.folder(&Place::root(older), older.into(), Tree::default())?;
        walk.folder(&Place::root(newer), Tree::default(), newer.into())?;
    }
    Ok(walk.changes)
}

/// Why this kind of entry is never taken, if it is not.
pub(crate) fn problem_of(mode: EntryMode) -> Option<Problem> {
    match mode.kind() {
        EntryKind::Blob | EntryKind::Tree => None,
        EntryKind::BlobExecutable => Some(Problem::Executable),
        EntryKind::Link => Some(Problem::Symlink),
        EntryKind::Commit => Some(Problem::Submodule),
    }
}

struct Walk<'a> {
    objects: &'a Objects,
    changes: Vec<Change>,
    seen: usize,
}

/// A folder of one commit, or none.
#[derive(Default)]
struct Tree {
    id: Option<ObjectId>,
    /// What is in it, if it has been read already.
    octets: Option<Arc<Vec<u8>>>,
}

impl From<&Root> for Tree {
    fn from(root: &Root) -> Tree {
        Tree {
            id: root.tree,
            octets: root.octets.clone(),
        }
    }
}

impl From<Option<EntryRef<'_>>> for Tree {
    fn from(entry: Option<EntryRef<'_>>) -> Tree {
        Tree {
            id: entry.map(|entry| entry.oid.to_owned()),
            octets: None,
        }
    }
}

/// A folder on the way: its path, and how much of that is the zone root's.
struct Place {
    path: TreePath,
    root_octets: usize,
    depth: usize,
}

impl Walk<'_> {
    fn folder(&mut self, place: &Place, older: Tree, newer: Tree) -> Result<()> {
        if older.id == newer.id {
            return Ok(());
        }
        let (older, newer) = (self.open(place, older)?, self.open(place, newer)?);
        self.note(place.path.clone(), older.refused(), newer.refused());
        let hash = self.objects.hash_kind();
        let id_octets = hash.len_in_bytes();
        let (from, to) = entries::differing(older.octets(), newer.octets(), id_octets);
        let mut left = TreeRefIter::from_bytes(&older.octets()[from], hash).peekable();
        let mut right = TreeRefIter::from_bytes(&newer.octets()[to], hash).peekable();
        loop {
            let (before, after) = match order(left.peek(), right.peek()) {
                None => return Ok(()),
                Some(Ordering::Less) => (left.next(), None),
                Some(Ordering::Greater) => (None, right.next()),
                Some(Ordering::Equal) => (left.next(), right.next()),
            };
            let broken = |why: gix::Error| damage_at(place, &why);
            self.entry(
                place,
                before.transpose().map_err(broken)?,
                after.transpose().map_err(broken)?,
            )?;
        }
    }

    /// At least one of the two is there; if both are, they have the same name and are folders or not alike.
    fn entry(
        &mut self,
        place: &Place,
        before: Option<EntryRef<'_>>,
        after: Option<EntryRef<'_>>,
    ) -> Result<()> {
        if before == after {
            return Ok(());
        }
        let Some(some) = after.or(before) else {
            return Ok(());
        };
        let name: &[u8] = some.filename;
        if name.starts_with(b".") {
            return Ok(());
        }
        self.count()?;
        if some.mode.is_tree() && problem_of_name(name).is_none() {
            return self.folder(&place.below(name), before.into(), after.into());
        }
        let found = |entry: EntryRef<'_>| place.found(&entry);
        self.note(
            place.path.join(name),
            before.and_then(found),
            after.and_then(found),
        );
        Ok(())
    }

    fn note(&mut self, path: TreePath, before: Option<Found>, after: Option<Found>) {
        if before != after {
            self.changes.push(Change {
                path,
                before,
                after,
            });
        }
    }

    fn count(&mut self) -> Result<()> {
        self.seen += 1;
        match self.seen > limits::FILES {
            true => Err(Error::TooManyFiles),
            false => Ok(()),
        }
    }

    fn open(&self, place: &Place, tree: Tree) -> Result<Folder> {
        let Some(id) = tree.id else {
            return Ok(Folder::Open(Arc::default()));
        };
        if place.depth > limits::LEVELS {
            return Ok(Folder::Refused(Problem::TooDeep));
        }
        let octets = match tree.octets {
            Some(octets) => Ok(octets),
            None => self
                .objects
                .read(id, Kind::Tree, limits::TREE_OCTETS)
                .map(Arc::new),
        };
        match octets {
            Ok(octets) if self.entries(&octets) <= limits::FOLDER_ENTRIES => {
                Ok(Folder::Open(octets))
            }
            Ok(_) | Err(Withheld::TooLarge { .. }) => Ok(Folder::Refused(Problem::TooManyEntries)),
            Err(Withheld::Failed(error)) => Err(error),
        }
    }

    fn entries(&self, octets: &[u8]) -> usize {
        // Mode, space, name of at least one octet, NUL, id: below this size there is nothing to count.
        let smallest = 5 + 1 + 1 + 1 + self.objects.hash_kind().len_in_bytes();
        match octets.len() / smallest > limits::FOLDER_ENTRIES {
            false => 0,
            true => TreeRefIter::from_bytes(octets, self.objects.hash_kind()).count(),
        }
    }
}

/// A folder's entries, or why they are not looked at.
enum Folder {
    Open(Arc<Vec<u8>>),
    Refused(Problem),
}

impl Folder {
    fn octets(&self) -> &[u8] {
        match self {
            Folder::Open(octets) => octets,
            Folder::Refused(_) => &[],
        }
    }

    fn refused(&self) -> Option<Found> {
        match self {
            Folder::Open(_) => None,
            Folder::Refused(problem) => Some(Found::Refused(None, problem.clone())),
        }
    }
}

impl Place {
    fn root(root: &Root) -> Place {
        let octets = root.path.as_bytes().len();
        Place {
            path: root.path.clone(),
            root_octets: if octets == 0 { 0 } else { octets + 1 },
            depth: 0,
        }
    }

    fn below(&self, name: &[u8]) -> Place {
        Place {
            path: self.path.join(name),
            root_octets: self.root_octets,
            depth: self.depth + 1,
        }
    }

    /// What an entry that is no folder (or one with an unusable name) is; `None` if it is ignored.
    fn found(&self, entry: &EntryRef<'_>) -> Option<Found> {
        if let Some(problem) = problem_of_name(entry.filename) {
            return Some(Found::Refused(None, problem));
        }
        let path = self.path.join(entry.filename);
        let below_root = path
            .as_str()
            .and_then(|path| path.get(self.root_octets..))?;
        let problem = problem_of(entry.mode);
        match (Role::of(below_root), problem) {
            (Role::Ignored, None | Some(Problem::Executable | Problem::Symlink)) => None,
            (Role::Zone(zone), None) => Some(Found::Zone(zone, BlobId(entry.oid.to_owned()))),
            (Role::Part, None) => Some(Found::Part(BlobId(entry.oid.to_owned()))),
            (Role::Keys, None) => Some(Found::Keys(BlobId(entry.oid.to_owned()))),
            (_, Some(Problem::Submodule)) => Some(Found::Refused(None, Problem::Submodule)),
            (Role::Zone(zone), Some(problem)) => Some(Found::Refused(Some(zone), problem)),
            (Role::Keys, _) => Some(Found::Refused(None, Problem::KeyFile)),
            (Role::NotAZone(why), _) => Some(Found::Refused(None, Problem::NotAZoneName(why))),
            (Role::Part | Role::Ignored, Some(problem)) => Some(Found::Refused(None, problem)),
        }
    }
}

fn problem_of_name(name: &[u8]) -> Option<Problem> {
    match std::str::from_utf8(name) {
        Err(_) => Some(Problem::NotUtf8),
        Ok("") => Some(Problem::NotAZoneName(NameProblem::EmptyLabel)),
        Ok(text) if text.contains(is_unsafe) => Some(Problem::ControlCharacter),
        // Git itself never writes such a name; taken as a path it would be another file's.
        Ok(text) if text.contains('/') => Some(Problem::NotAZoneName(NameProblem::Character('/'))),
        Ok(_) => None,
    }
}

type Next<'a> = Option<&'a std::result::Result<EntryRef<'a>, gix::Error>>;

/// Which side is behind, in the order of Git's trees; `None` at the end of both. Damage is taken first.
fn order(left: Next<'_>, right: Next<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (None, None) => return None,
        (Some(_), None) | (Some(Err(_)), _) => Ordering::Less,
        (None, Some(_)) | (_, Some(Err(_))) => Ordering::Greater,
        (Some(Ok(left)), Some(Ok(right))) => name_order(
            left.filename,
            left.mode.is_tree(),
            right.filename,
            right.mode.is_tree(),
        )
        .then(left.mode.is_tree().cmp(&right.mode.is_tree())),
    })
}

fn damage_at(place: &Place, why: &gix::Error) -> Error {
    match damaged(gix::hash::Kind::Sha1.null(), why.to_string()) {
        Error::Damaged { why, .. } => Error::Damaged {
            id: format!("of folder {}", place.path),
            why,
        },
        other => other,
    }
}
