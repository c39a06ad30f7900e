//! Whether the server is well: asked over HTTP, and told to the service manager.
//!
//! Serving means that all threads that answer are there, that the engine answers a question which the server asks itself,
//! and that the branch is followed: that a remote is away is not for this server to mend. Ready means that there is something right to serve.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use authority::{Authority, Request, Transport};
use zone::Zones;

use crate::running::View;

/// How long the branch may go without a look, besides three times what the operator wants. Reading a commit is not counted.
const WITHOUT_LOOK: Duration = Duration::from_secs(120);
/// How long the reading of one commit may take until the server is not well.
const READING: Duration = Duration::from_secs(15 * 60);

/// What the threads answer with, for a question to oneself and for answers that come later.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    pub(crate) authority: Arc<ArcSwap<Authority>>,
}

/// Why not, for people.
pub(crate) type NotWell = &'static str;

/// Whether the process does its work.
pub(crate) fn serving(view: &View) -> Result<(), NotWell> {
    if !view.server.is_whole() {
        return Err("a thread that answers has ended");
    }
    if !view.engine.answers() {
        return Err("the engine does not answer");
    }
    if view
        .remote
        .as_ref()
        .is_some_and(|remote| remote.has_ended())
    {
        return Err("the remote is not followed any more");
    }
    let patience = WITHOUT_LOOK.max(view.config.look_every() * 3);
    match view.pulse.is_well(patience, READING) {
        true => Ok(()),
        false => Err("the branch is not followed any more"),
    }
}

/// Whether questions can be sent here.
pub(crate) fn readiness(view: &View) -> Result<(), NotWell> {
    let board = crate::loading::loader::lock(&view.board);
    if board.commit.is_none() {
        return Err(match view.remote {
            Some(_) => "nothing has been fetched and read yet",
            None => "no commit has been read yet",
        });
    }
    match board.zones.values().any(|held| held.served.is_some()) {
        true => Ok(()),
        false => Err("no zone is right"),
    }
}

impl Engine {
    /// Asks for the SOA record of a zone that is served, or of the root if there is none (REFUSED).
    fn answers(&self) -> bool {
        let zones = self.zones.load();
        let apex = zones.iter().next().map(|published| published.zone.apex());
        let question = apex.map_or_else(|| soa(&[0]), |apex| soa(apex.as_wire()));
        let ask = || {
            let request = Request {
                message: &question,
                // Over UDP it would be counted with the questions of this machine, and held back with them.
                transport: Transport::Tcp,
                client: IpAddr::V4(Ipv4Addr::LOCALHOST),
                now: Duration::ZERO,
            };
            let mut answer = [0; 512];
            let length = self.authority.load().answer(&zones, request, &mut answer)?;
            Some(length > HEADER.len() && answer[..2] == HEADER[..2] && answer[2] & 0x80 != 0)
        };
        catch_unwind(AssertUnwindSafe(ask)).ok().flatten() == Some(true)
    }
}

/// RFC 1035 §4.1.1: one question, no flag.
const HEADER: [u8; 12] = [0x57, 0xE1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];

/// RFC 1035 §4.1.2: type SOA, class IN.
fn soa(name: &[u8]) -> Vec<u8> {
    [&HEADER[..], name, &[0, 6, 0, 1]].concat()
}
