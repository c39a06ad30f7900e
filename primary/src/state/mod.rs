//! What outlives the process: the commit that was served last, and the serials.
//!
//! The serials follow from history by themselves. What does not is that history was served at all, so that a server
//! which is started anew knows a rewritten one, and how far the serials had come where one was accepted.
//!
//! # What is promised
//! What is in `DIR/high-water` was written and synced before it was served: no answer was ever newer than it. A commit
//! that cannot be written down is not served; what is served stays, and it is tried again.
//!
//! # How it is stored
//! The file begins with all that there is to say, and goes on with what each commit has changed, so that a commit of one
//! zone costs a hundred octets and one sync, however many zones there are. Each piece ends with its checksum. When what
//! was added is more than what it was added to (and [`ROOM`]), the file is replaced as a whole: written aside, synced,
//! renamed, the directory synced. So it is when the process begins, and after anything has failed, because nobody knows then
//! what of it is on the disk.
//!
//! # What is read after a crash
//! Whole pieces count. One that is cut off at the end is of a commit that was about to be served, and was not: it is
//! left out. Anything else that is wrong is damage, and a file that is damaged, or of another kind, is never taken for
//! none: who removes it decides to forget.
//!
//! # What is deliberately not done
//! It does not say which branch or repository it is of: history itself tells. Zones are not kept, they are in Git.

pub(crate) mod journal;
mod text;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use git_store::ZoneName;

pub(crate) use text::{HighWater, Kept};

use crate::failure::Failure;

/// Octets that may be added in any case before the file is replaced as a whole.
const ROOM: u64 = 64 << 10;

/// A directory that is this process's alone for as long as it lives.
#[derive(Debug)]
pub(crate) struct StateDir {
    dir: PathBuf,
    _lock: File,
    /// None at first, and after something has failed.
    end: Option<End>,
    /// Nothing has been written since it was opened.
    is_as_found: bool,
}

/// The file where more can be added.
#[derive(Debug)]
struct End {
    file: File,
    /// Octets that may be added.
    room: u64,
}

impl StateDir {
    /// Opens the directory, or makes it, and reads what is kept there.
    ///
    /// # Errors
    /// [`Failure::State`] if it cannot be used, is in use, or holds what cannot be read.
    pub(crate) fn open(dir: &Path) -> Result<(StateDir, Option<Kept>), Failure> {
        let lock = lock(dir).map_err(|why| failure(dir, &why))?;
        let state = StateDir {
            dir: dir.to_owned(),
            _lock: lock,
            end: None,
            is_as_found: true,
        };
        let kept = read(dir)?;
        Ok((state, kept))
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes down what is about to be served, durably. All but the zones that have `changed` is as it was when this was
    /// called last; `None` if that is not so.
    ///
    /// # Errors
    /// [`git_store::Error::Refused`] says what the system refused. Then it is not known what is on the disk; the next
    /// call replaces it.
    pub(crate) fn keep(
        &mut self,
        water: &HighWater<'_>,
        changed: Option<&BTreeSet<ZoneName>>,
    ) -> git_store::Result<()> {
        // A start with a full disk serves what was served.
        if self.is_as_found && self.says(water) {
            return Ok(());
        }
        self.is_as_found = false;
        let added = match (self.end.take(), changed) {
            (Some(end), Some(changed)) => end.add(&water.changes(changed)),
            _ => Ok(None),
        };
        let end = match added {
            Ok(None) => self.replace(&water.whole()).map(Some),
            other => other,
        };
        self.end = end.map_err(|why| git_store::Error::Refused {
            why: format!("cannot write {}: {why}", self.path().display()),
        })?;
        Ok(())
    }

    /// Whether the file says this already.
    fn says(&self, water: &HighWater<'_>) -> bool {
        let Ok(Some(Kept { serials, served })) = read(&self.dir) else {
            return false;
        };
        serials.at.is_some_and(|commit| {
            let kept = HighWater {
                commit,
                serials: &serials,
                served: &served,
            };
            kept.whole() == water.whole()
        })
    }

    fn replace(&self, text: &str) -> io::Result<End> {
        let aside = self.dir.join("high-water.new");
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, self.path())?;
        File::open(&self.dir)?.sync_all()?;
        let room = ROOM.max(text.len() as u64);
        Ok(End { file, room })
    }

    fn path(&self) -> PathBuf {
        path_in(&self.dir)
    }
}

impl End {
    /// `None` if there is no room.
    fn add(mut self, text: &str) -> io::Result<Option<End>> {
        let Some(room) = self.room.checked_sub(text.len() as u64) else {
            return Ok(None);
        };
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        Ok(Some(End { room, ..self }))
    }
}

/// What is kept in a directory that may be in use.
///
/// # Errors
/// [`Failure::State`] if it holds what cannot be read.
pub(crate) fn read(dir: &Path) -> Result<Option<Kept>, Failure> {
    let path = path_in(dir);
    match fs::read(&path) {
        Ok(octets) => Ok(Some(
            Kept::read(&octets).map_err(|why| damaged(&path, why))?,
        )),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(failure(&path, &why)),
    }
}

fn path_in(dir: &Path) -> PathBuf {
    dir.join("high-water")
}

fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = File::create(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another primary uses it")),
        Err(TryLockError::Error(why)) => Err(why),
    }
}

fn failure(path: &Path, why: &io::Error) -> Failure {
    let owner = match why.kind() {
        ErrorKind::PermissionDenied => {
            "give it and what is in it to the user that the server runs as, or "
        }
        _ => "",
    };
    Failure::State {
        path: path.to_owned(),
        why: format!("{why}; {owner}name another directory with --state-dir DIR"),
    }
}

fn damaged(path: &Path, why: &str) -> Failure {
    Failure::State {
        path: path.to_owned(),
        why: format!(
            "{why}; put a copy back, or remove it to forget which commit and serials were served"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use git_store::CommitId;
    use rr::Serial;

    use super::*;
    use crate::serials::{Serials, Told};

    /// Many commits of one zone: what is kept is right after each, and the file stays small.
    #[test]
    fn the_file_is_replaced_when_it_has_grown() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut state, kept) = StateDir::open(dir.path()).expect("opened");
        assert!(kept.is_none());
        let zone = ZoneName::from_absolute_text("a.example.");
        let (mut serials, mut served) = (Serials::default(), BTreeMap::new());
        let (mut sizes, mut shrunk) = (Vec::new(), 0);
        for serial in 0..1_500 {
            serials.put(zone.clone(), Told::Serial(Some(Serial(serial))));
            served.insert(zone.clone(), Serial(serial));
            let water = HighWater {
                commit: CommitId::from_hex(&format!("{serial:040x}")).expect("an id"),
                serials: &serials,
                served: &served,
            };
            let changed = BTreeSet::from([zone.clone()]);
            state.keep(&water, Some(&changed)).expect("written");
            let size = fs::metadata(state.path()).expect("it is there").len();
            shrunk += u32::from(sizes.last().is_some_and(|last| size < *last));
            sizes.push(size);
            if serial % 97 == 0 {
                let kept = read(dir.path()).expect("whole").expect("it is there");
                assert_eq!(kept.serials.at, Some(water.commit));
                assert_eq!(kept.served, served);
            }
        }
        // One zone is less than a hundred octets or two.
        assert!(sizes.iter().all(|size| *size <= ROOM + 200) && shrunk >= 2);
    }
}
