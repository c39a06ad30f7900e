//! What a branch points to, moved by compare-and-swap.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::bstr::ByteSlice;

use super::disk;
use super::error::{Refusal, Result, WriteError, failed};
use super::lock::{Lock, LockDraft};
use crate::commit::CommitId;

/// A branch, or another reference, of a repository.
#[derive(Clone)]
pub(crate) struct Branch {
    /// The full name, `refs/heads/...`.
    pub(crate) name: String,
    /// Where `refs/` and `packed-refs` are.
    pub(crate) common_dir: PathBuf,
    hash: gix::hash::Kind,
    /// No working tree belongs to the repository itself.
    is_bare: bool,
}

impl Branch {
    /// `main` or `refs/heads/main`; other references only by their full name.
    pub(crate) fn new(repository: &gix::Repository, name: &str) -> Result<Branch> {
        let full = match name.starts_with("refs/") {
            true => name.to_owned(),
            false => format!("refs/heads/{name}"),
        };
        match gix::validate::reference::name(full.as_bytes().as_bstr()) {
            Ok(_) => Ok(Branch {
                name: full,
                common_dir: repository.common_dir().to_owned(),
                hash: repository.object_hash(),
                is_bare: repository.is_bare(),
            }),
            Err(_) => Err(Refusal::BranchName {
                branch: name.to_owned(),
            }
            .into()),
        }
    }

    /// Takes the lock, does what is to be done under it, and moves the branch from `expected` to `to`, durably.
    /// `follows` is the `HEAD` of a working tree that will match it; `ahead` was made for just this.
    pub(crate) fn swap(
        &self,
        expected: Option<CommitId>,
        (to, ahead): (CommitId, Option<LockDraft>),
        follows: Option<&Path>,
        before_move: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let path = self.path();
        let dir = path.parent().unwrap_or(&self.common_dir);
        if expected.is_none() {
            self.make_room()?;
        }
        let mut lock = Lock::take(&path, contents(to).as_bytes(), ahead)?;
        self.check_not_checked_out(follows)?;
        self.check_is(expected)?;
        before_move()?;
        lock.rename()?;
        // Before the directory is synced, so that no trace of the lock is left by a power loss.
        drop(lock);
        self.sync_names(dir, expected.is_none())
            .map_err(|error| uncertain(error, to))
    }

    /// Makes the file that the lock will be, with this commit, if nobody is at work on the branch now. What is wrong is for who
    /// takes the lock to find out.
    pub(crate) fn draft_ahead(&self, to: CommitId) -> Option<LockDraft> {
        LockDraft::write(&self.path(), contents(to).as_bytes()).ok()?
    }

    /// Fails as [`WriteError::Lost`] if the branch is not where it is expected.
    pub(crate) fn check_is(&self, expected: Option<CommitId>) -> Result<()> {
        let found = self.read()?;
        match found == expected {
            true => Ok(()),
            false => Err(WriteError::Lost {
                branch: self.name.clone(),
                found,
            }),
        }
    }

    fn read(&self) -> Result<Option<CommitId>> {
        let path = self.path();
        match fs::read(&path) {
            Ok(octets) => self.parse(octets.trim_end(), &path).map(Some),
            // A directory is what is left of other branches.
            Err(why) if is_absent(why.kind()) => self.read_packed(),
            Err(why) => Err(failed("read", &path)(why)),
        }
    }

    fn read_packed(&self) -> Result<Option<CommitId>> {
        let path = self.common_dir.join("packed-refs");
        let packed = self.packed()?;
        let line = packed
            .lines()
            .find_map(|line| line.strip_suffix(self.name.as_bytes())?.strip_suffix(b" "));
        line.map(|digits| self.parse(digits, &path)).transpose()
    }

    fn parse(&self, digits: &[u8], path: &Path) -> Result<CommitId> {
        match ObjectId::from_hex(digits) {
            Ok(id) if id.kind() == self.hash => Ok(CommitId(id)),
            _ => Err(Refusal::BrokenBranch {
                path: path.to_owned(),
            }
            .into()),
        }
    }

    fn packed(&self) -> Result<Vec<u8>> {
        let path = self.common_dir.join("packed-refs");
        match fs::read(&path) {
            Ok(octets) => Ok(octets),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(why) => Err(failed("read", &path)(why)),
        }
    }

    /// For a branch that is not there yet: its folder, and nothing else of its name.
    fn make_room(&self) -> Result<()> {
        if let Some(by) = self.conflicting()? {
            return Err(Refusal::NameTaken {
                branch: self.name.clone(),
                by,
            }
            .into());
        }
        let path = self.path();
        remove_empty(&path);
        disk::make_dirs(&self.common_dir, path.parent().unwrap_or(&self.common_dir))
    }

    /// A branch `a` when this is `a/b`, or the other way round.
    fn conflicting(&self) -> Result<Option<String>> {
        let packed = self.packed()?;
        let below = format!("{}/", self.name);
        let clashes = |name: &str| {
            name.starts_with(&below)
                || self
                    .name
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let names = packed
            .lines()
            .filter_map(|line| line.split_str(" ").nth(1)?.to_str().ok());
        if let Some(name) = names.into_iter().find(|name| clashes(name)) {
            return Ok(Some(name.to_owned()));
        }
        let mut above = Path::new(&self.name).ancestors().skip(1);
        let file = above.find(|name| self.common_dir.join(name).is_file());
        Ok(file.map(|name| name.display().to_string()))
    }

    /// `HEAD` of the repository with a working tree, and of every linked working tree, but for the one that follows.
    fn check_not_checked_out(&self, follows: Option<&Path>) -> Result<()> {
        let mut heads = Vec::new();
        if !self.is_bare {
            heads.push(self.common_dir.join("HEAD"));
        }
        if let Ok(linked) = fs::read_dir(self.common_dir.join("worktrees")) {
            heads.extend(linked.flatten().map(|entry| entry.path().join("HEAD")));
        }
        heads.retain(|head| !follows.is_some_and(|follows| disk::is_same_file(head, follows)));
        let wanted = format!("ref: {}", self.name);
        for head in heads {
            let contents = fs::read(&head).unwrap_or_default();
            if contents.trim() == wanted.as_bytes() {
                let branch = self.name.clone();
                return Err(Refusal::CheckedOut { branch, head }.into());
            }
        }
        Ok(())
    }

    /// The name in its directory; of a new branch also the names of its directories.
    fn sync_names(&self, dir: &Path, is_new: bool) -> Result<()> {
        let above = dir
            .ancestors()
            .take_while(|dir| dir.starts_with(&self.common_dir));
        let count = if is_new { usize::MAX } else { 1 };
        let dirs: Vec<&Path> = above.take(count).collect();
        disk::for_each(&dirs, |dir| disk::sync(dir))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.common_dir.join(&self.name)
    }
}

/// What is in the file of a branch that points to a commit.
fn contents(commit: CommitId) -> String {
    format!("{commit}\n")
}

/// Folders that are left of branches that are gone.
fn remove_empty(dir: &Path) {
    let inside = fs::read_dir(dir).into_iter().flatten().flatten();
    inside.for_each(|entry| remove_empty(&entry.path()));
    // Fails where anything is in it, or where it is a file.
    let _ = fs::remove_dir(dir);
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory
    )
}

fn uncertain(error: WriteError, commit: CommitId) -> WriteError {
    match error {
        WriteError::Io { path, why, .. } => WriteError::Uncertain { commit, path, why },
        WriteError::Full { path, .. } => WriteError::Uncertain {
            commit,
            path,
            why: "no space left".to_owned(),
        },
        other => other,
    }
}
