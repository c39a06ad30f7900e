//! Transfers out: the answer to a request, message by message.
//!
//! ```text
//!   First ──SOA──▶ Body ──records, in as many messages as it takes──▶ Last ──SOA──▶ Sent
//!     └──────────────────── there is nothing newer ────────────────────────────────▶ ▲
//! ```

mod body;
mod seal;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use tsig::{ResponseSigner, SignError, Time};
use wire::{Composer, Flags, Full, Opt, Owner, Rrset, Section};
use zone::{Checked, Zone};

use crate::Difference;
use crate::difference::soa_of;
use crate::limits::{LARGEST_MESSAGE, MESSAGE_OCTETS};
use crate::request::{Request, Wanted};
use body::Body;
use seal::Seal;

/// Whether a transfer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Further messages follow.
    More,
    /// It was the last one.
    Last,
}

/// Why a transfer cannot go on. Nothing more can be sent then: the connection is to be closed, which tells the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// A record does not fit into any message beside what else has to be in it.
    TooLarge,
    /// A message could not be signed.
    Sign(SignError),
    /// All messages have been sent.
    Ended,
    /// The zone is not the one that is asked for.
    OtherZone,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                f.write_str("a record is too large for a message; make its data shorter")
            }
            Self::Sign(error) => error.fmt(f),
            Self::Ended => f.write_str("the last message was sent before"),
            Self::OtherZone => f.write_str("another zone was asked for"),
        }
    }
}

impl core::error::Error for SendError {}

/// An answer to a request for a transfer. It holds the version that it is made from, copies nothing of it, and makes a
/// message when it is asked for one.
#[derive(Debug)]
pub struct Outgoing {
    request: Request,
    zone: Zone<Checked>,
    stage: Stage,
    body: Body,
    seal: Seal,
    expire_secs: Option<u32>,
    is_first_message: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    First,
    Body,
    Last,
    Sent,
}

impl Outgoing {
    /// Begins the answer to `request` from `zone`, which is the zone that it asks for.
    ///
    /// `steps` lead from the version that the client has ([`Request::needs_changes_since`]) to `zone`. Without them, when
    /// they lead elsewhere, or when they have more records than the zone, also as one step (RFC 1995 §5), the whole zone is
    /// sent (RFC 1995 §4).
    #[must_use]
    pub fn new(
        request: Request,
        zone: Zone<Checked>,
        steps: Option<Vec<Arc<Difference>>>,
        signer: Option<ResponseSigner>,
    ) -> Self {
        let body = match (request.wanted(), request.needs_changes_since(&zone)) {
            (Wanted::Whole, _) => Body::whole(),
            // RFC 1995 §2: who is up to date, or ahead, gets the SOA record alone.
            (Wanted::Since(_), None) => Body::Nothing,
            (Wanted::Since(_), Some(since)) => steps
                .filter(|steps| body::lead(steps, since, &zone))
                .and_then(|steps| body::worth_it(steps, &zone))
                .map_or(Body::whole(), Body::changes),
        };
        Outgoing {
            request,
            zone,
            stage: Stage::First,
            body,
            seal: Seal::new(signer),
            expire_secs: None,
            is_first_message: true,
        }
    }

    /// Tells clients that ask for it that the zone is good for so long (RFC 7314 §3.3): what is left of it at a secondary.
    /// A primary tells what its SOA record says, as is done unless this is called.
    #[must_use]
    pub fn with_expire_secs(self, secs: u32) -> Self {
        Outgoing {
            expire_secs: Some(secs),
            ..self
        }
    }

    /// What is sent: whole, changes, or only that there is nothing newer; for a log.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.body.kind()
    }

    /// Replaces what is in `out` by the next message.
    ///
    /// # Errors
    /// [`SendError`]; what is in `out` is then to be thrown away.
    pub fn next_message(&mut self, out: &mut Vec<u8>, now: Time) -> Result<Next, SendError> {
        let next = match self.compose(out, MESSAGE_OCTETS) {
            // One record, or a set of many, is larger than messages are made.
            Err(SendError::TooLarge) => self.compose(out, LARGEST_MESSAGE)?,
            composed => composed?,
        };
        self.seal.close(out, next, now).map_err(SendError::Sign)?;
        Ok(next)
    }

    /// The one message of an answer over UDP: whole if it fits, or else the SOA record alone, which tells the client to
    /// come over TCP (RFC 1995 §2). A request for the whole zone gets that, too, with TC set: RFC 5936 §4.2 knows no
    /// transfer of zones over UDP.
    ///
    /// # Errors
    /// [`SendError`]; what is in `out` is then to be thrown away.
    pub fn only_message(
        mut self,
        out: &mut Vec<u8>,
        most_octets: usize,
        now: Time,
    ) -> Result<(), SendError> {
        let asked = self.request.edns.map_or(512, |edns| edns.payload_size);
        let room = most_octets.min(usize::from(asked)).max(512);
        let is_changes = self.request.wanted() != Wanted::Whole;
        let composed = match is_changes {
            true => self.compose(out, room),
            false => Ok(Next::More),
        };
        if composed != Ok(Next::Last) {
            self.restart();
            self.compose(out, room)?;
            out[2] |= u8::from(!is_changes) << 1;
        }
        self.seal
            .close(out, Next::Last, now)
            .map_err(SendError::Sign)
    }

    fn restart(&mut self) {
        self.body = Body::Nothing;
        self.stage = Stage::First;
        self.is_first_message = true;
    }

    /// Composes a message of at most `most_octets`, its signature included.
    fn compose(&mut self, out: &mut Vec<u8>, most_octets: usize) -> Result<Next, SendError> {
        if self.stage == Stage::Sent {
            return Err(SendError::Ended);
        }
        if self.zone.apex() != self.request.zone() {
            return Err(SendError::OtherZone);
        }
        out.clear();
        out.resize(most_octets.saturating_sub(self.seal.octets()), 0);
        let mut composer = self.begin(out).ok_or(SendError::TooLarge)?;
        let opt = self.opt();
        let kept = opt.map_or(0, |opt| opt.size());
        composer.reserve(kept).map_err(|Full| SendError::TooLarge)?;
        let is_large = most_octets == LARGEST_MESSAGE;
        let filled = self.fill(&mut composer, is_large);
        if filled.is_err() && composer.count(Section::Answer) == 0 {
            return Err(SendError::TooLarge);
        }
        if let Some(opt) = opt {
            composer.opt(&opt).expect("its octets were kept free");
        }
        let length = composer.finish();
        out.truncate(length);
        self.is_first_message = false;
        Ok(match self.stage {
            Stage::Sent => Next::Last,
            _ => Next::More,
        })
    }

    /// RFC 5936 §2.2.1: the question is in the first message and may be in all; names are compressed against it, and
    /// MirageOS' ocaml-dns reads no message without. §2.2.1: AA.
    fn begin<'b>(&self, out: &'b mut [u8]) -> Option<Composer<'b>> {
        let Request {
            id,
            flags,
            question,
            ..
        } = &self.request;
        let mut composer = Composer::of_stream(*id, *flags, question, out)?;
        composer.set(Flags::AA);
        composer.set_apex(self.request.zone().as_wire().len());
        Some(composer)
    }

    /// RFC 5936 §2.2.5: in the first message, if the client speaks EDNS.
    fn opt(&self) -> Option<Opt<'static>> {
        let asked = self.request.edns.filter(|_| self.is_first_message)?;
        Some(Opt {
            payload_size: 1_232,
            dnssec_ok: asked.dnssec_ok,
            expire_secs: asked.expire.then(|| self.expire()).flatten(),
            ..Opt::default()
        })
    }

    /// RFC 7314 §3.3.
    fn expire(&self) -> Option<u32> {
        self.expire_secs
            .or_else(|| Some(self.zone.soa()?.value.expire.0))
    }

    /// Writes what fits. After an error the message is full and what comes next is known.
    fn fill(&mut self, composer: &mut Composer<'_>, is_large: bool) -> Result<(), Full> {
        if self.stage == Stage::First {
            put_soa(&self.zone, composer)?;
            self.stage = match self.body {
                Body::Nothing => Stage::Sent,
                _ => Stage::Body,
            };
        }
        if self.stage == Stage::Body {
            self.body.fill(&self.zone, composer, is_large)?;
            self.stage = Stage::Last;
        }
        if self.stage == Stage::Last {
            put_soa(&self.zone, composer)?;
            self.stage = Stage::Sent;
        }
        Ok(())
    }
}

/// RFC 5936 §2.2, RFC 1995 §4: the SOA record of the version that the client will have comes first and last.
fn put_soa(zone: &Zone<Checked>, composer: &mut Composer<'_>) -> Result<(), Full> {
    let soa = soa_of(zone).expect("a checked zone has an SOA record");
    let set = Rrset {
        owner: Owner::Question,
        rtype: soa.rtype,
        class: rr::Class::IN,
        ttl_secs: soa.ttl.as_secs(),
    };
    composer.rrset(Section::Answer, &set, [soa.rdata])
}
