//! What the kernel tells of the files that say where a branch is (inotify): that one was written, has come by a new name,
//! or has gone. That one is read is not asked for, as each look at a branch reads some.

use std::fs;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use crate::store::Store;

const ASKED: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::ONLYDIR);

/// Octets of events that are read at once: some hundred of them.
const BUFFER: usize = 8192;

/// The directories with `HEAD` and `packed-refs`, and all below `refs/`.
#[derive(Debug)]
pub(super) struct Files {
    inotify: OwnedFd,
    refs: PathBuf,
}

impl Files {
    /// # Errors
    /// Where the system has no more of what that takes (`fs.inotify`), or cannot look.
    pub(super) fn watch(store: &Store) -> io::Result<Files> {
        let [head_dir, common_dir] = store.directories();
        let files = Files {
            inotify: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            refs: common_dir.join("refs"),
        };
        inotify::add_watch(&files.inotify, head_dir, ASKED)?;
        inotify::add_watch(&files.inotify, common_dir, ASKED)?;
        files.watch_below(&files.refs)?;
        Ok(files)
    }

    /// What becomes readable when there is something to tell.
    pub(super) fn raw(&self) -> RawFd {
        self.inotify.as_raw_fd()
    }

    /// Reads all that is told, and tells whether any of it is reason to look at the branch.
    pub(super) fn have_changed(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut events = Reader::new(&self.inotify, &mut buffer);
        let (mut have_changed, mut has_new_folders) = (false, false);
        loop {
            match events.next() {
                Ok(event) => {
                    let name = event.file_name().map_or(&b""[..], |name| name.to_bytes());
                    has_new_folders |= makes_folders(event.events());
                    have_changed |= matters(event.events(), name);
                }
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        if has_new_folders {
            // Those that cannot be watched are found by looking.
            let _ = self.watch_below(&self.refs);
        }
        have_changed || has_new_folders
    }

    /// A directory is watched before it is read, so what comes into it meanwhile is seen by one or the other. What is watched
    /// already stays so.
    fn watch_below(&self, dir: &Path) -> io::Result<()> {
        let mut dirs = vec![dir.to_owned()];
        while let Some(dir) = dirs.pop() {
            match inotify::add_watch(&self.inotify, &dir, ASKED) {
                Ok(_) => dirs.extend(folders_in(&dir)),
                // It has gone meanwhile.
                Err(why) if why.kind() == ErrorKind::NotFound => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(())
    }
}

fn folders_in(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
}

/// Also where more has happened than the kernel keeps.
fn makes_folders(event: ReadFlags) -> bool {
    let comes = event.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO);
    event.contains(ReadFlags::QUEUE_OVERFLOW) || comes && event.contains(ReadFlags::ISDIR)
}

/// A file that has only been made has nothing in it yet, and locks come and go with each move: the move itself is told.
fn matters(event: ReadFlags, name: &[u8]) -> bool {
    let of_a_file = ReadFlags::CLOSE_WRITE | ReadFlags::MOVED_TO | ReadFlags::DELETE;
    event.intersects(of_a_file) && !name.ends_with(b".lock")
}
