//! Files that a branch was, to become objects.
//!
//! A branch moves by a rename, which removes the file that it was. On a file system where that is not forgotten at once it is
//! what a commit costs most: ext4 without a journal gives no inode again that was freed in the last minutes, and looks past all of
//! these for each new file (measured after a minute of a hundred commits a second: 1.5 ms a file). So for who commits
//! again and again, that file gets one more name before the rename, one that Git removes like all that it finds left
//! behind, and becomes an object some commits later: no commit frees an inode any more.
//!
//! Somebody may have opened the branch before it moved, and read it only now: nothing is written to such a file until it
//! has [rested](REST). Nor where it has other names, as those that a backup gives it.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::disk;
use super::loose::ASIDE;

/// Between opening a branch and reading it nobody waits, so nobody takes so long.
const REST: Duration = Duration::from_secs(5);

/// Files that rest: those of two hundred commits a second.
const MOST: usize = 1024;

/// Files that nobody needs any more. They are removed with it; those of a process that was killed by `git gc`, in time.
pub(crate) struct Spares {
    resting: Mutex<VecDeque<(Instant, Spare)>>,
    rest: Duration,
}

/// A file, under a name that nobody looks for, which goes with it.
pub(crate) struct Spare(PathBuf);

impl Spare {
    /// Gives the file of a branch that is about to be replaced one more name; `None` where that cannot be.
    pub(crate) fn of(branch: &Path, database: &Path) -> Option<Spare> {
        let path = disk::name_aside(database, ASIDE);
        fs::hard_link(branch, &path).ok()?;
        Some(Spare(path))
    }

    /// The file, empty and read-only; `None` if it is not what it was, or is something else as well.
    fn open(self) -> Option<(File, PathBuf)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let file = options.open(&self.0).ok()?;
        let seen = file.metadata().ok()?;
        if !seen.is_file() || seen.nlink() != 1 {
            return None;
        }
        file.set_permissions(Permissions::from_mode(0o444)).ok()?;
        file.set_len(0).ok()?;
        Some((file, self.keep()))
    }

    fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            disk::discard(&self.0);
        }
    }
}

impl Default for Spares {
    fn default() -> Spares {
        Spares::resting(REST)
    }
}

impl Spares {
    /// None as yet; each that comes rests so long.
    pub(crate) fn resting(rest: Duration) -> Spares {
        Spares {
            resting: Mutex::default(),
            rest,
        }
    }

    /// Of a branch that has been replaced.
    pub(crate) fn put(&self, spare: Spare) {
        let mut resting = self.lock();
        if resting.len() < MOST {
            resting.push_back((Instant::now(), spare));
        }
    }

    /// A file to write to, if one has rested.
    pub(crate) fn take(&self) -> Option<(File, PathBuf)> {
        self.take_rested()?.open()
    }

    fn take_rested(&self) -> Option<Spare> {
        let mut resting = self.lock();
        let (since, _) = resting.front()?;
        let is_rested = since.elapsed() >= self.rest;
        is_rested
            .then(|| resting.pop_front())?
            .map(|(_, spare)| spare)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Instant, Spare)>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::os::unix::fs::symlink;

    use testbed::git::git_output;

    use super::*;
    use crate::commit::{CommitId, Person};
    use crate::path::TreePath;
    use crate::recent::Recent;
    use crate::store::Store;
    use crate::write::{Draft, Edit, ObjectFormat};

    /// A branch that is replaced, by what it then says.
    fn replace(dir: &Path, text: &str) -> Option<Spare> {
        let branch = dir.join("main");
        let spare = Spare::of(&branch, dir);
        fs::write(dir.join("main.lock"), text).expect("written");
        fs::rename(dir.join("main.lock"), branch).expect("renamed");
        spare
    }

    fn names(dir: &Path) -> usize {
        fs::read_dir(dir).expect("a directory").count()
    }

    #[test]
    fn a_branch_that_was_becomes_an_empty_file_when_it_has_rested() {
        let dir = tempfile::tempdir().expect("a directory");
        let (spares, tired) = (Spares::resting(Duration::ZERO), Spares::default());
        assert!(replace(dir.path(), "1").is_none(), "there was none");
        let inode = fs::metadata(dir.path().join("main")).expect("there").ino();
        spares.put(replace(dir.path(), "2").expect("a spare"));
        tired.put(replace(dir.path(), "3").expect("a spare"));
        assert!(tired.take().is_none(), "it has not rested");
        let (file, path) = spares.take().expect("a file");
        let seen = file.metadata().expect("there");
        assert_eq!((seen.ino(), seen.len()), (inode, 0));
        assert_eq!(seen.mode() & 0o777, 0o444);
        assert!(path.exists() && spares.take().is_none());
        let now = fs::read_to_string(dir.path().join("main"));
        assert_eq!(now.expect("read"), "3");
    }

    #[test]
    fn what_is_something_else_as_well_is_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let spares = Spares::resting(Duration::ZERO);
        let main = dir.path().join("main");
        fs::write(&main, "1").expect("written");
        // It was not replaced after all.
        spares.put(Spare::of(&main, dir.path()).expect("a spare"));
        assert!(spares.take().is_none());
        fs::hard_link(&main, dir.path().join("backup")).expect("linked");
        spares.put(replace(dir.path(), "2").expect("a spare"));
        assert!(spares.take().is_none());
        let kept = fs::read_to_string(dir.path().join("backup"));
        assert_eq!(kept.expect("read"), "1");
        // Somebody has tidied up, and put something in its place.
        let spare = replace(dir.path(), "3").expect("a spare");
        fs::remove_file(&spare.0).expect("removed");
        symlink(&main, &spare.0).expect("linked");
        spares.put(spare);
        assert!(spares.take().is_none());
        assert_eq!(fs::read_to_string(&main).expect("read"), "3");
        assert_eq!(names(dir.path()), 2, "main and backup");
    }

    #[test]
    fn there_are_only_so_many_and_they_go_with_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let spares = Spares::default();
        fs::write(dir.path().join("main"), "0").expect("written");
        for _ in 0..MOST + 3 {
            spares.put(Spare::of(&dir.path().join("main"), dir.path()).expect("a spare"));
        }
        assert_eq!(names(dir.path()), MOST + 1);
        drop(spares);
        assert_eq!(names(dir.path()), 1);
    }

    fn commit(store: &Store, parent: Option<CommitId>, number: usize) -> CommitId {
        let text = Edit::Put(format!("{number}\n").into_bytes());
        let person = Person {
            name: "Ann".to_owned(),
            email: String::new(),
            time_secs: 1,
            offset_secs: 0,
        };
        let draft = Draft {
            parent,
            merged: None,
            changes: BTreeMap::from([(TreePath::new("example.org"), text)]),
            author: person.clone(),
            committer: person,
            message: "A change\n".to_owned(),
            trailers: Vec::new(),
        };
        let receipt = store.write("main", &draft).expect("written");
        receipt.commit()
    }

    fn add_inodes(dir: &Path, inodes: &mut BTreeSet<u64>) {
        for entry in fs::read_dir(dir).expect("a directory").flatten() {
            match entry.file_type().expect("known").is_dir() {
                true => add_inodes(&entry.path(), inodes),
                false => _ = inodes.insert(entry.metadata().expect("there").ino()),
            }
        }
    }

    /// The branch of each commit is an object of one after it, also while Git removes what nobody needs.
    #[test]
    fn commits_whose_objects_were_branches() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("zones.git");
        let store = Store::create_mirror(&path, ObjectFormat::Sha1).expect("made");
        let store = store.remembering_in(Recent::with_rest(Duration::ZERO));
        let (mut parent, mut branches) = (None, BTreeSet::new());
        for number in 0..6 {
            parent = Some(commit(&store, parent, number));
            let branch = fs::metadata(path.join("refs/heads/main")).expect("there");
            branches.insert(branch.ino());
            if number == 3 {
                git_output(&path, &["prune", "--expire=now"]);
            }
        }
        let mut objects = BTreeSet::new();
        add_inodes(&path.join("objects"), &mut objects);
        // That of the third was pruned, and of the last two one is the branch.
        assert!(branches.intersection(&objects).count() >= 3);
        git_output(&path, &["fsck", "--strict"]);
        drop(store);
        let left = fs::read_dir(path.join("objects"))
            .expect("a directory")
            .flatten();
        let left = left.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"tmp"));
        assert_eq!(left.count(), 0);
    }
}
