//! Where commits come from: `origin` opens a repository on this machine, or the copy of one on another, which is then
//! followed.
//!
//! ```text
//!  remote ──fetch──> copy (mirror) ──────> watch, loader ──> zones
//!             │        ^      refs/stemma/fetched     │
//!        own thread    │                              │ what was taken in
//!                      └──── thread `remote` <────────┘ refs/heads
//! ```
//! The thread `remote` decides when to look (`schedule`), and alone writes references and tidies up (`mirror`). Each
//! look has a thread of its own, which brings objects and gives back one commit id: one that hangs is left behind, and
//! whatever it brings when it wakes up one day is an object that nothing leads to. Whether a commit may be served is not
//! decided here, but by the law in `loading::loader::trust`, which is the same for a repository on this machine.

mod contact;
mod fetching;
mod mirror;
pub(crate) mod origin;
mod run;
mod schedule;
#[cfg(test)]
mod tests;
mod told;
mod trouble;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use git_remote::Fetched;
use git_store::{CommitId, Waker};

pub(crate) use contact::{Contact, Known};
pub(crate) use fetching::Fetching;
pub(crate) use mirror::Mirror;
pub use told::RemoteStatus;

use run::Run;
use schedule::{Pace, Schedule};
use trouble::Trouble;

/// How much longer than its limits allow a fetch is waited for: they bound what the network does, not the disk.
const BEYOND_LIMITS: Duration = Duration::from_secs(30);

/// A running follower. Dropping it ends its thread, but for a fetch that is under way.
#[derive(Debug)]
pub(crate) struct Follower {
    wake: Sender<News>,
    thread: Option<JoinHandle<()>>,
    contact: Arc<Contact>,
    /// Who is to look at the copy when something new is there.
    waker: Arc<OnceLock<Waker>>,
}

/// Tells the follower what was taken in.
#[derive(Debug, Clone)]
pub(crate) struct Taken(Sender<News>);

#[derive(Debug)]
enum News {
    Look,
    Back(u64, Result<Option<Fetched>, Trouble>),
    Taken(CommitId),
    Stop,
}

impl Follower {
    /// Looks at the remote now, and from then on every `poll`. `seed` is any number. The second tells when the first look
    /// has ended, well or not.
    pub(crate) fn start(
        mirror: Mirror,
        fetching: Fetching,
        poll: Duration,
        seed: u64,
    ) -> std::io::Result<(Follower, Receiver<()>)> {
        let patience = fetching.limits().total + BEYOND_LIMITS;
        Follower::start_with_patience(mirror, fetching, poll, seed, patience)
    }

    fn start_with_patience(
        mirror: Mirror,
        fetching: Fetching,
        poll: Duration,
        seed: u64,
        patience: Duration,
    ) -> std::io::Result<(Follower, Receiver<()>)> {
        let (wake, heard) = mpsc::channel();
        let (told, first) = mpsc::channel();
        let (contact, waker) = (Arc::<Contact>::default(), Arc::default());
        let run = Run {
            schedule: Schedule::new(Pace { poll, patience }, Instant::now()),
            patience,
            mirror,
            fetching,
            contact: Arc::clone(&contact),
            waker: Arc::clone(&waker),
            back: wake.clone(),
            taken: None,
            is_known_empty: false,
            first: Some(told),
            seed,
        };
        let thread = thread::Builder::new().name("remote".into());
        let thread = Some(thread.spawn(move || run.run(&heard))?);
        let follower = Follower {
            wake,
            thread,
            contact,
            waker,
        };
        Ok((follower, first))
    }

    /// From now on this one is told when something new is in the copy.
    pub(crate) fn wakes(&self, waker: Waker) {
        // What came before is seen by its first look.
        let _ = self.waker.set(waker);
    }

    /// Has the credentials read again, and the remote looked at now.
    pub(crate) fn look(&self) {
        let _ = self.wake.send(News::Look);
    }

    /// The same, for another thread.
    pub(crate) fn looker(&self) -> impl Fn() + Send + 'static {
        let wake = self.wake.clone();
        move || {
            let _ = wake.send(News::Look);
        }
    }

    pub(crate) fn taken(&self) -> Taken {
        Taken(self.wake.clone())
    }

    pub(crate) fn contact(&self) -> Arc<Contact> {
        Arc::clone(&self.contact)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.wake.send(News::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic in it has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Taken {
    pub(crate) fn note(&self, commit: CommitId) {
        // After the end nobody writes it down, and it is taken in again at the next start.
        let _ = self.0.send(News::Taken(commit));
    }
}
