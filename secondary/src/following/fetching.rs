//! Questions and transfers over connections, each by a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use replication::{Event, Exchange, Failure, Heard, ZoneNumber};
use rr::Name;
use stack_os::outgoing::{Dialogue, DialogueLimits, Peer, Trouble};
use transfer::{Arrived, Blame, Content, Incoming, Progress, Transport};
use zone::{Checked, HashKey, Zone};

use super::asking::{now, random_id, sign, soa_event, soa_question};
use super::{Follower, Order, Orders, version_of};
use crate::config::Primary;

/// Something to be had over a connection.
pub(super) struct Job {
    pub(super) zone: ZoneNumber,
    pub(super) exchange: Exchange,
    pub(super) name: Name,
    pub(super) primary: Primary,
    pub(super) errand: Errand,
}

/// What a connection is for.
pub(super) enum Errand {
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
    Zone(Zone<Checked>, Option<u32>),
    /// Nothing newer.
    Nothing(Option<u32>),
}

impl Follower {
    /// By IXFR if changes are wanted, from the version that is held.
    pub(super) fn fetch(
        &mut self,
        zone: ZoneNumber,
        exchange: Exchange,
        primary: usize,
        wants_changes: bool,
    ) {
        let Some(followed) = self.zones.get(&zone) else {
            return;
        };
        let Some(primary) = followed.spec.primaries.get(primary).cloned() else {
            return;
        };
        let key = self.start.key;
        let errand = match followed.held.clone().filter(|_| wants_changes) {
            Some(held) => Errand::Changes(Box::new(held), key),
            None => Errand::Whole(key),
        };
        self.start_job(Job {
            zone,
            exchange,
            name: followed.spec.name.clone(),
            primary,
            errand,
        });
    }

    pub(super) fn start_job(&mut self, job: Job) {
        let (zone, exchange) = (job.zone, job.exchange);
        let orders = self.start.orders.clone();
        let started = thread::Builder::new()
            .name("fetching".to_owned())
            .spawn(move || {
                // Whatever comes from elsewhere, the machine learns that it has ended.
                let brought = catch_unwind(AssertUnwindSafe(|| perform(&job, &orders)));
                let brought = brought.unwrap_or_else(|_| failed(exchange, Failure::Broken));
                orders.send(Order::Brought(zone, exchange, Box::new(brought)));
            });
        if let Err(why) = started {
            tracing::error!(%why, "there is no thread for a transfer");
            self.happen(zone, Event::Failed(exchange, Failure::Unreachable));
        }
    }

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
                    self.arrived.insert((zone, exchange), arrived);
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

fn perform(job: &Job, orders: &Orders) -> Brought {
    let done = match &job.errand {
        Errand::Soa => {
            ask(job, orders).map_err(|trouble| (failure_of(&trouble), trouble.to_string()))
        }
        Errand::Whole(key) => fetch(job, None, *key, orders),
        Errand::Changes(held, key) => fetch(job, Some(held), *key, orders),
    };
    done.unwrap_or_else(|(failure, why)| {
        let (zone, primary) = (&job.name, job.primary.address);
        tracing::warn!(%zone, %primary, %why, "nothing came of it");
        failed(job.exchange, failure)
    })
}

fn open(job: &Job, orders: &Orders) -> Result<Dialogue, Trouble> {
    let peer = Peer {
        address: job.primary.address,
        from: job.primary.from,
        tls: job.primary.tls.clone(),
    };
    let mut dialogue = Dialogue::open(&peer, &DialogueLimits::default())?;
    let cutter = dialogue.cutter()?;
    orders.send(Order::Opened(job.zone, job.exchange, cutter));
    Ok(dialogue)
}

fn ask(job: &Job, orders: &Orders) -> Result<Brought, Trouble> {
    let unable = || Trouble::Broken(std::io::Error::other("the question cannot be made"));
    let (message, awaited) = soa_question(job.name.as_ref(), &job.primary).ok_or_else(unable)?;
    let mut dialogue = open(job, orders)?;
    dialogue.send(&message)?;
    let mut answer = Vec::new();
    if !dialogue.receive(&mut answer)? {
        return Err(Trouble::CutShort);
    }
    if !replication::message::is_answer(&message, &answer) {
        return Ok(failed(job.exchange, Failure::Broken));
    }
    let event = soa_event(job.exchange, &answer, job.name.as_ref(), awaited.as_ref());
    // Over a connection nothing is cut off.
    Ok(Brought::Event(match event {
        Event::Truncated(exchange) => Event::Failed(exchange, Failure::Broken),
        event => event,
    }))
}

/// Why nothing came, for the machine and for the log.
type Reason = (Failure, String);

fn fetch(
    job: &Job,
    held: Option<&Zone<Checked>>,
    key: HashKey,
    orders: &Orders,
) -> Result<Brought, Reason> {
    let lost = |trouble: Trouble| (failure_of(&trouble), trouble.to_string());
    let unable = || (Failure::Broken, "the request cannot be made".to_owned());
    let id = random_id().ok_or_else(unable)?;
    let (mut request, asked) = match held {
        None => (
            transfer::ask_whole(id, job.name.as_ref()),
            transfer::Asked::Whole(None),
        ),
        Some(held) => (
            transfer::ask_changes(id, held).ok_or_else(unable)?,
            transfer::Asked::Changes(held.clone()),
        ),
    };
    let awaited = sign(&mut request, &job.primary).ok_or_else(unable)?;
    let mut incoming = Incoming::new(id, job.name.clone(), asked, Transport::Stream, key);
    if let Some(awaited) = awaited {
        incoming = incoming.signed(awaited);
    }
    let mut dialogue = open(job, orders).map_err(lost)?;
    dialogue.send(&request).map_err(lost)?;
    let arrived = receive(&mut dialogue, incoming)?;
    accept(arrived, held)
}

fn receive(dialogue: &mut Dialogue, mut incoming: Incoming) -> Result<Arrived, Reason> {
    let mut message = Vec::new();
    loop {
        let is_there = dialogue.receive(&mut message);
        if !is_there.map_err(|trouble| (failure_of(&trouble), trouble.to_string()))? {
            return Err(refused(&incoming.ended()));
        }
        match incoming
            .take(&message, now())
            .map_err(|failure| refused(&failure))?
        {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => return Ok(arrived),
        }
    }
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
    Ok(Brought::Zone(zone, arrived.expire_secs))
}

fn refused(failure: &transfer::Failure) -> Reason {
    let why = match failure.kind.blame() {
        Blame::Refusal => Failure::Refused,
        Blame::Keys => Failure::NotTrusted,
        Blame::Primary | Blame::Version | Blame::Limit => Failure::Broken,
    };
    (why, failure.to_string())
}

fn failure_of(trouble: &Trouble) -> Failure {
    match trouble {
        Trouble::TimedOut => Failure::TimedOut,
        Trouble::NotTrusted(_) => Failure::NotTrusted,
        Trouble::CutShort => Failure::Broken,
        Trouble::Broken(_) | Trouble::TooMany | Trouble::Cancelled => Failure::Unreachable,
    }
}
