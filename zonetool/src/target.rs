//! What the words of a command line mean: a file, a folder, a commit, a range; and the repository they are in.

use crate::failure::Failure;
use crate::files::{CommitFiles, Folder, ZoneAt};
use crate::repository::{quoted, without_dots};
use git_store::{CommitId, Range, Store, ZoneName};
use rr::Name;
use std::fs;
use std::path::{Path, PathBuf};

/// A repository for reading.
pub(crate) struct Repository {
    pub(crate) store: Store,
}

impl Repository {
    /// The repository that `path` lies in.
    pub(crate) fn around(path: &Path) -> Result<Repository, Failure> {
        let nowhere = || {
            Failure::unreadable(format!("{} is in no Git repository", path.display()))
                .next(format!("make one: zonetool init {}", quoted(path)))
        };
        let (found, _) = gix::discover::upwards(&without_dots(path)).map_err(|_| nowhere())?;
        let (git_dir, _) = found.into_repository_and_work_tree_directories();
        let store = Store::open_path(&git_dir).map_err(|error| {
            Failure::unreadable(format!("cannot open the repository {}", git_dir.display()))
                .because(&error)
                .next("look at it: git fsck")
        })?;
        Ok(Repository { store })
    }

    /// The commit a revision names.
    pub(crate) fn commit(&self, revision: &str) -> Result<CommitId, Failure> {
        self.store
            .resolve(revision)
            .map_err(|error| no_commit(revision, &error))
    }

    /// The files of a commit.
    pub(crate) fn files(&self, commit: CommitId) -> Result<CommitFiles, Failure> {
        let snapshot = self.store.snapshot(commit).map_err(|error| {
            Failure::unreadable(format!("cannot read commit {commit}"))
                .because(&error)
                .next("look at the repository: git fsck")
        })?;
        Ok(CommitFiles { snapshot })
    }

    /// The commits of `A..B`.
    pub(crate) fn range(&self, range: &str) -> Result<Range, Failure> {
        self.store
            .resolve_range(range)
            .map_err(|error| no_commit(range, &error))
    }
}

fn no_commit(revision: &str, error: &git_store::Error) -> Failure {
    Failure::usage(format!("`{revision}` names no commit"))
        .because(error)
        .next("list commits: git log --oneline")
}

/// A zone file by itself, with what is around it for `$INCLUDE`.
pub(crate) fn file(path: &Path, zone: Option<&str>) -> Result<(Folder, ZoneAt), Failure> {
    let (folder, path) = text(path)?;
    let zone = match zone {
        Some(name) => zone_name(name)?,
        None => zone_of_file(&path)?,
    };
    Ok((folder, ZoneAt { zone, path }))
}

/// A file of zone text, whatever zone it is of, and the folder around it.
pub(crate) fn text(path: &Path) -> Result<(Folder, String), Failure> {
    let absolute = canonical(path)?;
    let top = work_tree(&absolute);
    let folder = top
        .as_deref()
        .map_or_else(|| Folder::around(&absolute), Folder::new);
    let below = absolute
        .strip_prefix(folder.top())
        .ok()
        .and_then(Path::to_str);
    let below = below.ok_or_else(|| {
        Failure::usage(format!(
            "{} has a name that is not UTF-8",
            absolute.display()
        ))
        .next("rename the file")
    })?;
    let below = below.to_owned();
    Ok((folder, below))
}

/// A folder, and the part of its repository that is meant.
pub(crate) fn folder(path: &Path) -> Result<(Folder, String), Failure> {
    let absolute = canonical(path)?;
    let top = work_tree(&absolute).unwrap_or_else(|| absolute.clone());
    let part = absolute
        .strip_prefix(&top)
        .ok()
        .and_then(Path::to_str)
        .unwrap_or_default()
        .to_owned();
    Ok((Folder::new(&top), part))
}

/// A zone's name as people write it, with or without the final dot.
pub(crate) fn zone_name(text: &str) -> Result<ZoneName, Failure> {
    let name = Name::from_text(text).map_err(|error| {
        Failure::usage(format!("`{text}` is no domain name"))
            .because(&error)
            .next("name the zone like example.org")
    })?;
    Ok(ZoneName::from_absolute_text(
        &name.as_ref().to_lowercase().to_string(),
    ))
}

fn zone_of_file(path: &str) -> Result<ZoneName, Failure> {
    let file = path.rsplit('/').next().unwrap_or(path);
    ZoneName::from_file_name(file).map_err(|error| {
        Failure::usage(format!(
            "the name of the file {file} is not the name of a zone"
        ))
        .because(&std::io::Error::other(error.to_string()))
        .next("say which zone it holds: --zone NAME")
    })
}

fn canonical(path: &Path) -> Result<PathBuf, Failure> {
    // The file itself may be a link: its parent is resolved, so that the link is seen and refused.
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let resolved = match path.file_name() {
        Some(name) => fs::canonicalize(parent).map(|parent| parent.join(name)),
        None => fs::canonicalize(path),
    };
    resolved
        .and_then(|path| fs::metadata(&path).map(|_| path))
        .map_err(|error| {
            Failure::unreadable(format!("cannot read {}", path.display()))
                .because(&error)
                .next("name a file or folder that is there")
        })
}

/// The top of the work tree that `path` lies in.
fn work_tree(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_owned)
}
