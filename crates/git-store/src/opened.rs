//! Whether a repository that is open is still as it was when it was opened.
//!
//! Opening one takes some forty system calls, and a server looks at a branch with every commit of its own. What opening reads
//! and keeps are the configuration and the list of packs; references and loose objects are read where they are each time.
//! So who asks for a repository opened anew gets the one that is open as long as neither has changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
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
}

/// What tells of a change, in the directories of one repository.
#[derive(Clone, PartialEq, Eq)]
struct Looks {
    places: [Option<Look>; WATCHED.len()],
    /// Whether all of it had been so for a while when it was looked at.
    is_settled: bool,
}

/// Below the directory with `refs/` and `objects/`.
const WATCHED: [&str; 4] = [
    "config",
    "config.worktree",
    "objects/pack",
    "objects/info/alternates",
];

/// Inode, octets, and when it was changed last, in seconds and nanoseconds.
type Look = (u64, u64, i64, i64);

impl Latest {
    /// Of a repository that `open` opens now.
    pub(crate) fn begin(
        open: impl Fn() -> Result<ThreadSafeRepository>,
    ) -> Result<(Latest, ThreadSafeRepository)> {
        let repository = open()?;
        // Where it is, is only known now, and what has changed since it was opened, not at all: so this one is not settled.
        let looks = Looks {
            is_settled: false,
            ..Looks::take(&repository)
        };
        let opening = Opening {
            repository: repository.clone(),
            looks,
        };
        Ok((Latest(Arc::new(Mutex::new(opening))), repository))
    }

    /// The repository as it is open, or opened by `open` if anything has changed since.
    pub(crate) fn opened(
        &self,
        open: impl Fn() -> Result<ThreadSafeRepository>,
    ) -> Result<ThreadSafeRepository> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = Looks::take(&latest.repository);
        if !latest.looks.is_settled || looks.places != latest.looks.places {
            latest.repository = open()?;
            latest.looks = looks;
        }
        Ok(latest.repository.clone())
    }
}

impl Looks {
    fn take(repository: &ThreadSafeRepository) -> Looks {
        let git_dir = repository.git_dir();
        let dir = repository.common_dir.as_deref().unwrap_or(git_dir);
        let places = WATCHED.map(|name| look(&dir.join(name)));
        let long_ago = SystemTime::now() - SETTLED_AFTER;
        let long_ago = long_ago.duration_since(SystemTime::UNIX_EPOCH);
        let long_ago = long_ago.map_or(0, |since| since.as_secs() as i64);
        let is_settled = places.iter().flatten().all(|look| look.2 < long_ago);
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

    /// The store that is given again and again, once all has been as it is for a while.
    fn settled(store: &Store) -> *const gix::odb::Store {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let [one, other] = [(); 2].map(|()| store.reopened().expect("a repository"));
            if objects(&one) == objects(&other) {
                return objects(&one);
            }
            assert!(Instant::now() < end, "it is opened each time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn it_is_opened_anew_when_packs_or_configuration_change() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("zones.git");
        let store = Store::create_mirror(&path, ObjectFormat::Sha1).expect("made");
        let kept = store.clone();
        for name in ["objects/pack/pack-1.keep", "objects/info/alternates"] {
            settled(&store);
            let before = kept.reopened().expect("a repository");
            fs::write(path.join(name), "").expect("written");
            let after = kept.reopened().expect("a repository");
            assert_ne!(objects(&before), objects(&after), "{name}");
        }
        settled(&store);
        let other = store.with_object_format(ObjectFormat::Sha256);
        assert_eq!(other.expect("empty").object_format(), ObjectFormat::Sha256);
        let again = kept.reopened().expect("a repository");
        assert_eq!(again.object_format(), ObjectFormat::Sha256);
        fs::remove_dir_all(&path).expect("removed");
        assert!(kept.reopened().is_err());
    }
}
