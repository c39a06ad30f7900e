//! What is served and the remote has not yet is pushed.
//!
//! ```text
//!   writer ── ahead ──┐
//!                     ├──> thread `push`: (pace) ──> one push of the newest commit ──> written down in the copy
//!   branch ── met ────┘                                   └─ late: look there, a merge follows (crate::branch)
//! ```
//! There is no list of what is to be pushed: it is what the branch of the copy has beyond what was fetched. So nothing is
//! lost by a restart, and all that gathered during a push goes with the next one. A push has a deadline, but for the
//! system's resolver; who stops does not wait for one that hangs.

mod backlog;
mod by_hand;
mod pace;
mod run;

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) use backlog::Backlog;
pub(crate) use by_hand::PusherByHand;

use crate::following::{Contact, Exchange, Mirror};
use run::Run;

/// How long who stops waits for the last push.
const LAST_PUSH: Duration = Duration::from_secs(5);

/// What is needed for it.
pub(crate) struct Means {
    pub(crate) mirror: Arc<Mutex<Mirror>>,
    pub(crate) exchange: Exchange,
    pub(crate) contact: Arc<Contact>,
    /// Has the remote looked at now.
    pub(crate) look: Box<dyn Fn() + Send>,
    /// Any number.
    pub(crate) seed: u64,
}

/// The thread that pushes. Dropping it has it push once more, if something is left, and ends it.
#[derive(Debug)]
pub(crate) struct Pusher {
    news: Sender<News>,
    has_ended: Receiver<()>,
}

/// Tells it, from any thread.
#[derive(Debug, Clone)]
pub(crate) struct Word(Sender<News>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// One more commit of ours is served.
    Ahead,
    Met,
    /// Somebody wants it pushed now.
    Now,
    Stop,
}

impl Pusher {
    /// Pushes what is left of the process before, and then what comes.
    pub(crate) fn start(means: Means) -> io::Result<Pusher> {
        let (news, heard) = mpsc::channel();
        let (ending, has_ended) = mpsc::channel();
        let run = Run::new(means);
        let thread = thread::Builder::new().name("push".into());
        thread.spawn(move || {
            run.run(&heard);
            // Nobody listens where the process did not wait.
            let _ = ending.send(());
        })?;
        Ok(Pusher { news, has_ended })
    }

    pub(crate) fn word(&self) -> Word {
        Word(self.news.clone())
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        let _ = self.news.send(News::Stop);
        // One that hangs ends with the process.
        let _ = self.has_ended.recv_timeout(LAST_PUSH);
    }
}

impl Word {
    /// A commit of ours is served.
    pub(crate) fn ahead(&self) {
        let _ = self.0.send(News::Ahead);
    }

    /// What the remote has was looked at, or is merged.
    pub(crate) fn met(&self) {
        let _ = self.0.send(News::Met);
    }

    /// It is to be pushed now, whatever was said of it before.
    pub(crate) fn now(&self) {
        let _ = self.0.send(News::Now);
    }
}
