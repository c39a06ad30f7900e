//! Which part of a working tree is meant.

use crate::failure::Failure;
use crate::repository::quoted;
use gix::bstr::{BStr, BString, ByteSlice};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Files and folders by their path from the top; all of it if there are none, or the top is one of them.
pub(crate) struct Wanted {
    paths: Vec<BString>,
    is_all: bool,
}

impl Wanted {
    /// What `paths` mean, seen from the folder that we run in.
    pub(crate) fn below(top: &Path, paths: &[PathBuf]) -> Result<Wanted, Failure> {
        let mut wanted = Vec::new();
        for path in paths {
            let absolute = resolved(path);
            let below = absolute
                .as_deref()
                .and_then(|path| path.strip_prefix(top).ok());
            let below = below.ok_or_else(|| {
                let what = format!("{} is not in the repository {}", quoted(path), quoted(top));
                Failure::usage(what).next("name files of one repository, or none for all of them")
            })?;
            wanted.push(BString::from(below.as_os_str().as_bytes()));
        }
        Ok(Wanted {
            is_all: wanted.is_empty() || wanted.iter().any(|path| path.is_empty()),
            paths: wanted,
        })
    }

    /// Whether the file is one of them or in one of them.
    pub(crate) fn has(&self, path: &BStr) -> bool {
        self.is_all || self.paths.iter().any(|wanted| is_at_or_below(path, wanted))
    }

    /// Whether the file itself is named.
    pub(crate) fn names(&self, path: &BStr) -> bool {
        self.paths.iter().any(|wanted| wanted == path)
    }

    /// Whether something in the folder is named.
    pub(crate) fn names_below(&self, folder: &BStr) -> bool {
        let mut paths = self.paths.iter();
        paths.any(|wanted| is_at_or_below(wanted.as_bstr(), folder))
    }

    /// Whether anything in the folder can be one of them.
    pub(crate) fn touches(&self, folder: &BStr) -> bool {
        self.has(folder) || self.names_below(folder)
    }

    /// Those of them that are neither here nor there.
    pub(crate) fn missing<'w>(&'w self, is_there: impl Fn(&BStr) -> bool + 'w) -> Option<&'w BStr> {
        let mut paths = self.paths.iter().map(|path| path.as_bstr());
        paths.find(|path| !path.is_empty() && !is_there(path))
    }
}

fn is_at_or_below(path: &BStr, folder: &[u8]) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Without links in the folders of it; the file itself may be one, or be gone with some of its folders.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut at = std::env::current_dir().ok()?.join(path);
    let mut names: Vec<OsString> = Vec::new();
    while at.is_symlink() || !at.exists() {
        names.push(at.file_name()?.to_owned());
        at.pop();
    }
    let mut whole = at.canonicalize().ok()?;
    whole.extend(names.iter().rev());
    Some(whole)
}
