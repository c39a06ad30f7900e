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

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use authority::{Authority, Reply, Request, Task, room};
use rr::{Class, Rtype};
use stack_os::Message;
use tsig::{Key, Operation, Rejection, ResponseSigner, SignError, Time, Verified};
use wire::{Ede, Query, ResponseCode};
use zone::Zones;

use crate::announcing::{Herald, Listening};
use crate::keys::Keys;
use crate::telling::late::Arrived;
use crate::transferring::{Asking, Given, Transfers};

/// Where requests go; all threads have the same.
#[derive(Debug)]
pub struct Desk {
    keys: Arc<Keys>,
    transfers: Transfers,
    herald: Herald,
    clerk: Box<dyn Clerk>,
}

/// What a program does with requests, once it is known who signed them.
pub trait Clerk: fmt::Debug + Send + Sync {
    /// RFC 1996: somebody says that a zone has changed; `said` is the message without its signature, which was made with the
    /// key, if it is signed.
    fn hear(&self, asked: &Asked<'_>, said: &[u8], key: Option<&Key>) -> Reply;

    /// Whether updates are taken at all.
    fn takes_updates(&self) -> bool;

    /// RFC 2136: answers an update, now or later (`None`). Only called where they are taken.
    fn update(
        &self,
        asked: (&Asked<'_>, &Arrived<'_>),
        verified: Verified<'_>,
        out: &mut [u8],
    ) -> Option<usize>;
}

/// A request, and what it is answered with.
#[derive(Debug)]
pub struct Asked<'a> {
    /// How it is answered.
    pub authority: &'a Authority,
    /// What is served.
    pub zones: &'a Zones,
    /// The message as it came.
    pub request: Request<'a>,
    /// What it asks for.
    pub query: Query<'a>,
}

/// RFC 8914 §4.19: Prohibited.
const PROHIBITED: u16 = 18;

impl Desk {
    /// One where these zones are given out, and told of; `None` for the keys: there are none.
    #[must_use]
    pub fn new(
        keys: Option<Arc<Keys>>,
        transfers: Transfers,
        herald: Herald,
        clerk: Box<dyn Clerk>,
    ) -> Desk {
        Desk {
            keys: keys.unwrap_or_else(Keys::none),
            transfers,
            herald,
            clerk,
        }
    }

    /// Does what is asked, and writes the answer to the front of `out`. `None`: there is none to be sent.
    #[cold]
    pub(crate) fn handle(
        &self,
        task: Task,
        (asked, arrived): (&Asked<'_>, &Arrived<'_>),
        out: &mut [u8],
    ) -> Option<usize> {
        match self.keys.ring().verify(asked.request.message, asked.now()) {
            Ok(tsig::Request::Signed(verified)) => {
                self.handle_signed(task, (asked, arrived), verified, out)
            }
            Ok(tsig::Request::Unsigned) if task == Task::Transfer => {
                self.give((asked, arrived), None, out)
            }
            Ok(tsig::Request::Unsigned) if task == Task::Question && !asked.query.is_signed => {
                asked.answer_plainly(self.may_see(asked, None), out)
            }
            Ok(tsig::Request::Unsigned) => asked.reply(self.unsigned(asked, task), out),
            Err(rejection) => asked.reject(*rejection, out),
        }
    }

    fn handle_signed(
        &self,
        task: Task,
        (asked, arrived): (&Asked<'_>, &Arrived<'_>),
        verified: Verified<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let reply = match task {
            Task::Question => {
                self.keep_told((asked, &arrived.message), &verified);
                let is_trusted = self.may_see(asked, Some(verified.key()));
                return asked.answer(verified.into_signer(), is_trusted, out);
            }
            Task::Notify => {
                let key = Some(verified.key());
                self.clerk.hear(asked, verified.message(), key)
            }
            Task::Transfer => return self.give((asked, arrived), Some(verified), out),
            Task::Update if self.clerk.takes_updates() => {
                return self.clerk.update((asked, arrived), verified, out);
            }
            Task::Update => not_done(ResponseCode::NotImp),
        };
        asked.reply_signed(reply, verified.into_signer(), out)
    }

    /// Who asks for the SOA record with a key of the zone, on a connection, is told there when it changes.
    fn keep_told(&self, (asked, message): (&Asked<'_>, &Message<'_>), verified: &Verified<'_>) {
        let is_stream = message.transport != stack_os::Transport::Udp;
        let soa = asked.query.question.as_ref();
        let soa = soa.filter(|it| it.rtype == Rtype::SOA && it.class == Class::IN && is_stream);
        let found = soa.and_then(|soa| asked.zones.zone(soa.name));
        let Some(serial) = found.and_then(|found| found.zone.serial()) else {
            return;
        };
        let (Some(soa), key) = (soa, verified.key()) else {
            return;
        };
        if self.herald.is_there()
            && key.may(Operation::Notify, soa.name)
            && let Some(connection) = message.connection()
        {
            self.herald.listen(Listening {
                zone: soa.name.to_lowercase(),
                serial,
                key: key.name().to_owned(),
                connection,
                peer: message.peer,
            });
        }
    }

    /// Whether a zone that is withheld may be seen: by who may transfer it.
    fn may_see(&self, asked: &Asked<'_>, key: Option<&Key>) -> bool {
        let name = asked.query.question.as_ref().map(|question| question.name);
        let withheld = name.and_then(|name| asked.zones.withheld(name));
        let client = asked.request.client;
        withheld.is_some_and(|apex| self.transfers.may(key, client, apex.as_ref()))
    }

    /// What is no query may be the answer to something that was sent on its connection.
    pub(crate) fn hear_answer(&self, message: &Message<'_>) {
        self.herald.hear(message);
    }

    /// RFC 5936, RFC 1995: a zone is to be transferred.
    fn give(
        &self,
        (asked, arrived): (&Asked<'_>, &Arrived<'_>),
        verified: Option<Verified<'_>>,
        out: &mut [u8],
    ) -> Option<usize> {
        let asking = Asking {
            arrived,
            zones: asked.zones,
            room: asked.room(out, 0),
        };
        match self.transfers.give(&asking, verified) {
            Given::Later => None,
            Given::Not(reply, None) => asked.reply(reply, out),
            Given::Not(reply, Some(signer)) => asked.reply_signed(reply, signer, out),
        }
    }

    /// What is told who has not signed.
    fn unsigned(&self, asked: &Asked<'_>, task: Task) -> Reply {
        match task {
            Task::Notify => self.clerk.hear(asked, asked.request.message, None),
            // A question that is signed and not signed is none.
            Task::Question => plain(ResponseCode::FormErr),
            Task::Transfer => prohibited(),
            // RFC 2136 §3.3: everybody may ask, nobody may change.
            Task::Update if self.clerk.takes_updates() => prohibited(),
            Task::Update => not_done(ResponseCode::NotImp),
        }
    }
}

/// A code, and nothing else.
#[must_use]
pub fn plain(rcode: ResponseCode) -> Reply {
    Reply {
        rcode,
        ede: None,
        is_authoritative: false,
    }
}

/// REFUSED: who asks may not have that (RFC 8914 §4.19).
#[must_use]
pub fn prohibited() -> Reply {
    Reply::because(ResponseCode::Refused, Ede::new(PROHIBITED, ""))
}

/// That is not done here, whoever asks (RFC 8914 §4.22).
#[must_use]
pub fn not_done(rcode: ResponseCode) -> Reply {
    Reply::because(rcode, Ede::new(Ede::NOT_SUPPORTED, ""))
}

impl Asked<'_> {
    /// When it came.
    #[must_use]
    pub fn now(&self) -> Time {
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

    /// Answers with a code, signed. Gives the octets at the front of `out`; `None`: nothing is to be sent.
    pub fn reply_signed(
        &self,
        reply: Reply,
        signer: ResponseSigner,
        out: &mut [u8],
    ) -> Option<usize> {
        let room = self.room(out, signer.signature_octets());
        let length = self.reply(reply, &mut out[..room])?;
        complete(out, length, |answer| signer.sign(answer, self.now()))
    }

    /// Says what became of it, in words of an extended error (RFC 8914 §2). Likewise.
    pub fn reply_in_words(
        &self,
        said: (Reply, &str),
        signer: ResponseSigner,
        out: &mut [u8],
    ) -> Option<usize> {
        let room = self.room(out, signer.signature_octets());
        let asked = (&self.request, &self.query);
        let length = self
            .authority
            .reply_in_words(self.zones, asked, said, &mut out[..room])?;
        complete(out, length, |answer| signer.sign(answer, self.now()))
    }

    /// Answers a signed question.
    fn answer(&self, signer: ResponseSigner, is_trusted: bool, out: &mut [u8]) -> Option<usize> {
        let room = self.room(out, signer.signature_octets());
        let length = self.answer_plainly(is_trusted, &mut out[..room])?;
        complete(out, length, |answer| signer.sign(answer, self.now()))
    }

    /// Answers a question, from zones that are withheld as well if who asks may have them.
    fn answer_plainly(&self, is_trusted: bool, out: &mut [u8]) -> Option<usize> {
        let (authority, zones, request) = (self.authority, self.zones, self.request);
        match is_trusted {
            true => authority.answer_in_confidence(zones, request, out),
            false => authority.answer(zones, request, out),
        }
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
