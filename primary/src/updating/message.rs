//! From a signed message to an update, and from its answer to a message.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use authority::{Request, Transport, room};
use server::{Arrived, Asked, Engine, LaterAnswer};
use stack_os::Clock;
use tsig::{Fresh, ReplayGuard, ResponseSigner, Time, Verified};
use wire::{Ede, Query, ResponseCode};

use super::{Answered, Refusal, Update, Updates};

/// Takes updates in from any thread.
pub(crate) struct Intake {
    updates: Updates,
    /// What was seen of signed updates: none is made twice.
    guard: Mutex<ReplayGuard>,
    engine: Engine,
    clock: Clock,
}

/// A request whose answer comes later.
struct Waiting {
    octets: Vec<u8>,
    transport: Transport,
    client: IpAddr,
    later: LaterAnswer,
    signer: ResponseSigner,
    engine: Engine,
    clock: Clock,
}

impl Intake {
    pub(crate) fn new(updates: Updates, engine: Engine, clock: Clock) -> Intake {
        let now = Time::from_secs(clock.wall().as_secs());
        Intake {
            updates,
            // What a server before this one has taken is not taken again.
            guard: Mutex::new(ReplayGuard::new().starting_at(now)),
            engine,
            clock,
        }
    }

    /// Hands an update on; its answer leaves when it is durable. What cannot be one is answered at once.
    pub(crate) fn take(
        &self,
        (asked, arrived): (&Asked<'_>, &Arrived<'_>),
        verified: Verified<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = guard.admit(verified, asked.now());
        drop(guard);
        let fresh = match admitted {
            Ok(fresh) => fresh,
            Err(repeated) => {
                let words = "this message was seen before, or may have been: send a new one";
                let refusal = Refusal::refused(Ede::PROHIBITED, words);
                return self.refuse(asked, refusal, repeated.signer, out);
            }
        };
        let read = update::Update::read(&fresh).map_err(|why| Refusal::of(&why));
        let way = read.and_then(|update| {
            let busy = || Refusal::trouble("too many answers are awaited; send it again later");
            Ok((update, arrived.later().ok_or_else(busy)?))
        });
        match way {
            Ok((update, later)) => {
                self.hand_on(asked, update, (later, fresh));
                None
            }
            Err(refusal) => self.refuse(asked, refusal, fresh.into_signer(), out),
        }
    }

    fn refuse(
        &self,
        asked: &Asked<'_>,
        why: Refusal,
        signer: ResponseSigner,
        out: &mut [u8],
    ) -> Option<usize> {
        let length = asked.reply_in_words(why.said(), signer, out);
        self.updates.count_refused(why);
        length
    }

    fn hand_on(
        &self,
        asked: &Asked<'_>,
        update: update::Update,
        (later, fresh): (LaterAnswer, Fresh<'_>),
    ) {
        let request = &asked.request;
        let waiting = Waiting {
            octets: request.message.to_vec(),
            transport: request.transport,
            client: request.client,
            later,
            signer: fresh.into_signer(),
            engine: self.engine.clone(),
            clock: self.clock.clone(),
        };
        self.updates.ask(Update {
            zone: update.zone().to_owned(),
            key: update.key().clone(),
            from: request.client.to_string(),
            id: asked.query.id,
            octets: request.message.len(),
            plan: Box::new(update),
            answer: Box::new(move |answered| waiting.answer(&answered)),
        });
    }
}

impl Waiting {
    fn answer(self, answered: &Answered) {
        let Ok(query) = Query::parse(&self.octets) else {
            return;
        };
        let (authority, zones) = (self.engine.authority.load(), self.engine.zones.load());
        let asked = Asked {
            authority: &authority,
            zones: &zones,
            request: Request {
                message: &self.octets,
                // Who has signed is held to no rate: as if it were a stream, but for the room.
                transport: Transport::Tcp,
                client: self.client,
                now: self.clock.wall(),
            },
            query,
        };
        let mut out = vec![0; room(self.transport, &query)];
        let length = match answered.said() {
            Some(said) => asked.reply_in_words(said, self.signer, &mut out),
            // RFC 2136 §3.8.
            None => asked.reply_signed(server::plain(ResponseCode::NoError), self.signer, &mut out),
        };
        if let Some(length) = length {
            self.later.answer(&out[..length]);
        }
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Intake({:?})", self.updates)
    }
}
