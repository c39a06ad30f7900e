//! Why something was not written.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::commit::CommitId;
use crate::error::Error;
use crate::path::{Printable, TreePath};

/// Why there is no receipt. Unless it is [`WriteError::Uncertain`], the branch was not moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// Somebody else has moved the branch: start again from what was found.
    Lost {
        /// The branch.
        branch: String,
        /// Where it is now; `None` if it is not there.
        found: Option<CommitId>,
    },
    /// No space is left on the disk, or in the quota.
    Full {
        /// What was tried.
        what: &'static str,
        /// With which file or directory.
        path: PathBuf,
    },
    /// The operating system refused something else.
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What it answered.
        why: String,
    },
    /// Somebody else has held the lock of the branch for too long.
    Busy {
        /// The file that is the lock.
        lock: PathBuf,
    },
    /// The branch was moved, but the directory could not be synced: the commit can be seen, and may be gone
    /// after a power loss.
    Uncertain {
        /// The commit that the branch was moved to.
        commit: CommitId,
        /// The directory.
        path: PathBuf,
        /// What the operating system answered.
        why: String,
    },
    /// The branch was moved, and is durable, but the index of the working tree it is checked out in was not: `git reset` mends it.
    Behind {
        /// The commit that the branch was moved to.
        commit: CommitId,
        /// What became of the index.
        why: String,
    },
    /// This would not be right to write, however often it is tried.
    Refused(Refusal),
    /// The repository could not be read.
    Repository(Error),
}

/// What is never written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Not a name of a branch.
    BranchName {
        /// The text given.
        branch: String,
    },
    /// The branch is checked out in a working tree, which would no longer match it.
    CheckedOut {
        /// The branch.
        branch: String,
        /// The `HEAD` that names it.
        head: PathBuf,
    },
    /// No branch was named, and `HEAD` is a commit.
    NoBranch {
        /// The repository.
        path: PathBuf,
    },
    /// There are no files here whose index could be locked.
    NoWorkTree {
        /// The repository.
        path: PathBuf,
    },
    /// A branch of which this one would be a folder, or the other way round.
    NameTaken {
        /// The branch.
        branch: String,
        /// The one that is there.
        by: String,
    },
    /// The branch's file holds no commit's id but something else: another branch's name, or nothing.
    BrokenBranch {
        /// The file.
        path: PathBuf,
    },
    /// A path that cannot be changed so.
    Path {
        /// The path.
        path: TreePath,
        /// What about it.
        why: &'static str,
    },
    /// A file that is larger than what is read back.
    TooLarge {
        /// The path.
        path: TreePath,
        /// Its size.
        octets: u64,
    },
    /// A person, a message or a trailer that a commit cannot hold.
    Text {
        /// `author`, `committer`, `message` or `trailer`.
        field: &'static str,
        /// What about it.
        why: &'static str,
    },
    /// Contents made so that they have the same SHA-1 as others.
    Collision {
        /// What the hash function noticed.
        why: String,
    },
    /// The commit was made durable in another repository.
    OtherRepository,
    /// Only an empty repository can take on another object format.
    InUse {
        /// The repository.
        path: PathBuf,
    },
    /// Files are only removed from a repository that was made to be a mirror.
    NotAMirror {
        /// The repository.
        path: PathBuf,
    },
}

/// Shorthand for what writes.
pub(crate) type Result<T> = std::result::Result<T, WriteError>;

/// For `map_err`: what was tried with what.
pub(crate) fn failed(what: &'static str, path: &Path) -> impl Fn(std::io::Error) -> WriteError {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    move |why| match why.kind() {
        StorageFull | QuotaExceeded => WriteError::Full {
            what,
            path: path.to_owned(),
        },
        _ => WriteError::Io {
            what,
            path: path.to_owned(),
            why: why.to_string(),
        },
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Lost { branch, found } => write_lost(out, branch, *found),
            WriteError::Full { what, path } => write!(
                out,
                "cannot {what} {}: no space left; make room, nothing was changed",
                shown(path)
            ),
            WriteError::Io { what, path, why } => {
                write!(out, "cannot {what} {}: {why}", shown(path))
            }
            WriteError::Busy { lock } => write!(
                out,
                "another program has held {} for more than {} s; if no git command is running, remove the file",
                shown(lock),
                super::lock::WAIT.as_secs()
            ),
            WriteError::Uncertain { commit, path, why } => write!(
                out,
                "the branch is at {commit}, but {} could not be synced ({why}): check the disk",
                shown(path)
            ),
            WriteError::Behind { commit, why } => write!(
                out,
                "the branch is at {commit}, but the index is as it was ({why}); make it match: git reset"
            ),
            WriteError::Refused(refusal) => refusal.fmt(out),
            WriteError::Repository(error) => error.fmt(out),
        }
    }
}

fn write_lost(out: &mut fmt::Formatter<'_>, branch: &str, found: Option<CommitId>) -> fmt::Result {
    let branch = Printable(branch.as_bytes());
    match found {
        Some(found) => write!(
            out,
            "{branch} has moved to {found} meanwhile; try again on top of it"
        ),
        None => write!(out, "{branch} is not there any more; try again"),
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::BranchName { branch } => {
                write!(
                    out,
                    "{} is not a name of a branch",
                    Printable(branch.as_bytes())
                )
            }
            Refusal::CheckedOut { branch, head } => write!(
                out,
                "{} is checked out ({}), and its files would no longer match; \
                 check out another branch there, or use a bare repository (git clone --bare)",
                Printable(branch.as_bytes()),
                shown(head)
            ),
            Refusal::NoBranch { path } => write!(
                out,
                "HEAD of {} is a commit and no branch; name a branch behind the path, such as #main",
                shown(path)
            ),
            Refusal::NoWorkTree { path } => write!(
                out,
                "{} is a bare repository, in which nothing is checked out; work in a clone of it",
                shown(path)
            ),
            Refusal::NameTaken { branch, by } => write!(
                out,
                "there cannot be {} while there is {}; delete one of them",
                Printable(branch.as_bytes()),
                Printable(by.as_bytes())
            ),
            Refusal::BrokenBranch { path } => write!(
                out,
                "{} does not hold the id of a commit, and is not moved; \
                 if it names another branch, write to that one, otherwise try: git fsck",
                shown(path)
            ),
            Refusal::Path { path, why } => write!(out, "{path}: {why}"),
            Refusal::TooLarge { path, octets } => write!(
                out,
                "{path} would have {octets} octets, more than the {} that are read",
                crate::limits::FILE_OCTETS
            ),
            Refusal::Text { field, why } => write!(out, "the {field} of the commit {why}"),
            Refusal::Collision { why } => write!(
                out,
                "contents made to have the same SHA-1 as others are not stored ({why})"
            ),
            Refusal::NotAMirror { path } => write!(
                out,
                "{} is not a mirror of ours, and is not tidied up by us; use: git gc",
                shown(path)
            ),
            Refusal::InUse { path } => write!(
                out,
                "{} holds objects, and cannot hold those of another format; remove it to begin anew",
                shown(path)
            ),
            Refusal::OtherRepository => out.write_str("the commit belongs to another repository"),
        }
    }
}

fn shown(path: &Path) -> Printable<'_> {
    Printable(path.as_os_str().as_encoded_bytes())
}

impl std::error::Error for WriteError {}
impl std::error::Error for Refusal {}

impl From<Error> for WriteError {
    fn from(error: Error) -> WriteError {
        WriteError::Repository(error)
    }
}

impl From<Refusal> for WriteError {
    fn from(refusal: Refusal) -> WriteError {
        WriteError::Refused(refusal)
    }
}
