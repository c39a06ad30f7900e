//! Answers that come later than their messages: counted and copied as those that are given at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stack_os::{Clock, Full, Later, Message, Next, Transport};

use crate::telling::dnstap::Queue;
use crate::telling::tally::Ledger;

/// Where they are told.
#[derive(Debug)]
pub(crate) struct LateTelling {
    pub(crate) ledger: Arc<Ledger>,
    /// Where messages are copied to, if anybody takes copies.
    pub(crate) copies: Option<Arc<Queue>>,
    pub(crate) clock: Clock,
}

/// A message at the desk, and what is told of its answer should that come later.
#[derive(Debug)]
pub struct Arrived<'a> {
    /// The message.
    pub(crate) message: Message<'a>,
    pub(crate) telling: &'a Arc<LateTelling>,
    /// When it came, since 1970.
    pub(crate) at: Duration,
    /// Whether it is copied, and so is its answer.
    pub(crate) is_copied: bool,
}

/// The way of one answer that is given later, by any thread. Dropped without an answer it is silence.
#[derive(Debug)]
pub struct LaterAnswer {
    later: Later,
    witness: Witness,
}

/// Tells of one answer.
#[derive(Debug)]
struct Witness {
    telling: Arc<LateTelling>,
    octets: Vec<u8>,
    peer: SocketAddr,
    local: SocketAddr,
    transport: Transport,
    at: Duration,
    is_copied: bool,
}

impl Arrived<'_> {
    /// The way of an answer that is to come later; `None`: as many are awaited as may be
    /// ([`LaterLimits::answers`](stack_os::LaterLimits::answers)).
    #[must_use]
    pub fn later(&self) -> Option<LaterAnswer> {
        let later = self.message.later()?;
        let Message {
            octets,
            peer,
            local,
            transport,
            ..
        } = self.message;
        let witness = Witness {
            telling: Arc::clone(self.telling),
            octets: octets.to_vec(),
            peer,
            local,
            transport,
            at: self.at,
            is_copied: self.is_copied,
        };
        Some(LaterAnswer { later, witness })
    }
}

impl LaterAnswer {
    /// Sends the answer, as [`Later::answer`] does.
    pub fn answer(self, octets: &[u8]) {
        self.witness.tell(octets);
        self.later.answer(octets);
    }

    /// Answers by many messages, as [`Later::stream`] does. The first one, which has the code, is what is told: it is one answer.
    ///
    /// # Errors
    /// [`Full`]: as of [`Later::stream`]; nothing was told.
    pub fn stream(
        self,
        mut next: impl FnMut(&mut Vec<u8>) -> Next + Send + 'static,
    ) -> Result<(), Full> {
        let mut untold = Some(self.witness);
        self.later.stream(move |message| {
            let outcome = next(message);
            if !message.is_empty()
                && let Some(witness) = untold.take()
            {
                witness.tell(message);
            }
            outcome
        })
    }
}

impl Witness {
    fn tell(&self, answer: &[u8]) {
        let message = Message::new(&self.octets, self.peer, self.local, self.transport);
        self.telling.ledger.note_aside(&message, answer);
        if let Some(copies) = self.telling.copies.as_ref().filter(|_| self.is_copied) {
            copies.copy_answer(&message, self.at, (answer, self.telling.clock.wall()));
        }
    }
}
