//! What an authority does not answer from zones, and hands back.

use rr::Rtype;
use wire::{Composer, Ede, Flags, OpCode, Query, ResponseCode};
use zone::Zones;

use crate::answer::{Told, Transport, response_size};

/// What has become of a message.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'m> {
    /// The response: so many octets.
    Answer(usize),
    /// No response is to be sent. The message may be one itself (QR), to something that was asked here.
    Silence,
    /// Nothing has been written: this is to be done, or to be refused ([`Authority::reply`](crate::Authority::reply)).
    Handed(Task, Query<'m>),
}

/// What is to be done with a query that zones alone do not answer. Whether it is signed the query says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A signed question: [`Authority::answer`](crate::Authority::answer) answers it, once the signature is verified. Or one,
    /// signed or not, for a zone that is withheld: [`Authority::answer_in_confidence`](crate::Authority::answer_in_confidence)
    /// answers who may have it.
    Question,
    /// AXFR (RFC 5936) or IXFR (RFC 1995) is asked for.
    Transfer,
    /// A zone has changed (RFC 1996).
    Notify,
    /// A zone is to be changed (RFC 2136).
    Update,
}

/// A response without records.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// Its response code.
    pub rcode: ResponseCode,
    /// Why, for who speaks EDNS (RFC 8914).
    pub ede: Option<Ede<'static>>,
    /// Whether AA is set.
    pub is_authoritative: bool,
}

impl Reply {
    /// A refusal, or a failure.
    #[must_use]
    pub fn because(rcode: ResponseCode, ede: Ede<'static>) -> Reply {
        let (ede, is_authoritative) = (Some(ede), false);
        Reply {
            rcode,
            ede,
            is_authoritative,
        }
    }

    #[cold]
    pub(crate) fn told<'w>(self, words: &'w str, reply: &mut Composer<'_>) -> Told<'w> {
        if self.is_authoritative {
            reply.set(Flags::AA);
        }
        let ede = self.ede.map(|ede| match words {
            "" => ede,
            words => Ede::new(ede.code, words),
        });
        Told {
            ede,
            ..Told::new(self.rcode)
        }
    }
}

/// Octets that a response may have, as far as transport and client are concerned: who adds a signature takes its octets off.
#[must_use]
pub fn room(transport: Transport, query: &Query<'_>) -> usize {
    response_size(transport, query.edns.as_ref())
}

/// What is to be done with it, if it is no plain question.
#[inline]
pub(crate) fn task(zones: &Zones, query: &Query<'_>) -> Option<Task> {
    match query.opcode {
        OpCode::Query => {}
        OpCode::Notify => return Some(Task::Notify),
        OpCode::Update => return Some(Task::Update),
        // What else there is is a fault already.
        _ => return None,
    }
    // RFC 5936 §2.2.1, RFC 1995 §3: the type that is asked for makes it a transfer.
    match query.question.map(|question| question.rtype) {
        Some(Rtype::AXFR | Rtype::IXFR) => Some(Task::Transfer),
        _ if query.is_signed => Some(Task::Question),
        _ => {
            let withheld = query.question.and_then(|it| zones.withheld(it.name));
            withheld.map(|_| Task::Question)
        }
    }
}
