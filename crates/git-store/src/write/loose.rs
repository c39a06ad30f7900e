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
use super::error::{Refusal, Result, WriteError, failed};
use super::machine::with_machine;
use super::{disk, hands};
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
    dirs.iter().try_for_each(|dir| disk::sync(dir))
}

/// What is done while objects are written.
pub(crate) type Beside = Box<dyn Fn() -> Result<()> + Send + Sync>;

/// What is there afterwards.
pub(crate) struct Stored {
    /// The directories with new names.
    pub(crate) dirs: Vec<PathBuf>,
    /// What each object was deflated to, where there are recent ones.
    pub(crate) objects: Vec<(NewObject, Outcome)>,
}

/// Stores the objects so that they are there after a power loss, but for their names. What is pointed to comes first.
pub(crate) fn place(
    database: &Path,
    objects: Vec<NewObject>,
    recent: Option<&Recent>,
    beside: Beside,
) -> Result<Stored> {
    let path = |object: &NewObject| path_of(database, object.id);
    let dirs: BTreeSet<PathBuf> = objects
        .iter()
        .filter_map(|object| path(object).parent().map(Path::to_owned))
        .collect();
    for dir in &dirs {
        disk::make_dir(dir)?;
    }
    let files = objects.into_iter().map(|object| {
        Work::File(Box::new(Placed::new(
            path(&object),
            object,
            recent.cloned(),
        )))
    });
    let work: Vec<Work> = files.chain([Work::Beside(beside)]).collect();
    let others = match disk::is_slow() {
        true => work.len() - 1,
        false => 0,
    };
    let (done, work) = hands::for_each(work, others, Work::run);
    done?;
    let files: Vec<Box<Placed>> = work.into_iter().filter_map(Work::file).collect();
    files.iter().try_for_each(|file| file.name())?;
    // The directory of directories as well: whoever made one of them may have been killed before this.
    let dirs = dirs.into_iter().chain([database.to_owned()]).collect();
    let objects = files.into_iter().map(|file| file.stored()).collect();
    Ok(Stored { dirs, objects })
}

enum Work {
    File(Box<Placed>),
    Beside(Beside),
}

impl Work {
    fn run(&self) -> Result<()> {
        match self {
            Work::File(file) => file.write(),
            Work::Beside(beside) => beside(),
        }
    }

    fn file(self) -> Option<Box<Placed>> {
        match self {
            Work::File(file) => Some(file),
            Work::Beside(_) => None,
        }
    }
}

/// The file of a loose object.
pub(crate) fn path_of(database: &Path, id: ObjectId) -> PathBuf {
    let digits = id.to_hex().to_string();
    database.join(&digits[..2]).join(&digits[2..])
}

/// An object on its way to its place.
struct Placed {
    object: NewObject,
    recent: Option<Recent>,
    path: PathBuf,
    outcome: Mutex<Outcome>,
    aside: Aside,
}

/// Where an object is until it is named; `None` once it is, or where it was there before. It goes with this.
#[derive(Default)]
struct Aside(Mutex<Option<PathBuf>>);

impl Placed {
    fn new(path: PathBuf, object: NewObject, recent: Option<Recent>) -> Placed {
        Placed {
            object,
            recent,
            path,
            outcome: Mutex::default(),
            aside: Aside::default(),
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
            None => deflated(&self.object),
        };
        let file = pieces.as_ref().map_or(&whole, |pieces| &pieces.octets);
        let aside = disk::write_aside(dir, ASIDE, file)?;
        let octets = fs::read(&aside).map_err(failed("read back", &aside));
        self.aside.set(Some(aside.clone()));
        let is_right = match &pieces {
            // Each of them was inflated when it was made.
            Some(pieces) => octets? == pieces.octets,
            None => holds(&octets?, &self.object),
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
        let (object, recent) = (&self.object, self.recent.as_ref()?);
        let known = object.replaces.and_then(|old| recent.deflated(old));
        let known = known.as_ref().map(|(text, known)| (&text[..], &**known));
        let header = object.header();
        let whole = (header.as_ref(), &object.octets[..]);
        with_machine(|machine| Deflated::of(machine, whole, known))
    }

    fn stored(self) -> (NewObject, Outcome) {
        let outcome = self.outcome.into_inner();
        let outcome = outcome.unwrap_or_else(PoisonError::into_inner);
        (self.object, outcome)
    }

    /// Whether it has been stored before, and is whole.
    fn is_there(&self) -> Result<bool> {
        match fs::read(&self.path) {
            Ok(octets) => Ok(holds(&octets, &self.object)),
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
        let Some(aside) = self.aside.set(None) else {
            return Ok(());
        };
        fs::rename(&aside, &self.path).map_err(|why| {
            disk::discard(&aside);
            failed("rename", &aside)(why)
        })
    }
}

impl Aside {
    fn set(&self, aside: Option<PathBuf>) -> Option<PathBuf> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, aside)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(aside) = self.set(None) {
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
