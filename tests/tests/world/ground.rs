//! Folders in which worlds live.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use git_store::CommitId;
use tempfile::TempDir;

use crate::repository::Repository;

/// How many are made before they are needed. Of a repository whose configuration or packs have changed within the last seconds a
/// store looks at what is in them again and again; a world that begins with what was made long ago is spared that.
const AHEAD: usize = 250;

thread_local! {
    static READY: RefCell<VecDeque<TempDir>> = const { RefCell::new(VecDeque::new()) };
    static BEGUN: RefCell<BTreeMap<usize, (TempDir, CommitId)>> = const { RefCell::new(BTreeMap::new()) };
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

/// Lays the first commit of a zone with so many hosts into a repository. It is the same in all worlds, so it is written once.
pub(crate) fn begin(repository: &Path, hosts: usize) -> CommitId {
    BEGUN.with_borrow_mut(|begun| {
        let (dir, commit) = begun.entry(hosts).or_insert_with(|| {
            let dir = make();
            let commit = Repository::put_first(dir.path(), hosts);
            (dir, commit)
        });
        link(
            &dir.path().join("zones.git/objects"),
            &repository.join("objects"),
        );
        *commit
    })
}

/// Objects never change, so many repositories can have the same files.
fn link(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("it can be read");
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        match old.is_dir() {
            true => {
                let made = fs::create_dir(&new);
                // Those that are not for objects are there.
                assert!(made.is_ok() || new.is_dir());
                link(&old, &new);
            }
            false => fs::hard_link(old, new).expect("linked"),
        }
    }
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
