//! What wakes the thread that follows a branch: files, and whoever rings.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::files::Files;
use crate::store::Store;

/// After an event the rest of its burst is waited for, so long...
const QUIET: Duration = Duration::from_millis(2);
/// ... but never longer than this.
const BURST: Duration = Duration::from_millis(20);

const RUNG: Token = Token(0);
const FILES: Token = Token(1);

/// Wakes, from any thread. Clones are one.
#[derive(Debug, Clone)]
pub(super) struct Bell(Arc<Rope>);

#[derive(Debug)]
struct Rope {
    waker: mio::Waker,
    has_ended: AtomicBool,
}

impl Bell {
    pub(super) fn ring(&self) {
        // It fails only where there is nothing to wake.
        let _ = self.0.waker.wake();
    }

    /// Nobody is to wait any more.
    pub(super) fn end(&self) {
        self.0.has_ended.store(true, Ordering::Release);
        self.ring();
    }
}

/// Belongs to the thread that waits.
#[derive(Debug)]
pub(super) struct Ears {
    poll: Poll,
    bell: Bell,
    /// None where the system does not tell of files.
    files: Option<Files>,
}

impl Ears {
    /// # Errors
    /// If there is nothing that one could be woken by.
    pub(super) fn open(store: &Store) -> io::Result<(Ears, Bell)> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), RUNG)?;
        let has_ended = AtomicBool::new(false);
        let bell = Bell(Arc::new(Rope { waker, has_ended }));
        let files = Files::watch(store).ok().filter(|files| {
            let mut source = SourceFd(&files.raw());
            let registered = poll
                .registry()
                .register(&mut source, FILES, Interest::READABLE);
            registered.is_ok()
        });
        let ears = Ears {
            poll,
            bell: bell.clone(),
            files,
        };
        Ok((ears, bell))
    }

    pub(super) fn are_told(&self) -> bool {
        self.files.is_some()
    }

    /// Until somebody rings, files have changed, or `at_most` is over; `None` is the end.
    pub(super) fn wait(&mut self, at_most: Duration) -> Option<()> {
        let end = Instant::now() + at_most;
        let mut events = Events::with_capacity(2);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // A signal may cut it short.
            let _ = self.poll.poll(&mut events, Some(left));
            if self.bell.0.has_ended.load(Ordering::Acquire) {
                return None;
            }
            let is_over = left.is_zero();
            if is_over || events.iter().any(|event| event.token() == RUNG) {
                self.have_files_changed();
                return Some(());
            }
            if self.have_files_changed() {
                self.wait_for_quiet();
                return Some(());
            }
        }
    }

    /// It sleeps, and does not wait for what comes next, as each of a burst of events would wake it then.
    fn wait_for_quiet(&self) {
        let end = Instant::now() + BURST;
        loop {
            thread::sleep(QUIET);
            if !self.have_files_changed() || Instant::now() >= end {
                return;
            }
        }
    }

    fn have_files_changed(&self) -> bool {
        self.files.as_ref().is_some_and(Files::have_changed)
    }
}
