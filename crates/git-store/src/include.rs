//! What `$INCLUDE` may bring in: parts of the same commit, and nothing else.
//!
//! The name is a path from the folder of the file that includes it, downwards only: no absolute
//! path, no `.` or `..`, no symbolic link, no backslash. It leads to a plain file in a folder whose
//! name ends in `.d` (see [`crate::Role`]).

use std::fmt;

use crate::commit::BlobId;
use crate::path::{Printable, TreePath};
use crate::role::Role;
use crate::snapshot::{ReadError, Snapshot};

/// A part that an include leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file, from the top of the commit.
    pub path: TreePath,
    /// What is in it.
    pub blob: BlobId,
}

/// Why an include leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncludeError {
    /// Begins with `/`, `~` or a drive, or has a backslash.
    NotRelative,
    /// Has a component that begins with `.`: up, here, or hidden.
    Dots,
    /// Not in a folder whose name ends in `.d`.
    NotAPart(String),
    /// Secrets are never read.
    Keys(String),
    /// Nothing is there.
    Missing(String),
    /// Something is there that is not taken, or could not be read.
    Unreadable(ReadError),
}

/// The path an include leads to, if it leads anywhere: by the text of both paths alone.
///
/// `zone_root` is `zones` or empty, `including` the path of the including file from the top.
///
/// # Errors
/// Every [`IncludeError`] but the last two.
pub fn include_path(zone_root: &str, including: &str, named: &str) -> Result<String, IncludeError> {
    if named.starts_with(['/', '~']) || named.contains(['\\', ':']) {
        return Err(IncludeError::NotRelative);
    }
    if named
        .split('/')
        .any(|component| component.is_empty() || component.starts_with('.'))
    {
        return Err(IncludeError::Dots);
    }
    let path = match including.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{named}"),
        None => named.to_owned(),
    };
    let below_root = path
        .strip_prefix(zone_root)
        .unwrap_or(&path)
        .trim_start_matches('/');
    match Role::of(below_root) {
        Role::Part => Ok(path),
        Role::Keys => Err(IncludeError::Keys(path)),
        _ => Err(IncludeError::NotAPart(path)),
    }
}

impl Snapshot {
    /// The part of this commit that an include leads to.
    ///
    /// # Errors
    /// [`IncludeError`] says why it leads to none.
    pub fn include(&self, including: &str, named: &str) -> Result<Part, IncludeError> {
        let zone_root = self.zone_root().as_str().unwrap_or_default();
        let path = include_path(zone_root, including, named)?;
        match self.find(&path).map_err(IncludeError::Unreadable)? {
            Some(blob) => Ok(Part {
                path: TreePath::new(path),
                blob,
            }),
            None => Err(IncludeError::Missing(path)),
        }
    }
}

impl fmt::Display for IncludeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &'_ String| Printable(path.as_bytes()).to_string();
        match self {
            IncludeError::NotRelative => {
                write!(
                    out,
                    "only files of the same commit can be included, by a path from this file's folder"
                )
            }
            IncludeError::Dots => write!(
                out,
                "an included path has no empty, hidden, `.` or `..` component"
            ),
            IncludeError::NotAPart(path) => {
                write!(
                    out,
                    "{} is not in a folder whose name ends in .d, where included files live",
                    shown(path)
                )
            }
            IncludeError::Keys(path) => {
                write!(out, "{} is a key file, which is never read", shown(path))
            }
            IncludeError::Missing(path) => {
                write!(out, "there is no file {} in the commit", shown(path))
            }
            IncludeError::Unreadable(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for IncludeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let part = |path: &str| Ok(path.to_owned());
        let not = |path: &str| Err(IncludeError::NotAPart(path.to_owned()));
        for (root, including, named, wanted) in [
            (
                "",
                "example.org",
                "example.org.d/a",
                part("example.org.d/a"),
            ),
            (
                "",
                "org/example.org",
                "example.org.d/a",
                part("org/example.org.d/a"),
            ),
            ("", "org/example.org.d/a", "b", part("org/example.org.d/b")),
            (
                "zones",
                "zones/example.org",
                "common.d/mail",
                part("zones/common.d/mail"),
            ),
            ("", "example.org", "hosts", not("hosts")),
            ("", "example.org", "example.net", not("example.net")),
            (
                "",
                "example.org",
                "/etc/passwd",
                Err(IncludeError::NotRelative),
            ),
            (
                "",
                "example.org",
                "~root/x.d/a",
                Err(IncludeError::NotRelative),
            ),
            ("", "example.org", "c:x.d/a", Err(IncludeError::NotRelative)),
            ("", "example.org", "x.d\\a", Err(IncludeError::NotRelative)),
            ("", "example.org", "../x.d/a", Err(IncludeError::Dots)),
            ("", "example.org", "x.d/../y.d/a", Err(IncludeError::Dots)),
            ("", "example.org", "./x.d/a", Err(IncludeError::Dots)),
            ("", "example.org", "x.d//a", Err(IncludeError::Dots)),
            (
                "",
                "example.org",
                "x.d/.git/config",
                Err(IncludeError::Dots),
            ),
            ("", "example.org", "", Err(IncludeError::Dots)),
            (
                "",
                "example.org",
                "x.d/_keys",
                Err(IncludeError::Keys("x.d/_keys".into())),
            ),
        ] {
            assert_eq!(
                include_path(root, including, named),
                wanted,
                "{including} {named}"
            );
        }
    }
}
