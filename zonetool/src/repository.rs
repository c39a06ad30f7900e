//! Making repositories: objects, first commit, index and configuration are written in-process, the `git` program is not needed.
//!
//! Reading zones is `git-store`'s work and happens without any configuration. Here the person's own configuration is read,
//! because a first commit should carry their name.

use crate::failure::Failure;
use crate::steps::{Did, Steps};
use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// The branch that is served unless the operator says otherwise.
pub(crate) const BRANCH: &str = "main";

/// With files to edit, or only the object database that others push to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Working,
    Bare,
}

/// The files of a first commit.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) message: String,
    /// Path with forward slashes, and content.
    pub(crate) files: Vec<(String, String)>,
}

/// Opens the repository at `dir`, after making one if there is none.
pub(crate) fn make(dir: &Path, kind: Kind, steps: &mut Steps) -> Result<gix::Repository, Failure> {
    let there = gix::open(dir).ok();
    let did = if there.is_some() {
        Did::Kept
    } else {
        Did::Made
    };
    let repository = there.map_or_else(|| make_anew(dir, kind), Ok)?;
    steps.add("repository", dir, did);
    Ok(repository)
}

fn make_anew(dir: &Path, kind: Kind) -> Result<gix::Repository, Failure> {
    if kind == Kind::Bare && fs::read_dir(dir).is_ok_and(|mut there| there.next().is_some()) {
        return Err(Failure::unreadable(format!(
            "{} is no repository, and there are other things in it",
            dir.display()
        ))
        .next("name a folder that is empty, or not there yet"));
    }
    let made = match kind {
        Kind::Working => gix::init(dir),
        Kind::Bare => gix::init_bare(dir),
    };
    let failure = |error: &dyn std::error::Error| {
        Failure::unreadable(format!("cannot make a repository in {}", dir.display()))
            .because(error)
            .next("name a folder that is yours to write")
    };
    let repository = made.map_err(|error| failure(&error))?;
    // Whatever `init.defaultBranch` says: the primary serves this one unless told otherwise.
    fs::write(
        repository.git_dir().join("HEAD"),
        format!("ref: refs/heads/{BRANCH}\n"),
    )
    .map_err(|error| failure(&error))?;
    gix::open(dir).map_err(|error| failure(&error))
}

/// Opens the repository that `path` lies in.
pub(crate) fn discover(path: &Path) -> Result<gix::Repository, Failure> {
    gix::discover(&*without_dots(path)).map_err(|error| {
        Failure::unreadable(format!("{} is in no Git repository", path.display()))
            .because(&error)
            .next(format!("make one: zonetool init {}", quoted(path)))
    })
}

/// The path from the root, if it leads upwards: gix looks for `../other.git` around the folder that it is asked from.
///
/// Any other is left as it was written, for messages.
pub(crate) fn without_dots(path: &Path) -> Cow<'_, Path> {
    let is_upward = path.components().any(|part| part == Component::ParentDir);
    let whole = is_upward.then(|| fs::canonicalize(path).ok()).flatten();
    whole.map_or(Cow::Borrowed(path), Cow::Owned)
}

/// Writes those files that are not there yet.
pub(crate) fn write_files(dir: &Path, seed: &Seed, steps: &mut Steps) -> Result<(), Failure> {
    for (path, content) in &seed.files {
        let path = dir.join(path);
        let did = write_new(&path, content).map_err(|error| {
            Failure::unreadable(format!("cannot write {}", path.display()))
                .because(&error)
                .next("look at the permissions of the folder")
        })?;
        steps.add("file", &path, did);
    }
    Ok(())
}

/// Creates the file, never truncates one.
fn write_new(path: &Path, content: &str) -> std::io::Result<Did> {
    fs::create_dir_all(path.parent().expect("a file in a folder has a parent"))?;
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    match file {
        Ok(mut file) => file.write_all(content.as_bytes()).map(|()| Did::Made),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(Did::Kept),
        Err(error) => Err(error),
    }
}

/// Commits the seed if nothing was ever committed, and gives the commit's id.
///
/// The same seed by the same author in the same second has the same id in every repository.
pub(crate) fn commit_first(
    repository: &gix::Repository,
    seed: &Seed,
) -> Result<Option<gix::ObjectId>, Failure> {
    match repository.head_id() {
        Ok(_) => Ok(None),
        Err(_) => write_commit(repository, seed).map(Some).map_err(|error| {
            Failure::unreadable(format!(
                "cannot commit to {}",
                repository.git_dir().display()
            ))
            .because(&*error)
            .next("look at the permissions and the free space of the folder")
        }),
    }
}

type Boxed = Box<dyn std::error::Error>;

fn write_commit(repository: &gix::Repository, seed: &Seed) -> Result<gix::ObjectId, Boxed> {
    let tree = write_tree(repository, seed)?;
    let mut time = gix::date::parse::TimeBuf::default();
    let author = author(repository);
    let author = author.to_ref(&mut time);
    let head = format!("refs/heads/{BRANCH}");
    let commit = repository.commit_as(
        author,
        author,
        head.as_str(),
        &seed.message,
        tree,
        gix::commit::NO_PARENT_IDS,
    )?;
    if repository.workdir().is_some() {
        repository
            .index_from_tree(&tree)?
            .write(gix::index::write::Options::default())?;
    }
    Ok(commit.detach())
}

/// The files as they are on disk where there is a disk copy, which a person may have written before us.
fn write_tree(repository: &gix::Repository, seed: &Seed) -> Result<gix::ObjectId, Boxed> {
    let mut tree = repository.edit_tree(repository.empty_tree().id)?;
    for (path, content) in &seed.files {
        let there = repository
            .workdir()
            .and_then(|dir| fs::read(dir.join(path)).ok());
        let blob = repository.write_blob(there.as_deref().unwrap_or(content.as_bytes()))?;
        tree.upsert(path.as_str(), gix::object::tree::EntryKind::Blob, blob)?;
    }
    Ok(tree.write()?.detach())
}

/// The person's own name and address, or ours where Git has not been told any.
fn author(repository: &gix::Repository) -> gix::actor::Signature {
    let configured = repository
        .author()
        .and_then(Result::ok)
        .and_then(|author| author.to_owned().ok());
    configured.unwrap_or_else(|| gix::actor::Signature {
        name: "zonetool".into(),
        email: "zonetool@localhost".into(),
        time: gix::date::Time::now_local_or_utc(),
    })
}

/// Whether Git knows whom to name as the author of a commit made by hand.
pub(crate) fn knows_author(repository: &gix::Repository) -> bool {
    repository.author().is_some_and(|author| author.is_ok())
}

/// The folder Git runs this repository's hooks from.
pub(crate) fn hooks_dir(repository: &gix::Repository) -> PathBuf {
    let configured = repository.config_snapshot().string("core.hooksPath");
    let own = || repository.common_dir().join("hooks");
    configured.map_or_else(own, |path| {
        let path = PathBuf::from(path.to_string());
        // A relative path is taken from where hooks run: the work tree, or the bare repository itself (git-config(1)).
        repository
            .workdir()
            .unwrap_or(repository.git_dir())
            .join(path)
    })
}

/// A path as a shell word.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+~@:".contains(c);
    match text.chars().all(plain) && !text.is_empty() {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
