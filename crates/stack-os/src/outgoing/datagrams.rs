//! Questions over UDP, any number at a time, by one thread.

use std::{
    collections::{BTreeSet, HashMap},
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};

use super::Trouble;
use super::shared::{self, Shared, any_address};

/// How much is asked at a time.
#[derive(Debug, Clone)]
pub struct AskOptions {
    /// Questions that are not answered, each with a socket unless it is shared. Default 1,000.
    pub questions: usize,
    /// Whether questions share a socket, which stays open: for who asks a thousand servers at once, of whom nothing is learned but
    /// that they have heard. Default: each has its own.
    pub shares_socket: bool,
    /// Datagrams that are no answer, after which a question is given up: somebody guesses (RFC 5452 §4). Default 100.
    pub strangers: u32,
}

impl Default for AskOptions {
    fn default() -> AskOptions {
        AskOptions {
            questions: 1_000,
            shares_socket: false,
            strangers: 100,
        }
    }
}

/// The number of a question, of the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A question over UDP.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its number, not that of another that is under way.
    pub ticket: Ticket,
    /// Whom to ask.
    pub server: SocketAddr,
    /// The address to come from; any if there is none.
    pub from: Option<IpAddr>,
    /// The message, with an id that cannot be guessed.
    pub message: Vec<u8>,
    /// How long to wait.
    pub patience: Duration,
}

/// How a question has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its number.
    pub ticket: Ticket,
    /// The answer.
    pub outcome: Result<Vec<u8>, Trouble>,
}

/// Says whether the second message is an answer to the first: id, question, operation.
type IsAnswer = fn(&[u8], &[u8]) -> bool;

/// Token of the waker; sockets count from 0.
const WAKER: Token = Token(usize::MAX);
/// Questions over a shared socket after which its answers are read, before there are more than it holds.
const BETWEEN_LOOKS: usize = 32;
/// The longest datagram there is.
const DATAGRAM_OCTETS: usize = 65_535;

/// A thread that asks over UDP. Dropping it ends the thread, without a word about what was under way.
///
/// Each question has a socket of its own, with a port of the kernel's choice and connected to the server, so that nobody else
/// is heard (RFC 5452 §9.2, RFC 8085 §5.1). Where it is [shared](AskOptions::shares_socket) the id and the server's address tell
/// whose answer it is.
pub struct Datagrams {
    inbox: Arc<Inbox>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Inbox {
    orders: Mutex<Vec<Order>>,
    stopping: AtomicBool,
}

enum Order {
    Ask(Question),
    Cancel(Ticket),
}

impl Datagrams {
    /// Starts the thread, which calls `on_end` for each question once.
    ///
    /// # Errors
    /// When the system has no threads or descriptors left.
    pub fn start(
        options: AskOptions,
        is_answer: IsAnswer,
        on_end: impl FnMut(Ended) + Send + 'static,
    ) -> io::Result<Datagrams> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let inbox = Arc::new(Inbox::default());
        let asker = Asker {
            poll,
            inbox: Arc::clone(&inbox),
            options,
            is_answer,
            on_end,
            open: HashMap::new(),
            tokens: HashMap::new(),
            due: BTreeSet::new(),
            shared: Shared::default(),
            last: 0,
            octets: vec![0; DATAGRAM_OCTETS],
        };
        let thread = thread::Builder::new()
            .name("asking".to_owned())
            .spawn(move || asker.run())?;
        Ok(Datagrams {
            inbox,
            waker,
            thread: Some(thread),
        })
    }

    /// Asks. How it ends is told to `on_end`, in the thread.
    pub fn ask(&self, question: Question) {
        self.order(Order::Ask(question));
    }

    /// Gives a question up, if it is under way; it ends as [`Trouble::Cancelled`].
    pub fn cancel(&self, ticket: Ticket) {
        self.order(Order::Cancel(ticket));
    }

    fn order(&self, order: Order) {
        let orders = self.inbox.orders.lock();
        orders.unwrap_or_else(PoisonError::into_inner).push(order);
        // It fails only when no descriptor is left of it, that is, when the thread has gone.
        let _ = self.waker.wake();
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.inbox.stopping.store(true, Ordering::SeqCst);
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").finish_non_exhaustive()
    }
}

/// What the thread has.
struct Asker<F> {
    poll: Poll,
    inbox: Arc<Inbox>,
    options: AskOptions,
    is_answer: IsAnswer,
    on_end: F,
    open: HashMap<Token, Open>,
    tokens: HashMap<Ticket, Token>,
    due: BTreeSet<(Instant, usize)>,
    shared: Shared,
    last: usize,
    octets: Vec<u8>,
}

/// A question under way.
struct Open {
    ticket: Ticket,
    /// None if it went over the shared one.
    socket: Option<UdpSocket>,
    server: SocketAddr,
    message: Vec<u8>,
    until: Instant,
    strangers: u32,
}

impl<F: FnMut(Ended)> Asker<F> {
    fn run(mut self) {
        let mut events = Events::with_capacity(256);
        while !self.inbox.stopping.load(Ordering::SeqCst) {
            let next = self.due.first().map(|(until, _)| *until);
            let wait = next.map(|until| until.saturating_duration_since(Instant::now()));
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
                _ => {}
            }
            for event in &events {
                self.receive(event.token());
            }
            self.receive_shared();
            self.take_orders();
            self.give_up_overdue();
        }
    }

    fn take_orders(&mut self) {
        let orders = self.inbox.orders.lock();
        let orders = std::mem::take(&mut *orders.unwrap_or_else(PoisonError::into_inner));
        for (count, order) in orders.into_iter().enumerate() {
            if count % BETWEEN_LOOKS == BETWEEN_LOOKS - 1 {
                self.receive_shared();
            }
            match order {
                Order::Ask(question) => self.ask(question),
                Order::Cancel(ticket) => {
                    if let Some(token) = self.tokens.get(&ticket).copied() {
                        self.end(token, Err(Trouble::Cancelled));
                    }
                }
            }
        }
    }

    fn ask(&mut self, question: Question) {
        let ticket = question.ticket;
        let outcome = match self.open.len() < self.options.questions {
            true => self.begin(question).map_err(Trouble::from),
            false => Err(Trouble::TooMany),
        };
        if let Err(trouble) = outcome {
            let outcome = Err(trouble);
            (self.on_end)(Ended { ticket, outcome });
        }
    }

    fn begin(&mut self, question: Question) -> io::Result<()> {
        let token = Token(self.last);
        self.last = self.last.wrapping_add(1) % shared::FIRST_TOKEN;
        let socket = match self.options.shares_socket && self.shared.has_room(&question) {
            true => {
                self.shared.send(&question, token, self.poll.registry())?;
                None
            }
            false => Some(self.send_alone(&question, token)?),
        };
        let until = Instant::now() + question.patience;
        self.due.insert((until, token.0));
        self.tokens.insert(question.ticket, token);
        let open = Open {
            ticket: question.ticket,
            socket,
            server: question.server,
            message: question.message,
            until,
            strangers: 0,
        };
        self.open.insert(token, open);
        Ok(())
    }

    fn send_alone(&mut self, question: &Question, token: Token) -> io::Result<UdpSocket> {
        let from = question.from.unwrap_or(any_address(question.server));
        let mut socket = UdpSocket::bind(SocketAddr::new(from, 0))?;
        socket.connect(question.server)?;
        let registry = self.poll.registry();
        registry.register(&mut socket, token, Interest::READABLE)?;
        socket.send(&question.message)?;
        Ok(socket)
    }

    fn receive_shared(&mut self) {
        while let Some((token, length)) = self.shared.receive(&mut self.octets) {
            let answer = &self.octets[..length];
            let is_answer = |open: &Open| (self.is_answer)(&open.message, answer);
            if self.open.get(&token).is_some_and(is_answer) {
                let answer = answer.to_vec();
                self.end(token, Ok(answer));
            }
        }
    }

    fn receive(&mut self, token: Token) {
        while let Some(open) = self.open.get_mut(&token)
            && let Some(socket) = &open.socket
        {
            match socket.recv(&mut self.octets) {
                Ok(length) if (self.is_answer)(&open.message, &self.octets[..length]) => {
                    let answer = self.octets[..length].to_vec();
                    self.end(token, Ok(answer));
                }
                Ok(_) => {
                    open.strangers += 1;
                    if open.strangers >= self.options.strangers {
                        self.end(token, Err(Trouble::TimedOut));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nobody listens there, says the other host.
                Err(error) => self.end(token, Err(Trouble::Broken(error))),
            }
        }
    }

    fn give_up_overdue(&mut self) {
        let now = Instant::now();
        while let Some((until, token)) = self.due.first().copied()
            && until <= now
        {
            self.end(Token(token), Err(Trouble::TimedOut));
        }
    }

    fn end(&mut self, token: Token, outcome: Result<Vec<u8>, Trouble>) {
        if let Some(mut open) = self.open.remove(&token) {
            self.due.remove(&(open.until, token.0));
            self.tokens.remove(&open.ticket);
            match &mut open.socket {
                // Closing the socket has the same effect.
                Some(socket) => _ = self.poll.registry().deregister(socket),
                None => self.shared.forget(open.server, &open.message),
            }
            let ticket = open.ticket;
            (self.on_end)(Ended { ticket, outcome });
        }
    }
}
