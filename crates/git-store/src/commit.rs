//! Commits: their ids, and who made them when and why.

use std::fmt;

use gix::ObjectId;
use gix::objs::{CommitRef, Kind};

use crate::error::{Error, Result};
use crate::objects::{Objects, damaged};
use crate::path::Printable;
use crate::write::ObjectFormat;

/// The id of a commit, SHA-1 or SHA-256; displayed in full.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub(crate) ObjectId);

/// The id of a file's contents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub(crate) ObjectId);

/// A commit without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The commit itself.
    pub id: CommitId,
    /// The commits it was made on; none for a first one, several for a merge.
    pub parents: Vec<CommitId>,
    /// Who wrote the change.
    pub author: Person,
    /// Who made the commit.
    pub committer: Person,
    /// The whole message, as far as it is UTF-8 (other octets replaced). May hold control characters.
    pub message: String,
    pub(crate) tree: ObjectId,
}

/// A name, an address and a time, as the commit claims them. Displayed as `Name <address>`, terminal-safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// Seconds since 1970, UTC.
    pub time_secs: i64,
    /// Seconds east of UTC, where it was made.
    pub offset_secs: i32,
}

impl CommitId {
    /// The octets of the id: 20 for SHA-1, 32 for SHA-256.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Reads all digits of an id, 40 or 64 of them.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<CommitId> {
        ObjectId::from_hex(digits.as_bytes()).ok().map(CommitId)
    }

    /// How the repository that it is from names its objects.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        self.0.kind().into()
    }

    /// The first twelve digits: enough for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.to_hex_with_len(12).to_string()
    }
}

impl BlobId {
    /// Reads all digits of an id, 40 or 64 of them.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<BlobId> {
        ObjectId::from_hex(digits.as_bytes()).ok().map(BlobId)
    }
}

impl Commit {
    /// The first line of the message.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    pub(crate) fn read(objects: &Objects, id: CommitId) -> Result<Commit> {
        let octets = objects.read_whole(id.0, Kind::Commit)?;
        let fail = |why: gix::Error| damaged(id.0, why.to_string());
        let parsed = CommitRef::from_bytes(&octets, objects.hash_kind())
            .map_err(|why| damaged(id.0, why.to_string()))?;
        Ok(Commit {
            id,
            parents: parsed.parents().map(CommitId).collect(),
            author: Person::read(parsed.author().map_err(fail)?),
            committer: Person::read(parsed.committer().map_err(fail)?),
            message: parsed.message.to_string(),
            tree: parsed.tree(),
        })
    }
}

impl Person {
    fn read(signature: gix::actor::SignatureRef<'_>) -> Person {
        let time = signature.time().unwrap_or_default();
        Person {
            name: signature.name.to_string().trim().to_owned(),
            email: signature.email.to_string().trim().to_owned(),
            time_secs: time.seconds,
            offset_secs: time.offset,
        }
    }
}

/// The commit that a branch, a tag or a tag of a tag points to.
pub(crate) fn peel(objects: &Objects, mut id: ObjectId) -> Result<CommitId> {
    // And the commit behind the last of them.
    for _ in 0..=crate::limits::TAG_CHAIN {
        match objects.kind(id)? {
            Kind::Commit => return Ok(CommitId(id)),
            Kind::Tag => id = tag_target(objects, id)?,
            other => return Err(damaged(id, format!("a {other}, not a commit"))),
        }
    }
    Err(damaged(id, "too many tags of tags"))
}

fn tag_target(objects: &Objects, id: ObjectId) -> Result<ObjectId> {
    let octets = objects.read_whole(id, Kind::Tag)?;
    gix::objs::TagRefIter::from_bytes(&octets, objects.hash_kind())
        .target_id()
        .map_err(|why| damaged(id, why.to_string()))
}

/// From a commit along first parents to the oldest one there is (a shallow clone ends early).
pub struct FirstParents {
    pub(crate) objects: Objects,
    pub(crate) next: Option<CommitId>,
}

impl Iterator for FirstParents {
    type Item = Result<Commit>;

    fn next(&mut self) -> Option<Self::Item> {
        let commit = match Commit::read(&self.objects, self.next.take()?) {
            Err(Error::Missing { .. }) => return None,
            other => other,
        };
        self.next = commit
            .as_ref()
            .ok()
            .and_then(|commit| commit.parents.first().copied());
        Some(commit)
    }
}

impl fmt::Debug for FirstParents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FirstParents({:?})", self.next)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "CommitId({})", self.0)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "BlobId({})", self.0)
    }
}

impl fmt::Display for Person {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} <{}>",
            Printable(self.name.as_bytes()),
            Printable(self.email.as_bytes())
        )
    }
}
