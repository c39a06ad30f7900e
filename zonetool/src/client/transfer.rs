//! A zone from a server, whole (RFC 5936) or by what changed (RFC 1995). What the messages mean is `transfer`'s affair; here are
//! the connection and its end.

use super::Manner;
use super::exchange::{broken, now, random_id};
use crate::checking;
use rr::Name;
use stack_os::outgoing::{Dialogue, DialogueLimits, Peer};
use std::fmt;
use std::io;
use transfer::zonemd::Verification;
use transfer::{Arrived, Asked, Content, Failure, Incoming, Progress, Refused, Transport};
use zone::{Checked, Zone};

/// A zone that came, can be served, and is what its ZONEMD records say.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) zone: Zone<Checked>,
    pub(crate) how: How,
    pub(crate) messages: u64,
    pub(crate) octets: u64,
    pub(crate) signed: bool,
}

/// What came.
#[derive(Debug)]
pub(crate) enum How {
    /// All of it; whether it has a digest (RFC 8976), and what became of that.
    Whole(Verification),
    /// What changed, with so many versions and so many records that come or go.
    Changes(Verification, usize, usize),
    /// That there is nothing newer.
    Nothing,
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
    let request = transfer::ask_whole(id, zone.as_ref());
    let asked = Asked::Whole(None);
    let incoming = Incoming::new(id, zone.clone(), asked, Transport::Stream, checking::key());
    match converse(peer, request, incoming, manner)? {
        arrived if matches!(arrived.what, Content::Whole(_)) => accepted(arrived, None),
        _ => {
            Err(io::Error::other("the server says that there is nothing newer than nothing").into())
        }
    }
}

/// Has what changed since a version sent, likewise; a server that does not know sends the whole zone.
pub(crate) fn newer_zone(
    peer: &Peer,
    version: Zone<Checked>,
    manner: &Manner,
) -> Result<Fetched, Unfetched> {
    let id = random_id();
    let apex = version.apex().to_owned();
    let request = transfer::ask_changes(id, &version)
        .ok_or_else(|| io::Error::other("the version at hand has no serial to go on from"))?;
    let asked = Asked::Changes(version.clone());
    let incoming = Incoming::new(id, apex, asked, Transport::Stream, checking::key());
    let arrived = converse(peer, request, incoming, manner)?;
    accepted(arrived, Some(version))
}

fn converse(
    peer: &Peer,
    mut request: Vec<u8>,
    mut incoming: Incoming,
    manner: &Manner,
) -> Result<Arrived, Unfetched> {
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
    loop {
        if !dialogue.receive(&mut message).map_err(broken)? {
            return Err(Unfetched::Transfer(incoming.ended()));
        }
        match incoming
            .take(&message, now())
            .map_err(Unfetched::Transfer)?
        {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => return Ok(arrived),
        }
    }
}

fn accepted(arrived: Arrived, version: Option<Zone<Checked>>) -> Result<Fetched, Unfetched> {
    let (zone, how) = match (arrived.what, version) {
        (Content::Whole(zone), _) => {
            let (zone, digest) = transfer::accept(zone).map_err(Unfetched::Refused)?;
            (zone, How::Whole(digest))
        }
        (Content::Changed(next, steps), Some(version)) => {
            let records = steps.iter().map(transfer::Difference::record_count).sum();
            let (zone, digest) =
                transfer::accept_changes(&version, next, &steps).map_err(Unfetched::Refused)?;
            (zone, How::Changes(digest, steps.len(), records))
        }
        (Content::UpToDate(_), Some(version)) => (version, How::Nothing),
        (_, _) => return Err(io::Error::other("the server sends what was not asked for").into()),
    };
    Ok(Fetched {
        zone,
        how,
        messages: arrived.messages,
        octets: arrived.octets,
        signed: arrived.proof.is_some(),
    })
}
