//! What the stack asks of its caller, and the guard that keeps a panic there from ending the service.

use crate::later::{Carriers, Connection, Datagrams, Later, Origin};
use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// A message as it arrived, without the length that precedes it on TCP and TLS.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// The octets of the message: over UDP at most [`kernel_calls::QUESTION_OCTETS`], a longer one is cut there.
    pub octets: &'m [u8],
    /// Who sent it. Over UDP the address may be forged; its port is never 0.
    pub peer: SocketAddr,
    /// The address and port that were asked.
    pub local: SocketAddr,
    /// How it came, which is how the answer goes.
    pub transport: Transport,
    pub(crate) way: Way<'m>,
}

/// Where answers that come later begin their way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way<'m> {
    /// Nowhere: no server has received the message.
    None,
    Datagram(&'m Datagrams),
    Connection(&'m Origin<'m>),
    /// To whoever has received it instead.
    Carried(&'m dyn Carriers),
}

impl<'m> Message<'m> {
    /// A message that no server has received: nothing can be sent on its way but the answer at once.
    pub fn new(
        octets: &'m [u8],
        peer: SocketAddr,
        local: SocketAddr,
        transport: Transport,
    ) -> Message<'m> {
        let way = Way::None;
        Message {
            octets,
            peer,
            local,
            transport,
            way,
        }
    }

    /// A message that somebody else than this crate has received, who carries what is answered later.
    pub fn carried(self, carriers: &'m dyn Carriers) -> Message<'m> {
        let way = Way::Carried(carriers);
        Message { way, ..self }
    }

    /// The way of an answer that is to come later; the handler returns `None` then. `None`: as many are awaited as may be
    /// ([`LaterLimits::answers`](crate::LaterLimits::answers)).
    ///
    /// Whatever is awaited costs memory, so it is for peers that have shown who they are.
    pub fn later(&self) -> Option<Later> {
        match self.way {
            Way::None => None,
            Way::Datagram(datagrams) => datagrams.later(self.peer, self.local),
            Way::Connection(origin) => origin.later(),
            Way::Carried(carriers) => carriers.carrier().map(Later::carried),
        }
    }

    /// The connection it came on, to send messages that nobody asked for. `None`: it came over UDP, or there are as many
    /// that are kept as may be ([`LaterLimits::held`](crate::LaterLimits::held)).
    pub fn connection(&self) -> Option<Connection> {
        match self.way {
            Way::None | Way::Datagram(_) | Way::Carried(_) => None,
            Way::Connection(origin) => origin.connection(),
        }
    }
}

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A datagram.
    Udp,
    /// One message of a connection.
    Tcp,
    /// One message of a connection that nobody else can read.
    Tls,
}

/// Answers messages; each thread has its own and never shares it. Closures of the same shape are handlers.
pub trait Handler {
    /// Called before the first of some messages that arrived together: the moment to look at the clock and at the newest
    /// zones once, instead of once a message. By default nothing happens.
    fn begin_batch(&mut self) {}

    /// Called with messages that [`handle_message`](Handler::handle_message) will get one after the other, the next one first,
    /// and whoever sent them: the moment to have the memory bring what the answers will need. Returns how many it has taken
    /// notice of; it is called again when these are answered. By default it wants to know of none.
    fn foresee<'m>(&mut self, messages: impl Iterator<Item = &'m [u8]>) -> usize {
        let _ = messages;
        usize::MAX
    }

    /// Called after the answers to these messages were handed to the kernel, or kept for a peer that does not read. By
    /// default nothing happens.
    fn end_batch(&mut self) {}

    /// Writes an answer to the front of `answer` and returns its length, or `None` for silence. `answer` holds octets of
    /// earlier answers; over UDP it has [`UdpLimits::answer_octets`](crate::UdpLimits::answer_octets) octets, over TCP
    /// and TLS 65,535.
    ///
    /// A panic ends this message only: it is counted, [`Service::answer_after_panic`] may still say something, and the
    /// thread gets a new handler.
    fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize>;
}

impl<F: FnMut(Message<'_>, &mut [u8]) -> Option<usize>> Handler for F {
    fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        self(message, answer)
    }
}

/// Makes a [`Handler`] for each thread, inside that thread. Closures that return a handler are services.
pub trait Service: Send + Sync + 'static {
    /// What answers.
    type Handler: Handler;

    /// A new handler, for a thread that starts or one whose handler panicked.
    fn handler(&self) -> Self::Handler;

    /// Called once in each thread that answers, with how its messages come, before the first and when it has made all that
    /// it works with: the moment to give up what it does not need. By default nothing happens.
    fn begin_thread(&self, transport: Transport) {
        let _ = transport;
    }

    /// Called when the handler panicked at this message, with what the handler would have got: writes an answer to the
    /// front of `answer` and returns its length, or `None` for silence, which is what it does by default and when it
    /// panics itself.
    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        let _ = (message, answer);
        None
    }
}

impl<H: Handler, F: Fn() -> H + Send + Sync + 'static> Service for F {
    type Handler = H;

    fn handler(&self) -> H {
        self()
    }
}

/// A handler behind `catch_unwind`.
///
/// A handler that panicked may be half-changed, so it is thrown away: that is why asserting unwind safety is right.
pub(crate) struct Guard<'s, S: Service> {
    service: &'s S,
    handler: Option<S::Handler>,
    /// Panics since the last [`take_panics`](Guard::take_panics).
    panics: u64,
}

impl<'s, S: Service> Guard<'s, S> {
    /// Makes the handler, in the thread that will use it.
    pub(crate) fn new(service: &'s S) -> Guard<'s, S> {
        let mut guard = Guard {
            service,
            handler: None,
            panics: 0,
        };
        guard.guarded(|_| ());
        guard
    }

    /// The thread has all that it works with.
    pub(crate) fn begin_thread(&mut self, transport: Transport) {
        let service = self.service;
        // A panic is told by whoever panics; the thread serves all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| service.begin_thread(transport)));
    }

    pub(crate) fn begin_batch(&mut self) {
        self.guarded(Handler::begin_batch);
    }

    /// How many messages the handler has taken notice of, at least one.
    #[inline]
    pub(crate) fn foresee<'m>(&mut self, messages: impl Iterator<Item = &'m [u8]>) -> usize {
        let taken = self.guarded(|handler| handler.foresee(messages));
        taken.unwrap_or(1).max(1)
    }

    pub(crate) fn end_batch(&mut self) {
        self.guarded(Handler::end_batch);
    }

    /// The handler's answer; that of the service if it panicked or claims more octets than there is room for.
    pub(crate) fn handle_message(
        &mut self,
        message: Message<'_>,
        answer: &mut [u8],
    ) -> Option<usize> {
        let room = answer.len();
        let handled = self.guarded(|handler| {
            let len = handler.handle_message(message, &mut *answer)?;
            assert!(len <= room, "an answer of {len} octets in room for {room}");
            Some(len)
        });
        match handled {
            Some(answered) => answered,
            None => self.answer_after_panic(message, answer),
        }
    }

    #[cold]
    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        let (service, room) = (self.service, answer.len());
        let say = || service.answer_after_panic(message, answer);
        let said = catch_unwind(AssertUnwindSafe(say)).ok().flatten();
        said.filter(|len| *len <= room)
    }

    pub(crate) fn take_panics(&mut self) -> u64 {
        std::mem::take(&mut self.panics)
    }

    #[inline]
    fn guarded<T>(&mut self, work: impl FnOnce(&mut S::Handler) -> T) -> Option<T> {
        let (service, handler) = (self.service, &mut self.handler);
        let result = catch_unwind(AssertUnwindSafe(|| {
            work(handler.get_or_insert_with(|| begun(service)))
        }));
        if result.is_err() {
            self.handler = None;
            self.panics += 1;
        }
        result.ok()
    }
}

/// A new handler, which may find itself in the middle of a batch.
fn begun<S: Service>(service: &S) -> S::Handler {
    let mut handler = service.handler();
    handler.begin_batch();
    handler
}
