//! Questions and answers, copied to who listens at a Unix socket (dnstap.info).
//!
//! ```text
//! threads that answer ──every Nth──> bounded queue ──> one thread ──frame stream──> socket
//!                                      no room: dropped, counted
//! ```
//! No answer ever waits for it. Who listens may come and go: the thread connects again.

mod record;
mod stream;

use std::io::{self, Write};
use std::net::Shutdown;
use std::num::NonZeroU32;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use stack_os::Message;

use crate::config::Config;
use record::{Exchange, Kind};

/// Frames that may wait.
const FRAMES_WAITING: usize = 4096;
/// Octets that may wait.
const OCTETS_WAITING: usize = 4 << 20;
/// How long the thread waits for frames, or to connect again, before it looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);
/// How many looks pass between attempts to connect.
const LOOKS_APART: u32 = 5;
/// Octets that are written at once, if there are so many.
const WRITE_OCTETS: usize = 64 << 10;

/// What is copied, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dnstap {
    /// The socket at which somebody listens.
    pub socket: PathBuf,
    /// Every Nth message, counted in each thread, and its answer.
    pub sample: NonZeroU32,
}

/// What threads put in and one takes out.
#[derive(Debug)]
pub(crate) struct Queue {
    frames: SyncSender<Vec<u8>>,
    octets_waiting: AtomicUsize,
    sent: AtomicU64,
    dropped: AtomicU64,
    sample: NonZeroU32,
    /// Who answers, if the operator says.
    identity: Option<String>,
    /// With what program.
    version: String,
}

impl Queue {
    /// A thread's way to it.
    pub(crate) fn tap(self: &Arc<Self>) -> Tap {
        Tap {
            queue: Arc::clone(self),
            left: self.sample.get(),
        }
    }

    /// Copies an answer that came later than its message, which was copied. Times are since 1970.
    #[cold]
    pub(crate) fn copy_answer(
        &self,
        message: &Message<'_>,
        at: Duration,
        (answer, answered_at): (&[u8], Duration),
    ) {
        let exchange = self.exchange(message, at);
        self.push(exchange.frame(Kind::Response(answer, answered_at)));
    }

    fn exchange<'a>(&'a self, message: &'a Message<'a>, at: Duration) -> Exchange<'a> {
        Exchange {
            message,
            at,
            identity: self.identity.as_deref(),
            version: &self.version,
        }
    }

    fn push(&self, frame: Vec<u8>) {
        let octets = frame.len();
        let waiting = self.octets_waiting.fetch_add(octets, Relaxed) + octets;
        if waiting > OCTETS_WAITING || self.frames.try_send(frame).is_err() {
            self.octets_waiting.fetch_sub(octets, Relaxed);
            self.dropped.fetch_add(1, Relaxed);
        }
    }
}

/// Where one thread puts what it answers.
#[derive(Debug)]
pub(crate) struct Tap {
    queue: Arc<Queue>,
    /// Messages until one is copied.
    left: u32,
}

impl Tap {
    /// Whether it is the turn of the message that is noted next.
    pub(crate) fn copies_next(&self) -> bool {
        self.left == 1
    }

    /// Copies a message and its answer, if it is their turn. `at` is since 1970.
    #[inline]
    pub(crate) fn note(&mut self, message: &Message<'_>, answer: Option<&[u8]>, at: Duration) {
        self.left -= 1;
        if self.left == 0 {
            self.left = self.queue.sample.get();
            self.copy(message, answer, at);
        }
    }

    #[cold]
    fn copy(&self, message: &Message<'_>, answer: Option<&[u8]>, at: Duration) {
        let exchange = self.queue.exchange(message, at);
        self.queue.push(exchange.frame(Kind::Query));
        if let Some(answer) = answer {
            self.queue.push(exchange.frame(Kind::Response(answer, at)));
        }
    }
}

/// The thread that sends.
#[derive(Debug)]
pub(crate) struct Sending {
    queue: Arc<Queue>,
    stopping: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sending {
    /// Starts the thread, if somebody is to be told.
    pub(crate) fn start(config: &Config) -> io::Result<Option<Sending>> {
        let Some(dnstap) = config.dnstap.clone() else {
            return Ok(None);
        };
        let (frames, waiting) = sync_channel(FRAMES_WAITING);
        let queue = Arc::new(Queue {
            frames,
            octets_waiting: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            sample: dnstap.sample,
            identity: config.id.clone(),
            version: format!("stemma {} {}", config.program, env!("CARGO_PKG_VERSION")),
        });
        let stopping = Arc::new(AtomicBool::new(false));
        let sender = Sender {
            waiting,
            queue: Arc::clone(&queue),
            stopping: Arc::clone(&stopping),
            is_reached: true,
        };
        let thread = thread::Builder::new().name("dnstap".into());
        let thread = thread.spawn(move || sender.run(&dnstap.socket))?;
        Ok(Some(Sending {
            queue,
            stopping,
            thread: Mutex::new(Some(thread)),
        }))
    }

    /// For threads that answer.
    pub(crate) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Frames that were handed to who listens, and frames for which there was no room.
    pub(crate) fn counts(&self) -> [u64; 2] {
        [&self.queue.sent, &self.queue.dropped].map(|count| count.load(Relaxed))
    }

    /// Sends what waits, and ends the thread.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A panic in it has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Sender {
    waiting: Receiver<Vec<u8>>,
    queue: Arc<Queue>,
    stopping: Arc<AtomicBool>,
    /// Whether that is what the log says.
    is_reached: bool,
}

impl Sender {
    fn run(mut self, socket: &Path) {
        while !self.is_stopping() {
            let sent = stream::open(socket).and_then(|stream| self.send_all(socket, stream));
            if let Err(why) = sent {
                self.tell_lost(socket, &why);
                let looks = (0..LOOKS_APART).take_while(|_| !self.is_stopping());
                looks.for_each(|_| thread::sleep(LOOK));
            }
        }
    }

    /// Sends until the end, or until nobody takes it any more. What was on its way then is lost, and counts as dropped.
    fn send_all(&mut self, socket: &Path, mut stream: UnixStream) -> io::Result<()> {
        tracing::info!(socket = %socket.display(), "questions and answers are copied (dnstap)");
        self.is_reached = true;
        while let Some((octets, frames)) = self.gather() {
            let written = stream.write_all(&octets);
            let count = match written {
                Ok(()) => &self.queue.sent,
                Err(_) => &self.queue.dropped,
            };
            count.fetch_add(frames, Relaxed);
            written?;
        }
        stream::close(&mut stream)?;
        stream.shutdown(Shutdown::Both)
    }

    /// Frames that wait, as they are written; `None` is the end.
    fn gather(&self) -> Option<(Vec<u8>, u64)> {
        let (mut octets, mut frames) = (Vec::new(), 0);
        let mut take = |frame: Vec<u8>| {
            self.queue.octets_waiting.fetch_sub(frame.len(), Relaxed);
            frames += 1;
            stream::put_frame(&mut octets, &frame);
            octets.len() < WRITE_OCTETS
        };
        match self.waiting.recv_timeout(LOOK) {
            Ok(first) => {
                let mut has_room = take(first);
                while has_room && let Ok(frame) = self.waiting.try_recv() {
                    has_room = take(frame);
                }
            }
            // What is left is sent before the end.
            Err(RecvTimeoutError::Timeout) if !self.is_stopping() => {}
            Err(_) => return None,
        }
        Some((octets, frames))
    }

    fn tell_lost(&mut self, socket: &Path, why: &io::Error) {
        if self.is_reached {
            self.is_reached = false;
            let socket = socket.display();
            tracing::warn!(%socket, "nobody takes copies of questions and answers (dnstap): {why}; it is tried again");
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }
}
