//! The way of a transfer to its peer, and what is told of it.

use std::net::IpAddr;

use rr::{Name, Serial};
use stack_os::{Clock, Next};
use transfer::Outgoing;
use tsig::Time;
use zone::{Checked, Zone};

use super::{Asking, datagram_room};
use crate::telling::late::LaterAnswer;

/// Who gets what.
#[derive(Debug)]
pub(super) struct Sending {
    zone: Name,
    serial: Option<Serial>,
    client: IpAddr,
    key: Option<Name>,
    /// Octets of the one message, over UDP.
    datagram: Option<usize>,
    messages: u64,
    octets: u64,
    clock: Clock,
}

impl Sending {
    /// `key` is the name of the key that the request was signed with.
    pub(super) fn new(
        asking: &Asking<'_>,
        zone: &Zone<Checked>,
        key: Option<Name>,
        clock: Clock,
    ) -> Sending {
        Sending {
            zone: zone.apex().to_owned(),
            serial: zone.serial(),
            client: asking.arrived.message.peer.ip(),
            key,
            datagram: datagram_room(asking),
            messages: 0,
            octets: 0,
            clock,
        }
    }

    pub(super) fn send(self, outgoing: Outgoing, later: LaterAnswer) {
        match self.datagram {
            Some(room) => self.send_datagram(outgoing, room, later),
            None => self.send_stream(outgoing, later),
        }
    }

    fn send_datagram(mut self, outgoing: Outgoing, room: usize, later: LaterAnswer) {
        let (kind, mut message) = (outgoing.kind(), Vec::new());
        match outgoing.only_message(&mut message, room, self.now()) {
            Ok(()) => {
                later.answer(&message);
                self.count(&message);
                self.tell(kind);
            }
            Err(error) => self.tell_failure(&error),
        }
    }

    /// Where there are as many streams as may be the peer gets nothing, and asks again.
    fn send_stream(mut self, mut outgoing: Outgoing, later: LaterAnswer) {
        let kind = outgoing.kind();
        let next = move |message: &mut Vec<u8>| match outgoing.next_message(message, self.now()) {
            Ok(next) => {
                self.count(message);
                self.go_on(next, kind)
            }
            Err(error) => {
                self.tell_failure(&error);
                Next::Fail
            }
        };
        if let Err(full) = later.stream(next) {
            tracing::warn!("a transfer is not begun: {full}");
        }
    }

    fn go_on(&self, next: transfer::Next, kind: &'static str) -> Next {
        match next {
            transfer::Next::More => Next::More,
            transfer::Next::Last => {
                self.tell(kind);
                Next::Last
            }
        }
    }

    fn now(&self) -> Time {
        Time::from_secs(self.clock.wall().as_secs())
    }

    fn count(&mut self, message: &[u8]) {
        self.messages += 1;
        self.octets += message.len() as u64;
    }

    fn tell(&self, what: &'static str) {
        let serial = self.serial.map_or(0, |serial| serial.0);
        let key = self.key.as_ref().map(tracing::field::display);
        tracing::info!(
            zone = %self.zone, serial, client = %self.client, key, messages = self.messages, octets = self.octets,
            "transferred: {what}"
        );
    }

    fn tell_failure(&self, error: &transfer::SendError) {
        tracing::error!(zone = %self.zone, client = %self.client, %error, "a transfer cannot go on");
    }
}
