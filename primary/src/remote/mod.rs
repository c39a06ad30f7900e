//! Following a branch of a repository on another machine.
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
//! decided here, but by the law in `loader::trust`, which is the same for a repository on this machine.

mod contact;
mod fetching;
mod mirror;
mod schedule;
#[cfg(test)]
mod tests;
mod told;
mod trouble;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use git_remote::{Fetched, RemoteError};
use git_store::{CommitId, Waker};

pub(crate) use contact::{Contact, Known};
pub(crate) use fetching::Fetching;
pub(crate) use mirror::Mirror;
pub use told::RemoteStatus;

use schedule::{Action, Event, Outcome, Pace, Schedule};
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

/// What the thread has.
struct Run {
    schedule: Schedule,
    patience: Duration,
    mirror: Mirror,
    fetching: Fetching,
    contact: Arc<Contact>,
    waker: Arc<OnceLock<Waker>>,
    back: Sender<News>,
    /// What was taken in last and may not be written down yet.
    taken: Option<CommitId>,
    first: Option<Sender<()>>,
    seed: u64,
}

impl Run {
    fn run(mut self, heard: &Receiver<News>) {
        loop {
            let next = self.schedule.next_timeout();
            let left = next.map_or(Duration::ZERO, |at| {
                at.saturating_duration_since(Instant::now())
            });
            match heard.recv_timeout(left) {
                Ok(News::Look) => self.look_now(),
                Ok(News::Back(number, found)) => self.hear_back(number, found),
                Ok(News::Taken(commit)) => {
                    self.taken = Some(commit);
                    self.note_taken();
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.handle(Event::Timeout);
                }
                Ok(News::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look_now(&mut self) {
        self.fetching.read_again();
        self.handle(Event::LookNow);
    }

    fn handle(&mut self, event: Event) -> Option<Action> {
        let chance = self.chance();
        let action = self.schedule.handle(Instant::now(), event, chance);
        match action {
            Some(Action::Look(number)) => self.begin_look(number),
            Some(Action::Abandon) => self.hear_trouble(&Trouble::Abandoned(self.patience)),
            Some(Action::Judge) | None => {}
        }
        action
    }

    fn begin_look(&mut self, number: u64) {
        let begun = self.mirror.known().map_err(|why| self.unreadable(why));
        let begun = begun.and_then(|known| {
            let (store, back) = (self.mirror.store().clone(), self.back.clone());
            self.fetching.begin(store, known, move |found| {
                // After the end nobody wants to know.
                let _ = back.send(News::Back(number, found));
            })
        });
        if let Err(trouble) = begun {
            let _ = self.back.send(News::Back(number, Err(trouble)));
        }
    }

    fn hear_back(&mut self, number: u64, found: Result<Option<Fetched>, Trouble>) {
        if self.handle(Event::Back(number)) != Some(Action::Judge) {
            return;
        }
        // A mistake of ours costs this look, not the next.
        let judged = catch_unwind(AssertUnwindSafe(|| self.take(found)));
        let outcome = match judged.unwrap_or(Err(Trouble::Panicked)) {
            Ok(outcome) => outcome,
            Err(trouble) => {
                self.hear_trouble(&trouble);
                trouble.outcome()
            }
        };
        self.handle(Event::Judged(outcome));
        if outcome != Outcome::Again {
            // Nobody waits any more after the start.
            self.first.take().map(|first| first.send(()));
        }
    }

    fn take(&mut self, found: Result<Option<Fetched>, Trouble>) -> Result<Outcome, Trouble> {
        let fetched = match found {
            Ok(fetched) => fetched,
            Err(Trouble::Remote(RemoteError::ObjectFormat { theirs, .. }))
                if self.mirror.change_format(theirs).is_ok() =>
            {
                return Ok(Outcome::Again);
            }
            Err(trouble) => return Err(trouble),
        };
        match &fetched {
            Some(fetched) => self.take_in(fetched)?,
            None if self.known()?.is_some() => return Err(Trouble::Empty),
            None => {}
        }
        if self.contact.note_reached(since_1970()) {
            crate::log::remote_reached();
        }
        self.note_taken();
        self.tidy();
        Ok(Outcome::Reached)
    }

    fn take_in(&mut self, fetched: &Fetched) -> Result<(), Trouble> {
        self.contact.note_pack(fetched);
        let noted = self.mirror.note_fetched(fetched.commit);
        if noted.map_err(|why| self.unwritable(why))? {
            crate::log::fetched(fetched);
            self.waker.get().iter().for_each(|waker| waker.look());
        }
        Ok(())
    }

    fn known(&self) -> Result<Option<CommitId>, Trouble> {
        self.mirror.known().map_err(|why| self.unreadable(why))
    }

    /// Tried again with the next look, if the disk does not let us now.
    fn note_taken(&mut self) {
        if let Some(commit) = self.taken {
            match self.mirror.note_taken(commit) {
                Ok(_) => self.taken = None,
                Err(why) => crate::log::copy_in_trouble(self.mirror.path(), &why),
            }
        }
    }

    /// A copy that is untidy serves all the same.
    fn tidy(&mut self) {
        if let Err(why) = self.mirror.tidy() {
            crate::log::copy_in_trouble(self.mirror.path(), &why);
        }
    }

    fn hear_trouble(&mut self, trouble: &Trouble) {
        if self.contact.note_trouble(trouble) {
            crate::log::remote_in_trouble(trouble.kind(), trouble);
        }
    }

    fn unreadable(&self, why: git_store::Error) -> Trouble {
        self.unwritable(why.into())
    }

    fn unwritable(&self, why: git_store::WriteError) -> Trouble {
        Trouble::Copy {
            path: self.mirror.path().to_owned(),
            why,
        }
    }

    /// Nothing hangs on it but that servers started together do not always look together.
    fn chance(&mut self) -> u32 {
        // xorshift64; it never leaves zero.
        let mut next = self.seed | 1;
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        self.seed = next;
        (next >> 32) as u32
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.contact.note_end();
    }
}

fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}
