//! Folders in which worlds live.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::repository::Repository;

/// How many are made before they are needed. A store opens its repository again and again while configuration or packs have changed
/// within the last second, as that may not be all yet; a world that begins with what was made long ago is spared that.
const AHEAD: usize = 100;

thread_local! {
    static READY: RefCell<VecDeque<TempDir>> = const { RefCell::new(VecDeque::new()) };
}

/// A folder with an empty repository.
pub(crate) fn take() -> TempDir {
    READY.with_borrow_mut(|ready| {
        while ready.len() < AHEAD {
            ready.push_back(make());
        }
        ready.pop_front().expect("they were made just now")
    })
}

fn make() -> TempDir {
    let dir = tempfile::Builder::new()
        .prefix("stemma-world-")
        .tempdir_in(memory())
        .expect("a folder");
    Repository::lay_out(dir.path());
    dir
}

/// Where files cost no disk.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    match memory.is_dir() {
        true => memory,
        false => std::env::temp_dir(),
    }
}
