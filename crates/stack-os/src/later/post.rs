//! Letters to the threads of connections.

use super::{
    Closed, Connection, Later, Stream,
    ledger::{Awaited, LateCounts, Ledger, Waiting},
    stream::Pull,
};
use mio::Waker;
use std::{
    cell::{Cell, OnceCell},
    fmt,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    thread::{self, ThreadId},
};

/// Where letters to one thread wait, and how it is woken.
pub(crate) struct Post {
    ledger: Arc<Ledger>,
    counts: Arc<LateCounts>,
    waker: Arc<Waker>,
    /// The thread, which looks for its own letters without being woken: it may have given up the system call for that.
    thread: OnceLock<ThreadId>,
    has_own: AtomicBool,
    /// None when the thread has ended.
    letters: Mutex<Option<Vec<Letter>>>,
}

/// Something for a connection, if it still is the one that is meant.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) place: Arc<Place>,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    /// The answer to one of its messages.
    Answer(Octets, Awaited),
    /// An answer that is made while it is sent.
    Stream(Stream),
    /// A message that it did not ask for.
    Unasked(Octets),
    /// An answer is no longer awaited.
    Silence(Awaited),
    /// It is kept open from now on.
    Held,
    /// What it was to be sent cannot be kept for it.
    Overflow,
}

/// A message with its length before it.
#[derive(Debug)]
pub(crate) struct Octets {
    pub(crate) framed: Vec<u8>,
    _waiting: Waiting,
}

/// A connection as other threads see it. It is made when the first one asks for it.
pub(crate) struct Place {
    post: Arc<Post>,
    /// The number that the connection has in its thread, until it is closed.
    pub(crate) number: usize,
    pub(crate) client: IpAddr,
    is_closed: AtomicBool,
    pub(super) awaited: AtomicUsize,
    pub(super) streams: AtomicUsize,
    pub(super) unasked: AtomicUsize,
    holds: AtomicUsize,
}

/// What a thread for connections gives with a message.
#[derive(Debug)]
pub(crate) struct Origin<'c> {
    pub(crate) post: &'c Arc<Post>,
    pub(crate) place: &'c OnceCell<Arc<Place>>,
    pub(crate) number: usize,
    pub(crate) client: IpAddr,
    /// Whether the answer to the message at hand is to come later.
    pub(crate) taken: Cell<bool>,
}

impl Origin<'_> {
    pub(crate) fn later(&self) -> Option<Later> {
        let place = self.place();
        let awaited = self.post.ledger.await_answer(Some(place))?;
        self.taken.set(true);
        Some(Later::of_connection(Seat {
            place: Arc::clone(place),
            awaited: Some(awaited),
        }))
    }

    pub(crate) fn connection(&self) -> Option<Connection> {
        Hold::new(self.place()).map(Connection::new)
    }

    fn place(&self) -> &Arc<Place> {
        self.place.get_or_init(|| {
            Arc::new(Place {
                post: Arc::clone(self.post),
                number: self.number,
                client: self.client,
                is_closed: AtomicBool::new(false),
                awaited: AtomicUsize::new(0),
                streams: AtomicUsize::new(0),
                unasked: AtomicUsize::new(0),
                holds: AtomicUsize::new(0),
            })
        })
    }
}

impl Post {
    pub(crate) fn new(ledger: Arc<Ledger>, counts: Arc<LateCounts>, waker: Arc<Waker>) -> Post {
        Post {
            ledger,
            counts,
            waker,
            thread: OnceLock::new(),
            has_own: AtomicBool::new(false),
            letters: Mutex::new(Some(Vec::new())),
        }
    }

    /// The calling thread is the one that gets the letters.
    pub(crate) fn begin_thread(&self) {
        self.thread.get_or_init(|| thread::current().id());
    }

    /// Whether the thread has written letters to itself since it asked last.
    pub(crate) fn take_own(&self) -> bool {
        self.has_own.load(Relaxed) && self.has_own.swap(false, Relaxed)
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes all letters; for the thread, when it was woken.
    pub(crate) fn collect(&self) -> Vec<Letter> {
        self.letters()
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// No letters any more: the thread ends.
    pub(crate) fn close(&self) {
        // What is in them is dropped after the lock, as it may do anything.
        let letters = self.letters().take();
        drop(letters);
    }

    /// False: the thread has ended.
    fn send(&self, letter: Letter) -> bool {
        let mut letters = self.letters();
        let Some(waiting) = letters.as_mut() else {
            drop(letters);
            return false;
        };
        waiting.push(letter);
        let is_first = waiting.len() == 1;
        drop(letters);
        if self.thread.get() == Some(&thread::current().id()) {
            self.has_own.store(true, Relaxed);
        } else if is_first {
            // It fails only when no descriptor is left of it, that is, when the thread has gone.
            let _ = self.waker.wake();
        }
        true
    }

    /// Nothing can panic while it is locked, so a poisoned lock would still guard good letters.
    fn letters(&self) -> MutexGuard<'_, Option<Vec<Letter>>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether somebody has reasons to keep it open.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_awaited() || self.holds.load(Relaxed) > 0
    }

    /// Whether an answer is to come, or is being sent.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.load(Acquire) > 0
    }

    /// From now on the number may be that of another connection.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Acquire)
    }

    fn write(self: &Arc<Self>, content: Content) -> bool {
        let place = Arc::clone(self);
        !self.is_closed() && self.post.send(Letter { place, content })
    }
}

/// The way of one answer on a connection.
#[derive(Debug)]
pub(crate) struct Seat {
    place: Arc<Place>,
    awaited: Option<Awaited>,
}

impl Seat {
    pub(crate) fn answer(mut self, octets: &[u8]) {
        // Whatever has no length cannot be sent, and is dropped as silence.
        if octets.is_empty() || octets.len() > usize::from(u16::MAX) {
            return;
        }
        let waiting = self.place.post.ledger.keep(octets.len());
        if let Some(awaited) = self.awaited.take() {
            self.place.write(match waiting {
                Some(waiting) => Content::Answer(Octets::new(octets, waiting), awaited),
                None => Content::Overflow,
            });
        }
    }

    /// Begins a stream, or gives the way of the answer back.
    pub(crate) fn stream(mut self, next: Pull) -> Result<(), Seat> {
        let Some(streaming) = self.place.post.ledger.begin_stream(&self.place) else {
            return Err(self);
        };
        if let Some(awaited) = self.awaited.take() {
            self.place.write(Content::Stream(Stream {
                next,
                awaited,
                streaming,
            }));
        }
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(awaited) = self.awaited.take() {
            self.place.post.counts.silent.fetch_add(1, Relaxed);
            self.place.write(Content::Silence(awaited));
        }
    }
}

/// A reason to keep a connection open.
#[derive(Debug)]
pub(crate) struct Hold {
    place: Arc<Place>,
}

impl Hold {
    /// Of several for one connection the first and the last count.
    fn new(place: &Arc<Place>) -> Option<Hold> {
        if place.holds.fetch_add(1, AcqRel) == 0 {
            if !place.post.ledger.hold(place.client) {
                place.holds.fetch_sub(1, AcqRel);
                return None;
            }
            place.write(Content::Held);
        }
        let place = Arc::clone(place);
        Some(Hold { place })
    }

    pub(crate) fn send(&self, octets: &[u8]) -> Result<(), Closed> {
        let place = &self.place;
        if octets.is_empty() || octets.len() > usize::from(u16::MAX) {
            return Err(Closed);
        }
        let Some(waiting) = place.post.ledger.keep_unasked(place, octets.len()) else {
            place.write(Content::Overflow);
            return Err(Closed);
        };
        let content = Content::Unasked(Octets::new(octets, waiting));
        place.write(content).then_some(()).ok_or(Closed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.place.is_closed()
    }

    pub(crate) fn is_awaiting(&self) -> bool {
        self.place.is_awaited()
    }

    pub(crate) fn is(&self, other: &Hold) -> bool {
        Arc::ptr_eq(&self.place, &other.place)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.place.holds.fetch_sub(1, AcqRel) == 1 {
            self.place.post.ledger.let_go(self.place.client);
        }
    }
}

impl Octets {
    /// At most 65,535.
    fn new(octets: &[u8], waiting: Waiting) -> Octets {
        let mut framed = Vec::with_capacity(2 + octets.len());
        crate::tcp::emit(octets, &mut framed);
        Octets {
            framed,
            _waiting: waiting,
        }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({}, {})", self.number, self.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LaterLimits;
    use mio::{Events, Poll, Token};
    use std::time::Duration;

    #[test]
    fn the_thread_itself_is_not_woken_for_its_own_letters() {
        let (mut poll, mut events) = (Poll::new().expect("a poll"), Events::with_capacity(4));
        let waker = Waker::new(poll.registry(), Token(0)).expect("a waker");
        let ledger = Arc::new(Ledger::new(LaterLimits::default()));
        let post = Arc::new(Post::new(ledger, Arc::default(), Arc::new(waker)));
        post.begin_thread();
        let origin = Origin {
            post: &post,
            place: &OnceCell::new(),
            number: 0,
            client: [127, 0, 0, 1].into(),
            taken: Cell::new(false),
        };
        let mut is_woken = || {
            let polled = poll.poll(&mut events, Some(Duration::ZERO));
            polled.expect("polled");
            !events.is_empty()
        };
        origin.later().expect("room").answer(b"own");
        assert!(!is_woken() && post.take_own());
        assert_eq!(post.collect().len(), 1);
        let later = origin.later().expect("room");
        let other = thread::spawn(move || later.answer(b"of another"));
        other.join().expect("answered");
        assert!(is_woken() && !post.take_own());
        assert_eq!(post.collect().len(), 1);
    }
}
