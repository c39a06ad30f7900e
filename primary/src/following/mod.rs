//! Where commits come from: `origin` opens a repository on this machine, or the copy of one on another, which is then
//! followed.
//!
//! ```text
//!  remote ──fetch──> copy (mirror) ──────> watch, loader ──> zones
//!             │        ^      refs/stemma/fetched     │
//!        own thread    │                              v
//!              thread `remote`             refs/heads (crate::branch)
//! ```
//! The thread `remote` decides when to look (`schedule`), writes down what was found, and tidies up (`mirror`). Each
//! look has a thread of its own, which brings objects and gives back one commit id: one that hangs is left behind, and
//! whatever it brings when it wakes up one day is an object that nothing leads to. Whether a commit may be served is not
//! decided here, but by the law in `loading::loader::trust`, which is the same for a repository on this machine.

mod by_hand;
mod contact;
mod exchange;
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
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use git_remote::Fetched;
use git_store::Waker;

pub(crate) use by_hand::ByHand;
pub(crate) use contact::{Contact, Known};
pub(crate) use exchange::{Exchange, Unsure};
pub(crate) use fetching::Fetching;
pub(crate) use mirror::{Ends, Mirror};
pub use told::RemoteStatus;

use run::Run;
use schedule::{Pace, Schedule};
use trouble::Trouble;

/// How much longer than its limits allow a fetch is waited for: they bound what the network does, not the disk.
const BEYOND_LIMITS: Duration = Duration::from_secs(30);

/// A running follower. Dropping it ends its thread, but for a fetch that is under way.
pub(crate) struct Follower {
    wake: Sender<News>,
    thread: Option<JoinHandle<()>>,
    contact: Arc<Contact>,
    /// Who is to look at the copy when something new is there.
    waker: Arc<OnceLock<Waker>>,
    /// Told when the remote is reached again.
    on_return: OnReturn,
}

/// Whom to tell that the remote is reached again, once that is known.
type OnReturn = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

#[derive(Debug)]
enum News {
    Look,
    Back(u64, Result<Option<Fetched>, Trouble>),
    Stop,
}

impl Follower {
    /// Looks at the remote now, and from then on every `poll`. `seed` is any number. The second tells when the first look
    /// has ended, well or not.
    pub(crate) fn start(
        mirror: Arc<Mutex<Mirror>>,
        fetching: Fetching,
        poll: Duration,
        seed: u64,
    ) -> std::io::Result<(Follower, Receiver<()>)> {
        let patience = fetching.limits().total + BEYOND_LIMITS;
        Follower::start_with_patience(mirror, fetching, poll, seed, patience)
    }

    fn start_with_patience(
        mirror: Arc<Mutex<Mirror>>,
        fetching: Fetching,
        poll: Duration,
        seed: u64,
        patience: Duration,
    ) -> std::io::Result<(Follower, Receiver<()>)> {
        let (wake, heard) = mpsc::channel();
        let (told, first) = mpsc::channel();
        let (contact, waker) = (Arc::<Contact>::default(), Arc::default());
        let on_return = OnReturn::default();
        let run = Run {
            schedule: Schedule::new(Pace { poll, patience }, Instant::now()),
            patience,
            mirror,
            fetching,
            contact: Arc::clone(&contact),
            waker: Arc::clone(&waker),
            on_return: Arc::clone(&on_return),
            back: wake.clone(),
            pushes: 0,
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
            on_return,
        };
        Ok((follower, first))
    }

    /// From now on this one is told when something new is in the copy.
    pub(crate) fn wakes(&self, waker: Waker) {
        // What came before is seen by its first look.
        let _ = self.waker.set(waker);
    }

    /// From now on this one is told when the remote is reached after it was not.
    pub(crate) fn tells(&self, on_return: impl Fn() + Send + Sync + 'static) {
        // There is one who pushes.
        let _ = self.on_return.set(Box::new(on_return));
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

impl std::fmt::Debug for Follower {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Follower({:?})", self.contact)
    }
}
