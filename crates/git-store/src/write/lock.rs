//! The lock of a branch, which Git's own programs heed, and which does not outlive its holder.
//!
//! Git's lock of `refs/heads/main` is the file `refs/heads/main.lock`, made so that making it fails if it is
//! there; it holds the new contents and is renamed over the branch. Nothing about it tells whether whoever
//! made it still runs, so a process that is killed would block the branch until somebody removes the file.
//!
//! Ours is a second name of another file, `main..stemma.lock`, which we make first and which the kernel
//! locks (`flock`) for as long as we run. Whoever gets that kernel lock knows that no other of us is at work on
//! the branch; if `main.lock` is then the same file as ours, it was left by one of us who was killed, and
//! is removed. If it is any other file, Git made it, and we wait. No branch can be named `main..stemma`,
//! so nothing else looks at that file; Git leaves out names that end with `.lock`.
//!
//! ```text
//! main..stemma.lock   made, locked, written, synced        (perhaps while the objects are)
//! main.lock           linked to it              from here on Git waits
//! main                main.lock renamed to it   from here on the branch has moved
//! main..stemma.lock   removed; directory synced; only now is there a receipt
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::disk;
use super::error::{Result, WriteError, failed};

/// How long another's lock is waited for: Git's programs hold theirs for milliseconds.
pub(crate) const WAIT: Duration = Duration::from_secs(5);
pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(1);

/// A branch that nobody else can move while this lives.
pub(crate) struct Lock {
    branch: PathBuf,
    lock: PathBuf,
    _draft: LockDraft,
    is_renamed: bool,
}

impl Lock {
    /// Waits for the lock of the branch in this file, with its new contents ready, perhaps made `ahead`.
    pub(crate) fn take(
        branch: &Path,
        contents: &[u8],
        mut ahead: Option<LockDraft>,
    ) -> Result<Lock> {
        let end = Instant::now() + WAIT;
        loop {
            if let Some(lock) = Lock::try_take(branch, contents, ahead.take())? {
                return Ok(lock);
            }
            if Instant::now() > end {
                return Err(WriteError::Busy {
                    lock: with_suffix(branch, ".lock"),
                });
            }
            thread::sleep(BETWEEN_TRIES);
        }
    }

    fn try_take(branch: &Path, contents: &[u8], ahead: Option<LockDraft>) -> Result<Option<Lock>> {
        let lock = with_suffix(branch, ".lock");
        let draft = match ahead {
            Some(draft) => Some(draft),
            None => LockDraft::write(branch, contents)?,
        };
        let Some(draft) = draft.filter(|_| lock.symlink_metadata().is_err()) else {
            return Ok(None);
        };
        match fs::hard_link(&draft.path, &lock) {
            Ok(()) => Ok(Some(Lock {
                branch: branch.to_owned(),
                lock,
                _draft: draft,
                is_renamed: false,
            })),
            Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(why) => Err(failed("link", &lock)(why)),
        }
    }

    /// Puts the new contents in the place of the branch. The directory is not synced.
    pub(crate) fn rename(&mut self) -> Result<()> {
        fs::rename(&self.lock, &self.branch).map_err(failed("rename", &self.lock))?;
        self.is_renamed = true;
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the other name goes: as long as the lock is there, its other name says that it is ours.
        if !self.is_renamed {
            disk::discard(&self.lock);
        }
    }
}

/// The file under the name that only we know, locked by the kernel: nobody else of us has the lock of the branch meanwhile.
#[derive(Debug)]
pub(crate) struct LockDraft {
    path: PathBuf,
    file: File,
}

impl LockDraft {
    /// With the contents that the branch will have, synced; `None` while another has it, or the lock itself.
    pub(crate) fn write(branch: &Path, contents: &[u8]) -> Result<Option<LockDraft>> {
        let lock = with_suffix(branch, ".lock");
        let Some(mut draft) = LockDraft::try_take(with_suffix(branch, "..stemma.lock"))? else {
            return Ok(None);
        };
        if draft.has_other_names(&lock)? || lock.symlink_metadata().is_ok() {
            return Ok(None);
        }
        draft.fill(contents)?;
        Ok(Some(draft))
    }

    /// `None` while another of us has it.
    fn try_take(path: PathBuf) -> Result<Option<LockDraft>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(failed("create", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(why)) => return Err(failed("lock", &path)(why)),
        }
        let ours = file.metadata().map_err(failed("look at", &path))?;
        // The one who had it before us may have removed the name since we opened it.
        match fs::symlink_metadata(&path) {
            Ok(named) if disk::is_same(&named, &ours) => Ok(Some(LockDraft { path, file })),
            _ => Ok(None),
        }
    }

    /// Whether the file is something else as well, which ends here: the lock of one of us who was killed,
    /// or the branch itself, which must not be written to.
    fn has_other_names(&self, lock: &Path) -> Result<bool> {
        let ours = self
            .file
            .metadata()
            .map_err(failed("look at", &self.path))?;
        if ours.nlink() < 2 {
            return Ok(false);
        }
        if fs::symlink_metadata(lock).is_ok_and(|named| disk::is_same(&named, &ours)) {
            fs::remove_file(lock).map_err(failed("remove", lock))?;
        }
        Ok(true)
    }

    fn fill(&mut self, contents: &[u8]) -> Result<()> {
        self.file.set_len(0).map_err(failed("empty", &self.path))?;
        self.file
            .write_all(contents)
            .map_err(failed("write", &self.path))?;
        self.file.sync_all().map_err(failed("sync", &self.path))
    }
}

impl Drop for LockDraft {
    fn drop(&mut self) {
        disk::discard(&self.path);
    }
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
