//! What is known of the remote: written by the thread that follows it, read for status, metrics and health.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use git_remote::{Fetched, RemoteError};

use super::trouble::Trouble;
use crate::args::next_step;
use crate::updating::Backlog;

/// How the remote fares.
#[derive(Debug)]
pub(crate) struct Contact {
    known: Mutex<Known>,
    has_ended: AtomicBool,
}

/// A copy of what is known.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// When it was reached last, since 1970; none since this process began.
    pub(crate) reached: Option<Duration>,
    /// Why it could not be reached, or followed, the last time; what to do stands in it.
    pub(crate) trouble: Option<String>,
    /// Looks at it that went well.
    pub(crate) looks: u64,
    /// Those that did not, by kind.
    pub(crate) failures: BTreeMap<&'static str, u64>,
    /// Packs that it has sent, and their octets.
    pub(crate) packs: u64,
    pub(crate) octets: u64,
    /// What is served and it has not yet.
    pub(crate) backlog: Backlog,
    /// Why the last push did not go well; what to do stands in it.
    pub(crate) push_trouble: Option<String>,
    /// Pushes that went well.
    pub(crate) pushes: u64,
    /// Those that did not, by kind.
    pub(crate) push_failures: BTreeMap<&'static str, u64>,
}

impl Default for Contact {
    fn default() -> Contact {
        let kinds = RemoteError::KINDS.into_iter().chain(Trouble::KINDS);
        Contact {
            known: Mutex::new(Known {
                reached: None,
                trouble: None,
                looks: 0,
                failures: kinds.map(|kind| (kind, 0)).collect(),
                packs: 0,
                octets: 0,
                backlog: Backlog::default(),
                push_trouble: None,
                pushes: 0,
                push_failures: RemoteError::KINDS.into_iter().map(|it| (it, 0)).collect(),
            }),
            has_ended: AtomicBool::new(false),
        }
    }
}

impl Contact {
    pub(crate) fn known(&self) -> Known {
        self.lock().clone()
    }

    /// Whether the thread that follows the remote has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(SeqCst)
    }

    pub(super) fn note_end(&self) {
        self.has_ended.store(true, SeqCst);
    }

    /// A pack has come, whatever becomes of it.
    pub(super) fn note_pack(&self, fetched: &Fetched) {
        let mut known = self.lock();
        known.packs += u64::from(fetched.pack_octets > 0);
        known.octets += fetched.pack_octets;
    }

    /// Gives whether it could not be reached before.
    pub(super) fn note_reached(&self, now: Duration) -> bool {
        let mut known = self.lock();
        known.looks += 1;
        known.reached = Some(now);
        known.trouble.take().is_some()
    }

    /// Gives whether that is news.
    pub(super) fn note_trouble(&self, trouble: &Trouble) -> bool {
        let mut known = self.lock();
        *known.failures.entry(trouble.kind()).or_default() += 1;
        let text = trouble.to_string();
        let is_news = known.trouble.as_ref() != Some(&text);
        known.trouble = Some(text);
        is_news
    }

    /// What it has not yet was counted.
    pub(crate) fn note_backlog(&self, backlog: Backlog) {
        self.lock().backlog = backlog;
    }

    /// Gives whether the push before did not go well.
    pub(crate) fn note_pushed(&self) -> bool {
        let mut known = self.lock();
        known.pushes += 1;
        known.push_trouble.take().is_some()
    }

    /// Gives whether that is news.
    pub(crate) fn note_push_trouble(&self, why: &RemoteError) -> bool {
        let mut known = self.lock();
        *known.push_failures.entry(why.kind()).or_default() += 1;
        let text = push_trouble(why);
        let is_news = known.push_trouble.as_ref() != Some(&text);
        known.push_trouble = Some(text);
        is_news
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// With what to do about it.
fn push_trouble(why: &RemoteError) -> String {
    match (why.may_pass(), next_step(why)) {
        (true, _) => format!("{why}; it is tried again and again"),
        (false, Some(next)) if !matches!(why, RemoteError::Refused { .. }) => {
            format!("{why}; {next}")
        }
        (false, _) => format!("{why}; let it be pushed there, it is tried now and then"),
    }
}

impl Known {
    /// What is served may be older than what the remote has, as that is not known.
    pub(crate) fn is_stale(&self) -> bool {
        self.trouble.is_some() || self.reached.is_none()
    }
}
