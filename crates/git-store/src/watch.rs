//! Telling when a branch moves.
//!
//! The directories with `HEAD`, `packed-refs` and `refs/` are watched (inotify on Linux), and the
//! branch is looked at every few seconds besides, for file systems that tell nothing. Several
//! events close together are one look.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::commit::CommitId;
use crate::error::Result;
use crate::pulse::Pulse;
use crate::store::Store;

/// After an event the rest of its burst is waited for, so long...
const QUIET: Duration = Duration::from_millis(2);
/// ... but never longer than this.
const BURST: Duration = Duration::from_millis(20);

/// What to watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// The branch; `None` follows `HEAD`.
    pub branch: Option<String>,
    /// The commit that is known already and not told again.
    pub known: Option<CommitId>,
    /// How often to look without being told.
    pub poll: Duration,
}

/// A thread that follows a branch. Dropping it ends the thread.
#[derive(Debug)]
pub struct Watch {
    wake: Sender<Wake>,
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
pub struct Waker(Sender<Wake>);

impl Waker {
    /// Has the branch looked at now.
    pub fn look(&self) {
        // Where the thread has ended, nobody is waited for.
        let _ = self.0.send(Wake::Look);
    }
}

#[derive(Debug)]
enum Wake {
    Look,
    Stop,
}

impl Watch {
    /// Calls `on_tip`, from a thread of its own, with every new tip, and with every new error.
    /// While it runs further moves are gathered: only the newest is told next. What it asks to be
    /// told [again](Heard::Again) it is told again after the next `poll`.
    pub fn start(
        store: Store,
        options: WatchOptions,
        on_tip: impl FnMut(Result<Option<CommitId>>) -> Heard + Send + 'static,
    ) -> Watch {
        let (wake, woken) = mpsc::channel();
        let watcher = watch_files(&store, wake.clone());
        let is_told = watcher.is_some();
        let pulse = Arc::<Pulse>::default();
        let follower = Follower {
            store,
            options,
            woken,
            last: None,
            pulse: Arc::clone(&pulse),
        };
        let thread = thread::Builder::new()
            .name("watch".into())
            .spawn(move || {
                let _kept_alive = watcher;
                follower.run(on_tip);
            })
            .expect("a program that cannot start one thread cannot serve");
        Watch {
            wake,
            thread: Some(thread),
            pulse,
            is_told,
        }
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
        Waker(self.wake.clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.wake.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic in it has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

struct Follower {
    store: Store,
    options: WatchOptions,
    woken: Receiver<Wake>,
    /// What was told last, if anything was.
    last: Option<Result<Option<CommitId>>>,
    pulse: Arc<Pulse>,
}

impl Follower {
    fn run(mut self, mut on_tip: impl FnMut(Result<Option<CommitId>>) -> Heard) {
        self.last = self.options.known.map(|known| Ok(Some(known)));
        loop {
            self.pulse.begin();
            let tip = self.tip();
            if self.last.as_ref() != Some(&tip) {
                self.pulse.begin_telling();
                self.last = match on_tip(tip.clone()) {
                    Heard::Done => Some(tip),
                    Heard::Again => None,
                };
            }
            self.pulse.end();
            if self.wait().is_none() {
                return;
            }
        }
    }

    /// Opened anew each time: what a handle has mapped of packs that are gone would pile up.
    fn tip(&self) -> Result<Option<CommitId>> {
        self.store.reopened()?.tip(self.options.branch.as_deref())
    }

    /// Until there is reason to look; `None` is the end.
    fn wait(&self) -> Option<()> {
        match self.woken.recv_timeout(self.options.poll) {
            Ok(Wake::Look) => self.wait_for_quiet(),
            Err(RecvTimeoutError::Timeout) => Some(()),
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// It sleeps, and does not wait for what comes next, as each of a burst of events would wake it then.
    fn wait_for_quiet(&self) -> Option<()> {
        let end = Instant::now() + BURST;
        loop {
            thread::sleep(QUIET);
            let mut is_quiet = true;
            loop {
                match self.woken.try_recv() {
                    Ok(Wake::Look) => is_quiet = false,
                    Err(TryRecvError::Empty) => break,
                    Ok(Wake::Stop) | Err(TryRecvError::Disconnected) => return None,
                }
            }
            if is_quiet || Instant::now() >= end {
                return Some(());
            }
        }
    }
}

fn watch_files(store: &Store, wake: Sender<Wake>) -> Option<RecommendedWatcher> {
    let on_event = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| is_write(event.kind)) {
            let _ = wake.send(Wake::Look);
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).ok()?;
    let [head_dir, common_dir] = store.directories();
    let mut watch = |path: &Path, mode| watcher.watch(path, mode).ok();
    watch(head_dir, RecursiveMode::NonRecursive)?;
    watch(common_dir, RecursiveMode::NonRecursive)?;
    watch(&common_dir.join("refs"), RecursiveMode::Recursive)?;
    Some(watcher)
}

/// Reading a reference opens files as well: answering to that would never end.
fn is_write(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}
