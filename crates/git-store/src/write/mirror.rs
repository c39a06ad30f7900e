//! A bare repository that is ours alone: a copy of a remote one, which we may tidy up.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk;
use super::error::{Refusal, Result, WriteError, failed};
use super::reachable::roots;
use super::sources::Sources;
use crate::store::Store;

/// How a repository names its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// SHA-1, with collisions noticed.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ObjectFormat {
    /// As Git writes it: `sha1`, `sha256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ObjectFormat::Sha1 => "sha1",
            ObjectFormat::Sha256 => "sha256",
        }
    }
}

impl From<gix::hash::Kind> for ObjectFormat {
    fn from(kind: gix::hash::Kind) -> ObjectFormat {
        match kind {
            gix::hash::Kind::Sha1 => ObjectFormat::Sha1,
            // The enumeration may grow; what is opened here is one of two.
            _ => ObjectFormat::Sha256,
        }
    }
}

/// What tells a mirror from anybody else's repository, in its configuration.
const MARK: &str = "stemma.mirror";

impl Store {
    /// Makes a mirror at a path where nothing is, durably and at once: it is there whole or not at all.
    ///
    /// # Errors
    /// [`WriteError::Io`] or [`WriteError::Full`]; also where something else is at the path.
    pub fn create_mirror(path: &Path, format: ObjectFormat) -> Result<Store> {
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let aside = aside(parent, path);
        fs::create_dir_all(parent).map_err(failed("create", parent))?;
        // What another of our number left when it was killed.
        let _ = fs::remove_dir_all(&aside);
        let made = fill(&aside, format)
            .and_then(|()| fs::rename(&aside, path).map_err(failed("rename to", path)));
        if let Err(error) = made {
            let _ = fs::remove_dir_all(&aside);
            return Err(error);
        }
        disk::sync(parent)?;
        Ok(Store::open_path(path)?)
    }

    /// The same mirror, to hold objects of another format: which one a remote has is known only when it is reached.
    ///
    /// # Errors
    /// [`Refusal::InUse`] if any object or reference is there already, [`WriteError::Io`] or [`WriteError::Full`].
    pub fn with_object_format(&self, format: ObjectFormat) -> Result<Store> {
        self.check_is_mirror()?;
        let [_, dir] = self.directories();
        let store = self.reopened()?;
        let sources = Sources::list(&super::database(&store.objects()))?;
        if !roots(&store)?.is_empty() || !sources.packs.is_empty() || !sources.loose.is_empty() {
            return Err(WriteError::Refused(Refusal::InUse {
                path: dir.to_owned(),
            }));
        }
        let aside = disk::write_aside(dir, "config.new-", config(format).as_bytes())?;
        let path = dir.join("config");
        fs::rename(&aside, &path).map_err(failed("rename to", &path))?;
        disk::sync(dir)?;
        Ok(self.reopened()?)
    }

    /// Whether [`Self::create_mirror`] made this repository, so that we may remove files from it.
    #[must_use]
    pub fn is_mirror(&self) -> bool {
        self.repository().config_snapshot().boolean(MARK) == Some(true)
    }

    pub(crate) fn check_is_mirror(&self) -> Result<()> {
        match self.is_mirror() {
            true => Ok(()),
            false => Err(WriteError::Refused(Refusal::NotAMirror {
                path: self.directories()[1].to_owned(),
            })),
        }
    }
}

fn aside(parent: &Path, path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    parent.join(format!(".{name}.{}", std::process::id()))
}

fn fill(dir: &Path, format: ObjectFormat) -> Result<()> {
    let folders = [
        "",
        "objects",
        "objects/info",
        "objects/pack",
        "refs",
        "refs/heads",
        "refs/tags",
    ];
    let folders = folders.map(|folder| dir.join(folder));
    for folder in &folders {
        fs::create_dir(folder).map_err(failed("create", folder))?;
    }
    let config = config(format);
    let files = [("HEAD", "ref: refs/heads/main\n"), ("config", &config)];
    for (name, contents) in files {
        let path = dir.join(name);
        fs::write(&path, contents).map_err(failed("write", &path))?;
        disk::sync(&path)?;
    }
    disk::for_each(&folders, |folder| disk::sync(folder))
}

fn config(format: ObjectFormat) -> String {
    let (version, extension) = match format {
        ObjectFormat::Sha1 => (0, ""),
        ObjectFormat::Sha256 => (1, "[extensions]\n\tobjectformat = sha256\n"),
    };
    format!(
        "[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = true\n{extension}\
         [stemma]\n\tmirror = true\n"
    )
}
