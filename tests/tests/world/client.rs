//! A program that sends updates, and asks again until it is answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use stack_sim::HostClock;
use tsig::{Awaited, Key, Time};

use crate::scenario::Token;

/// How often an update is sent.
const TRIES: u8 = 4;

pub(crate) struct Client {
    key: Arc<Key>,
    clock: HostClock,
    /// What is awaited, by the port it was sent from.
    waiting: BTreeMap<u16, Waiting>,
    last_port: u16,
}

struct Waiting {
    token: Token,
    is_added: bool,
    awaited: Awaited,
    tries: u8,
}

impl Client {
    pub(crate) fn new(key: &Arc<Key>, clock: HostClock) -> Client {
        Client {
            key: Arc::clone(key),
            clock,
            waiting: BTreeMap::new(),
            last_port: 20_000,
        }
    }

    /// A new message, and the port that it is sent from.
    pub(crate) fn update(&mut self, token: Token, is_added: bool) -> (u16, Vec<u8>) {
        self.send(token, is_added, 1)
    }

    fn send(&mut self, token: Token, is_added: bool, tries: u8) -> (u16, Vec<u8>) {
        self.last_port += 1;
        let mut message = message(self.last_port, token, is_added);
        let awaited = tsig::sign_request(&self.key, &mut message, self.now());
        let waiting = Waiting {
            token,
            is_added,
            awaited: awaited.expect("there is room for a signature"),
            tries,
        };
        self.waiting.insert(self.last_port, waiting);
        (self.last_port, message)
    }

    /// What is acknowledged by a datagram, if anything is.
    pub(crate) fn hear(&mut self, port: u16, octets: &[u8]) -> Option<(Token, bool)> {
        let waiting = self.waiting.get(&port)?;
        waiting.awaited.verify(octets, self.now()).ok()?;
        let is_done = octets.get(3)? & 15 == 0;
        // It may have been refused because a copy of it had come before: it is sent anew when its time is over.
        is_done
            .then_some((waiting.token, waiting.is_added))
            .inspect(|_| {
                self.waiting.remove(&port);
            })
    }

    /// The time of an update is over: sent anew, unless it was often enough.
    pub(crate) fn give_up(&mut self, port: u16) -> Option<(u16, Vec<u8>)> {
        let waiting = self.waiting.remove(&port)?;
        let Waiting {
            token,
            is_added,
            tries,
            ..
        } = waiting;
        (tries < TRIES).then(|| self.send(token, is_added, tries + 1))
    }

    fn now(&self) -> Time {
        Time::from_secs(self.clock.wall().as_secs())
    }
}

/// RFC 2136 §2: adds a TXT record, or takes all records of its name out.
fn message(id: u16, token: Token, is_added: bool) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend(b"\x28\0\0\x01\0\0\0\x01\0\0\x01a\x07example\0\0\x06\0\x01");
    for label in token.owner().split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend(match is_added {
        true => &b"\xc0\x0c\0\x10\0\x01\0\0\x01\x2c\0\x02\x01x"[..],
        false => b"\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0",
    });
    message
}
