//! TCP and TLS: a few threads for each, each with an event loop over the shared listeners and its own connections.
//!
//! ```text
//!             accept           turn: read, answer, write          limit, error, end
//! listener ------------> open ---------------------------> open ------------------> closed
//!                          ^                                 |
//!                          +--- readable, writable, budget --+
//! ```
//!
//! Events are edge-triggered: a connection that has more to do than its turn allows goes to the end of the busy queue, and a
//! listener that could not be emptied is tried again later. With neither and no connection the thread sleeps.

mod begin;
mod beginnings;
mod channel;
mod clients;
mod connection;
mod gate;
mod late;
mod session;
mod table;

pub(crate) use channel::{Door, Plain};
pub(crate) use clients::Clients;
pub(crate) use connection::emit;
pub(crate) use session::Sealed;

use crate::{
    LaterLimits, Message, Service, TcpLimits,
    counters::{HandshakeCounts, TcpCounts},
    later::{Content, LateCounts, Ledger, Letter, Post},
    service::Guard,
};
use beginnings::{Beginnings, Pace};
use channel::{Channel, OnSocket};
use connection::{Closed, Desk, Turn, Visit};
use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use socket2::{SockRef, TcpKeepalive};
use std::{
    collections::VecDeque,
    io, net,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use table::Table;

const WAKER: Token = Token(usize::MAX);
/// How long the thread waits after an error of the event queue, so that a lasting one does not make it spin.
const ERROR_PAUSE: Duration = Duration::from_millis(10);

/// What the threads have in common with each other and the server.
pub(crate) struct Shared {
    pub(crate) clients: Arc<Clients>,
    pub(crate) counts: Arc<TcpCounts>,
    pub(crate) handshakes: Arc<HandshakeCounts>,
    pub(crate) stopping: Arc<AtomicBool>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) late: Arc<LateCounts>,
}

pub(crate) struct Worker<D: Door> {
    /// What the connections are made of.
    door: D,
    poll: Poll,
    waker: Arc<Waker>,
    /// Letters of other threads to the connections.
    post: Arc<Post>,
    /// Tokens below `listeners.len()` are listeners, those above are connections.
    listeners: Vec<TcpListener>,
    connections: Table<D::Channel>,
    /// Connections whose turn ended before their work did.
    busy: VecDeque<usize>,
    /// Connections that wait to begin, and when they may.
    beginnings: Beginnings,
    pace: Pace,
    /// When listeners that still have connections in their queue are tried again.
    accept_at: Option<Instant>,
    /// When limits of time are looked at next; none while there is no connection.
    sweep_at: Option<Instant>,
    now: Instant,
    limits: TcpLimits,
    shared: Shared,
}

impl<D: Door> Worker<D> {
    pub(crate) fn new(
        door: D,
        listeners: &[&net::TcpListener],
        limits: TcpLimits,
        shared: Shared,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let listeners = listeners
            .iter()
            .map(|listener| Ok(TcpListener::from_std(listener.try_clone()?)));
        let mut listeners: Vec<_> = listeners.collect::<io::Result<_>>()?;
        for (number, listener) in listeners.iter_mut().enumerate() {
            poll.registry()
                .register(listener, Token(number), Interest::READABLE)?;
        }
        let (connections, busy, now) = (Table::default(), VecDeque::new(), Instant::now());
        // What arrived before the registration makes no event.
        let accept_at = Some(now);
        let (ledger, late) = (Arc::clone(&shared.ledger), Arc::clone(&shared.late));
        let post = Arc::new(Post::new(ledger, late, Arc::clone(&waker)));
        let pace = Pace::new(limits.handshake_interval, limits.handshake_burst, now);
        Ok(Worker {
            door,
            poll,
            waker,
            post,
            listeners,
            connections,
            busy,
            beginnings: Beginnings::default(),
            pace,
            accept_at,
            sweep_at: None,
            now,
            limits,
            shared,
        })
    }

    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    pub(crate) fn run<S: Service>(mut self, service: &S) {
        let mut events = Events::with_capacity(256);
        let mut guard = Guard::new(service);
        let mut desk = Desk::default();
        self.post.begin_thread();
        guard.begin_thread(D::Channel::TRANSPORT);
        while !self.shared.stopping.load(Ordering::Relaxed) {
            self.wait(&mut events);
            guard.begin_batch();
            for event in &events {
                match event.token() {
                    WAKER => self.deliver(),
                    Token(listener) if listener < self.listeners.len() => self.accept(listener),
                    Token(number) => {
                        let number = number - self.listeners.len();
                        self.connections.note_event(number, event.is_read_closed());
                        if self.has_begun(number, event.is_readable()) {
                            self.turn(number, &mut guard, &mut desk);
                        }
                    }
                }
            }
            self.accept_again();
            self.turn_of_the_busy(&mut guard, &mut desk);
            self.begin_some(&mut guard, &mut desk);
            guard.end_batch();
            self.sweep();
            self.shared.counts.panics.add(guard.take_panics());
        }
        // Questions that have arrived get their answers before the connections are closed.
        for number in 0..self.connections.next_unused() {
            if self.has_begun(number, false) {
                self.turn(number, &mut guard, &mut desk);
            }
            self.connections
                .entry(number)
                .into_iter()
                .for_each(|connection| connection.channel.say_goodbye());
        }
        self.post.close();
    }

    /// Hands the letters to their connections, whose turns come then.
    fn deliver(&mut self) {
        for Letter { place, content } in self.post.collect() {
            let number = place.number;
            match self.connections.entry(number) {
                Some(connection) if !place.is_closed() => match content {
                    Content::Overflow => self.close(number, Closed::Unread),
                    content => {
                        prepare(
                            connection.channel.socket(),
                            &content,
                            &self.post.ledger().limits,
                        );
                        connection.take_in(content, self.now);
                        self.come_again(number);
                    }
                },
                _ => {}
            }
        }
    }

    /// Puts a connection at the end of the line of those that have more to do, once.
    fn come_again(&mut self, number: usize) {
        if self.connections.become_busy(number) {
            self.busy.push_back(number);
        }
    }

    fn wait(&mut self, events: &mut Events) {
        if self.post.take_own() {
            self.deliver();
        }
        let begin_at = (!self.beginnings.is_empty()).then(|| self.pace.next());
        let until = [self.accept_at, self.sweep_at, begin_at];
        let until = until.into_iter().flatten().min();
        let now = Instant::now();
        let timeout = if self.busy.is_empty() {
            until.map(|at| at.saturating_duration_since(now))
        } else {
            Some(Duration::ZERO)
        };
        if let Err(error) = self.poll.poll(events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            thread::sleep(ERROR_PAUSE);
        }
        self.now = Instant::now();
    }

    fn turn<S: Service>(&mut self, number: usize, guard: &mut Guard<'_, S>, desk: &mut Desk) {
        let Some(connection) = self.connections.entry(number) else {
            return;
        };
        let answer =
            |message: Message<'_>, answer: &mut [u8]| guard.handle_message(message, answer);
        let turn = connection.turn(&mut Visit {
            desk,
            limits: &self.limits,
            now: self.now,
            post: &self.post,
            number,
            answer,
        });
        connection
            .channel
            .count_beginning(&self.shared.handshakes, false);
        let tally = desk.take_tally();
        self.shared.counts.messages.add(tally.messages);
        self.shared.counts.answers.add(tally.answers);
        self.shared.counts.silent.add(tally.silent);
        self.shared.counts.later.add(tally.later);
        self.shared.counts.panics.add(tally.panics);
        match turn {
            Turn::Wait => {}
            Turn::Again => self.come_again(number),
            Turn::Close(reason) => self.close(number, reason),
        }
        self.connections.rank(number);
    }

    fn turn_of_the_busy<S: Service>(&mut self, guard: &mut Guard<'_, S>, desk: &mut Desk) {
        for _ in 0..self.busy.len() {
            if let Some(number) = self.busy.pop_front() {
                if let Some(connection) = self.connections.entry(number) {
                    connection.is_busy = false;
                }
                self.turn(number, guard, desk);
            }
        }
    }

    fn sweep(&mut self) {
        if self.sweep_at.is_none_or(|at| at > self.now) {
            return;
        }
        for number in 0..self.connections.next_unused() {
            let later = &self.post.ledger().limits;
            let overdue = self
                .connections
                .entry(number)
                .and_then(|connection| connection.overdue(&self.limits, later, self.now));
            match overdue {
                Some(reason) => self.close(number, reason),
                // Whoever kept it may have let it go.
                None => self.connections.rank(number),
            }
        }
        self.sweep_at = (!self.connections.is_empty()).then(|| self.now + self.sweep_interval());
    }
}

/// Has the kernel be as patient with a peer as we are. Best effort: what it does otherwise is to close earlier, or to keep
/// a connection whose peer has gone without a word.
fn prepare(socket: &TcpStream, content: &Content, limits: &LaterLimits) {
    let socket = SockRef::from(socket);
    let _ = match content {
        Content::Stream(_) => socket.set_tcp_user_timeout(Some(limits.stream_message_time)),
        Content::Held => {
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(limits.held_probe_time))
        }
        _ => return,
    };
}
