//! A whole zone from a server (RFC 5936). What the messages mean is `transfer`'s affair; here are the connection and its end.

use super::Manner;
use super::exchange::{broken, now, random, random_id};
use rr::Name;
use stack_os::outgoing::{Dialogue, DialogueLimits, Peer};
use std::fmt;
use std::io;
use transfer::zonemd::Verification;
use transfer::{Arrived, Asked, Content, Failure, Incoming, Progress, Refused, Transport};
use zone::{Checked, HashKey, Zone};

/// A zone that came, can be served, and is what its ZONEMD records say.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) zone: Zone<Checked>,
    /// Whether it has a digest (RFC 8976), and what became of it.
    pub(crate) digest: Verification,
    pub(crate) messages: u64,
    pub(crate) octets: u64,
    pub(crate) signed: bool,
}

/// Why there is no zone.
#[derive(Debug)]
pub(crate) enum Unfetched {
    /// The connection.
    Io(io::Error),
    /// What came over it.
    Transfer(Failure),
    /// The zone that it made.
    Refused(Refused),
}

impl fmt::Display for Unfetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfetched::Io(why) => why.fmt(f),
            Unfetched::Transfer(why) => why.fmt(f),
            Unfetched::Refused(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Unfetched {}

impl From<io::Error> for Unfetched {
    fn from(why: io::Error) -> Unfetched {
        Unfetched::Io(why)
    }
}

/// Has the whole zone sent over TCP or TLS. The timeout of `manner` is that of each step; an hour is that of all.
pub(crate) fn whole_zone(peer: &Peer, zone: &Name, manner: &Manner) -> Result<Fetched, Unfetched> {
    let id = random_id();
    let mut request = transfer::ask_whole(id, zone.as_ref());
    let key = HashKey::new([u64::from_ne_bytes(random()), u64::from_ne_bytes(random())]);
    let mut incoming = Incoming::new(id, zone.clone(), Asked::Whole(None), Transport::Stream, key);
    if let Some(key) = &manner.key {
        let awaited = tsig::sign_request(key, &mut request, now()).map_err(io::Error::other)?;
        incoming = incoming.signed(awaited);
    }
    let limits = DialogueLimits {
        connect_time: manner.timeout,
        step_time: manner.timeout,
        ..DialogueLimits::default()
    };
    let mut dialogue = Dialogue::open(peer, &limits).map_err(broken)?;
    dialogue.send(&request).map_err(broken)?;
    let mut message = Vec::new();
    let arrived = loop {
        if !dialogue.receive(&mut message).map_err(broken)? {
            return Err(Unfetched::Transfer(incoming.ended()));
        }
        match incoming
            .take(&message, now())
            .map_err(Unfetched::Transfer)?
        {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => break arrived,
        }
    };
    accepted(arrived)
}

fn accepted(arrived: Arrived) -> Result<Fetched, Unfetched> {
    let Content::Whole(zone) = arrived.what else {
        return Err(
            io::Error::other("the server says that there is nothing newer than nothing").into(),
        );
    };
    let (zone, digest) = transfer::accept(zone).map_err(Unfetched::Refused)?;
    Ok(Fetched {
        zone,
        digest,
        messages: arrived.messages,
        octets: arrived.octets,
        signed: arrived.proof.is_some(),
    })
}
