//! Working trees: the files a person edits, and the index that Git keeps of them.
//!
//! Everything that is written here is what Git itself would have written, so that either can go on with it. Nothing of a
//! repository is run, no filter and no attribute has an effect: files are what the objects hold.

mod disk;
mod forward;
mod ignored;
mod index;
mod new_clone;
mod scan;
mod wanted;

pub(crate) use forward::Forward;
pub(crate) use ignored::Ignored;
pub(crate) use index::Index;
pub(crate) use new_clone::{NewClone, Of};
pub(crate) use scan::{Scan, What};
pub(crate) use wanted::Wanted;

use crate::failure::Failure;
use crate::repository::{self, quoted};
use crate::target::Repository;
use git_store::{CommitId, Printable};
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::Mode;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Whatever went wrong, as one sentence and its causes.
pub(crate) type Boxed = Box<dyn Error>;

/// The files of a commit, by their path from the top.
pub(crate) type Listed = BTreeMap<BString, (Mode, ObjectId)>;

/// A working tree with the branch that is checked out in it.
pub(crate) struct WorkTree {
    pub(crate) repository: Repository,
    /// The same with the person's own configuration.
    pub(crate) config: gix::Repository,
    /// The folder with the files, without links in its path.
    pub(crate) top: PathBuf,
    pub(crate) branch: String,
    /// The newest commit of the branch, before whose first there is none.
    pub(crate) head: Option<CommitId>,
}

impl WorkTree {
    /// The one that `path` lies in.
    pub(crate) fn around(path: &Path) -> Result<WorkTree, Failure> {
        let repository = Repository::around(path)?;
        let config = repository::discover(path)?;
        let top = config.workdir().and_then(|top| top.canonicalize().ok());
        let top = top.ok_or_else(|| {
            Failure::usage(format!(
                "{} is a bare repository, which has no files",
                quoted(path)
            ))
            .next("work in a clone of it: zonetool clone URL")
        })?;
        if let Some(what) = unfinished(config.git_dir()) {
            return Err(Failure::usage(format!("a {what} is not finished here"))
                .next("finish it, or give it up, with Git: git status"));
        }
        let store = &repository.store;
        let unread = |why: git_store::Error| unread(&top, &why);
        let branch = store.head_branch().map_err(unread)?.ok_or_else(|| {
            Failure::usage("no branch is checked out, but a commit")
                .next("check one out: git checkout BRANCH")
        })?;
        let head = store.commit_at(&format!("refs/heads/{branch}"));
        Ok(WorkTree {
            head: head.map_err(unread)?,
            repository,
            config,
            top,
            branch,
        })
    }

    /// The files of a commit; none before the first one.
    pub(crate) fn files(&self, commit: Option<CommitId>) -> Result<Listed, Failure> {
        match commit {
            None => Ok(Listed::new()),
            Some(commit) => self.list(commit).map_err(|why| unread(&self.top, &*why)),
        }
    }

    /// Whether anything at all is at a path.
    pub(crate) fn is_on_disk(&self, path: &BStr) -> bool {
        disk::below(&self.top, path).symlink_metadata().is_ok()
    }

    fn list(&self, commit: CommitId) -> Result<Listed, Boxed> {
        let objects = self.objects()?;
        let commit = ObjectId::from_hex(commit.to_string().as_bytes())?;
        let tree = objects.find_commit(commit)?.tree_id()?;
        // Refuses `..`, `.git` and the like.
        let files = objects.index_from_tree(&tree)?;
        let entries = files.entries().iter();
        let entries = entries.map(|entry| (entry.path(&files).to_owned(), (entry.mode, entry.id)));
        let listed: Listed = entries.collect();
        if listed.len() != files.entries().len() {
            return Err("a file of the commit is in it twice".into());
        }
        match listed
            .keys()
            .find(|path| is_in_a_file(path.as_bstr(), &listed))
        {
            Some(path) => Err(format!("{} lies in what is a file", Printable(path)).into()),
            None => Ok(listed),
        }
    }

    /// The repository without anybody's configuration, and without objects that are put in the place of others.
    pub(crate) fn objects(&self) -> Result<gix::Repository, Boxed> {
        let options = gix::open::Options::isolated();
        let options = options.config_overrides(["core.useReplaceRefs=false"]);
        Ok(gix::open_opts(self.config.git_dir(), options)?)
    }
}

/// Whether one of the folders on the way is a file or a link as well, which only who means harm commits.
fn is_in_a_file(path: &BStr, listed: &Listed) -> bool {
    let mut above = path.find_iter("/").map(|at| path[..at].as_bstr());
    above.any(|folder| listed.contains_key(folder))
}

/// What Git remembers of a thing that it was stopped in the middle of.
fn unfinished(git_dir: &Path) -> Option<&'static str> {
    let marks = [
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
    ];
    let mut marks = marks.into_iter();
    marks.find_map(|(mark, what)| git_dir.join(mark).exists().then_some(what))
}

pub(crate) fn unread(top: &Path, why: &dyn Error) -> Failure {
    Failure::unreadable(format!("cannot read the repository in {}", top.display()))
        .because(why)
        .next("look at it: git fsck")
}

pub(crate) fn unwritten(top: &Path, why: &dyn Error) -> Failure {
    let failure = Failure::unreadable(format!(
        "cannot write to the repository in {}",
        top.display()
    ));
    failure.because(why)
}

/// Paths that one message names.
pub(crate) const SHOWN: usize = 10;
