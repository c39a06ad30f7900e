//! Telling when a branch moves.
//!
//! The directories with `HEAD`, `packed-refs` and `refs/` are watched (`watch/files.rs`), and the
//! branch is looked at every few seconds besides, for file systems that tell nothing. Several
//! events close together are one look, and what is known already is seen by reading one file (`watch/glance.rs`).

mod ears;
mod files;
mod glance;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::commit::CommitId;
use crate::error::Result;
use crate::pulse::Pulse;
use crate::store::Store;
use ears::{Bell, Ears};

/// What to watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// The branch; `None` follows `HEAD`.
    pub branch: Option<String>,
    /// The commit that is known already and not told.
    pub known: Known,
    /// How often to look without being told.
    pub poll: Duration,
}

/// A commit that nobody need be told, for who moves the branch as well: what is set here is not told from then on. Clones
/// are one.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<Option<CommitId>>>);

impl Known {
    /// This commit has been dealt with; `None` has whatever is there told.
    pub fn set(&self, commit: Option<CommitId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = commit;
    }

    fn is(&self, commit: CommitId) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == Some(commit)
    }
}

/// A thread that follows a branch. Dropping it ends the thread.
#[derive(Debug)]
pub struct Watch {
    bell: Bell,
    thread: Option<JoinHandle<()>>,
    pulse: Arc<Pulse>,
    /// Whether the operating system tells of changes; otherwise they are only found by looking.
    pub is_told: bool,
}

/// What came of telling a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was dealt with.
    Done,
    /// It could not be dealt with now, but may be soon.
    Again,
}

/// Has a branch looked at, from any thread.
#[derive(Debug, Clone)]
pub struct Waker(Bell);

impl Waker {
    /// Has the branch looked at now.
    pub fn look(&self) {
        self.0.ring();
    }
}

impl Watch {
    /// Calls `on_tip`, from a thread of its own, with every new tip, and with every new error.
    /// While it runs further moves are gathered: only the newest is told next. What it asks to be
    /// told [again](Heard::Again) it is told again after the next `poll`.
    ///
    /// # Errors
    /// If the system has no thread for it, or nothing that it can be woken by.
    pub fn start(
        store: Store,
        options: WatchOptions,
        on_tip: impl FnMut(Result<Option<CommitId>>) -> Heard + Send + 'static,
    ) -> io::Result<Watch> {
        let (ears, bell) = Ears::open(&store)?;
        let is_told = ears.are_told();
        let pulse = Arc::<Pulse>::default();
        let follower = Follower {
            store,
            options,
            ears,
            last: None,
            pulse: Arc::clone(&pulse),
        };
        let thread = thread::Builder::new().name("watch".into());
        let thread = Some(thread.spawn(move || follower.run(on_tip))?);
        Ok(Watch {
            bell,
            thread,
            pulse,
            is_told,
        })
    }

    /// Tells whether the thread goes on looking.
    #[must_use]
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Has the branch looked at now.
    pub fn look(&self) {
        self.waker().look();
    }

    /// For threads that want to have the branch looked at.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(self.bell.clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.bell.end();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

struct Follower {
    store: Store,
    options: WatchOptions,
    ears: Ears,
    /// What was told last, if anything was.
    last: Option<Result<Option<CommitId>>>,
    pulse: Arc<Pulse>,
}

impl Follower {
    fn run(mut self, mut on_tip: impl FnMut(Result<Option<CommitId>>) -> Heard) {
        loop {
            self.pulse.begin();
            match self.known() {
                Some(known) => self.last = Some(Ok(Some(known))),
                None => self.look(&mut on_tip),
            }
            self.pulse.end();
            if self.ears.wait(self.options.poll).is_none() {
                return;
            }
        }
    }

    /// Where the branch is, if that is known: who has just moved it there is at work, and not to be held up.
    fn known(&self) -> Option<CommitId> {
        let tip = glance::tip(self.store.directories(), self.options.branch.as_deref())?;
        let is_known = self.options.known.is(tip) || self.last == Some(Ok(Some(tip)));
        is_known.then_some(tip)
    }

    fn look(&mut self, on_tip: &mut impl FnMut(Result<Option<CommitId>>) -> Heard) {
        let tip = self.tip();
        if self.last.as_ref() != Some(&tip) {
            self.pulse.begin_telling();
            self.last = match on_tip(tip.clone()) {
                Heard::Done => Some(tip),
                Heard::Again => None,
            };
        }
    }

    /// Opened anew each time: what a handle has mapped of packs that are gone would pile up.
    fn tip(&self) -> Result<Option<CommitId>> {
        self.store.reopened()?.tip(self.options.branch.as_deref())
    }
}
