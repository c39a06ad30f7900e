//! Whether the server is well: asked over HTTP, and told to the service manager.
//!
//! Serving means that all threads that answer are there, that the engine answers a question which the server asks itself,
//! and that what makes the zones does its work. Ready means that there is something right to serve.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use authority::{Authority, Request, Transport};
use zone::Zones;

use crate::program::Program;

/// What the threads answer with, for a question to oneself and for answers that come later.
#[derive(Debug, Clone)]
pub struct Engine {
    /// What is served; replaced as a whole.
    pub zones: Arc<ArcSwap<Zones>>,
    /// How it is answered.
    pub authority: Arc<ArcSwap<Authority>>,
}

/// Why not, for people.
pub type NotWell = &'static str;

/// Whether the process does its work.
pub(crate) fn serving(program: &dyn Program) -> Result<(), NotWell> {
    let front = program.front();
    if !front.server.is_whole() {
        return Err("a thread that answers has ended");
    }
    if !front.engine.answers() {
        return Err("the engine does not answer");
    }
    program.well()
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
