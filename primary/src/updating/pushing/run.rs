//! What the thread `push` does.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use git_remote::RemoteError;
use git_store::{CommitId, Store};

use super::backlog::Backlog;
use super::pace::{Event, Outcome, Pace};
use super::{Means, News};
use crate::following::{Ends, Unsure};
use crate::loading::loader::lock;

/// Without anything to wait for.
const LONG: Duration = Duration::from_secs(3600);

pub(super) struct Run {
    means: Means,
    pace: Pace,
    counted: Option<Counted>,
}

/// A backlog, and between which commits it is.
#[derive(Clone, Copy)]
struct Counted {
    theirs: CommitId,
    ours: CommitId,
    backlog: Backlog,
}

/// What there is to do.
enum Next {
    Nothing,
    Push(CommitId, CommitId),
    Apart,
}

impl Run {
    pub(super) fn new(means: Means) -> Run {
        Run {
            means,
            pace: Pace::new(),
            counted: None,
        }
    }

    /// Until told to stop.
    pub(super) fn run(mut self, heard: &Receiver<News>) {
        self.count();
        self.handle(Event::Ahead);
        loop {
            let next = self.pace.next_timeout();
            let left = next.map_or(LONG, |at| at.saturating_duration_since(Instant::now()));
            match heard.recv_timeout(left) {
                Ok(News::Ahead) => {
                    self.count();
                    self.handle(Event::Ahead);
                }
                Ok(News::Met) => {
                    self.count();
                    self.handle(Event::Met);
                }
                Ok(News::Now) => self.handle(Event::Now),
                Err(RecvTimeoutError::Timeout) => self.handle(Event::Timeout),
                Ok(News::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.try_once();
                    return;
                }
            }
        }
    }

    /// Pushes as long as there is something new, if one is to begin.
    fn handle(&mut self, event: Event) {
        let chance = self.chance();
        let mut event = event;
        while self.pace.handle(Instant::now(), event, chance) {
            let outcome = self.try_once();
            self.pace
                .handle(Instant::now(), Event::Ended(outcome), chance);
            if outcome != Outcome::Done || !matches!(self.next(), Ok(Next::Push(..))) {
                return;
            }
            event = Event::Ahead;
        }
    }

    pub(super) fn try_once(&mut self) -> Outcome {
        let outcome = match self.next() {
            Ok(Next::Nothing) => Outcome::Done,
            Ok(Next::Apart) => Outcome::Apart,
            Ok(Next::Push(theirs, ours)) => self.push(theirs, ours),
            Err(why) => self.note_trouble(&RemoteError::Local(why)),
        };
        self.count();
        outcome
    }

    fn push(&self, theirs: CommitId, ours: CommitId) -> Outcome {
        let ends = (Some(theirs), ours);
        let store = match self.store() {
            Ok(store) => store,
            Err(why) => return self.note_trouble(&RemoteError::Local(why)),
        };
        match self.means.exchange.push(&store, ends, false) {
            Ok(pushed) => {
                let noted = lock(&self.means.mirror).note_pushed(pushed.commit());
                if let Err(why) = noted {
                    // It is there; the next look sees it as well.
                    let path = lock(&self.means.mirror).path().to_owned();
                    crate::telling::log::copy_in_trouble(&path, &why);
                    return Outcome::Passing;
                }
                if self.means.contact.note_pushed() {
                    crate::telling::log::push_goes_on();
                }
                crate::telling::log::pushed(pushed.commit());
                Outcome::Done
            }
            Err(Unsure { why, .. }) if is_late(&why) => {
                (self.means.look)();
                Outcome::Late
            }
            Err(Unsure { why, .. }) => self.note_trouble(&why),
        }
    }

    fn note_trouble(&self, why: &RemoteError) -> Outcome {
        if self.means.contact.note_push_trouble(why) {
            let commits = self.means.contact.known().backlog.commits;
            crate::telling::log::not_pushed(why, commits);
        }
        match why.may_pass() {
            true => Outcome::Passing,
            false => Outcome::Standing,
        }
    }

    fn next(&self) -> git_store::Result<Next> {
        let store = self.store()?;
        let Ends {
            fetched: Some(theirs),
            taken: Some(ours),
            shared,
        } = self.ends(&store)?
        else {
            return Ok(Next::Nothing);
        };
        if theirs == ours || store.is_ancestor(ours, theirs)? {
            return Ok(Next::Nothing);
        }
        let follows = store.is_ancestor(theirs, ours)?;
        Ok(match follows && is_whole(&store, theirs, shared)? {
            true => Next::Push(theirs, ours),
            false => Next::Apart,
        })
    }

    /// What the remote has, what is served, and what both have.
    fn ends(&self, store: &Store) -> git_store::Result<Ends> {
        lock(&self.means.mirror).ends_in(store)
    }

    /// Of what is known already only what came since is counted.
    fn count(&mut self) {
        let Ok(store) = self.store() else {
            return;
        };
        let Ok(Ends {
            fetched: Some(theirs),
            taken: Some(ours),
            ..
        }) = self.ends(&store)
        else {
            return;
        };
        let known = self.counted.filter(|known| known.theirs == theirs);
        let counted = match known {
            Some(known) => Backlog::between(&store, known.ours, ours).map(|it| known.backlog + it),
            None => Backlog::between(&store, theirs, ours),
        };
        if let Ok(backlog) = counted {
            self.counted = Some(Counted {
                theirs,
                ours,
                backlog,
            });
            self.means.contact.note_backlog(backlog);
        }
    }

    /// Opened anew, as packs come and go.
    fn store(&self) -> git_store::Result<Store> {
        lock(&self.means.mirror).store().reopened()
    }

    /// Nothing hangs on it but that servers which fail together do not always try together.
    fn chance(&mut self) -> u32 {
        // xorshift64; it never leaves zero.
        let mut next = self.means.seed | 1;
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        self.means.seed = next;
        (next >> 32) as u32
    }
}

/// Whether the remote has still all that it ever had: where history was rewritten, an operator decides first.
fn is_whole(store: &Store, theirs: CommitId, shared: Option<CommitId>) -> git_store::Result<bool> {
    match shared {
        Some(shared) if shared != theirs => {
            Ok(store.is_ancestor(shared, theirs)? || !store.is_ancestor(theirs, shared)?)
        }
        _ => Ok(true),
    }
}

/// Whether somebody else was faster.
fn is_late(why: &RemoteError) -> bool {
    matches!(
        why,
        RemoteError::Moved { .. } | RemoteError::Diverged { .. }
    )
}
