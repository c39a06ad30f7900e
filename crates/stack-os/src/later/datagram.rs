//! Answers to datagrams that leave later, through the socket that their questions came to.

use super::{
    Later,
    ledger::{Awaited, LateCounts, Ledger},
};
use kernel_calls::Departure;
use socket2::{MsgHdr, SockAddr, SockRef};
use std::{
    cell::Cell,
    io::{self, IoSlice},
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
};

/// What a thread for datagrams gives with its messages.
#[derive(Debug)]
pub(crate) struct Datagrams {
    reply: Arc<Reply>,
    /// Whether the answer to the message at hand is to come later.
    taken: Cell<bool>,
}

/// How an answer leaves. When its thread has ended it is gone, and its socket with it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) socket: UdpSocket,
    /// The socket takes datagrams to any address of the machine.
    pub(crate) is_wildcard: bool,
    pub(crate) answer_octets: usize,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) counts: Arc<LateCounts>,
}

/// The way back of one datagram.
#[derive(Debug)]
pub(crate) struct Datagram {
    reply: Weak<Reply>,
    counts: Arc<LateCounts>,
    peer: SocketAddr,
    local: SocketAddr,
    awaited: Option<Awaited>,
}

impl Datagrams {
    pub(crate) fn new(reply: Reply) -> Datagrams {
        Datagrams {
            reply: Arc::new(reply),
            taken: Cell::new(false),
        }
    }

    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.reply.socket
    }

    /// Whether the answer to the last message is to come later.
    pub(crate) fn was_taken(&self) -> bool {
        self.taken.take()
    }

    pub(crate) fn later(&self, peer: SocketAddr, local: SocketAddr) -> Option<Later> {
        let awaited = self.reply.ledger.await_answer(None)?;
        self.taken.set(true);
        Some(Later::of_datagram(Datagram {
            reply: Arc::downgrade(&self.reply),
            counts: Arc::clone(&self.reply.counts),
            peer,
            local,
            awaited: Some(awaited),
        }))
    }
}

impl Datagram {
    pub(crate) fn answer(mut self, octets: &[u8]) {
        let Some(reply) = self.reply.upgrade() else {
            return;
        };
        self.awaited = None;
        let count = match reply.send(octets, self.peer, self.local) {
            Ok(()) => &reply.counts.answers,
            Err(_) => &reply.counts.unsent,
        };
        count.fetch_add(1, Relaxed);
    }
}

impl Drop for Datagram {
    fn drop(&mut self) {
        if self.awaited.is_some() {
            self.counts.silent.fetch_add(1, Relaxed);
        }
    }
}

impl Reply {
    /// Sends an answer from the address that was asked.
    fn send(&self, octets: &[u8], peer: SocketAddr, local: SocketAddr) -> io::Result<()> {
        if octets.len() > self.answer_octets {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let (to, octets) = (SockAddr::from(peer), [IoSlice::new(octets)]);
        let departure = self.is_wildcard.then(|| departure(peer, local));
        let mut message = MsgHdr::new().with_addr(&to).with_buffers(&octets);
        if let Some(departure) = &departure {
            message = message.with_control(departure.as_octets());
        }
        loop {
            match SockRef::from(&self.socket).sendmsg(&message, 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return sent.map(drop),
            }
        }
    }
}

/// A link-local address was asked through the interface that its peer is at.
fn departure(peer: SocketAddr, local: SocketAddr) -> Departure {
    let interface = match peer {
        SocketAddr::V6(peer) => peer.scope_id(),
        SocketAddr::V4(_) => 0,
    };
    Departure::from(local.ip(), interface)
}
