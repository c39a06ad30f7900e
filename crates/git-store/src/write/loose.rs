//! Objects as files of their own, made durable together.
//!
//! ```text
//! beside each other    write objects/ab/tmp_obj_*, sync it, read it back
//! one after the other  rename it to objects/ab/cdef..., what is pointed to first
//! beside each other    sync objects/ and each objects/ab/
//! ```
//! A process that is killed leaves objects that nothing points to, each with all that it points to.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use gix::ObjectId;
use gix::objs::Kind;

use super::deflated::Deflated;
use super::disk;
use super::error::{Refusal, Result, WriteError, failed};
use super::machine::with_machine;
use crate::recent::Recent;

/// As Git names them, so that `git prune` knows what was left behind.
pub(crate) const ASIDE: &str = "tmp_obj_";

/// An object that is not stored yet.
pub(crate) struct NewObject {
    pub(crate) id: ObjectId,
    pub(crate) kind: Kind,
    pub(crate) octets: Vec<u8>,
    /// What stood in its place before.
    pub(crate) replaces: Option<ObjectId>,
}

/// What an object was deflated to, where that is worth knowing.
pub(crate) type Outcome = Option<Deflated>;

impl NewObject {
    /// Refuses what was made to have the SHA-1 of something else: the hash notices it by itself.
    pub(crate) fn new(hash: gix::hash::Kind, kind: Kind, octets: Vec<u8>) -> Result<NewObject> {
        let id =
            gix::objs::compute_hash(hash, kind, &octets).map_err(|why| Refusal::Collision {
                why: why.to_string(),
            })?;
        Ok(NewObject {
            id,
            kind,
            octets,
            replaces: None,
        })
    }

    fn header(&self) -> impl AsRef<[u8]> {
        gix::objs::encode::loose_header(self.kind, self.octets.len() as u64)
    }
}

/// Makes the names in directories durable.
pub(crate) fn sync_names(dirs: &[PathBuf]) -> Result<()> {
    disk::for_each(dirs, |dir| disk::sync(dir))
}

/// Stores the objects so that they are there after a power loss, but for their names; gives the directories that these are
/// in, and what each object was deflated to, where there are `recent` ones. What is pointed to comes first. What is to be done
/// `beside` is done meanwhile.
pub(crate) fn place(
    database: &Path,
    objects: &[NewObject],
    (recent, beside): (Option<&Recent>, &(dyn Fn() -> Result<()> + Sync)),
) -> Result<(Vec<PathBuf>, Vec<Outcome>)> {
    let files: Vec<Placed<'_>> = objects
        .iter()
        .map(|object| Placed::new(database, object, recent))
        .collect();
    let dirs: BTreeSet<&Path> = files.iter().filter_map(|file| file.path.parent()).collect();
    for dir in &dirs {
        disk::make_dir(dir)?;
    }
    let work: Vec<Option<&Placed<'_>>> = files.iter().map(Some).chain([None]).collect();
    disk::for_each(&work, |file| match file {
        Some(file) => file.write(),
        None => beside(),
    })?;
    files.iter().try_for_each(Placed::name)?;
    // The directory of directories as well: whoever made one of them may have been killed before this.
    let dirs = dirs.into_iter().chain([database]);
    let dirs = dirs.map(Path::to_owned).collect();
    Ok((dirs, files.iter().map(Placed::outcome).collect()))
}

/// The file of a loose object.
pub(crate) fn path_of(database: &Path, id: ObjectId) -> PathBuf {
    let digits = id.to_hex().to_string();
    database.join(&digits[..2]).join(&digits[2..])
}

/// An object on its way to its place.
struct Placed<'a> {
    object: &'a NewObject,
    recent: Option<&'a Recent>,
    path: PathBuf,
    outcome: Mutex<Outcome>,
    /// Where it is until it is named; `None` once it is, or where it was there before.
    aside: Mutex<Option<PathBuf>>,
}

impl<'a> Placed<'a> {
    fn new(database: &Path, object: &'a NewObject, recent: Option<&'a Recent>) -> Placed<'a> {
        Placed {
            object,
            recent,
            path: path_of(database, object.id),
            outcome: Mutex::default(),
            aside: Mutex::new(None),
        }
    }

    /// An object in a pack is written all the same: whether that pack stays is not ours to know.
    fn write(&self) -> Result<()> {
        if self.is_there()? {
            return self.keep();
        }
        let dir = self.path.parent().unwrap_or(&self.path);
        let pieces = self.in_pieces();
        let whole = match &pieces {
            Some(_) => Vec::new(),
            None => deflated(self.object),
        };
        let file = pieces.as_ref().map_or(&whole, |pieces| &pieces.octets);
        let aside = disk::write_aside(dir, ASIDE, file)?;
        let octets = fs::read(&aside).map_err(failed("read back", &aside));
        self.set_aside(Some(aside.clone()));
        let is_right = match &pieces {
            // Each of them was inflated when it was made.
            Some(pieces) => octets? == pieces.octets,
            None => holds(&octets?, self.object),
        };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = pieces;
        match is_right {
            true => Ok(()),
            false => Err(WriteError::Io {
                what: "read back",
                path: aside,
                why: "it does not hold what was written".to_owned(),
            }),
        }
    }

    /// For who remembers what was written: of what stood in its place before, what is alike is taken over.
    fn in_pieces(&self) -> Option<Deflated> {
        let (object, recent) = (self.object, self.recent?);
        let known = object.replaces.and_then(|old| recent.deflated(old));
        let known = known.as_ref().map(|(text, known)| (&text[..], &**known));
        let header = object.header();
        let whole = (header.as_ref(), &object.octets[..]);
        with_machine(|machine| Deflated::of(machine, whole, known))
    }

    fn outcome(&self) -> Outcome {
        self.outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Whether it has been stored before, and is whole.
    fn is_there(&self) -> Result<bool> {
        match fs::read(&self.path) {
            Ok(octets) => Ok(holds(&octets, self.object)),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(why) => Err(failed("read", &self.path)(why)),
        }
    }

    /// Whoever wrote it may not have synced it; and it is in use again, so it is not to be pruned.
    fn keep(&self) -> Result<()> {
        let file = File::open(&self.path).map_err(failed("open", &self.path))?;
        // Only its owner may; somebody else's is younger than the two weeks that Git keeps it anyway.
        let _ = file.set_modified(SystemTime::now());
        file.sync_all().map_err(failed("sync", &self.path))
    }

    fn name(&self) -> Result<()> {
        let Some(aside) = self.set_aside(None) else {
            return Ok(());
        };
        fs::rename(&aside, &self.path).map_err(|why| {
            disk::discard(&aside);
            failed("rename", &aside)(why)
        })
    }

    fn set_aside(&self, aside: Option<PathBuf>) -> Option<PathBuf> {
        let mut held = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, aside)
    }
}

impl Drop for Placed<'_> {
    fn drop(&mut self) {
        if let Some(aside) = self.set_aside(None) {
            disk::discard(&aside);
        }
    }
}

/// As `git hash-object` does it: fast rather than small, until a pack takes it.
pub(crate) fn deflated(object: &NewObject) -> Vec<u8> {
    let header = object.header();
    let parts = [header.as_ref(), &object.octets[..]];
    with_machine(|machine| machine.stream(parts).to_vec())
}

/// Whether a file inflates to exactly this object.
fn holds(file: &[u8], object: &NewObject) -> bool {
    let header = object.header();
    with_machine(|machine| machine.says(file, [header.as_ref(), &object.octets]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(octets: &[u8]) -> NewObject {
        NewObject::new(gix::hash::Kind::Sha1, Kind::Blob, octets.to_vec()).expect("no collision")
    }

    /// The first of the two messages with one SHA-1 of Leurent and Peyrin, "SHA-1 is a Shambles" (2020).
    #[test]
    fn the_hash_notices_a_collision() {
        let message = include_bytes!("../../tests/data/sha-mbles-1.bin");
        let hash = |octets: &[u8]| {
            let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
            hasher.update(octets);
            hasher.try_finalize().map_err(|why| why.to_string())
        };
        let noticed = hash(message).expect_err("a collision");
        assert!(
            noticed.contains("8ac60ba76f1999a1ab70223f225aefdc78d4ddc0"),
            "{noticed}"
        );
        assert!(hash(&message[..576]).is_ok(), "its end is what collides");
    }

    #[test]
    fn a_file_holds_an_object_or_not() {
        let large = object(&b"zone ".repeat(100_000));
        for it in [object(b""), object(b"a zone\n"), large] {
            let file = deflated(&it);
            assert!(holds(&file, &it));
            assert!(!holds(&file[..file.len() - 1], &it), "cut short");
            assert!(
                !holds(&[&file[..], b"x"].concat(), &it),
                "something behind it"
            );
            assert!(!holds(&file, &object(b"another")));
            assert!(!holds(b"", &it));
        }
    }
}
