//! Which versions of each zone were served, and what lay above the commits.
//!
//! A version is the zone of a commit and a number of changes above it, by ephemeral records; each has a serial. Neither those
//! records nor the serials that they took are in Git, and which commit a secondary's serial was is told nowhere else.
//!
//! # What is promised
//! Who holds a [`Journaled`] may tell a client that its change is kept: it has been synced, and the next process begins
//! with it and with its serial. What only notes which commit a serial was is not synced: where it is lost, the commit is
//! proof of what is served, and a secondary gets the whole zone once.
//!
//! # How it is stored
//! `DIR/versions` is a first line and pieces (`pieces.rs` has their form), each with its length and checksum; a piece is what
//! one commit or one batch of updates has changed, and costs a write. When what was added is more than what it was added to
//! (and [`ROOM`]), the file is replaced as a whole: written aside, synced, renamed, the directory synced. So it is with
//! the first piece of a process, and after anything has failed, because nobody knows then what of it is on the disk. What
//! is written then is what is in memory, of which old versions are forgotten ([`track`] has the limits).
//!
//! # What a commit and the layer change together
//! An update may be for both. Then its piece names the commit (`with`) and is synced before the branch moves. When the
//! process ends between the two, the branch has no such commit, and the piece counts for nothing: the update was not
//! acknowledged, and nothing of it is there. A second piece (`made`, not synced) says that the branch has moved, so that
//! later rewriting of history changes nothing about it.
//!
//! # What is read after a crash
//! Whole pieces count. One that is cut off at the end was not promised to anybody, and is left out. Damage anywhere else is
//! told, and nothing behind it is trusted: then neither the newest serial nor what was served with it is known for certain, and
//! every zone takes a serial that is newer than as many versions as could have been there.
//!
//! # What is deliberately not done
//! Zones are not kept, they are in Git; when a commit has been tidied away there, its version cannot be made again, and who has
//! it gets the whole zone. High-water marks are in a file of their own, as they are promises about each commit, which these
//! are not.

mod pieces;
pub(crate) mod track;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use git_store::CommitId;

use crate::failure::Failure;
use crate::loading::loader::lock;
pub(crate) use pieces::Damage;
use pieces::{Contents, read};
use track::{Entry, Tracks};

/// Octets that may be added in any case before the file is replaced as a whole.
const ROOM: u64 = 256 << 10;

/// The file, and what is in it.
#[derive(Debug)]
pub(crate) struct Journal {
    dir: PathBuf,
    tracks: Arc<Mutex<Tracks>>,
    /// What only counts if the branch has this commit, which nobody has looked for yet.
    open: Option<(CommitId, Vec<Entry>)>,
    /// None at first, and after something has failed.
    end: Option<End>,
}

/// The file where more can be added.
#[derive(Debug)]
struct End {
    file: File,
    /// Octets that may be added.
    room: u64,
}

/// Changes above commits are on the disk: only a journal makes these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journaled(());

impl Journal {
    /// Reads what is kept in the directory, which is this process's alone. With it comes what was wrong with the file, if that
    /// was damaged.
    ///
    /// # Errors
    /// [`Failure::State`] if it cannot be read, or is another kind of file.
    pub(crate) fn open(dir: &Path) -> Result<(Journal, Option<Damage>), Failure> {
        let contents = contents(dir)?;
        let journal = Journal {
            dir: dir.to_owned(),
            tracks: Arc::new(Mutex::new(contents.tracks)),
            open: contents.open,
            end: None,
        };
        Ok((journal, contents.damage))
    }

    pub(crate) fn tracks(&self) -> MutexGuard<'_, Tracks> {
        lock(&self.tracks)
    }

    /// For those who read only. It is held for no longer than a look.
    pub(crate) fn shared(&self) -> Arc<Mutex<Tracks>> {
        Arc::clone(&self.tracks)
    }

    /// The commit that the branch has if all that was written last counts.
    pub(crate) fn awaits(&self) -> Option<CommitId> {
        self.open.as_ref().map(|(commit, _)| *commit)
    }

    /// Says whether the branch has the commit.
    pub(crate) fn settle(&mut self, has_commit: bool) {
        if let Some((_, entries)) = self.open.take().filter(|_| has_commit) {
            self.take_all(entries);
        }
    }

    /// Notes versions that are about to be served, without waiting for the disk.
    ///
    /// # Errors
    /// What the system refused. They are known all the same, and will be written with the next ones.
    pub(crate) fn note(&mut self, entries: Vec<Entry>) -> io::Result<()> {
        let tracks = self.tracks();
        let (known, new): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| tracks.know(entry));
        drop(tracks);
        let written = match new.is_empty() {
            true => Ok(()),
            false => self.write(&pieces::of(&new, None), Sync::Later),
        };
        self.take_all(known);
        self.take_all(new);
        written
    }

    /// Keeps versions that are about to be served, durably. If they come `with` a commit, nothing of them counts until
    /// [`Journal::made`] says that the branch has it; before anything else is written, it or [`Journal::give_up`] is called.
    ///
    /// # Errors
    /// What the system refused. Then nothing is known of them.
    pub(crate) fn promise(
        &mut self,
        entries: &[Entry],
        with: Option<CommitId>,
    ) -> io::Result<Journaled> {
        self.write(&pieces::of(entries, with), Sync::Now)?;
        if with.is_none() {
            self.take_all(entries.to_vec());
        }
        Ok(Journaled(()))
    }

    /// The branch has the commit that versions were promised with.
    pub(crate) fn made(&mut self, entries: Vec<Entry>) {
        self.take_all(entries);
        // As long as it is not written, the branch says it.
        let added = self
            .end
            .take()
            .map(|end| end.add(&pieces::made(), Sync::Later));
        self.end = added.and_then(Result::ok).flatten();
    }

    /// The branch will not have that commit: all is written anew next time, without what was promised.
    pub(crate) fn give_up(&mut self) {
        self.end = None;
    }

    fn take_all(&mut self, entries: Vec<Entry>) {
        let mut tracks = self.tracks();
        entries.into_iter().for_each(|entry| tracks.take(entry));
    }

    /// Writes a piece at the end, or all that is known and the piece.
    fn write(&mut self, text: &str, sync: Sync) -> io::Result<()> {
        let added = match self.end.take() {
            Some(end) => end.add(text, sync)?,
            None => None,
        };
        self.end = Some(match added {
            Some(end) => end,
            None => self.replace(text)?,
        });
        Ok(())
    }

    fn replace(&mut self, text: &str) -> io::Result<End> {
        let mut tracks = self.tracks();
        tracks.forget_oldest();
        let whole = pieces::whole(&tracks) + text;
        drop(tracks);
        let aside = self.dir.join(ASIDE);
        let mut file = File::create(&aside)?;
        file.write_all(whole.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, self.dir.join(NAME))?;
        File::open(&self.dir)?.sync_all()?;
        let room = ROOM.max(whole.len() as u64);
        Ok(End { file, room })
    }
}

/// What is kept in a directory that may be in use. What belongs to a commit that is being made is not in it yet.
///
/// # Errors
/// As of [`Journal::open`].
pub(crate) fn read_tracks(dir: &Path) -> Result<Tracks, Failure> {
    contents(dir).map(|contents| contents.tracks)
}

fn contents(dir: &Path) -> Result<Contents, Failure> {
    let path = dir.join(NAME);
    let octets = match fs::read(&path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Contents::default()),
        read => read.map_err(|why| super::failure(&path, &why))?,
    };
    read(&octets).map_err(|why| Failure::State {
        path,
        why: format!(
            "{why}; put a copy back, or remove it to forget ephemeral records and their serials"
        ),
    })
}

const NAME: &str = "versions";
const ASIDE: &str = "versions.new";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    Now,
    Later,
}

impl End {
    /// `None` if there is no room.
    fn add(mut self, text: &str, sync: Sync) -> io::Result<Option<End>> {
        let Some(room) = self.room.checked_sub(text.len() as u64) else {
            return Ok(None);
        };
        self.file.write_all(text.as_bytes())?;
        if sync == Sync::Now {
            self.file.sync_data()?;
        }
        Ok(Some(End { room, ..self }))
    }
}

#[cfg(test)]
mod tests;
