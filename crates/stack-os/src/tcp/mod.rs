//! TCP: a few threads, each with an event loop over the shared listeners and its own connections.
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

mod clients;
mod connection;
mod table;

pub(crate) use clients::Clients;

use crate::{Message, Service, TcpLimits, counters::TcpCounts, service::Guard, sockets::Bound};
use clients::Admission;
use connection::{Closed, Connection, Desk, Turn, Visit};
use kernel_calls::out_of_descriptors;
use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use socket2::SockRef;
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use table::Table;

/// Connections accepted before the open ones have their turn again.
const ACCEPTS_PER_TURN: usize = 64;
const WAKER: Token = Token(usize::MAX);
/// How long the thread waits after an error of the event queue, so that a lasting one does not make it spin.
const ERROR_PAUSE: Duration = Duration::from_millis(10);

/// What the threads have in common with each other and the server.
pub(crate) struct Shared {
    pub(crate) clients: Arc<Clients>,
    pub(crate) counts: Arc<TcpCounts>,
    pub(crate) stopping: Arc<AtomicBool>,
}

pub(crate) struct Worker {
    poll: Poll,
    waker: Arc<Waker>,
    /// Tokens below `listeners.len()` are listeners, those above are connections.
    listeners: Vec<TcpListener>,
    connections: Table<TcpStream>,
    /// Connections whose turn ended before their work did.
    busy: VecDeque<usize>,
    /// When listeners that still have connections in their queue are tried again.
    accept_at: Option<Instant>,
    /// When limits of time are looked at next; none while there is no connection.
    sweep_at: Option<Instant>,
    now: Instant,
    limits: TcpLimits,
    shared: Shared,
}

impl Worker {
    pub(crate) fn new(bound: &[Bound], limits: TcpLimits, shared: Shared) -> io::Result<Worker> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let listeners = bound
            .iter()
            .map(|bound| Ok(TcpListener::from_std(bound.listener.try_clone()?)));
        let mut listeners: Vec<_> = listeners.collect::<io::Result<_>>()?;
        for (number, listener) in listeners.iter_mut().enumerate() {
            poll.registry()
                .register(listener, Token(number), Interest::READABLE)?;
        }
        let (connections, busy, now) = (Table::default(), VecDeque::new(), Instant::now());
        // What arrived before the registration makes no event.
        let accept_at = Some(now);
        Ok(Worker {
            poll,
            waker,
            listeners,
            connections,
            busy,
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
        while !self.shared.stopping.load(Ordering::Relaxed) {
            self.wait(&mut events);
            guard.begin_batch();
            for event in &events {
                match event.token() {
                    WAKER => {}
                    Token(listener) if listener < self.listeners.len() => self.accept(listener),
                    Token(number) => {
                        let number = number - self.listeners.len();
                        self.connections.note_event(number, event.is_read_closed());
                        self.turn(number, &mut guard, &mut desk);
                    }
                }
            }
            self.accept_again();
            self.turn_of_the_busy(&mut guard, &mut desk);
            guard.end_batch();
            self.sweep();
            self.shared.counts.panics.add(guard.take_panics());
        }
        // Questions that have arrived get their answers before the connections are closed.
        for number in 0..self.connections.next_unused() {
            self.turn(number, &mut guard, &mut desk);
        }
    }

    fn wait(&mut self, events: &mut Events) {
        let until = [self.accept_at, self.sweep_at].into_iter().flatten().min();
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

    fn accept(&mut self, listener: usize) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.listeners[listener].accept() {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if out_of_descriptors(&error) => return self.pause_accepting(),
                // The peer has gone again, or a signal came.
                Err(_) => {}
            }
        }
        self.accept_at = Some(self.now);
    }

    /// The connections wait in the kernel's queue. One descriptor is made free so that the next attempt gets further.
    fn pause_accepting(&mut self) {
        self.shared.counts.accept_pauses.add(1);
        self.accept_at = Some(self.now + self.limits.accept_pause);
        if let Some(number) = self.connections.least_useful(|_| true) {
            self.close(number, Closed::ForRoom);
        }
    }

    fn accept_again(&mut self) {
        if self.accept_at.is_some_and(|at| at <= self.now) {
            self.accept_at = None;
            (0..self.listeners.len()).for_each(|listener| self.accept(listener));
        }
    }

    /// Takes a new connection in, at the cost of the least useful one if there is no room. The victim is sought among this
    /// thread's; if it has none, the new one is turned away.
    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        self.shared.counts.accepted.add(1);
        let client = self.limits.client(peer.ip());
        let mut admission = self.shared.clients.admit(client);
        let victim = match admission {
            Admission::Admitted => None,
            Admission::ClientIsFull => self
                .connections
                .least_useful(|connection| connection.client == client),
            Admission::Full => self.connections.least_useful(|_| true),
        };
        if let Some(victim) = victim {
            self.close(victim, Closed::ForRoom);
            admission = self.shared.clients.admit(client);
        }
        match admission {
            Admission::Admitted => self.open(Connection::new(stream, peer, client, self.now)),
            Admission::ClientIsFull | Admission::Full => {
                self.shared.counts.closed.add(1);
                self.shared.counts.closed_for_room.add(1);
            }
        }
    }

    fn open(&mut self, mut connection: Connection<TcpStream>) {
        let client = connection.client;
        let opened = connection.channel.local_addr().and_then(|local| {
            connection.local = local;
            let token = Token(self.connections.next_number() + self.listeners.len());
            let both = Interest::READABLE | Interest::WRITABLE;
            self.poll
                .registry()
                .register(&mut connection.channel, token, both)
        });
        match opened {
            Ok(()) => {
                self.connections.insert(connection);
                self.sweep_at
                    .get_or_insert(self.now + self.limits.sweep_interval());
            }
            // The peer has gone again, or the kernel has no memory to watch it.
            Err(_) => {
                self.shared.clients.leave(client);
                self.shared.counts.closed.add(1);
            }
        }
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
            answer,
        });
        let tally = desk.take_tally();
        self.shared.counts.messages.add(tally.messages);
        self.shared.counts.answers.add(tally.answers);
        self.shared
            .counts
            .silent
            .add(tally.messages - tally.answers);
        match turn {
            Turn::Wait => {}
            Turn::Again => self.busy.push_back(number),
            Turn::Close(reason) => self.close(number, reason),
        }
        self.connections.rank(number);
    }

    fn turn_of_the_busy<S: Service>(&mut self, guard: &mut Guard<'_, S>, desk: &mut Desk) {
        for _ in 0..self.busy.len() {
            if let Some(number) = self.busy.pop_front() {
                self.turn(number, guard, desk);
            }
        }
    }

    fn sweep(&mut self) {
        if self.sweep_at.is_none_or(|at| at > self.now) {
            return;
        }
        for number in 0..self.connections.next_unused() {
            let overdue = self
                .connections
                .entry(number)
                .and_then(|connection| connection.overdue(&self.limits, self.now));
            if let Some(reason) = overdue {
                self.close(number, reason);
            }
        }
        self.sweep_at =
            (!self.connections.is_empty()).then(|| self.now + self.limits.sweep_interval());
    }

    fn close(&mut self, number: usize, reason: Closed) {
        let Some(connection) = self.connections.remove(number) else {
            return;
        };
        if connection.has_unread_answers() {
            // A reset: the kernel must not keep answers for a peer that does not read them.
            let _ = SockRef::from(&connection.channel).set_linger(Some(Duration::ZERO));
        }
        self.shared.clients.leave(connection.client);
        let counts = &self.shared.counts;
        counts.closed.add(1);
        match reason {
            Closed::ByPeer => {}
            Closed::Idle => counts.closed_idle.add(1),
            Closed::Slow => counts.closed_slow.add(1),
            Closed::Unread => counts.closed_unread.add(1),
            Closed::Old => counts.closed_old.add(1),
            Closed::ForRoom => counts.closed_for_room.add(1),
        }
    }
}
