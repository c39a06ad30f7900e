//! Where a repository is: parsed once, into a type, before anything is opened.

use std::fmt;
use std::path::PathBuf;

/// A repository and, optionally, the branch meant: `PATH`, `file:///PATH`, either with `#BRANCH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which repository.
    pub repository: Place,
    /// The branch named after `#`; without one the branch that `HEAD` names is meant.
    pub branch: Option<String>,
}

/// The repositories there can be. Remote ones become further variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory on this machine: a bare repository, or a working tree with its `.git`.
    Local(PathBuf),
}

/// Why a text names no repository this crate can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationError {
    /// Nothing but a branch, or nothing at all.
    Empty,
    /// `#` with nothing behind it.
    EmptyBranch,
    /// Begins with `-`: an option that got lost, or an attempt to smuggle one in.
    LooksLikeOption,
    /// A transport that is not there yet, by its scheme.
    NotYet {
        /// `ssh`, `https`, `git` ...
        scheme: String,
    },
    /// `file://host/path`: only this machine's files can be opened.
    ForeignHost {
        /// What stood between `//` and the path.
        host: String,
    },
}

impl Location {
    /// Reads `PATH[#BRANCH]` or `file:///PATH[#BRANCH]`.
    ///
    /// The last `#` separates the branch, so a path may hold others; percent signs in a `file://`
    /// URL are taken as they stand.
    ///
    /// ```
    /// use git_store::{Location, Place};
    /// let location = Location::parse("/srv/zones.git#live")?;
    /// assert_eq!(location.repository, Place::Local("/srv/zones.git".into()));
    /// assert_eq!(location.branch.as_deref(), Some("live"));
    /// # Ok::<(), git_store::LocationError>(())
    /// ```
    ///
    /// # Errors
    /// Whatever is not a local repository gives the [`LocationError`] that says why.
    pub fn parse(text: &str) -> Result<Location, LocationError> {
        let (place, branch) = match text.rsplit_once('#') {
            Some((_, "")) => return Err(LocationError::EmptyBranch),
            Some((place, branch)) => (place, Some(branch.to_owned())),
            None => (text, None),
        };
        Ok(Location {
            repository: Place::parse(place)?,
            branch,
        })
    }
}

impl Place {
    fn parse(text: &str) -> Result<Place, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        if text.starts_with('-') {
            return Err(LocationError::LooksLikeOption);
        }
        match text.split_once("://") {
            Some(("file", path)) => local_path(path),
            Some((scheme, _)) => Err(not_yet(scheme)),
            None if is_scp_like(text) => Err(not_yet("ssh")),
            None => Ok(Place::Local(text.into())),
        }
    }
}

fn local_path(after_scheme: &str) -> Result<Place, LocationError> {
    match after_scheme.find('/') {
        Some(0) => Ok(Place::Local(after_scheme.into())),
        Some(slash) => Err(LocationError::ForeignHost {
            host: after_scheme[..slash].to_owned(),
        }),
        None => Err(LocationError::Empty),
    }
}

/// `user@host:path`, as Git writes ssh in short: a colon before the first slash.
fn is_scp_like(text: &str) -> bool {
    text.split('/')
        .next()
        .is_some_and(|head| head.contains(':'))
}

fn not_yet(scheme: &str) -> LocationError {
    LocationError::NotYet {
        scheme: scheme.to_owned(),
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place::Local(path) = &self.repository;
        write!(out, "{}", path.display())?;
        self.branch
            .iter()
            .try_for_each(|branch| write!(out, "#{branch}"))
    }
}

impl fmt::Display for LocationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LocationError::Empty => write!(out, "no repository is named"),
            LocationError::EmptyBranch => write!(out, "there is no branch name after #"),
            LocationError::LooksLikeOption => {
                write!(
                    out,
                    "a repository cannot begin with -; write ./- for a path that does"
                )
            }
            LocationError::NotYet { scheme } => write!(
                out,
                "{scheme} repositories cannot be opened yet; use a local clone (PATH or file:///PATH)"
            ),
            LocationError::ForeignHost { host } => write!(
                out,
                "file://{host}/... names another host; write file:///PATH with three slashes"
            ),
        }
    }
}

impl std::error::Error for LocationError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(path: &str, branch: Option<&str>) -> Result<Location, LocationError> {
        Ok(Location {
            repository: Place::Local(path.into()),
            branch: branch.map(str::to_owned),
        })
    }

    #[test]
    fn table() {
        let none = |scheme: &str| Err(not_yet(scheme));
        for (text, wanted) in [
            ("zones", local("zones", None)),
            ("./zones.git#live", local("./zones.git", Some("live"))),
            ("/srv/a#b#feature/x", local("/srv/a#b", Some("feature/x"))),
            (
                "file:///srv/zones.git#main",
                local("/srv/zones.git", Some("main")),
            ),
            ("/srv/odd:name", local("/srv/odd:name", None)),
            (
                "file://host/srv",
                Err(LocationError::ForeignHost {
                    host: "host".into(),
                }),
            ),
            ("file://", Err(LocationError::Empty)),
            ("", Err(LocationError::Empty)),
            ("#main", Err(LocationError::Empty)),
            ("zones#", Err(LocationError::EmptyBranch)),
            (
                "--upload-pack=touch /tmp/x",
                Err(LocationError::LooksLikeOption),
            ),
            ("ssh://-oProxyCommand=touch/x", none("ssh")),
            ("git@example.org:zones.git", none("ssh")),
            ("https://example.org/zones.git#main", none("https")),
            ("git://example.org/zones.git", none("git")),
            ("ext::sh -c touch% /tmp/x", none("ssh")),
        ] {
            assert_eq!(Location::parse(text), wanted, "{text}");
        }
    }
}
