//! What the thread `remote` does: it waits, has the remote looked at, and takes what that brings into the copy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use git_remote::{Fetched, RemoteError};
use git_store::{CommitId, Waker};

use super::schedule::{Action, Event, Outcome, Schedule};
use super::trouble::Trouble;
use super::{Contact, Fetching, Mirror, News, OnReturn};

/// What the thread `remote` has.
pub(super) struct Run {
    pub(super) schedule: Schedule,
    pub(super) patience: Duration,
    pub(super) mirror: Arc<Mutex<Mirror>>,
    /// Pushes that there had been when the look began.
    pub(super) pushes: u64,
    pub(super) fetching: Fetching,
    pub(super) contact: Arc<Contact>,
    pub(super) waker: Arc<OnceLock<Waker>>,
    pub(super) on_return: OnReturn,
    pub(super) back: Sender<News>,
    /// Whether it was said that the remote has no commit yet.
    pub(super) is_known_empty: bool,
    pub(super) first: Option<Sender<()>>,
    pub(super) seed: u64,
}

impl Run {
    /// Until told to stop.
    pub(super) fn run(mut self, heard: &Receiver<News>) {
        loop {
            let next = self.schedule.next_timeout();
            let left = next.map_or(Duration::ZERO, |at| {
                at.saturating_duration_since(Instant::now())
            });
            match heard.recv_timeout(left) {
                Ok(News::Look) => self.look_now(),
                Ok(News::Back(number, found)) => self.hear_back(number, found),
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
        let begun = self.known();
        let pushes = self.mirror().pushes();
        self.pushes = pushes;
        let begun = begun.and_then(|known| {
            let (store, back) = (self.mirror().store().clone(), self.back.clone());
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

    pub(super) fn take(
        &mut self,
        found: Result<Option<Fetched>, Trouble>,
    ) -> Result<Outcome, Trouble> {
        let fetched = match found {
            Ok(fetched) => fetched,
            Err(Trouble::Remote(RemoteError::ObjectFormat { theirs, .. }))
                if self.mirror().change_format(theirs).is_ok() =>
            {
                return Ok(Outcome::Again);
            }
            Err(trouble) => return Err(trouble),
        };
        match &fetched {
            Some(fetched) => self.take_in(fetched)?,
            None if self.known()?.is_some() => return Err(Trouble::Empty),
            None => self.note_empty(),
        }
        if self.contact.note_reached(since_1970()) {
            crate::telling::log::remote_reached();
            self.on_return.get().iter().for_each(|tell| tell());
        }
        self.tidy();
        Ok(Outcome::Reached)
    }

    fn take_in(&mut self, fetched: &Fetched) -> Result<(), Trouble> {
        self.contact.note_pack(fetched);
        let noted = self
            .mirror()
            .note_fetched_since(fetched.commit, self.pushes);
        if noted.map_err(|why| self.unwritable(why))? {
            crate::telling::log::fetched(fetched);
            self.waker.get().iter().for_each(|waker| waker.look());
        }
        Ok(())
    }

    /// Said once, and not again at each look.
    fn note_empty(&mut self) {
        if !std::mem::replace(&mut self.is_known_empty, true) {
            crate::telling::log::remote_empty();
        }
    }

    pub(super) fn known(&self) -> Result<Option<CommitId>, Trouble> {
        let known = self.mirror().known();
        known.map_err(|why| self.unreadable(why))
    }

    /// A copy that is untidy serves all the same.
    fn tidy(&mut self) {
        let mut mirror = self.mirror();
        if let Err(why) = mirror.tidy() {
            crate::telling::log::copy_in_trouble(mirror.path(), &why);
        }
    }

    pub(super) fn hear_trouble(&mut self, trouble: &Trouble) {
        if self.contact.note_trouble(trouble) {
            let is_served = self.known().is_ok_and(|known| known.is_some());
            crate::telling::log::remote_in_trouble(trouble.kind(), trouble, is_served);
        }
    }

    pub(super) fn mirror(&self) -> MutexGuard<'_, Mirror> {
        crate::loading::loader::lock(&self.mirror)
    }

    fn unreadable(&self, why: git_store::Error) -> Trouble {
        self.unwritable(why.into())
    }

    fn unwritable(&self, why: git_store::WriteError) -> Trouble {
        Trouble::Copy {
            path: self.mirror().path().to_owned(),
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
