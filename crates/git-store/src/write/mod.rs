//! Commits that are still there after a power loss.
//!
//! # What is promised
//!
//! Whoever holds a [`Receipt`] may tell a client that its change is kept: the commit, every object that is new
//! in it, the names of all those files, and the branch that points to it have been synced. There is no other way to
//! a receipt. Without one, either nothing was changed that anybody could see, or ([`WriteError::Uncertain`]) the
//! branch has moved and only the last sync failed.
//!
//! # What is stored
//!
//! A commit is a file for each changed zone, each changed folder and itself: *loose objects*, as `git` writes
//! them. A pack for each commit would be two files whatever is in it, but packs are looked through one by one, there
//! may be only so many of them, and an operator's repository is not ours to tidy up; loose objects are gathered by
//! `git gc` as usual. What the disk charges for is waiting: on one (virtual, busy) disk a sync took 5 ms, twelve of
//! them one after the other for a commit of five objects 60 ms, those of a pack 30 ms, and the twelve in three rounds of
//! which each waits only once 18 ms. So the files are synced beside each other, then the directories, then the branch.
//! One move of a branch can carry many commits ([`Store::put`], then [`Store::advance`]). Only a commit of more than
//! a thousand objects, such as an import, is a pack: there the syncs would be the longest part of it.
//!
//! # In which order
//!
//! ```text
//! 1  each new object under a name nobody looks for: written, synced, read back and compared; beside them, for who says which
//!    branch it will be (`Store::begin_on`), the file that its lock will be
//! 2  each renamed to its place, what is pointed to before what points to it
//! 3  the directories synced; who has begun it (`Store::begin_now`) reads the commit meanwhile
//! 4  the branch locked; is it still where the commit was made? is it checked out nowhere?
//! 5  the line for the branch's log, where one is kept (for people: not synced)
//! 6  the branch replaced by rename                                            <- the switch
//! 7  its directory synced                                                     <- the receipt
//! ```
//! Only 6 can be seen from outside, and it is one system call: before it the branch is at the old commit, after it at
//! the new one, and both are whole.
//!
//! # What is read after a crash
//!
//! Nothing special: there is no journal of ours, and no file is read that Git does not read. A process that was killed
//! leaves, at most, objects that nothing points to (`git gc` removes them after two weeks), `tmp_obj_*` files (as
//! Git's own, removed with them), and a lock, which the next writer knows to be left behind (`lock.rs` says how). An
//! object that is already there may have been left so, and is synced again; one that a power loss has emptied is
//! replaced.
//!
//! # What a fetch brings
//!
//! A fetch writes a pack, and a reference of its own that nobody serves. [`Settler::settle`] looks whether all is there
//! that the commit needs, syncs the pack, its index and their directory, and gives the same [`Durable`] that a commit of
//! our own has; the branch that is served then moves by [`Store::advance`], with the same receipt.
//!
//! # How it stays small
//!
//! In a mirror ([`Store::create_mirror`]), and only there, packs and loose objects are gathered into one pack
//! ([`Store::consolidate`]): written, synced, read back with every object hashed, named. What it replaces stays for
//! [`GRACE`], for those who have it open, and goes when ([`Superseded::remove`]) the new pack is still there and no
//! reference leads to what was left out, which is what nothing has led to for two weeks. Nobody waits meanwhile but a
//! writer, for as long as it takes to remove files. `git gc` may run beside it: each removes only what its own pack has.
//!
//! # What is deliberately not done
//!
//! - No file of a working tree is touched, and no branch is moved that is checked out, as its files would be shown as
//!   changed back; but by who is at work in that tree, holds its lock and brings its index (`index_lock.rs`).
//! - No hook is run, as nothing else in the repository is.
//! - Nothing is retried: whoever lost a race has to look at what won it.
//! - What others have written is not synced again: Git syncs its packs, objects and references by itself
//!   (`core.fsync`) unless told otherwise.
//! - A disk that confirms a sync and loses it all the same is beyond any of this.

mod branch;
mod consolidate;
mod crc;
mod deflated;
mod disk;
mod draft;
mod error;
mod fetched;
mod hands;
mod index_lock;
mod lock;
mod loose;
mod machine;
mod mirror;
mod pack;
mod patched;
mod reachable;
mod receipt;
mod reflog;
mod sources;
mod superseded;
mod text;
mod tree;
pub(crate) mod whole;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

pub use consolidate::Untidy;
pub use draft::{Draft, Edit, Trailer};
pub use error::{Refusal, WriteError};
pub use fetched::Settler;
pub use index_lock::{IndexLock, NewIndex};
pub use mirror::ObjectFormat;
pub use receipt::{Durable, Receipt, Underway};
pub use superseded::{GRACE, Superseded};

use branch::Branch;
pub(crate) use deflated::Deflated;
use error::Result;
use hands::Together;
#[cfg(test)]
pub(crate) use loose::deflated;
pub(crate) use loose::{NewObject, Outcome, path_of};
use receipt::Ahead;

use crate::commit::{Commit, CommitId};
use crate::objects::Objects;
use crate::store::Store;

impl Store {
    /// Makes a commit and moves the branch to it: [`Self::put`] and [`Self::advance`] in one.
    ///
    /// # Errors
    /// [`WriteError::Lost`] if the branch is not at the draft's parent; others as they say. Then nothing
    /// was changed that anybody could see, unless the error is [`WriteError::Uncertain`].
    pub fn write(&self, branch: &str, draft: &Draft) -> Result<Receipt> {
        let store = self.reopened()?;
        // Looked at again under the lock; this spares the objects of a race that is lost already.
        Branch::new(&store.repository(), branch)?.check_is(draft.parent)?;
        let durable = store.put_now(draft)?;
        store.move_branch(branch, (draft.parent, &durable), None)
    }

    /// Makes a commit of which everything is durable, and that no branch points to yet. Several drafts,
    /// each made on the commit before it, can so become part of a branch together.
    ///
    /// # Errors
    /// [`WriteError::Refused`] for what cannot be in a commit, [`WriteError::Full`], [`WriteError::Io`].
    pub fn put(&self, draft: &Draft) -> Result<Durable> {
        self.reopened()?.put_now(draft)
    }

    /// As [`Self::put`], on the repository as it is open: for who has [opened it anew](Self::reopened) just now.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_now(&self, draft: &Draft) -> Result<Durable> {
        self.begin_now(draft)?.finish()
    }

    /// As [`Self::put_now`], and gives the commit when it can be read: the last of three waits for the disk goes on meanwhile.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn begin_now(&self, draft: &Draft) -> Result<Underway> {
        self.begin(draft, None)
    }

    /// The same for who moves this branch to it right then: the file of its lock is synced beside the objects, so there
    /// is one wait less. Until what comes of it is dropped others of us wait for the branch, Git does not.
    ///
    /// # Errors
    /// As [`Self::put`]; [`Refusal::BranchName`].
    pub fn begin_on(&self, branch: &str, draft: &Draft) -> Result<Underway> {
        let branch = Branch::new(&self.repository(), branch)?;
        self.begin(draft, Some(branch))
    }

    fn begin(&self, draft: &Draft, branch: Option<Branch>) -> Result<Underway> {
        let _held = superseded::nothing_is_removed();
        let objects = self.objects();
        let parents = draft.parent.iter().chain(&draft.merged);
        let parents = parents.map(|parent| Commit::read(&objects, *parent));
        let parents = parents.collect::<crate::error::Result<Vec<Commit>>>()?;
        let mut trees = tree::NewTrees::new(&objects);
        let tree = trees.apply(parents.last().map(|parent| parent.tree), &draft.changes)?;
        let commit = text::commit(objects.hash_kind(), draft, tree)?;
        let id = CommitId(commit.id);
        let mut made = trees.made;
        made.push(commit);
        let database = database(&objects);
        let ahead = Arc::<Ahead>::default();
        let dirs = match made.len() > MANY {
            true => {
                pack::store(&database, &made)?;
                Vec::new()
            }
            false => {
                let beside = draft_ahead(branch, id, &ahead);
                let stored = loose::place(&database, made, self.recent(), beside)?;
                self.note_written(stored.objects.into_iter());
                stored.dirs
            }
        };
        let durable = Durable::new(id, database, ahead);
        let names = sync_meanwhile(dirs)?;
        Ok(Underway { durable, names })
    }

    /// Moves a branch from where it is expected (`None`: it is not there yet) to a durable commit.
    /// Whether that follows from the one before is for the caller to know.
    ///
    /// # Errors
    /// [`WriteError::Lost`] if the branch is elsewhere, [`WriteError::Refused`] if it is checked out or
    /// cannot be, [`WriteError::Busy`] if another program does not let go of it.
    pub fn advance(
        &self,
        branch: &str,
        expected: Option<CommitId>,
        to: &Durable,
    ) -> Result<Receipt> {
        self.reopened()?.advance_now(branch, expected, to)
    }

    /// As [`Self::advance`], on the repository as it is open: for who has [opened it anew](Self::reopened) just now.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn advance_now(
        &self,
        branch: &str,
        expected: Option<CommitId>,
        to: &Durable,
    ) -> Result<Receipt> {
        self.move_branch(branch, (expected, to), None)
    }

    /// On a repository that was opened just now: one that is open for long runs out of room for packs. `follows` is the
    /// `HEAD` of a working tree that will match.
    fn move_branch(
        &self,
        branch: &str,
        (expected, to): (Option<CommitId>, &Durable),
        follows: Option<&Path>,
    ) -> Result<Receipt> {
        let _held = superseded::nothing_is_removed();
        let objects = self.objects();
        if database(&objects) != to.database {
            return Err(Refusal::OtherRepository.into());
        }
        let commit = Commit::read(&objects, to.commit)?;
        let repository = self.repository();
        let branch = Branch::new(&repository, branch)?;
        let new = (to.commit, to.take_ahead(&branch.path()));
        branch.swap(expected, new, follows, || {
            reflog::append(&repository, &branch, expected, &commit)
        })?;
        Ok(Receipt {
            branch: branch.name,
            commit: to.commit,
            previous: expected,
        })
    }
}

/// None if it is done, where syncs are not worth waiting for beside something else.
fn sync_meanwhile(dirs: Vec<PathBuf>) -> Result<Option<Together<PathBuf>>> {
    if !disk::is_slow() {
        return loose::sync_names(&dirs).map(|()| None);
    }
    let others = dirs.len();
    Ok(Some(hands::begin(dirs, others, |dir| disk::sync(dir))))
}

/// Makes the file that the lock of the branch will be, if it is known which that is.
fn draft_ahead(branch: Option<Branch>, to: CommitId, ahead: &Arc<Ahead>) -> loose::Beside {
    let ahead = Arc::clone(ahead);
    Box::new(move || {
        let branch = branch.as_ref();
        let drafted = branch.and_then(|it| Some((it.path(), it.draft_ahead(to)?)));
        *ahead.lock().unwrap_or_else(PoisonError::into_inner) = drafted;
        Ok(())
    })
}

/// From so many new objects on a commit is one pack.
const MANY: usize = 1000;

/// The directory `objects/`, with no regard to how the path to the repository was written.
fn database(objects: &Objects) -> PathBuf {
    let path = objects.main.store_ref().path();
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
