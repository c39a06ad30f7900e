//! What is asked for beyond questions: messages that are signed, and NOTIFY.
//!
//! ```text
//! authority ── not from zones alone ──> Desk ── signature ── bad ──> refused, as RFC 8945 §5.2 says
//!                                                   │
//!                                                   ├── good ──> question: answered; NOTIFY: looked into; each signed
//!                                                   └── none ──> refused
//! ```
//!
//! It is done by the thread that has the message, and takes no longer than a signature. The message is a well-formed query
//! already, and a key of that name and algorithm is there before anything is hashed, so who has no key costs no more than a
//! question that is refused, and is held to the same rate.

mod bell;

use std::net::IpAddr;
use std::sync::Arc;

use authority::{Authority, Reply, Request, Task, room};
use rr::{Class, Rtype};
use stack_os::Message;
use tsig::{Operation, Rejection, ResponseSigner, SignError, Time, Verified};
use wire::{Ede, Query, ResponseCode};
use zone::Zones;

use crate::keys::Keys;
use crate::transferring::{Asking, Given, Transfers};
use crate::updating::{Intake, Refusal};
use bell::Bell;
pub(crate) use bell::Ear;

/// Where requests go; all threads have the same.
#[derive(Debug)]
pub(crate) struct Desk {
    keys: Arc<Keys>,
    bell: Bell,
    /// Takes updates; none if they are not.
    intake: Option<Intake>,
    transfers: Transfers,
}

/// The desk, and who hears what is told there; neither where nobody may ask for more than answers.
pub(crate) fn open(
    keys: Option<Arc<Keys>>,
    intake: Option<Intake>,
    transfers: Option<Transfers>,
) -> (Option<Arc<Desk>>, Option<Ear>) {
    let Some(transfers) = transfers else {
        return (None, None);
    };
    let (bell, ear) = Bell::new();
    let desk = Desk {
        keys: keys.unwrap_or_else(Keys::none),
        bell,
        intake,
        transfers,
    };
    (Some(Arc::new(desk)), Some(ear))
}

/// A request, and what it is answered with.
pub(crate) struct Asked<'a> {
    pub(crate) authority: &'a Authority,
    pub(crate) zones: &'a Zones,
    pub(crate) request: Request<'a>,
    pub(crate) query: Query<'a>,
}

/// RFC 8914 §4.19: Prohibited.
const PROHIBITED: u16 = 18;

impl Desk {
    /// Does what is asked, and writes the answer to the front of `out`. `None`: there is none to be sent.
    #[cold]
    pub(crate) fn handle(
        &self,
        task: Task,
        (asked, message): (&Asked<'_>, &Message<'_>),
        out: &mut [u8],
    ) -> Option<usize> {
        match self.keys.ring().verify(asked.request.message, asked.now()) {
            Ok(tsig::Request::Signed(verified)) => {
                self.handle_signed(task, (asked, message), verified, out)
            }
            Ok(tsig::Request::Unsigned) if task == Task::Transfer => {
                self.give((asked, message), None, out)
            }
            Ok(tsig::Request::Unsigned) => asked.reply(self.unsigned(task), out),
            Err(rejection) => asked.reject(*rejection, out),
        }
    }

    fn handle_signed(
        &self,
        task: Task,
        (asked, message): (&Asked<'_>, &Message<'_>),
        verified: Verified<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let reply = match task {
            Task::Question => return asked.answer(verified.into_signer(), out),
            Task::Notify => self.hear(asked, &verified),
            Task::Transfer => return self.give((asked, message), Some(verified), out),
            Task::Update => match &self.intake {
                Some(intake) => return intake.take((asked, message), verified, out),
                None => not_done(ResponseCode::NotImp),
            },
        };
        asked.reply_signed(reply, verified.into_signer(), out)
    }

    /// RFC 5936, RFC 1995: a zone is to be transferred.
    fn give(
        &self,
        (asked, message): (&Asked<'_>, &Message<'_>),
        verified: Option<Verified<'_>>,
        out: &mut [u8],
    ) -> Option<usize> {
        let asking = Asking {
            message,
            zones: asked.zones,
            room: asked.room(out, 0),
        };
        match self.transfers.give(&asking, verified) {
            Given::Later => None,
            Given::Not(reply, None) => asked.reply(reply, out),
            Given::Not(reply, Some(signer)) => asked.reply_signed(reply, signer, out),
        }
    }

    /// RFC 1996: a zone has changed, so the repository is looked at.
    fn hear(&self, asked: &Asked<'_>, verified: &Verified<'_>) -> Reply {
        let Some(question) = &asked.query.question else {
            return plain(ResponseCode::FormErr);
        };
        // RFC 1996 §3.7: SOA is what is told of. RFC 1996 §3.12: another type is not implemented.
        if question.rtype != Rtype::SOA || question.class != Class::IN {
            return not_done(ResponseCode::NotImp);
        }
        if !verified.key().may(Operation::Notify, question.name) {
            return prohibited();
        }
        // Also of a zone that is not served: it may be what the commit brings.
        self.bell.ring();
        let client = asked.request.client;
        tracing::debug!(zone = %question.name, key = %verified.key().name(), %client, "notified");
        let found = asked.zones.find(question.name);
        let is_ours = found.is_some_and(|found| found.zone.apex() == question.name);
        match is_ours || asked.zones.is_pending() {
            // RFC 1996 §3.11 and §4.7: heard; AA, as the zone is ours.
            true => Reply {
                is_authoritative: true,
                ..plain(ResponseCode::NoError)
            },
            // RFC 2136 §2.2 gives this code its sense: not authoritative for the zone.
            false => Reply::because(ResponseCode::NotAuth, Ede::new(Ede::NOT_AUTHORITATIVE, "")),
        }
    }
}

impl Desk {
    /// What is told who has not signed.
    fn unsigned(&self, task: Task) -> Reply {
        match task {
            // RFC 1996 §3.10: from whoever is not known, it is not acted on.
            Task::Notify => prohibited(),
            // A question that is signed and not signed is none.
            Task::Question => plain(ResponseCode::FormErr),
            Task::Transfer => prohibited(),
            // RFC 2136 §3.3: everybody may ask, nobody may change.
            Task::Update if self.intake.is_some() => prohibited(),
            Task::Update => not_done(ResponseCode::NotImp),
        }
    }
}

/// It is done (RFC 2136 §3.8).
pub(crate) fn done() -> Reply {
    plain(ResponseCode::NoError)
}

fn plain(rcode: ResponseCode) -> Reply {
    Reply {
        rcode,
        ede: None,
        is_authoritative: false,
    }
}

fn prohibited() -> Reply {
    Reply::because(ResponseCode::Refused, Ede::new(PROHIBITED, ""))
}

fn not_done(rcode: ResponseCode) -> Reply {
    Reply::because(rcode, Ede::new(Ede::NOT_SUPPORTED, ""))
}

impl Asked<'_> {
    pub(crate) fn now(&self) -> Time {
        Time::from_secs(self.request.now.as_secs())
    }

    /// Octets that an answer may have before so many are added.
    fn room(&self, out: &[u8], added: usize) -> usize {
        let most = room(self.request.transport, &self.query).min(out.len());
        most.saturating_sub(added)
    }

    fn reply(&self, reply: Reply, out: &mut [u8]) -> Option<usize> {
        self.authority
            .reply(self.zones, &self.request, &self.query, (reply, out))
    }

    pub(crate) fn reply_signed(
        &self,
        reply: Reply,
        signer: ResponseSigner,
        out: &mut [u8],
    ) -> Option<usize> {
        let room = self.room(out, signer.signature_octets());
        let length = self.reply(reply, &mut out[..room])?;
        complete(out, length, |answer| signer.sign(answer, self.now()))
    }

    /// Says why something was not done.
    pub(crate) fn refuse(
        &self,
        refusal: &Refusal,
        signer: ResponseSigner,
        out: &mut [u8],
    ) -> Option<usize> {
        let room = self.room(out, signer.signature_octets());
        let reply = Reply::because(refusal.code, Ede::new(refusal.info, ""));
        let (asked, said) = ((&self.request, &self.query), (reply, refusal.words()));
        let length = self
            .authority
            .reply_in_words(self.zones, asked, said, &mut out[..room])?;
        complete(out, length, |answer| signer.sign(answer, self.now()))
    }

    /// Answers a signed question.
    fn answer(&self, signer: ResponseSigner, out: &mut [u8]) -> Option<usize> {
        let room = self.room(out, signer.signature_octets());
        let answer = &mut out[..room];
        let length = self.authority.answer(self.zones, self.request, answer)?;
        complete(out, length, |answer| signer.sign(answer, self.now()))
    }

    /// RFC 8945 §5.2 and §5.3.2.
    fn reject(&self, rejection: Rejection, out: &mut [u8]) -> Option<usize> {
        let client: IpAddr = self.request.client;
        tracing::debug!(%client, why = %rejection.reason, "a signature is refused");
        let room = self.room(out, rejection.signature_octets());
        let (rcode, _) = rejection.reason.verdict();
        let length = self.reply(plain(rcode), &mut out[..room])?;
        complete(out, length, |answer| rejection.finish(answer))
    }
}

/// Has something added to an answer of so many octets.
fn complete(
    out: &mut [u8],
    length: usize,
    add: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
) -> Option<usize> {
    let mut answer = out[..length].to_vec();
    // There is room, as it was left; whoever has a name that leaves none gets no answer.
    add(&mut answer).ok()?;
    out.get_mut(..answer.len())?.copy_from_slice(&answer);
    Some(answer.len())
}
