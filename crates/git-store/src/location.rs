//! Where a repository is: parsed once, into a type, before anything is opened.

use std::fmt;
use std::path::PathBuf;

mod branch;
mod error;
mod remote;

pub use error::LocationError;
pub use remote::{RemoteUrl, Transport};

use crate::path::Printable;

/// A repository and, optionally, the branch meant: `PATH`, `file:///PATH` or a [`RemoteUrl`], each with `#BRANCH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which repository.
    pub repository: Place,
    /// The branch named after `#`; without one the branch that `HEAD` names is meant.
    pub branch: Option<String>,
}

/// The repositories there can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory on this machine: a bare repository, or a working tree with its `.git`.
    Local(PathBuf),
    /// A repository on another machine, to be fetched from and pushed to.
    Remote(Box<RemoteUrl>),
}

impl Location {
    /// Reads `REPOSITORY[#BRANCH]`.
    ///
    /// The last `#` separates the branch, so a path may hold others; percent signs in a `file://`
    /// URL are taken as they stand.
    ///
    /// ```
    /// use git_store::{Location, Place};
    /// let location = Location::parse("/srv/zones.git#live")?;
    /// assert_eq!(location.repository, Place::Local("/srv/zones.git".into()));
    /// assert_eq!(location.branch.as_deref(), Some("live"));
    ///
    /// let location = Location::parse("git@git.example.org:zones.git")?;
    /// assert_eq!(location.to_string(), "git@git.example.org:zones.git");
    /// # Ok::<(), git_store::LocationError>(())
    /// ```
    ///
    /// # Errors
    /// Whatever names no repository gives the [`LocationError`] that says why.
    pub fn parse(text: &str) -> Result<Location, LocationError> {
        let (place, branch) = match text.rsplit_once('#') {
            Some((place, branch)) => (place, Some(branch::parse(branch)?)),
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
            return Err(LocationError::LooksLikeOption { part: "repository" });
        }
        match text.split_once("://") {
            Some(("file", path)) => local_path(path),
            Some((scheme, rest)) => RemoteUrl::parse(scheme, rest).map(remote),
            None if is_scp_like(text) => RemoteUrl::parse_scp_like(text).map(remote),
            None => Ok(Place::Local(text.into())),
        }
    }
}

fn remote(url: RemoteUrl) -> Place {
    Place::Remote(Box::new(url))
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

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repository {
            Place::Local(path) => write!(out, "{}", path.display())?,
            Place::Remote(url) => write!(out, "{url}")?,
        }
        self.branch
            .iter()
            .try_for_each(|branch| write!(out, "#{}", Printable(branch.as_bytes())))
    }
}

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
    fn local_ones() {
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
                Err(LocationError::LooksLikeOption { part: "repository" }),
            ),
        ] {
            assert_eq!(Location::parse(text), wanted, "{text}");
        }
    }
}
