//! Answers that come later than their messages, and messages that nobody asked for.
//!
//! ```text
//! handler ── Message::later() ──> Later ── answer ──> datagram: leaves at once, from whatever thread
//!                                   │
//!                                   └── answer, stream ──> letter ──> the thread of the connection, woken ──> its turn
//! ```
//!
//! A connection belongs to one thread, so whoever else has something for it writes a letter ([`post`]). What is awaited
//! and what waits is counted ([`ledger`]) by permits that travel with it, so that none is forgotten on any way it may end.

mod carried;
mod datagram;
mod ledger;
mod post;
mod stream;

pub use carried::{Carrier, Carriers};
pub(crate) use datagram::{Datagrams, Reply};
pub(crate) use ledger::{Awaited, LateCounts, Ledger};
pub(crate) use post::{Content, Letter, Octets, Origin, Place, Post};
pub use stream::Pull;
pub(crate) use stream::{Pulled, Stream};

use datagram::Datagram;
use post::{Hold, Seat};
use std::{error, fmt, sync::Arc};

/// The way of one answer that is given later, by any thread ([`Message::later`](crate::Message::later)).
///
/// Dropped without an answer it is silence. When the server has stopped or the connection is closed it does nothing.
#[derive(Debug)]
pub struct Later {
    way: LaterWay,
}

enum LaterWay {
    Datagram(Datagram),
    Connection(Seat),
    Carried(Box<dyn Carrier>),
}

/// What [`Later::stream`] asks of its caller each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There is a message now, and more will come.
    More,
    /// There is a message now, or none if there are no octets, and that was all.
    Last,
    /// It cannot go on: the connection is closed, for only that tells the peer that it has not got everything.
    Fail,
}

impl Later {
    pub(crate) fn of_datagram(datagram: Datagram) -> Later {
        let way = LaterWay::Datagram(datagram);
        Later { way }
    }

    pub(crate) fn of_connection(seat: Seat) -> Later {
        let way = LaterWay::Connection(seat);
        Later { way }
    }

    pub(crate) fn carried(carrier: Box<dyn Carrier>) -> Later {
        let way = LaterWay::Carried(carrier);
        Later { way }
    }

    /// Sends the answer: a datagram from the address and port that was asked, which may wait for room for
    /// [`UdpLimits::send_time`](crate::UdpLimits::send_time), or a message of the connection, which does not wait. Answers
    /// of a connection go in the order in which they are given (RFC 7766 §6.2.1.1 asks for no other).
    ///
    /// An answer of more octets than the transport takes (65,535) is none. One that is over
    /// [`LaterLimits::octets`](crate::LaterLimits::octets) closes its connection.
    pub fn answer(self, octets: &[u8]) {
        match self.way {
            LaterWay::Datagram(datagram) => datagram.answer(octets),
            LaterWay::Connection(seat) => seat.answer(octets),
            LaterWay::Carried(carrier) => carrier.answer(octets),
        }
    }

    /// Answers by many messages, over TCP and TLS. `next` is called in the thread of the connection, once for each message
    /// and only when there is room for it: it writes one of 1 to 65,535 octets into a buffer that is empty. Connections
    /// that have streams take turns, and so do the streams of one.
    ///
    /// A panic in `next`, and [`Next::More`] without a message or with too long a one, is [`Next::Fail`]. When the
    /// connection is closed, `next` is dropped.
    ///
    /// # Errors
    /// [`Full`]: there are too many streams, or it is a datagram that is to be answered; the way of the answer is in it.
    pub fn stream(
        self,
        next: impl FnMut(&mut Vec<u8>) -> Next + Send + 'static,
    ) -> Result<(), Full> {
        match self.way {
            LaterWay::Datagram(_) => Err(Full(self)),
            LaterWay::Connection(seat) => seat
                .stream(Box::new(next))
                .map_err(|seat| Full(Later::of_connection(seat))),
            LaterWay::Carried(carrier) => {
                carrier.stream(Box::new(next));
                Ok(())
            }
        }
    }
}

impl fmt::Debug for LaterWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LaterWay::Datagram(datagram) => datagram.fmt(f),
            LaterWay::Connection(seat) => seat.fmt(f),
            LaterWay::Carried(_) => f.write_str("Carried"),
        }
    }
}

/// No stream can be begun ([`LaterLimits::streams`](crate::LaterLimits::streams) and those beside it); the way of an answer
/// that says so.
#[derive(Debug)]
pub struct Full(pub Later);

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are as many streams of answers as there may be")
    }
}

impl error::Error for Full {}

/// A connection that messages can be sent on without being asked ([`Message::connection`](crate::Message::connection)).
///
/// As long as one is there, the connection is neither idle nor too old, nor is it closed for another one: whoever keeps
/// it has reasons to. It is closed when the peer ends its side.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Hold>);

impl Connection {
    pub(crate) fn new(hold: Hold) -> Connection {
        Connection(Arc::new(hold))
    }

    /// Sends a message of 1 to 65,535 octets. It does not wait; whether the peer gets it nobody knows.
    ///
    /// # Errors
    /// [`Closed`]: the connection is, or will be, as the peer has left
    /// [`LaterLimits::unasked_octets`](crate::LaterLimits::unasked_octets) unread, or the message has an impossible length.
    pub fn send(&self, octets: &[u8]) -> Result<(), Closed> {
        self.0.send(octets)
    }

    /// Whether it is closed; if not, it may be at any moment.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Whether an answer to one of its messages is to come, or is being sent.
    pub fn is_awaiting(&self) -> bool {
        self.0.is_awaiting()
    }

    /// Whether both are the same connection.
    pub fn is(&self, other: &Connection) -> bool {
        self.0.is(&other.0)
    }
}

/// The connection takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closed")
    }
}

impl error::Error for Closed {}
