//! Zones given to secondaries: whole ones, and what changed between versions.
//!
//! ```text
//!   thread with the message                          thread "transfers"
//!   who may? ── no ──> refused
//!      │
//!      └── yes ──> queue ─────────────────────────────> differences, if they are asked for; then the way of the answer
//!                                                       is a stream of messages, made in the thread of the connection
//!   loader ── each new version, before it is served ──> queue ──> its difference from the one before
//! ```
//! What changed since a version that nobody remembers is made from that version, read again in a thread of its own (`older`).
//! The queue is one, so whoever has seen a version finds its difference made. What is streamed holds its version; that
//! the next one is served meanwhile changes nothing. Unanswered requests are as few as the stack lets be awaited.

mod older;
mod sending;
#[cfg(test)]
mod tests;
mod versions;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use authority::{Prefix, Reply};
use rr::{Name, NameRef};
use stack_os::{Clock, Transport};
use transfer::{Difference, Outgoing, Request};
use tsig::{Key, Operation, ResponseSigner, Verified};
use wire::{Ede, ResponseCode};
use zone::{Checked, Zone, Zones};

use crate::failure::Failure;
use crate::telling::late::{Arrived, LaterAnswer};
pub use older::Older;
use older::Reader;
use sending::Sending;
use versions::Versions;

/// Where new versions are told of, before they are served. Without a thread nobody hears of them.
#[derive(Debug, Clone, Default)]
pub struct Archive(Option<Sender<Work>>);

/// Gives zones to who may have them; all threads have the same.
#[derive(Debug)]
pub struct Transfers {
    /// Networks that need no key.
    allowed: Vec<Prefix>,
    queue: Sender<Work>,
    clock: Clock,
}

/// Does what there is to be done, one after the other: all of it belongs to one thread.
#[derive(Debug)]
pub struct Giver {
    work: Receiver<Work>,
    versions: Versions,
    older: Option<Reader>,
}

/// What the thread does, one after the other.
#[derive(Debug)]
enum Work {
    /// The second version is served from now on, in place of the first.
    Changed(Box<[Zone<Checked>; 2]>),
    /// The zone is served no longer.
    Withdrawn(Name),
    /// Somebody is to get a zone.
    Asked(Box<Errand>),
}

/// An answer to be begun.
#[derive(Debug)]
struct Errand {
    request: Request,
    /// The version that was served when it was asked for.
    zone: Zone<Checked>,
    signer: Option<ResponseSigner>,
    sending: Sending,
    later: LaterAnswer,
}

/// A request for a transfer, as it came.
pub(crate) struct Asking<'a> {
    pub(crate) arrived: &'a Arrived<'a>,
    pub(crate) zones: &'a Zones,
    /// Octets of the largest answer that goes over UDP.
    pub(crate) room: usize,
}

/// What has become of a request.
#[derive(Debug)]
pub(crate) enum Given {
    /// It is being answered; there is nothing to be sent now.
    Later,
    /// It is refused so, signed if it was signed.
    Not(Reply, Option<ResponseSigner>),
}

impl Transfers {
    /// Starts giving zones to who has a key, or is in a network. The archive is told of new versions from then on; of those
    /// that are not remembered, `older` may know more.
    ///
    /// # Errors
    /// [`Failure::System`] where no thread can be made.
    pub fn open(
        allowed: &[Prefix],
        older: Option<Older>,
        archive: &mut Archive,
        clock: Clock,
    ) -> Result<Transfers, Failure> {
        let started = Transfers::start(allowed.to_vec(), older, clock).map_err(Failure::system)?;
        *archive = started.1;
        Ok(started.0)
    }

    /// The threads end when these and the archive are gone.
    fn start(
        allowed: Vec<Prefix>,
        older: Option<Older>,
        clock: Clock,
    ) -> io::Result<(Transfers, Archive)> {
        let older = older.map(Reader::start).transpose()?;
        let (transfers, archive, mut giver) = Transfers::made(allowed, older, clock);
        let thread = thread::Builder::new().name("transfers".into());
        thread.spawn(move || while giver.give_next() {})?;
        Ok((transfers, archive))
    }

    /// Without threads: somebody else has the giver work.
    #[must_use]
    pub fn by_hand(
        allowed: Vec<Prefix>,
        older: Option<Older>,
        clock: Clock,
    ) -> (Transfers, Archive, Giver) {
        Transfers::made(allowed, older.map(Reader::by_hand), clock)
    }

    fn made(
        allowed: Vec<Prefix>,
        older: Option<Reader>,
        clock: Clock,
    ) -> (Transfers, Archive, Giver) {
        let (queue, work) = channel();
        let archive = Archive(Some(queue.clone()));
        let transfers = Transfers {
            allowed,
            queue,
            clock,
        };
        let giver = Giver {
            work,
            versions: Versions::default(),
            older,
        };
        (transfers, archive, giver)
    }

    /// Whether a zone is given to somebody who signed with this key, or did not sign.
    pub(crate) fn may(&self, key: Option<&Key>, client: IpAddr, zone: NameRef<'_>) -> bool {
        match key {
            Some(key) => key.may(Operation::Transfer, zone),
            None => self.allowed.iter().any(|network| network.contains(client)),
        }
    }

    /// Answers a request; it is verified, if it is signed.
    pub(crate) fn give(&self, asking: &Asking<'_>, verified: Option<Verified<'_>>) -> Given {
        let looked_up = self.look_up(asking, verified.as_ref().map(Verified::key));
        let signed = verified.map(|verified| (verified.key().name().to_owned(), verified));
        let (key, signer) = signed
            .map(|(key, verified)| (key, verified.into_signer()))
            .unzip();
        let (request, zone) = match looked_up {
            Ok(found) => found,
            Err(reply) => return Given::Not(reply, signer),
        };
        let Some(later) = asking.arrived.later() else {
            return Given::Not(too_many(), signer);
        };
        let sending = Sending::new(asking, &zone, key, self.clock.clone());
        let errand = Errand {
            request,
            zone,
            signer,
            sending,
            later,
        };
        // Without the thread the way of the answer is dropped, and the peer asks again.
        let _ = self.queue.send(Work::Asked(Box::new(errand)));
        Given::Later
    }

    /// What is asked for, if it is given.
    fn look_up(
        &self,
        asking: &Asking<'_>,
        key: Option<&Key>,
    ) -> Result<(Request, Zone<Checked>), Reply> {
        let message = &asking.arrived.message;
        let request = Request::read(message.octets).map_err(|error| plain(error.rcode()))?;
        // Before it is told which zones there are.
        if !self.may(key, message.peer.ip(), request.zone()) {
            return Err(prohibited());
        }
        let found = asking.zones.zone(request.zone());
        let zone = found.map(|published| published.zone.clone());
        let zone = zone.ok_or_else(|| not_here(asking.zones, request.zone()))?;
        Ok((request, zone))
    }
}

impl Archive {
    /// Tells of what is served in place of what, before it is.
    pub fn note(&self, before: &Zones, after: &Zones, apex: NameRef<'_>) {
        let Some(queue) = &self.0 else { return };
        let Some(old) = before.zone(apex) else { return };
        let work = match after.zone(apex) {
            None => Work::Withdrawn(apex.to_owned()),
            Some(new) if new.zone.serial() == old.zone.serial() => return,
            Some(new) => Work::Changed(Box::new([old.zone.clone(), new.zone.clone()])),
        };
        // Without the thread, secondaries get whole zones.
        let _ = queue.send(work);
    }
}

impl Giver {
    /// Waits for something to be done. False if nothing will ever be.
    fn give_next(&mut self) -> bool {
        let work = self.work.recv();
        work.map(|work| self.give(work)).is_ok()
    }

    /// Does what there is to be done now.
    pub fn give_all(&mut self) {
        while let Ok(work) = self.work.try_recv() {
            self.give(work);
        }
    }

    fn give(&mut self, work: Work) {
        match work {
            Work::Changed(zones) => {
                let [old, new] = *zones;
                self.versions.go_on(&old, new);
            }
            Work::Withdrawn(apex) => self.versions.forget(&apex),
            Work::Asked(errand) => begin(*errand, &self.versions, self.older.as_mut()),
        }
    }
}

/// Changes that are remembered are sent at once; what is to be read again first is another's, if he has room.
fn begin(mut errand: Errand, versions: &Versions, older: Option<&mut Reader>) {
    if let Some((newest, steps)) = versions.lead(&errand.request, &errand.zone) {
        errand.zone = newest;
        return errand.send(Some(steps));
    }
    let wants_older = errand.request.needs_changes_since(&errand.zone).is_some();
    let left = match older.filter(|_| wants_older) {
        Some(older) => older.take(errand),
        None => Some(errand),
    };
    if let Some(errand) = left {
        errand.send(None);
    }
}

impl Errand {
    fn send(self, steps: Option<Vec<Arc<Difference>>>) {
        let Errand {
            request,
            zone,
            signer,
            sending,
            later,
        } = self;
        let outgoing = Outgoing::new(request, zone, steps, signer);
        sending.send(outgoing, later);
    }
}

/// Over UDP there is one message, of so many octets.
fn datagram_room(asking: &Asking<'_>) -> Option<usize> {
    (asking.arrived.message.transport == Transport::Udp).then_some(asking.room)
}

fn plain(rcode: ResponseCode) -> Reply {
    Reply {
        rcode,
        ede: None,
        is_authoritative: false,
    }
}

/// RFC 5936 §2.2.1: REFUSED to who may not.
fn prohibited() -> Reply {
    Reply::because(ResponseCode::Refused, Ede::new(Ede::PROHIBITED, ""))
}

/// RFC 5936 §2.2.1: NotAuth for a zone that is not served, SERVFAIL for one that is to be.
fn not_here(zones: &Zones, apex: NameRef<'_>) -> Reply {
    match zones.is_pending() || zones.is_awaited(apex) {
        true => Reply::because(ResponseCode::ServFail, Ede::new(Ede::NOT_READY, "")),
        false => Reply::because(ResponseCode::NotAuth, Ede::new(Ede::NOT_AUTHORITATIVE, "")),
    }
}

fn too_many() -> Reply {
    let text = "as many answers are awaited as may be";
    Reply::because(ResponseCode::ServFail, Ede::new(Ede::OTHER, text))
}
