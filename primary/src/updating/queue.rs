//! Updates that wait, and the thread that takes them.

use server::Engine;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use stack_os::Clock;

use super::{Answer, Counts, Intake, Refusal, Update, Writer};

/// Updates that wait at most; those that come then are told to come back (SERVFAIL).
pub(crate) const MOST_WAITING: usize = 1024;
/// Updates that share a commit at most...
pub(crate) const MOST_TOGETHER: usize = 256;
/// ... and octets of messages.
pub(crate) const OCTETS_TOGETHER: usize = 1 << 20;

/// So often it is looked whether ephemeral records have been there for too long.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

enum Word {
    Update(Box<Update>),
    Stop,
}

/// Where updates are handed in, from any thread and without waiting.
#[derive(Debug, Clone)]
pub struct Updates {
    sender: SyncSender<Word>,
    counts: Arc<Counts>,
}

impl Updates {
    fn to(sender: SyncSender<Word>) -> Updates {
        Updates {
            sender,
            counts: Arc::default(),
        }
    }

    /// Hands an update in. If too many wait it is refused at once.
    pub fn ask(&self, update: Update) {
        let update = Box::new(self.counted(update));
        let (word, text) = match self.sender.try_send(Word::Update(update)) {
            Ok(()) => return,
            Err(TrySendError::Full(word)) => (word, "too many updates wait; send it again later"),
            Err(TrySendError::Disconnected(word)) => (word, "the server is stopping"),
        };
        if let Word::Update(update) = word {
            (update.answer)(Answer::Refused(Refusal::trouble(text)).into());
        }
    }

    /// Counts one that was refused before it could be handed in.
    pub(super) fn count_refused(&self, why: Refusal) {
        self.counts.begin();
        self.counts.end(&Answer::Refused(why), Duration::ZERO);
    }

    /// Whoever answers it, and whatever with.
    fn counted(&self, update: Update) -> Update {
        let (counts, since, answer) = (Arc::clone(&self.counts), Instant::now(), update.answer);
        counts.begin();
        Update {
            answer: Box::new(move |it| {
                counts.end(&it.answer, since.elapsed());
                answer(it);
            }),
            ..update
        }
    }
}

/// The thread that makes commits of updates. Dropping it ends the thread, when those that wait have been answered.
#[derive(Debug)]
pub(crate) struct Queue {
    updates: Updates,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    pub(crate) fn start(writer: Writer) -> io::Result<Queue> {
        let (sender, waiting) = sync_channel(MOST_WAITING);
        let thread = thread::Builder::new().name("updates".into());
        let thread = thread.spawn(move || serve(&writer, &waiting))?;
        Ok(Queue {
            updates: Updates::to(sender),
            thread: Some(thread),
        })
    }

    /// Takes in what messages ask for.
    pub(crate) fn intake(&self, engine: Engine) -> Intake {
        Intake::new(self.updates(), engine, Clock::default())
    }

    /// What has become of those so far.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.updates.counts)
    }

    pub(crate) fn updates(&self) -> Updates {
        self.updates.clone()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let told = self.updates.sender.send(Word::Stop);
        if let Some(thread) = self.thread.take().filter(|_| told.is_ok()) {
            // A panic in it has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// The same without a thread: somebody else has it work.
pub(crate) struct QueueByHand {
    updates: Updates,
    writer: Writer,
    waiting: Receiver<Word>,
}

impl QueueByHand {
    pub(crate) fn new(writer: Writer) -> QueueByHand {
        let (sender, waiting) = sync_channel(MOST_WAITING);
        QueueByHand {
            updates: Updates::to(sender),
            writer,
            waiting,
        }
    }

    pub(crate) fn updates(&self) -> Updates {
        self.updates.clone()
    }

    /// Serves all that wait together; gives how many.
    pub(crate) fn serve_batch(&self) -> usize {
        self.writer.forget_old();
        let first = self.waiting.try_recv().ok();
        let batch = gather(first, &self.waiting, &mut true);
        let count = batch.len();
        if count > 0 {
            self.writer.serve(batch);
        }
        count
    }
}

fn serve(writer: &Writer, waiting: &Receiver<Word>) {
    let (mut is_going_on, mut looked) = (true, Instant::now());
    // What became too old while no server ran.
    writer.forget_old();
    while is_going_on {
        let batch = match waiting.recv_timeout(FORGET_EVERY) {
            Ok(word) => gather(Some(word), waiting, &mut is_going_on),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if !batch.is_empty() {
            writer.serve(batch);
        }
        if looked.elapsed() >= FORGET_EVERY {
            writer.forget_old();
            looked = Instant::now();
        }
    }
}

/// The next one, and all that wait behind it.
fn gather(mut next: Option<Word>, waiting: &Receiver<Word>, is_going_on: &mut bool) -> Vec<Update> {
    let mut batch = Vec::new();
    let mut octets = 0;
    loop {
        match next {
            Some(Word::Update(update)) => {
                octets += update.octets;
                batch.push(*update);
            }
            Some(Word::Stop) => *is_going_on = false,
            None => {
                *is_going_on &= !batch.is_empty();
                return batch;
            }
        }
        if batch.len() == MOST_TOGETHER || octets >= OCTETS_TOGETHER || !*is_going_on {
            return batch;
        }
        next = waiting.try_recv().ok();
    }
}
