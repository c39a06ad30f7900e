//! Whether a repository that is open is still as it was when it was opened.
//!
//! Opening one takes some forty system calls, and a server looks at a branch with every commit of its own. What opening reads
//! and keeps are the configuration and the list of packs; references and loose objects are read where they are each time.
//! So who asks for a repository opened anew gets the one that is open as long as neither has changed. Four looks at files say
//! so; where something has changed a moment ago, they cannot, and what is in them is compared.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use gix::ThreadSafeRepository;

use crate::error::Result;

/// A file that was changed so lately may be changed again without a sign of it: clocks of file systems have steps.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// The newest opening of a repository. Clones share it.
#[derive(Clone)]
pub(crate) struct Latest(Arc<Mutex<Opening>>);

struct Opening {
    repository: ThreadSafeRepository,
    looks: Looks,
    /// What is in it; none where that may have changed while it was opened.
    contents: Option<Contents>,
}

/// What tells of a change, in the directories of one repository.
#[derive(Clone, PartialEq, Eq)]
struct Looks {
    places: [Option<Look>; WATCHED.len()],
    /// Whether all of it had been so for a while when it was looked at.
    is_settled: bool,
}

/// Below the directory with `refs/` and `objects/`: files that are read, and the directory of packs.
const READ: [&str; 3] = ["config", "config.worktree", "objects/info/alternates"];
const PACKS: &str = "objects/pack";
const WATCHED: [&str; 4] = [READ[0], READ[1], READ[2], PACKS];

/// What opening reads and keeps.
#[derive(PartialEq, Eq)]
struct Contents {
    texts: [Option<Vec<u8>>; READ.len()],
    /// Names and inodes: one that is replaced by another of its name is another one.
    packs: BTreeSet<(OsString, u64)>,
}

/// Inode, octets, and when it was changed last, in seconds and nanoseconds.
type Look = (u64, u64, i64, i64);

impl Latest {
    /// Of the repository at a path, which `open` opens now.
    pub(crate) fn begin(
        path: &Path,
        open: impl Fn() -> Result<ThreadSafeRepository>,
    ) -> Result<(Latest, ThreadSafeRepository)> {
        // Where it is, is only known when it is open. Mostly it is here.
        let before = Looks::take(path);
        let contents = || Contents::take(path);
        let contents = (!before.is_settled).then(contents).flatten();
        let (repository, contents) = open_between(contents, open)?;
        let after = Looks::take(dir_of(&repository));
        let looks = Looks {
            is_settled: before.is_settled && before.places == after.places,
            ..after
        };
        let opening = Opening {
            repository: repository.clone(),
            looks,
            contents,
        };
        Ok((Latest(Arc::new(Mutex::new(opening))), repository))
    }

    /// The repository as it is open, or opened by `open` if anything has changed since.
    pub(crate) fn opened(
        &self,
        open: impl Fn() -> Result<ThreadSafeRepository>,
    ) -> Result<ThreadSafeRepository> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = Looks::take(dir_of(&latest.repository));
        if !latest.looks.is_settled || looks.places != latest.looks.places {
            let contents = Contents::take(dir_of(&latest.repository));
            if contents.is_none() || contents != latest.contents {
                (latest.repository, latest.contents) = open_between(contents, open)?;
            }
            latest.looks = looks;
        }
        Ok(latest.repository.clone())
    }
}

/// Opens it; gives what is in it if that was the same before and after.
fn open_between(
    before: Option<Contents>,
    open: impl Fn() -> Result<ThreadSafeRepository>,
) -> Result<(ThreadSafeRepository, Option<Contents>)> {
    let repository = open()?;
    let is_same = |it: &Contents| Contents::take(dir_of(&repository)).as_ref() == Some(it);
    let contents = before.filter(is_same);
    Ok((repository, contents))
}

/// The directory with `refs/` and `objects/`.
fn dir_of(repository: &ThreadSafeRepository) -> &Path {
    let git_dir = repository.git_dir();
    repository.common_dir.as_deref().unwrap_or(git_dir)
}

impl Contents {
    /// None where something can be read by opening only, which says why not.
    fn take(dir: &Path) -> Option<Contents> {
        let mut texts = [const { None }; READ.len()];
        for (text, name) in texts.iter_mut().zip(READ) {
            *text = read(&dir.join(name))?;
        }
        let packs = fs::read_dir(dir.join(PACKS)).ok()?;
        let name = |entry: fs::DirEntry| (entry.file_name(), entry.ino());
        let packs = packs.map(|entry| entry.map(name).ok());
        Some(Contents {
            texts,
            packs: packs.collect::<Option<_>>()?,
        })
    }
}

/// `Some(None)` if it is not there.
fn read(path: &Path) -> Option<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(octets) => Some(Some(octets)),
        Err(why) if why.kind() == ErrorKind::NotFound => Some(None),
        Err(_) => None,
    }
}

impl Looks {
    fn take(dir: &Path) -> Looks {
        let places = WATCHED.map(|name| look(&dir.join(name)));
        let long_ago = SystemTime::now() - SETTLED_AFTER;
        let long_ago = long_ago.duration_since(SystemTime::UNIX_EPOCH);
        let long_ago = long_ago.map_or(0, |since| since.as_secs() as i64);
        let is_old = |look: &Look| look.2 < long_ago;
        let is_settled = places.iter().flatten().all(is_old) && places.iter().any(Option::is_some);
        Looks { places, is_settled }
    }
}

fn look(path: &Path) -> Option<Look> {
    let seen = fs::metadata(path).ok()?;
    Some((seen.ino(), seen.len(), seen.ctime(), seen.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::store::Store;
    use crate::write::ObjectFormat;

    fn objects(store: &Store) -> *const gix::odb::Store {
        std::ptr::from_ref(store.objects().main.store_ref())
    }

    #[test]
    fn it_is_opened_anew_when_packs_or_configuration_change() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("zones.git");
        let store = Store::create_mirror(&path, ObjectFormat::Sha1).expect("made");
        let kept = store.clone();
        for name in ["objects/pack/pack-1.keep", "objects/info/alternates"] {
            let before = store.reopened().expect("a repository");
            fs::write(path.join(name), "").expect("written");
            let after = kept.reopened().expect("a repository");
            assert_ne!(objects(&before), objects(&after), "{name}");
            let again = store.reopened().expect("a repository");
            assert_eq!(objects(&after), objects(&again), "{name}");
        }
        let other = store.with_object_format(ObjectFormat::Sha256);
        assert_eq!(other.expect("empty").object_format(), ObjectFormat::Sha256);
        let again = kept.reopened().expect("a repository");
        assert_eq!(again.object_format(), ObjectFormat::Sha256);
        fs::remove_dir_all(&path).expect("removed");
        assert!(kept.reopened().is_err());
    }

    #[test]
    fn what_is_written_anew_as_it_was_opens_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("zones.git");
        let store = Store::create_mirror(&path, ObjectFormat::Sha1).expect("made");
        let before = store.reopened().expect("a repository");
        let config = path.join("config");
        let text = fs::read(&config).expect("read");
        fs::write(&config, text).expect("written");
        let after = store.reopened().expect("a repository");
        assert_eq!(objects(&before), objects(&after));
    }

    #[test]
    fn a_pack_in_the_place_of_another_is_another_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("zones.git");
        let store = Store::create_mirror(&path, ObjectFormat::Sha1).expect("made");
        let pack = path.join("objects/pack/pack-1.keep");
        fs::write(&pack, "").expect("written");
        let before = store.reopened().expect("a repository");
        let aside = path.join("aside");
        fs::write(&aside, "").expect("written");
        fs::rename(&aside, &pack).expect("renamed");
        let after = store.reopened().expect("a repository");
        assert_ne!(objects(&before), objects(&after));
    }

    /// Where nothing has changed for a while nothing is read, so what is wrong is not noticed before something changes.
    #[test]
    fn what_was_so_long_ago_is_not_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("zones.git");
        let store = Store::create_mirror(&path, ObjectFormat::Sha1).expect("made");
        let end = Instant::now() + Duration::from_secs(30);
        let is_settled = || {
            store.reopened().expect("a repository");
            store
                .latest
                .0
                .lock()
                .expect("nobody panics")
                .looks
                .is_settled
        };
        while !is_settled() {
            assert!(Instant::now() < end, "it changes again and again");
            // Only time makes it old: there is nothing to wait for.
            std::thread::sleep(Duration::from_millis(20));
        }
        store.latest.0.lock().expect("nobody panics").contents = None;
        let [one, other] = [(); 2].map(|()| store.reopened().expect("a repository"));
        assert_eq!(objects(&one), objects(&other));
    }
}
