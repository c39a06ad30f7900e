//! Why the remote is not followed, and what to do about it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use git_remote::RemoteError;
use git_store::{Printable, WriteError};

use super::schedule::Outcome;
use crate::args::next_step;

/// What keeps the newest commit of the remote from being here. None of these holds a secret.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It could not be asked, or not fetched from.
    Remote(RemoteError),
    /// It has no commits any more.
    Empty,
    /// The fetch did not end, and was given up.
    Abandoned(Duration),
    /// The fetch failed in a way that nobody foresaw.
    Panicked,
    /// The copy cannot be written.
    Copy {
        /// Where it is.
        path: PathBuf,
        why: WriteError,
    },
}

impl Trouble {
    /// All there are of [`Self::kind`], besides those of [`RemoteError`].
    pub(super) const KINDS: [&'static str; 4] = ["empty", "abandoned", "panic", "copy"];

    /// Of which kind it is, in a word, for counts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Trouble::Remote(error) => error.kind(),
            Trouble::Empty => "empty",
            Trouble::Abandoned(_) => "abandoned",
            Trouble::Panicked => "panic",
            Trouble::Copy { .. } => "copy",
        }
    }

    /// How soon it is worth another try.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Trouble::Remote(error) if !error.may_pass() => Outcome::Standing,
            Trouble::Empty | Trouble::Panicked => Outcome::Standing,
            Trouble::Remote(_) | Trouble::Abandoned(_) | Trouble::Copy { .. } => Outcome::Passing,
        }
    }
}

impl From<RemoteError> for Trouble {
    fn from(error: RemoteError) -> Trouble {
        Trouble::Remote(error)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Remote(error) if error.may_pass() => {
                write!(out, "{error}; it is tried again and again")
            }
            Trouble::Remote(error) => {
                error.fmt(out)?;
                next_step(error).map_or(Ok(()), |next| write!(out, "; {next}"))
            }
            Trouble::Empty => out.write_str(
                "the repository has no commits any more; push them again, or name another repository",
            ),
            Trouble::Abandoned(patience) => write!(
                out,
                "a fetch did not end within {} s and was given up; it is tried again and again",
                patience.as_secs()
            ),
            Trouble::Panicked => {
                out.write_str("the fetch failed, and the log says where; please report this")
            }
            Trouble::Copy { path, why } => write!(
                out,
                "the copy cannot be written: {why}; make room, or stop the server and remove {} to have it fetched anew, if nothing is left to be pushed",
                Printable(path.as_os_str().as_encoded_bytes())
            ),
        }
    }
}
