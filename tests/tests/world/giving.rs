//! What a server sends later than it is asked: answers that wait, and those of many messages.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use stack_os::{Message, Next, Transport};
use stack_sim::Connection;

use crate::carriers::{Outbox, Parcel, Pull, Way};

/// What one answer has room for.
const ANSWER_OCTETS: usize = 4096;

/// Of one server.
#[derive(Default)]
pub(crate) struct Giving {
    pub(crate) outbox: Outbox,
    /// Answers of many messages that have begun, by a number.
    streams: BTreeMap<u64, (Way, Pull)>,
    last_stream: u64,
    /// Requests for transfers have come.
    pub(crate) is_asked: bool,
}

impl Giving {
    /// Has a message answered: now, or later. Gives whether it is later, or never.
    pub(crate) fn hear(
        &self,
        octets: &[u8],
        (peer, local): (SocketAddr, SocketAddr),
        way: Way,
        handle: impl FnOnce(Message<'_>, &mut [u8]) -> Option<usize>,
    ) -> bool {
        let transport = match way {
            Way::Datagram { .. } => Transport::Udp,
            Way::Connection(_) => Transport::Tcp,
        };
        let carriers = self.outbox.on(way);
        let message = Message::new(octets, peer, local, transport).carried(&carriers);
        let mut answer = vec![0; ANSWER_OCTETS];
        let length = handle(message, &mut answer);
        if let Some(length) = length {
            answer.truncate(length);
            stack_os::Carrier::answer(Box::new(carriers), &answer);
        }
        length.is_none()
    }

    /// Begins what was asked for; gives what is to be sent now, and the numbers of new streams.
    pub(crate) fn parcels(&mut self) -> (Vec<(Way, Vec<u8>)>, Vec<u64>) {
        let (mut messages, mut begun) = (Vec::new(), Vec::new());
        for parcel in self.outbox.take() {
            match parcel {
                Parcel::Message(way, octets) => messages.push((way, octets)),
                Parcel::Stream(way, pull) => {
                    self.last_stream += 1;
                    self.streams.insert(self.last_stream, (way, pull));
                    begun.push(self.last_stream);
                }
            }
        }
        (messages, begun)
    }

    /// Where a stream goes, if it is not over.
    pub(crate) fn way(&self, stream: u64) -> Option<Way> {
        self.streams.get(&stream).map(|(way, _)| *way)
    }

    /// The next message of a stream, and whether more will come; none if it has failed or is gone.
    pub(crate) fn pull(&mut self, stream: u64) -> Option<(Vec<u8>, bool)> {
        let (_, pull) = self.streams.get_mut(&stream)?;
        let mut octets = Vec::new();
        let next = pull(&mut octets);
        if next != Next::More {
            self.streams.remove(&stream);
        }
        (next != Next::Fail).then_some((octets, next == Next::More))
    }

    /// The connection is no more.
    pub(crate) fn ended(&mut self, connection: Connection) {
        let gone = |way: &Way| matches!(way, Way::Connection(it) if *it == connection);
        self.streams.retain(|_, (way, _)| !gone(way));
    }

    /// The server is gone, with all that it wanted to send.
    pub(crate) fn kill(&mut self) {
        self.streams.clear();
        self.outbox.take();
        self.is_asked = false;
    }
}
