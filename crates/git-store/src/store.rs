//! An open repository.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gix::ThreadSafeRepository;
use gix::objs::Kind;
use gix::odb::store::init::Slots;

use crate::commit::{Commit, CommitId, FirstParents, peel};
use crate::error::{Error, Result};
use crate::location::{Location, Place};
use crate::objects::Objects;
use crate::opened::Latest;
use crate::recent::Recent;
use crate::reference;
use crate::snapshot::Snapshot;
use crate::unpacked::Unpacked;
use crate::write::{NewObject, ObjectFormat, Outcome};

/// An open repository: shared between threads, nothing of it ever run or checked out.
#[derive(Clone)]
pub struct Store {
    repository: ThreadSafeRepository,
    pub(crate) latest: Latest,
    incoming: Option<PathBuf>,
    /// Goes along when it is opened anew.
    recent: Option<Recent>,
    is_loose: Arc<AtomicBool>,
}

impl Store {
    /// Opens the repository of a location.
    ///
    /// Only the repository's own configuration file is read, and of it only what says how objects
    /// and references are stored. No file of the user or the system, no variable of the
    /// environment, no hook and no program has any effect.
    ///
    /// # Errors
    /// [`Error::NotARepository`] if there is none, or one in a format that is not understood;
    /// [`Error::Remote`] if it is on another machine.
    pub fn open(location: &Location) -> Result<Store> {
        match &location.repository {
            Place::Local(path) => Store::open_path(path),
            Place::Remote(url) => Err(Error::Remote {
                url: url.to_string(),
            }),
        }
    }

    /// Opens the repository at a path: a bare one, or a working tree with its `.git`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_path(path: &Path) -> Result<Store> {
        let (latest, repository) = Latest::begin(path, || open(path))?;
        Ok(Store {
            repository,
            latest,
            incoming: None,
            recent: None,
            is_loose: Arc::new(AtomicBool::new(true)),
        })
    }

    /// The same repository seen from a `pre-receive` hook: with the objects of the push, which Git
    /// keeps in a directory of their own (`GIT_QUARANTINE_PATH`) until the hook agrees.
    #[must_use]
    pub fn with_incoming(self, objects: &Path) -> Store {
        Store {
            incoming: Some(objects.to_owned()),
            ..self
        }
    }

    /// The same, for who reads again and again what it has written: of what it [puts](Self::put) there from now on, the
    /// newest is kept in memory, up to [`limits::RECENT_OCTETS`](crate::limits::RECENT_OCTETS), also when it is opened anew.
    /// An object that is removed behind our back may so be found for a while.
    #[must_use]
    pub fn remembering(self) -> Store {
        Store {
            recent: Some(self.recent.unwrap_or_default()),
            ..self
        }
    }

    /// Notes objects that are on the disk as they are here.
    pub(crate) fn note_written(&self, objects: impl Iterator<Item = (NewObject, Outcome)>) {
        if let Some(recent) = &self.recent {
            objects.for_each(|(object, deflated)| recent.note(object, deflated));
        }
    }

    /// What is kept in memory, where anything is.
    pub(crate) fn recent(&self) -> Option<&Recent> {
        self.recent.as_ref()
    }

    /// The repository opened anew; where its configuration and packs are as they were, that costs four looks at files, and
    /// some more if they changed a moment ago. Objects that are added later are found without it; it keeps memory maps of packs that are gone from piling up.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopened(&self) -> Result<Store> {
        let repository = self.latest.opened(|| open(self.repository.git_dir()))?;
        Ok(Store {
            repository,
            ..self.clone()
        })
    }

    /// The newest commit of a branch, or of the branch that `HEAD` names; `None` before its first commit.
    ///
    /// # Errors
    /// [`Error::NoSuchBranch`] if there are branches, but not this one.
    pub fn tip(&self, branch: Option<&str>) -> Result<Option<CommitId>> {
        let name = match branch {
            None => "HEAD".to_owned(),
            Some(full) if full.starts_with("refs/") => full.to_owned(),
            Some(short) => format!("refs/heads/{short}"),
        };
        match (self.reference(&name)?, branch) {
            (Some(id), _) => peel(&self.objects(), id).map(Some),
            (None, None) => Ok(None),
            (None, Some(branch)) => self.missing_branch(branch),
        }
    }

    /// The commit that a reference leads to, by its full name (`refs/...`); `None` if it is not there.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`] if it leads to no commit.
    pub fn commit_at(&self, reference: &str) -> Result<Option<CommitId>> {
        let id = self.reference(reference)?;
        id.map(|id| peel(&self.objects(), id)).transpose()
    }

    /// The branch that `HEAD` names, without `refs/heads/`; `None` where it names a commit.
    ///
    /// # Errors
    /// [`Error::Refused`] if `HEAD` cannot be read.
    pub fn head_branch(&self) -> Result<Option<String>> {
        let repository = self.repository.to_thread_local();
        let name = repository.head_name().map_err(refused)?;
        Ok(name.map(|name| name.shorten().to_string()))
    }

    /// The names of all branches, sorted.
    ///
    /// # Errors
    /// [`Error::Refused`] if the references cannot be read.
    pub fn branches(&self) -> Result<Vec<String>> {
        let repository = self.repository.to_thread_local();
        let platform = repository.references().map_err(refused)?;
        let mut names: Vec<String> = platform
            .local_branches()
            .map_err(refused)?
            .filter_map(|reference| Some(reference.ok()?.name().shorten().to_string()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Author, committer, time, message and parents of a commit.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`].
    pub fn commit(&self, id: CommitId) -> Result<Commit> {
        Commit::read(&self.objects(), id)
    }

    /// The octets of a commit, as they were signed if they were.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`].
    pub fn commit_octets(&self, id: CommitId) -> Result<Vec<u8>> {
        self.objects().read_whole(id.0, Kind::Commit)
    }

    /// This commit, its first parent, that one's first parent and so on.
    #[must_use]
    pub fn first_parents(&self, from: CommitId) -> FirstParents {
        FirstParents {
            objects: self.objects(),
            next: Some(from),
        }
    }

    /// The files of a commit. Belongs to one thread; another thread makes its own.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`].
    pub fn snapshot(&self, id: CommitId) -> Result<Snapshot> {
        Snapshot::read(self.objects(), id)
    }

    /// How objects are named.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        self.objects().hash_kind().into()
    }

    /// The directory with `HEAD`, and the one with `refs/` and `objects/`: different only in a linked working tree.
    #[must_use]
    pub fn directories(&self) -> [&Path; 2] {
        let git_dir = self.repository.git_dir();
        [
            git_dir,
            self.repository.common_dir.as_deref().unwrap_or(git_dir),
        ]
    }

    /// All directories that are read below: [those of the repository](Self::directories), those in it that may be links to
    /// elsewhere, and the objects of others that it borrows from (`objects/info/alternates`).
    ///
    /// # Errors
    /// [`Error::Refused`] if what is borrowed from cannot be found out.
    pub fn places(&self) -> Result<Vec<PathBuf>> {
        let [git_dir, common_dir] = self.directories();
        let inside = ["refs", "objects", "objects/pack"].map(|name| common_dir.join(name));
        let mut places = [&[git_dir.to_owned(), common_dir.to_owned()][..], &inside].concat();
        let objects = self
            .repository
            .to_thread_local()
            .objects
            .store_ref()
            .path()
            .to_owned();
        places.extend(gix::odb::alternate::resolve(objects, Path::new(".")).map_err(refused)?);
        Ok(places)
    }

    pub(crate) fn repository(&self) -> gix::Repository {
        self.repository.to_thread_local()
    }

    pub(crate) fn objects(&self) -> Objects {
        let mut main = self.repository.objects.to_cache_arc();
        let unpacked = Unpacked::default();
        main.set_pack_cache(move || Box::new(unpacked.clone()));
        let hash = main.store_ref().object_hash();
        Objects {
            main,
            recent: self.recent.clone(),
            is_loose: Arc::clone(&self.is_loose),
            incoming: self
                .incoming
                .as_ref()
                .and_then(|path| gix::odb::at(path, hash).ok()),
        }
    }

    /// What a reference points to, symbolic ones followed; `None` if it is not there or not born yet.
    pub(crate) fn reference(&self, name: &str) -> Result<Option<gix::ObjectId>> {
        let [_, dir] = self.directories();
        if let Some(id) = reference::plain(dir, name, self.repository.objects.object_hash()) {
            return Ok(Some(id));
        }
        let repository = self.repository.to_thread_local();
        // A text that cannot be a reference's name names none.
        let Ok(Some(mut reference)) = repository.try_find_reference(name) else {
            return Ok(None);
        };
        Ok(reference.follow_to_object().ok().map(gix::Id::detach))
    }

    fn missing_branch(&self, branch: &str) -> Result<Option<CommitId>> {
        match self.branches()? {
            none if none.is_empty() => Ok(None),
            known => Err(Error::NoSuchBranch {
                branch: branch.to_owned(),
                known,
            }),
        }
    }
}

/// Room for packs that are added while the repository is open: a push may add one each. Each slot is made, and taken down
/// again, whenever a repository is opened, as it is for every look at a branch after packs have changed.
const SLOTS: Slots = Slots::AsNeededByDiskState {
    multiplier: 2.0,
    minimum: 256,
};

/// An object is what its id says: whoever may push `refs/replace/ID` could put another in its place, also under a commit
/// that somebody else has signed.
const NO_REPLACEMENTS: &str = "core.useReplaceRefs=false";

fn open(path: &Path) -> Result<ThreadSafeRepository> {
    ThreadSafeRepository::open_opts(path, options()).map_err(|why| Error::NotARepository {
        path: path.to_owned(),
        why: why.to_string(),
    })
}

fn options() -> gix::open::Options {
    gix::open::Options::isolated()
        .config_overrides([NO_REPLACEMENTS])
        .object_store_slots(SLOTS)
}

fn refused(why: impl fmt::Display) -> Error {
    Error::Refused {
        why: why.to_string(),
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Store({})", self.repository.git_dir().display())
    }
}
