//! Why a text names no repository.

use std::fmt;

use crate::path::Printable;

/// Why a text names no repository this crate can open. None of these holds what stood where a secret may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationError {
    /// Nothing but a branch, or nothing at all.
    Empty,
    /// `#` with nothing behind it.
    EmptyBranch,
    /// A name that Git allows no branch to have.
    BadBranch {
        /// What is in it and must not be.
        why: &'static str,
    },
    /// Begins with `-`: an option that got lost, or an attempt to smuggle one in.
    LooksLikeOption {
        /// `repository`, `user`, `host`, `path` or `branch`.
        part: &'static str,
    },
    /// A transport that nothing is known of.
    UnknownTransport {
        /// What stood before `://` or `::`.
        scheme: String,
    },
    /// `file://host/path`: only this machine's files can be opened.
    ForeignHost {
        /// What stood between `//` and the path.
        host: String,
    },
    /// A password or token, or what may be one, where logs and lists of processes show it.
    SecretInUrl,
    /// A part of a remote URL that is missing or cannot be so.
    Malformed {
        /// `user`, `host`, `port` or `path`.
        part: &'static str,
        /// What about it.
        why: &'static str,
    },
}

impl fmt::Display for LocationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LocationError::Empty => write!(out, "no repository is named"),
            LocationError::EmptyBranch => write!(out, "there is no branch name after #"),
            LocationError::BadBranch { why } => {
                write!(out, "the name of a branch cannot have {why}")
            }
            LocationError::LooksLikeOption { part: "repository" } => write!(
                out,
                "a repository cannot begin with -; write ./- for a path that does"
            ),
            LocationError::LooksLikeOption { part } => {
                write!(out, "the {part} cannot begin with -")
            }
            LocationError::UnknownTransport { scheme } => write!(
                out,
                "{} is no transport that is known; write ssh://, https://, http://, git:// or a path",
                Printable(scheme.as_bytes())
            ),
            LocationError::ForeignHost { host } => write!(
                out,
                "file://{}/... names another host; write file:///PATH with three slashes",
                Printable(host.as_bytes())
            ),
            LocationError::SecretInUrl => write!(
                out,
                "user names with passwords or tokens do not belong into a URL, where logs and lists of processes show them; put them into a token file"
            ),
            LocationError::Malformed { part, why } => write!(out, "the {part} of the URL {why}"),
        }
    }
}

impl std::error::Error for LocationError {}
