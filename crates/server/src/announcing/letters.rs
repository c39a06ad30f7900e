//! The messages that are sent, and their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use replication::message::{answer_code, notify};
use replication::notify::{Notice, Target, Zone};
use ring::rand::{SecureRandom, SystemRandom};
use rr::Rtype;
use stack_os::outgoing::Ticket;
use tsig::{AnswerError, Awaited, Key, Time, sign_request};
use wire::ResponseCode;
use zone::Checked;

/// RFC 1035 §4.2.1: what everybody takes as a datagram. A message that would be longer does without the SOA record, which
/// is a hint (RFC 1996 §3.7).
const PLAIN_OCTETS: usize = 512;

/// A message that was sent and not answered yet.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) notice: Notice,
    /// Its number as a datagram.
    pub(super) ticket: Ticket,
    pub(super) message: Vec<u8>,
    awaited: Option<Awaited>,
}

/// What is not answered: of each target and zone one letter.
#[derive(Debug, Default)]
pub(super) struct Letters {
    open: BTreeMap<(Target, Zone), Letter>,
    tickets: BTreeMap<Ticket, (Target, Zone)>,
    last_ticket: u64,
}

impl Letters {
    /// Writes a message, signed if there is a key, in place of the one before; gives that one's number, too. `None` if there
    /// is no chance to be had, or no room for a signature.
    pub(super) fn write(
        &mut self,
        (notice, target, number): (Notice, Target, Zone),
        zone: &zone::Zone<Checked>,
        key: Option<&Arc<Key>>,
    ) -> Option<(&Letter, Option<Ticket>)> {
        let (message, awaited) = compose(zone, key)?;
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let place = (target, number);
        let letter = Letter {
            notice,
            ticket,
            message,
            awaited,
        };
        let before = self.open.insert(place, letter).map(|letter| letter.ticket);
        if let Some(before) = before {
            self.tickets.remove(&before);
        }
        self.tickets.insert(ticket, place);
        self.open.get(&place).map(|letter| (letter, before))
    }

    /// Whose datagram it was.
    pub(super) fn place(&self, ticket: Ticket) -> Option<(Target, Zone)> {
        self.tickets.get(&ticket).copied()
    }

    pub(super) fn get(&self, place: (Target, Zone)) -> Option<&Letter> {
        self.open.get(&place)
    }

    /// The zone of a message to this target that this is the answer to.
    pub(super) fn answered(&self, target: Target, answer: &[u8]) -> Option<Zone> {
        let of_target = (target, Zone(0))..=(target, Zone(u32::MAX));
        let mut open = self.open.range(of_target);
        let found = open.find(|(_, letter)| letter.message.get(..2) == answer.get(..2));
        found.map(|((_, zone), _)| *zone)
    }

    pub(super) fn remove(&mut self, place: (Target, Zone)) {
        if let Some(letter) = self.open.remove(&place) {
            self.tickets.remove(&letter.ticket);
        }
    }

    /// Forgets what does not matter any more.
    pub(super) fn remove_all(&mut self, matters_not: impl Fn(Target, Zone) -> bool) {
        let gone = self
            .open
            .extract_if(.., |(target, zone), _| matters_not(*target, *zone));
        for (_, letter) in gone {
            self.tickets.remove(&letter.ticket);
        }
    }
}

/// What is wrong with an answer.
#[derive(Debug)]
pub(super) enum Worthless {
    /// Its signature.
    Signature(AnswerError),
    /// It is no answer to what was sent.
    Other,
}

impl std::fmt::Display for Worthless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Worthless::Signature(error) => error.fmt(f),
            Worthless::Other => f.write_str("what it answers makes no sense"),
        }
    }
}

impl Letter {
    /// What an answer says, if it is believed.
    pub(super) fn read(&self, answer: &[u8]) -> Result<ResponseCode, Worthless> {
        if let Some(awaited) = &self.awaited {
            awaited
                .verify(answer, now())
                .map_err(Worthless::Signature)?;
        }
        answer_code(&self.message, answer).ok_or(Worthless::Other)
    }
}

fn compose(
    zone: &zone::Zone<Checked>,
    key: Option<&Arc<Key>>,
) -> Option<(Vec<u8>, Option<Awaited>)> {
    let (apex, id) = (zone.apex(), random_id()?);
    let soa = zone.apex_node().rrset(Rtype::SOA);
    let soa = soa.and_then(|set| Some((set.ttl(), set.rdatas().next()?)));
    let mut message = notify(id, apex, soa);
    if message.len() > PLAIN_OCTETS {
        message = notify(id, apex, None);
    }
    let awaited = key.map(|key| sign_request(key, &mut message, now()).ok());
    match awaited {
        Some(None) => None,
        awaited => Some((message, awaited.flatten())),
    }
}

/// QR and the operation code of NOTIFY (RFC 1996 §4.7).
pub(super) fn is_notify_answer(message: &[u8]) -> bool {
    message.get(2).is_some_and(|flags| flags & 0xF8 == 0xA0)
}

fn random_id() -> Option<u16> {
    let mut octets = [0; 2];
    SystemRandom::new().fill(&mut octets).ok()?;
    Some(u16::from_ne_bytes(octets))
}

fn now() -> Time {
    Time::from_secs(crate::now_secs())
}
