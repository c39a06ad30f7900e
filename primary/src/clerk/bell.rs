//! Has the repository looked at, however many ask for it.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// From one look to the next, at least.
const PACE: Duration = Duration::from_millis(100);

/// Rung by any thread, which does not wait.
#[derive(Debug, Clone)]
pub(crate) struct Bell(SyncSender<()>);

/// Where it is heard.
#[derive(Debug)]
pub(crate) struct Ear(Receiver<()>);

impl Bell {
    pub(crate) fn new() -> (Bell, Ear) {
        let (rung, heard) = sync_channel(1);
        (Bell(rung), Ear(heard))
    }

    /// Has a look begin after this, soon.
    pub(crate) fn ring(&self) {
        // Where it has been rung and not been heard yet, that look is the one.
        let _ = self.0.try_send(());
    }
}

impl Ear {
    /// Whether it was rung since this was asked last.
    pub(crate) fn is_rung(&self) -> bool {
        self.0.try_recv().is_ok()
    }

    /// Looks each time that it is rung, from a thread that ends when nobody can ring any more.
    ///
    /// # Errors
    /// What the system says when it cannot make a thread.
    pub(crate) fn listen(self, look: impl Fn() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name("notified".into());
        let run = move || {
            while self.0.recv().is_ok() {
                look();
                thread::sleep(PACE);
            }
        };
        thread.spawn(run).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn many_rings_are_few_looks_and_the_last_one_is_heard() {
        let (bell, ear) = Bell::new();
        let (looked, looks) = channel();
        (0..1000).for_each(|_| bell.ring());
        let look = move || looked.send(()).unwrap_or_default();
        ear.listen(look).expect("a thread");
        looks.recv().expect("the first look");
        (0..1000).for_each(|_| bell.ring());
        looks.recv().expect("one that began after the last ring");
        drop(bell);
        // The thread has ended: nobody looks any more.
        assert!(looks.iter().count() <= 1);
    }
}
