//! What is said over a connection, and what it comes to; who has the connection is for others to say.

use replication::{Doubt, Event, Exchange, Failure, Heard, ZoneNumber};
use rr::Name;
use stack_os::outgoing::{Cutter, Peer, Trouble};
use transfer::{Arrived, Blame, Content, FailureKind, Incoming, Progress, Transport};
use tsig::{Awaited, Time};
use zone::{Checked, HashKey, Zone};

use super::asking::{sign, soa_event, soa_question};
use super::{Follower, Order, Orders, doubt, version_of};
use crate::config::Primary;
use crate::edges::Edges;

/// Something to be had over a connection.
pub(super) struct Job {
    pub(super) zone: ZoneNumber,
    pub(super) exchange: Exchange,
    pub(super) name: Name,
    pub(super) primary: Primary,
    pub(super) wanted: Wanted,
    pub(super) limits: transfer::Limits,
}

/// What a connection is for.
pub(super) enum Wanted {
    /// The SOA record.
    Soa,
    /// All of the zone.
    Whole(HashKey),
    /// What changed since this version.
    Changes(Box<Zone<Checked>>, HashKey),
}

/// What a connection has brought.
#[derive(Debug)]
pub(crate) enum Brought {
    /// Something for the machine.
    Event(Event),
    /// A zone, checked, and how long it is good if that was told.
    Zone(Box<Zone<Checked>>, Option<u32>),
    /// Nothing newer.
    Nothing(Option<u32>),
}

/// A request that is to go over a connection of its own.
pub struct Errand {
    /// To whom.
    pub peer: Peer,
    /// What is said first.
    pub request: Vec<u8>,
    /// What is made of the answer.
    pub talk: Talk,
}

/// An answer that is awaited over a connection, message by message. Whatever becomes of it is told once; dropping it tells that
/// nothing came.
pub struct Talk {
    said: Option<Box<Stage>>,
    zone: ZoneNumber,
    exchange: Exchange,
    name: Name,
    primary: Primary,
    edges: Edges,
    orders: Orders,
}

/// What is known of the answer so far.
enum Stage {
    Soa(Vec<u8>, Option<Awaited>),
    Zone(Box<Incoming>, Option<Box<Zone<Checked>>>),
}

/// Why nothing came, for the machine and for the log.
type Reason = (Failure, String);

impl Errand {
    /// None if there is no chance or no room for a signature.
    pub(super) fn new(job: Job, edges: &Edges, orders: &Orders) -> Option<Errand> {
        let (request, stage) = begin(&job, edges)?;
        let peer = Peer {
            address: job.primary.address,
            from: job.primary.from,
            tls: job.primary.tls.clone(),
        };
        let talk = Talk {
            said: Some(Box::new(stage)),
            zone: job.zone,
            exchange: job.exchange,
            name: job.name,
            primary: job.primary,
            edges: edges.clone(),
            orders: orders.clone(),
        };
        Some(Errand {
            peer,
            request,
            talk,
        })
    }
}

fn begin(job: &Job, edges: &Edges) -> Option<(Vec<u8>, Stage)> {
    let (id, name) = (edges.random_id()?, job.name.as_ref());
    let (mut request, asked, held, key) = match &job.wanted {
        Wanted::Soa => {
            let (message, awaited) = soa_question(name, &job.primary, edges)?;
            return Some((message.clone(), Stage::Soa(message, awaited)));
        }
        Wanted::Whole(key) => {
            let asked = transfer::Asked::Whole(None);
            (transfer::ask_whole(id, name), asked, None, *key)
        }
        Wanted::Changes(held, key) => {
            let asked = transfer::Asked::Changes(Zone::clone(held));
            let request = transfer::ask_changes(id, held)?;
            (request, asked, Some(held.clone()), *key)
        }
    };
    let awaited = sign(&mut request, &job.primary, edges)?;
    let incoming = Incoming::new(id, job.name.clone(), asked, Transport::Stream, key);
    let mut incoming = incoming.with_limits(job.limits);
    if let Some(awaited) = awaited {
        incoming = incoming.signed(awaited);
    }
    Some((request, Stage::Zone(Box::new(incoming), held)))
}

impl Talk {
    /// The connection can be ended with this.
    pub fn cut_by(&self, cutter: Cutter) {
        let opened = Order::Opened(self.zone, self.exchange, cutter);
        self.orders.send(opened);
    }

    /// Takes the next message. None when that was all.
    #[must_use]
    pub fn heard(mut self, message: &[u8]) -> Option<Talk> {
        let went_on = match *self.said.take()? {
            Stage::Soa(question, awaited) => Ok(Ok(self.soa(&question, awaited.as_ref(), message))),
            Stage::Zone(incoming, held) => incoming
                .take(message, self.edges.time())
                .map_err(|failure| refused(&failure, self.edges.time()))
                .and_then(|progress| match progress {
                    Progress::More(more) => Ok(Err(Stage::Zone(Box::new(more), held))),
                    Progress::Done(arrived) => accept(arrived, held.as_deref()).map(Ok),
                }),
        };
        match went_on {
            Ok(Err(stage)) => {
                self.said = Some(Box::new(stage));
                return Some(self);
            }
            Ok(Ok(brought)) => self.tell(brought),
            Err(reason) => self.tell_failure(reason),
        }
        None
    }

    /// The peer has closed between two messages.
    pub fn ended(mut self) {
        let reason = match self.said.take().map(|said| *said) {
            Some(Stage::Zone(incoming, _)) => refused(&incoming.ended(), self.edges.time()),
            _ => reason(&Trouble::CutShort),
        };
        self.tell_failure(reason);
    }

    /// The connection is no more, or never was.
    pub fn failed(mut self, trouble: &Trouble) {
        self.said = None;
        self.tell_failure(reason(trouble));
    }

    fn soa(&self, question: &[u8], awaited: Option<&Awaited>, answer: &[u8]) -> Brought {
        if !replication::message::is_answer(question, answer) {
            return failed(self.exchange, Failure::Broken);
        }
        let (name, time) = (self.name.as_ref(), self.edges.time());
        let event = soa_event(self.exchange, answer, name, (awaited, time));
        // Over a connection nothing is cut off.
        Brought::Event(match event {
            Event::Truncated(exchange) => Event::Failed(exchange, Failure::Broken),
            event => event,
        })
    }

    fn tell_failure(&self, (failure, why): Reason) {
        let (zone, primary) = (&self.name, self.primary.address);
        tracing::warn!(%zone, %primary, %why, "nothing came of it");
        self.tell(failed(self.exchange, failure));
    }

    fn tell(&self, brought: Brought) {
        let brought = Order::Brought(self.zone, self.exchange, Box::new(brought));
        self.orders.send(brought);
    }
}

impl Drop for Talk {
    /// Whatever comes from elsewhere, the machine learns that it has ended: one end counts, the first.
    fn drop(&mut self) {
        if self.said.is_some() || std::thread::panicking() {
            self.tell(failed(self.exchange, Failure::Broken));
        }
    }
}

impl Follower {
    pub(super) fn brought(&mut self, zone: ZoneNumber, exchange: Exchange, brought: Brought) {
        self.open.remove(&(zone, exchange));
        let held = self
            .fleet
            .zone(zone)
            .and_then(|refresh| refresh.version().copied());
        let (version, expire_secs) = match brought {
            Brought::Event(event) => return self.happen(zone, event),
            Brought::Zone(arrived, expire_secs) => {
                let version = version_of(&arrived);
                // Of a zone that is no longer followed nobody would ask for it.
                if self.zones.contains_key(&zone) {
                    self.arrived.insert((zone, exchange), *arrived);
                }
                (version, expire_secs)
            }
            Brought::Nothing(expire_secs) => (held, expire_secs),
        };
        let event = match version {
            Some(version) => Event::Transferred(
                exchange,
                Heard {
                    version,
                    expire_secs,
                },
            ),
            None => Event::Failed(exchange, Failure::Broken),
        };
        self.happen(zone, event);
    }
}

fn failed(exchange: Exchange, failure: Failure) -> Brought {
    Brought::Event(Event::Failed(exchange, failure))
}

/// What came is served only if it can be, and is what its digests say (RFC 8976).
fn accept(arrived: Arrived, held: Option<&Zone<Checked>>) -> Result<Brought, Reason> {
    let accepted = match (arrived.what, held) {
        (Content::UpToDate(_), _) => return Ok(Brought::Nothing(arrived.expire_secs)),
        (Content::Whole(zone), _) => transfer::accept(zone),
        (Content::Changed(zone, steps), Some(held)) => transfer::accept_changes(held, zone, &steps),
        (Content::Changed(zone, _), None) => transfer::accept(zone),
        (Content::AskOverStream(_), _) => {
            return Err((Failure::Broken, "it was asked over a stream".to_owned()));
        }
    };
    let (zone, _) = accepted.map_err(|why| (Failure::Broken, why.to_string()))?;
    Ok(Brought::Zone(Box::new(zone), arrived.expire_secs))
}

fn refused(failure: &transfer::Failure, now: Time) -> Reason {
    let why = match (failure.kind, failure.kind.blame()) {
        (FailureKind::Signature(error), _) => Failure::NotTrusted(doubt::of_stream(&error, now)),
        (_, Blame::Refusal) => Failure::Refused,
        _ => Failure::Broken,
    };
    (why, failure.to_string())
}

fn reason(trouble: &Trouble) -> Reason {
    let failure = match trouble {
        Trouble::TimedOut => Failure::TimedOut,
        Trouble::NotTrusted(_) => Failure::NotTrusted(Doubt::Certificate),
        Trouble::CutShort => Failure::Broken,
        Trouble::Broken(_) | Trouble::TooMany | Trouble::Cancelled => Failure::Unreachable,
    };
    (failure, trouble.to_string())
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Talk({} with {})", self.name, self.primary.address)
    }
}

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Errand({:?})", self.talk)
    }
}
