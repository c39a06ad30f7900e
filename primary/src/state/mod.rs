//! What outlives the process: the commit that was served last, and the serials.
//!
//! The serials follow from history by themselves. What does not is that history was served at all, so that a server
//! which is started anew knows a rewritten one, and how far the serials had come where one was accepted.
//!
//! # What is promised
//! What is in `DIR/high-water` was written and synced before it was served: no answer was ever newer than it. The file is
//! replaced as a whole (written aside, synced, renamed, the directory synced), so after a crash it is the old one or
//! the new one. A file that is damaged, or of another kind, is never taken for none: who removes it decides to forget.
//!
//! # What is deliberately not done
//! It does not say which branch or repository it is of: history itself tells. Zones are not kept, they are in Git.

mod text;

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(crate) use text::Kept;

use crate::failure::Failure;

/// A directory that is this process's alone for as long as it lives.
#[derive(Debug)]
pub(crate) struct StateDir {
    dir: PathBuf,
    _lock: File,
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
        };
        let kept = read(dir)?;
        Ok((state, kept))
    }

    /// Replaces what is kept, durably.
    pub(crate) fn write(&self, text: &str) -> git_store::Result<()> {
        self.replace(text).map_err(|why| git_store::Error::Refused {
            why: format!("cannot write {}: {why}", self.path().display()),
        })
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let aside = self.dir.join("high-water.new");
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, self.path())?;
        File::open(&self.dir)?.sync_all()
    }

    fn path(&self) -> PathBuf {
        path_in(&self.dir)
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
