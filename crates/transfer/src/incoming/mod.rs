//! Transfers in: messages one by one, until there is a zone, or a reason why not.
//!
//! ```text
//!   Start ──SOA──▶ Single ──record──▶ Whole ──the same SOA──▶ Ended
//!                    │ │                                        ▲
//!                    │ └──SOA that we have──▶ Removing ⇄ Adding ┘
//!                    └── end of the message, nothing newer ───▶ (up to date)
//! ```
//! Each state owns what it has gathered. What was taken in before an error is dropped with the state, so no part of a
//! transfer is ever seen.

mod envelope;
mod failure;
mod proof;
mod states;

use alloc::vec::Vec;

use rr::{Class, Name, NameRef, Rtype, Serial, Ttl};
use tsig::{Awaited, Complete, Time};
use wire::{OptionCode, PlainRecord, Records, Section};
use zone::{Checked, HashKey, Unchecked, Zone};
use zonefile::Pos;

pub use failure::{Blame, Failure, FailureKind};

use crate::Difference;
use crate::limits::Limits;
use proof::Proof;
use states::{End, State};

/// What was asked for, and of what version one knows.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each transfer")]
pub enum Asked {
    /// The whole zone ([`crate::ask_whole`]); if there is a serial, nothing but a newer version is taken.
    Whole(Option<Serial>),
    /// What changed since this version ([`crate::ask_changes`]).
    Changes(Zone<Checked>),
}

/// How the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One message, over UDP.
    Datagram,
    /// As many as it takes, over TCP or TLS.
    Stream,
}

/// What a transfer has brought.
#[derive(Debug)]
pub struct Arrived {
    /// The zone, or that there is nothing newer.
    pub what: Content,
    /// For how many seconds the zone is good without word from the primary, if it told (RFC 7314).
    pub expire_secs: Option<u32>,
    /// The proof that all of it is signed, if the request was.
    pub proof: Option<Complete>,
    /// How many messages there were.
    pub messages: u64,
    /// How many octets they had.
    pub octets: u64,
}

/// What a transfer has brought.
#[derive(Debug)]
pub enum Content {
    /// The primary has nothing newer than what we have; its serial.
    UpToDate(Serial),
    /// There is something newer, of this serial if that was told, which does not fit into a datagram: ask over TCP.
    AskOverStream(Option<Serial>),
    /// The whole zone, to be [checked](crate::accept).
    Whole(Zone<Unchecked>),
    /// The version that we have after these changes, to be [checked](crate::accept); they can be passed on.
    Changed(Zone<Unchecked>, Vec<Difference>),
}

/// Whether a transfer goes on.
#[derive(Debug)]
pub enum Progress {
    /// Further messages are awaited.
    More(Incoming),
    /// That was the last one.
    Done(Arrived),
}

/// A transfer under way.
#[derive(Debug)]
pub struct Incoming {
    terms: Terms,
    proof: Proof,
    state: State,
    messages: u64,
    octets: u64,
    reader: Reader,
}

/// What does not change while it is under way.
#[derive(Debug)]
struct Terms {
    id: u16,
    zone: Name,
    asked: Asked,
    transport: Transport,
    key: HashKey,
    limits: Limits,
}

/// What reads the records, whatever they mean.
#[derive(Debug, Default)]
struct Reader {
    /// So many records of answer sections.
    records: usize,
    expire_secs: Option<u32>,
    /// Room for the record at hand.
    owner: Vec<u8>,
    rdata: Vec<u8>,
}

/// A record of the answer section, decompressed.
#[derive(Clone, Copy, Debug)]
struct Taken<'a> {
    owner: NameRef<'a>,
    ttl: Ttl,
    rtype: Rtype,
    rdata: &'a [u8],
}

impl Terms {
    /// The serial of the version that we have.
    fn have(&self) -> Option<Serial> {
        match &self.asked {
            Asked::Whole(serial) => *serial,
            Asked::Changes(version) => version.serial(),
        }
    }

    fn rtype(&self) -> Rtype {
        match self.asked {
            Asked::Whole(_) => Rtype::AXFR,
            Asked::Changes(_) => Rtype::IXFR,
        }
    }
}

impl Incoming {
    /// Awaits the answer to a request of this identity for the zone of this name. `key` is that of the zones that are
    /// served.
    #[must_use]
    pub fn new(id: u16, zone: Name, asked: Asked, transport: Transport, key: HashKey) -> Self {
        Incoming {
            terms: Terms {
                id,
                zone,
                asked,
                transport,
                key,
                limits: Limits::default(),
            },
            proof: Proof::None,
            state: State::Start,
            messages: 0,
            octets: 0,
            reader: Reader::default(),
        }
    }

    /// Wants the answer signed: what [`tsig::sign_request`] gave.
    #[must_use]
    pub fn signed(self, awaited: Awaited) -> Self {
        Incoming {
            proof: Proof::First(awaited),
            ..self
        }
    }

    /// Sets other limits than the default.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.terms.limits = limits;
        self
    }

    /// Takes the next message.
    ///
    /// # Errors
    /// Why the transfer is of no use, and whose fault that is.
    pub fn take(mut self, message: &[u8], now: Time) -> Result<Progress, Failure> {
        self.messages += 1;
        let number = self.messages;
        self.read(message, now)
            .map_err(|kind| Failure { number, kind })
    }

    /// The connection has ended: that is too early, or else the last message would have been the last.
    #[must_use]
    pub fn ended(self) -> Failure {
        Failure {
            number: self.messages,
            kind: FailureKind::CutShort,
        }
    }

    fn read(mut self, message: &[u8], now: Time) -> Result<Progress, FailureKind> {
        self.octets += message.len() as u64;
        if self.octets > self.terms.limits.octets {
            return Err(FailureKind::TooManyOctets);
        }
        // What nobody signed is not looked at, but for the reason that an unsigned refusal names.
        self.proof = self.proof.next(message, now)?;
        if envelope::check(message, &self.terms, self.messages)?.is_truncated {
            return match self.terms.transport {
                Transport::Datagram => self.done(Content::AskOverStream(None)),
                Transport::Stream => Err(FailureKind::Truncated),
            };
        }
        let before = self.reader.records;
        let mut state = self.state;
        for record in Records::of(message).map_err(FailureKind::Unreadable)? {
            let record = record.map_err(FailureKind::Unreadable)?;
            if let Some(taken) = self.reader.read(&record, &self.terms.limits)? {
                state = state.record(&taken, &self.terms)?;
            }
        }
        if self.reader.records == before {
            return Err(FailureKind::Empty);
        }
        match (state.end_message(&self.terms), self.terms.transport) {
            (End::Done(content), _) => {
                self.state = State::Start;
                self.done(*content)
            }
            (End::More(_), Transport::Datagram) => Err(FailureKind::CutShort),
            (End::More(state), Transport::Stream) => {
                self.state = state;
                Ok(Progress::More(self))
            }
        }
    }

    fn done(self, what: Content) -> Result<Progress, FailureKind> {
        Ok(Progress::Done(Arrived {
            what,
            expire_secs: self.reader.expire_secs,
            proof: self.proof.finish()?,
            messages: self.messages,
            octets: self.octets,
        }))
    }
}

impl Reader {
    /// The record if it belongs to the zone.
    fn read(
        &mut self,
        record: &PlainRecord<'_>,
        limits: &Limits,
    ) -> Result<Option<Taken<'_>>, FailureKind> {
        // RFC 5936 §2.2: records of the zone are in the answer section, and there is nothing to be had from the others.
        if record.section != Section::Answer {
            self.note_expire(record);
            return Ok(None);
        }
        self.records += 1;
        if self.records > limits.records {
            return Err(FailureKind::TooManyRecords);
        }
        if record.class != Class::IN {
            return Err(FailureKind::OtherClass(record.class));
        }
        if record.rtype.is_meta() {
            return Err(FailureKind::MetaType(record.rtype));
        }
        self.owner.clear();
        self.rdata.clear();
        record
            .append_owner(&mut self.owner)
            .and_then(|()| record.append_data(&mut self.rdata))
            .map_err(FailureKind::Unreadable)?;
        Ok(Some(Taken {
            owner: NameRef::from_checked(&self.owner),
            ttl: Ttl::from_secs(record.ttl),
            rtype: record.rtype,
            rdata: &self.rdata,
        }))
    }

    /// RFC 7314 §3.2: the option of an answer has four octets.
    fn note_expire(&mut self, record: &PlainRecord<'_>) {
        let mut options = record.options();
        let option = options.find(|option| option.code == OptionCode::EXPIRE);
        let secs = option.and_then(|option| <[u8; 4]>::try_from(option.data).ok());
        self.expire_secs = self.expire_secs.or(secs.map(u32::from_be_bytes));
    }
}

impl<'a> Taken<'a> {
    fn is_soa_of(&self, zone: NameRef<'_>) -> bool {
        self.rtype == Rtype::SOA && self.owner == zone
    }

    fn as_record(&self) -> zone::RecordRef<'a> {
        zone::RecordRef {
            owner: self.owner,
            rtype: self.rtype,
            ttl: self.ttl,
            rdata: self.rdata,
            at: None,
        }
    }
}

/// Records that arrive stand in no text.
const NOWHERE: Pos = Pos(0);
