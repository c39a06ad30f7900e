//! The smallest pack that takes a repository from what it has to a newer commit.
//!
//! New commits, and of their trees what their parents have not. A file or folder that took the
//! place of another is told as the difference from it ([`super::delta`]), which the receiver has or
//! gets in the same pack, so that one changed record costs some hundred octets whatever the size of
//! its zone.

use std::collections::HashMap;
use std::io::Write;

use gix::ObjectId;
use gix::objs::Kind;
use gix::zlib::Compression;
use gix::zlib::stream::deflate;

use super::delta;
use super::novel::{Novel, Object, too_large};
use crate::ancestry::Between;
use crate::commit::CommitId;
use crate::error::{Error, Result};
use crate::limits;
use crate::objects::Objects;
use crate::store::Store;

impl Store {
    /// A pack with what `new` needs where all of `known` is there already.
    ///
    /// Commits among `known` that are not in this repository are passed over.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`] if something of it cannot be read;
    /// [`Error::Refused`] beyond [`limits::PUSHED_OCTETS`].
    pub fn pack(&self, new: CommitId, known: &[CommitId]) -> Result<Vec<u8>> {
        let objects = self.objects();
        let between = Between::walk(&objects, new, known)?;
        let mut novel = Novel::new(&objects);
        for commit in between.commits.iter().rev() {
            novel.commit(commit)?;
        }
        write_pack(&objects, &novel.objects)
    }
}

/// Differences of differences at most: a receiver follows them all.
const CHAIN: usize = 50;

/// A pack as it is written: Git's `gitformat-pack`, version 2.
struct Pack<'a> {
    database: &'a Objects,
    octets: Vec<u8>,
    /// Which object each difference in this pack is told from.
    told_from: HashMap<ObjectId, ObjectId>,
}

fn write_pack(database: &Objects, objects: &[Object]) -> Result<Vec<u8>> {
    let count = u32::try_from(objects.len()).map_err(|_| too_much())?;
    let mut pack = Pack {
        database,
        octets: b"PACK\0\0\0\x02".to_vec(),
        told_from: HashMap::new(),
    };
    pack.octets.extend(count.to_be_bytes());
    for object in objects {
        pack.write(object)?;
        if pack.octets.len() > limits::PUSHED_OCTETS {
            return Err(too_much());
        }
    }
    let mut hasher = gix::hash::hasher(database.hash_kind());
    hasher.update(&pack.octets);
    let checksum = hasher.try_finalize().map_err(|why| Error::Refused {
        why: why.to_string(),
    })?;
    pack.octets.extend(checksum.as_slice());
    Ok(pack.octets)
}

impl Pack<'_> {
    fn write(&mut self, object: &Object) -> Result<()> {
        let read = self
            .database
            .read(object.id, object.kind, limit(object.kind));
        let octets = read.map_err(|withheld| too_large(withheld, object.id))?;
        match self.difference(object, &octets) {
            Some((base, delta)) => {
                self.told_from.insert(object.id, base);
                write_head(&mut self.octets, DIFFERENCE, delta.len());
                self.octets.extend(base.as_slice());
                deflate(&mut self.octets, &delta)
            }
            None => {
                write_head(&mut self.octets, number(object.kind), octets.len());
                deflate(&mut self.octets, &octets)
            }
        }
    }

    fn difference(&self, object: &Object, octets: &[u8]) -> Option<(ObjectId, Vec<u8>)> {
        let base = object
            .instead_of
            .filter(|&base| self.may_tell(object.id, base))?;
        let old = self
            .database
            .read(base, object.kind, limit(object.kind))
            .ok()?;
        Some((base, delta::between(&old, octets)?))
    }

    /// Not where a change was taken back: then either would be told from the other.
    fn may_tell(&self, id: ObjectId, base: ObjectId) -> bool {
        let mut chain = std::iter::successors(Some(base), |next| self.told_from.get(next).copied());
        chain.by_ref().take(CHAIN).all(|next| next != id) && chain.next().is_none()
    }
}

fn limit(kind: Kind) -> u64 {
    match kind {
        Kind::Tree => limits::TREE_OCTETS,
        Kind::Blob => limits::FILE_OCTETS,
        Kind::Commit | Kind::Tag => limits::COMMIT_OCTETS,
    }
}

/// The number of an object told as the difference from one that is named by its id.
const DIFFERENCE: u8 = 7;

fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    }
}

/// Kind and size: four bits of the size in the first octet, seven in each of the rest.
fn write_head(pack: &mut Vec<u8>, kind: u8, size: usize) {
    let more = |rest: usize| if rest > 0 { 0x80 } else { 0 };
    let mut rest = size >> 4;
    pack.push(more(rest) | (kind << 4) | (size & 0x0f) as u8);
    while rest > 0 {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        pack.push(more(rest) | low);
    }
}

fn deflate(pack: &mut Vec<u8>, octets: &[u8]) -> Result<()> {
    let mut stream = deflate::Write::new(pack, Compression::DEFAULT);
    let written = stream.write_all(octets).and_then(|()| stream.flush());
    written.map_err(|why| Error::Refused {
        why: format!("cannot compress an object: {why}"),
    })
}

fn too_much() -> Error {
    Error::Refused {
        why: format!(
            "the changes to push are more than {} MiB; push them with Git once",
            limits::PUSHED_OCTETS >> 20
        ),
    }
}
