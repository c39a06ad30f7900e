//! Files and directories that are still there after a power loss.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Result, WriteError, failed};
use super::hands::AT_ONCE;

/// A thread takes about as long to begin. Where a sync takes less, one after the other is faster.
const WORTH_A_THREAD: Duration = Duration::from_micros(50);

/// How long syncs have taken lately, in nanoseconds.
static LATELY: AtomicU64 = AtomicU64::new(1_000_000);

/// Whether syncs are worth waiting for beside each other. In memory, and on disks that need not wait themselves, they are not.
pub(crate) fn is_slow() -> bool {
    LATELY.load(Ordering::Relaxed) >= WORTH_A_THREAD.as_nanos() as u64
}

/// The longest counts, and fades with those that are shorter: what was on the disk before is synced fast on any.
fn lately(before: u64, took: Duration) -> u64 {
    let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    took.max(before - before / 8)
}

/// Makes the contents of a file, or the names in a directory, durable.
pub(crate) fn sync(path: &Path) -> Result<()> {
    let file = File::open(path).map_err(failed("open", path))?;
    sync_open(&file).map_err(failed("sync", path))
}

fn sync_open(file: &File) -> io::Result<()> {
    let began = Instant::now();
    let synced = file.sync_all();
    // Of two at a time one may be left out.
    let before = LATELY.load(Ordering::Relaxed);
    LATELY.store(lately(before, began.elapsed()), Ordering::Relaxed);
    synced
}

/// A new file in `dir` with these octets, synced, under a name that nobody looks for:
/// `git prune` removes it some weeks after a crash.
pub(crate) fn write_aside(dir: &Path, prefix: &str, octets: &[u8]) -> Result<PathBuf> {
    let (mut file, path) = create_aside(dir, prefix)?;
    let written = file
        .write_all(octets)
        .map_err(failed("write", &path))
        .and_then(|()| sync_open(&file).map_err(failed("sync", &path)));
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            discard(&path);
            Err(error)
        }
    }
}

/// A new, empty, read-only file of that kind.
pub(crate) fn create_aside(dir: &Path, prefix: &str) -> Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("{prefix}{}_{number}", std::process::id()));
        let mut options = OpenOptions::new();
        match options
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o444)
            .open(&path)
        {
            Ok(file) => return Ok((file, path)),
            // Left by a process that had our number before us, perhaps in another container.
            Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
            Err(why) => return Err(failed("create", &path)(why)),
        }
    }
}

/// Removes what nobody will miss. That it cannot be removed changes nothing.
pub(crate) fn discard(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Makes a directory with the permissions of its parent, so that who may write there may write here.
/// The name is not synced. Gives whether it was not there before.
pub(crate) fn make_dir(dir: &Path) -> Result<bool> {
    match fs::create_dir(dir) {
        Ok(()) => {
            share_like_parent(dir);
            Ok(true)
        }
        Err(why) if why.kind() == ErrorKind::AlreadyExists && dir.is_dir() => Ok(false),
        Err(why) => Err(failed("create", dir)(why)),
    }
}

/// Makes a directory and those above it, up to `base`, which is there; each name synced.
pub(crate) fn make_dirs(base: &Path, dir: &Path) -> Result<()> {
    if dir == base || dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().unwrap_or(base);
    make_dirs(base, parent)?;
    make_dir(dir)?;
    sync(parent)
}

fn share_like_parent(dir: &Path) {
    let parent = dir.parent().and_then(|parent| fs::metadata(parent).ok());
    if let Some(parent) = parent {
        // Only matters where several users share a repository; they find out when they may not write.
        let _ = fs::set_permissions(dir, parent.permissions());
    }
}

/// Whether two paths lead to the same file, which is there.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let seen = (fs::metadata(one), fs::metadata(other));
    matches!(seen, (Ok(one), Ok(other)) if is_same(&one, &other))
}

/// Whether two names or handles mean the same file.
pub(crate) fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    one.dev() == other.dev() && one.ino() == other.ino()
}

/// Does the work for each item, several at once where syncs take long; the first error, if any. Threads that begin for it end
/// with it, as before a server has given up its rights there must be none; who commits again and again has `hands.rs`.
pub(crate) fn for_each<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let first_error = Mutex::new(None::<WriteError>);
    let run = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = work(item) {
                // Whoever holds the lock cannot panic.
                let mut first = first_error.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(error);
            }
        }
    };
    let threads = match is_slow() {
        true => items.len().min(AT_ONCE),
        false => 1,
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread can be had, those that are there do the work.
            let _ = thread::Builder::new().spawn_scoped(scope, run);
        }
        run();
    });
    let first = first_error
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    first.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_slow_while_some_syncs_are_and_fast_when_none_has_been_for_a_while() {
        let (slow, fast) = (Duration::from_millis(3), Duration::from_micros(5));
        let worth = WORTH_A_THREAD.as_nanos() as u64;
        let mut known = 0;
        for took in [slow, fast, fast, fast, fast, fast].repeat(20) {
            known = lately(known, took);
            assert!(known > worth);
        }
        let after = (0..100).find(|_| {
            known = lately(known, fast);
            known < worth
        });
        assert!(after.is_some_and(|after| after > 20), "{after:?}");
        assert!(lately(known, slow) > worth);
    }
}
