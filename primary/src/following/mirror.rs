//! The copy of the remote on this machine: a bare repository that is ours alone.
//!
//! ```text
//! refs/stemma/fetched/BRANCH   what the remote has, as soon as all of it is here and on the disk
//! refs/heads/BRANCH            what is served: what was taken in of it, and updates that are commits
//! refs/stemma/shared/BRANCH    the newest of the first that is in the second
//! stemma-origin                which repository and branch this is a copy of
//! ```
//! A commit that is refused is here, to be looked at and accepted. The second is moved by who has the loader, and by
//! nobody else. What it has beyond the third is ours and not pushed yet: that alone says so. If the first has not all of
//! the third, history was rewritten (`crate::branch::meeting`). All keep what they lead to from being tidied away. Where the location names no branch, the one that `HEAD` of the remote
//! names is meant, which may become another: here it goes by the names `HEAD` and `main`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use git_store::{CommitId, Location, ObjectFormat, Settler, Store, Superseded, Untidy, WriteError};
use tempfile::TempDir;

use crate::failure::Failure;

/// The name of the copy in the state directory.
const NAME: &str = "mirror.git";
/// The name of the file in it that says what it is a copy of.
const ORIGIN: &str = "stemma-origin";

/// The copy; only one thread at a time writes to it.
#[derive(Debug)]
pub(crate) struct Mirror {
    path: PathBuf,
    store: Store,
    /// Full names of the references.
    fetched: String,
    taken: String,
    shared: String,
    /// How often the remote was told something.
    pushes: u64,
    settler: Settler,
    pub(super) untidy: Untidy,
    pub(super) grace: Duration,
    superseded: Option<Superseded>,
    /// Without a state directory: removed at the end.
    temporary: Option<TempDir>,
}

/// Where the references are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    /// What the remote had when it was reached last.
    pub(crate) fetched: Option<CommitId>,
    /// What is served, or was before this process.
    pub(crate) taken: Option<CommitId>,
    /// The newest state of the remote that is in what is served.
    pub(crate) shared: Option<CommitId>,
}

impl Mirror {
    /// Opens the copy in the state directory, or makes an empty one; without that directory one that does not last.
    ///
    /// # Errors
    /// [`Failure::State`] if it cannot be made or used, or is of another repository or branch.
    pub(crate) fn open(state_dir: Option<&Path>, of: &Location) -> Result<Mirror, Failure> {
        let temporary = match state_dir {
            Some(_) => None,
            None => Some(private_directory()?),
        };
        let home = state_dir.or(temporary.as_ref().map(TempDir::path));
        let path = home.unwrap_or(Path::new(".")).join(NAME);
        let unusable = |why: String| Failure::State {
            path: path.clone(),
            why,
        };
        let store = match path.exists() {
            true => Store::open_path(&path).map_err(|why| unusable(why.to_string())),
            false => Store::create_mirror(&path, ObjectFormat::Sha1)
                .map_err(|why| unusable(why.to_string())),
        }?;
        check_origin(&path, &store, of).map_err(unusable)?;
        let branch = of.branch.as_deref();
        let branch = branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
        let mirror = Mirror {
            fetched: format!("refs/stemma/fetched/{}", branch.unwrap_or("HEAD")),
            taken: format!("refs/heads/{}", branch.unwrap_or("main")),
            shared: format!("refs/stemma/shared/{}", branch.unwrap_or("HEAD")),
            pushes: 0,
            path,
            store,
            settler: Settler::new(),
            untidy: Untidy::default(),
            grace: git_store::GRACE,
            superseded: None,
            temporary,
        };
        mirror.known().map_err(|why| Failure::State {
            path: mirror.path.clone(),
            why: format!(
                "{why}; or remove it, and it is fetched anew, but for updates that were not pushed"
            ),
        })?;
        Ok(mirror)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The reference to what the remote has, by its full name.
    pub(crate) fn fetched_name(&self) -> &str {
        &self.fetched
    }

    /// The reference to what is served, by its full name.
    pub(crate) fn taken_name(&self) -> &str {
        &self.taken
    }

    /// Where all three references are.
    pub(crate) fn ends(&self) -> git_store::Result<Ends> {
        self.ends_in(&self.store.reopened()?)
    }

    /// The same, as the copy is open.
    pub(crate) fn ends_in(&self, store: &Store) -> git_store::Result<Ends> {
        Ok(Ends {
            fetched: store.commit_at(&self.fetched)?,
            taken: store.commit_at(&self.taken)?,
            shared: store.commit_at(&self.shared)?,
        })
    }

    /// What the remote had when it was reached last; `None` before anything was fetched.
    pub(crate) fn fetched(&self) -> git_store::Result<Option<CommitId>> {
        self.store.reopened()?.commit_at(&self.fetched)
    }

    /// What the remote most likely has, and is here as a whole.
    pub(super) fn known(&self) -> git_store::Result<Option<CommitId>> {
        self.known_in(&self.store.reopened()?)
    }

    fn known_in(&self, store: &Store) -> git_store::Result<Option<CommitId>> {
        match store.commit_at(&self.fetched)? {
            Some(fetched) => Ok(Some(fetched)),
            None => store.commit_at(&self.taken),
        }
    }

    /// Holds objects of another format from now on, while there are none.
    pub(super) fn change_format(&mut self, format: ObjectFormat) -> Result<(), WriteError> {
        self.store = self.store.with_object_format(format)?;
        Ok(())
    }

    /// For [`Self::note_fetched_since`].
    pub(super) fn pushes(&self) -> u64 {
        self.pushes
    }

    /// Notes that the remote has this commit, which was fetched, once all of it is on the disk. Gives whether that is news.
    pub(crate) fn note_fetched(&mut self, commit: CommitId) -> Result<bool, WriteError> {
        let name = self.fetched.clone();
        self.lead(&name, commit)
    }

    /// The same, by a look that began when there had been so many pushes: what it saw may be what was before another.
    pub(super) fn note_fetched_since(
        &mut self,
        commit: CommitId,
        pushes: u64,
    ) -> Result<bool, WriteError> {
        if pushes != self.pushes
            && let Some(fetched) = self.fetched()?
            && self.store.reopened()?.is_ancestor(commit, fetched)?
        {
            return Ok(false);
        }
        self.note_fetched(commit)
    }

    /// Notes that this commit is served.
    pub(crate) fn note_taken(&mut self, commit: CommitId) -> Result<bool, WriteError> {
        let name = self.taken.clone();
        self.lead(&name, commit)
    }

    /// Notes that this state of the remote is in what is served, which comes after that was noted.
    pub(crate) fn note_shared(&mut self, commit: CommitId) -> Result<bool, WriteError> {
        let name = self.shared.clone();
        self.lead(&name, commit)
    }

    /// Notes that the remote has this commit, as it was pushed.
    pub(crate) fn note_pushed(&mut self, commit: CommitId) -> Result<(), WriteError> {
        self.pushes += 1;
        self.note_fetched(commit)?;
        self.note_shared(commit).map(drop)
    }

    fn lead(&mut self, name: &str, commit: CommitId) -> Result<bool, WriteError> {
        let store = self.store.reopened()?;
        let before = store.commit_at(name)?;
        if before == Some(commit) {
            return Ok(false);
        }
        // Nothing is tidied away in between, though no reference leads to it yet: who does that has this copy for himself.
        let known = self.known_in(&store)?;
        let durable = self.settler.settle(&store, commit, known)?;
        store.advance_now(name, before, &durable)?;
        Ok(true)
    }

    /// Gathers what lies about, if it is much, and removes what was gathered before, if nobody can be at it any more.
    pub(super) fn tidy(&mut self) -> Result<(), WriteError> {
        self.superseded = match self.superseded.take() {
            Some(superseded) => superseded.remove(self.grace)?,
            None => self.store.consolidate(&self.untidy)?,
        };
        Ok(())
    }
}

/// For this user alone, as zones need not be public.
fn private_directory() -> Result<TempDir, Failure> {
    let made = tempfile::Builder::new().prefix("stemma-primary-").tempdir();
    made.map_err(|why| Failure::State {
        path: std::env::temp_dir(),
        why: format!("{why}; name a directory for the copy with --state-dir DIR"),
    })
}

/// One directory is a copy of one branch of one repository: serials and the commit served last are of that.
fn check_origin(path: &Path, store: &Store, of: &Location) -> Result<(), String> {
    let file = path.join(ORIGIN);
    let wanted = format!("{of}\n");
    match fs::read_to_string(&file) {
        Ok(found) if found == wanted => Ok(()),
        Ok(found) => Err(format!(
            "it is a copy of {}, not of {of}; name another directory with --state-dir DIR, or, if this is the \
             same repository at another place, remove the file {ORIGIN} in it",
            found.trim_end()
        )),
        Err(why) if why.kind() == ErrorKind::NotFound && store.is_mirror() => {
            write_origin(path, &wanted).map_err(|why| format!("cannot write {ORIGIN}: {why}"))
        }
        Err(why) if why.kind() == ErrorKind::NotFound => Err(
            "it is a repository of somebody else; name another directory with --state-dir DIR"
                .into(),
        ),
        Err(why) => Err(format!("cannot read {ORIGIN}: {why}")),
    }
}

fn write_origin(path: &Path, text: &str) -> io::Result<()> {
    let aside = path.join(format!("{ORIGIN}.new"));
    let mut file = File::create(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, path.join(ORIGIN))?;
    File::open(path)?.sync_all()
}
