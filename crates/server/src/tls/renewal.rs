//! The thread that reads certificate and key again: when told to, and when they have changed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::keeper::Keeper;

/// How often a certificate that ends soon is told of.
const REMINDER: Duration = Duration::from_secs(24 * 3600);

/// Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Renewal {
    again: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Renewal {
    /// Looks at the files each `poll`.
    pub(crate) fn start(keeper: Arc<Keeper>, poll: Duration) -> Renewal {
        let (again, orders) = channel();
        let thread = thread::Builder::new()
            .name("certificate".into())
            .spawn(move || renew(&keeper, poll, &orders))
            .expect("a program that cannot start one thread cannot serve");
        Renewal {
            again: Some(again),
            thread: Some(thread),
        }
    }

    /// Has the files read again.
    pub(crate) fn read_again(&self) {
        if let Some(again) = &self.again {
            // The thread ends only when this goes away.
            let _ = again.send(());
        }
    }
}

fn renew(keeper: &Keeper, poll: Duration, orders: &Receiver<()>) {
    let mut reminder = Instant::now() + REMINDER;
    loop {
        match orders.recv_timeout(poll) {
            Ok(()) => {
                keeper.read_again();
                keeper.read_tickets_again();
            }
            Err(RecvTimeoutError::Timeout) if keeper.has_changed() => keeper.read_again(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if Instant::now() >= reminder {
            keeper.warn();
            reminder += REMINDER;
        }
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.again = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
