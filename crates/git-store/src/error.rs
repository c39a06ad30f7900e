//! What can go wrong with a repository as a whole. Problems of single files are [`crate::Finding`]s.

use std::fmt;
use std::path::PathBuf;

use crate::path::Printable;

/// Why a repository, a revision or an object could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There is no repository at this path.
    NotARepository {
        /// Where was looked.
        path: PathBuf,
        /// What was seen there.
        why: String,
    },
    /// The repository is on another machine, and nothing has been fetched from it.
    Remote {
        /// Its URL, which holds no secret.
        url: String,
    },
    /// There is no such branch, though there are others.
    NoSuchBranch {
        /// The name asked for.
        branch: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// No branch, tag or commit goes by this name.
    NoSuchRevision {
        /// The text asked for.
        revision: String,
    },
    /// More than one commit begins with these digits.
    Ambiguous {
        /// The text asked for.
        revision: String,
    },
    /// Not a way to write a revision that is understood here.
    RevisionSyntax {
        /// The text asked for.
        revision: String,
        /// What about it.
        why: &'static str,
    },
    /// An object is not there: the repository is shallow, incomplete or damaged.
    Missing {
        /// Its id in hexadecimal digits.
        id: String,
    },
    /// An object is there but makes no sense.
    Damaged {
        /// Its id in hexadecimal digits.
        id: String,
        /// What about it.
        why: String,
    },
    /// More files than [`crate::limits::FILES`].
    TooManyFiles,
    /// The operating system refused something.
    Refused {
        /// What was tried, and what was answered.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotARepository { path, why } => write!(
                out,
                "{} is not a Git repository ({why}); make one with: zonetool init, or git init --bare",
                Printable(path.as_os_str().as_encoded_bytes())
            ),
            Error::Remote { url } => write!(
                out,
                "{url} is on another machine; make a working copy first, with: zonetool clone {url}"
            ),
            Error::NoSuchBranch { branch, known } => write_branches(out, branch, known),
            Error::NoSuchRevision { revision } => {
                write!(
                    out,
                    "no branch, tag or commit is named {}",
                    printable(revision)
                )
            }
            Error::Ambiguous { revision } => {
                write!(
                    out,
                    "more than one object begins with {}; give more digits",
                    printable(revision)
                )
            }
            Error::RevisionSyntax { revision, why } => {
                write!(out, "{} is not a revision: {why}", printable(revision))
            }
            Error::Missing { id } => {
                write!(out, "object {id} is not in the repository; try: git fsck")
            }
            Error::Damaged { id, why } => {
                write!(out, "object {id} is damaged ({why}); try: git fsck")
            }
            Error::TooManyFiles => write!(
                out,
                "the commit has more than {} files",
                crate::limits::FILES
            ),
            Error::Refused { why } => out.write_str(why),
        }
    }
}

fn write_branches(out: &mut fmt::Formatter<'_>, branch: &str, known: &[String]) -> fmt::Result {
    write!(out, "there is no branch {}; there are:", printable(branch))?;
    let shown = known.iter().take(10);
    shown
        .into_iter()
        .try_for_each(|name| write!(out, " {}", printable(name)))
}

fn printable(text: &str) -> Printable<'_> {
    Printable(text.as_bytes())
}

impl std::error::Error for Error {}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;
