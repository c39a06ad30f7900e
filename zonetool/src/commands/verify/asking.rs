//! Comparing with a server that may only be asked: each set of records, one question after the other.

use super::compared::How;
use crate::client::{self, Ask, Edns, Manner, UDP_OCTETS, rcode_word};
use crate::commands::expected::Expected;
use crate::console::Console;
use crate::records::Record;
use rr::{NameRef, RData, Rtype};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};
use wire::message::Message;
use wire::{Flags, ResponseCode};
use zone::{Node, RrsetRef};
use zonefile::Pos;

/// So many questions in a row may go without an answer, before the server counts as one that does not answer.
const UNANSWERED: usize = 3;

pub(super) struct Asking {
    pub(super) server: SocketAddr,
    pub(super) manner: Manner,
    /// Questions a second.
    pub(super) rate: u32,
}

impl Asking {
    pub(super) fn all(&self, expected: &Expected, console: &Console<'_>) -> How {
        let sets: Vec<RrsetRef<'_>> = expected.zone.nodes().flat_map(askable).collect();
        let bar = console.progress(sets.len(), "asking");
        let pause = Duration::from_secs(1) / self.rate;
        let (mut ours, mut theirs, mut silent) = (Vec::new(), Vec::new(), 0);
        let mut serial = None;
        for set in &sets {
            let asked = Instant::now();
            let (owner, rtype) = (set.node().owner(), set.rtype());
            match self.ask(owner, rtype) {
                Ok(records) => {
                    silent = 0;
                    serial = serial.or(records.iter().find_map(|(serial, _)| *serial));
                    ours.extend(expected.set(owner, rtype, serial));
                    theirs.extend(records.into_iter().map(|(_, record)| record));
                }
                Err(Silence::Says(what)) => return How::Failed(what),
                Err(Silence::Nothing(why)) if silent + 1 >= UNANSWERED || theirs.is_empty() => {
                    return How::Failed(why);
                }
                Err(Silence::Nothing(_)) => silent += 1,
            }
            bar.inc(1);
            thread::sleep(pause.saturating_sub(asked.elapsed()));
        }
        bar.finish_and_clear();
        ours.sort_by(Record::compare);
        theirs.sort_by(Record::compare);
        How::Asked(expected.difference(serial, &ours, &theirs))
    }

    /// The records of this owner and type that the server tells, of an SOA record its serial with it.
    fn ask(&self, owner: NameRef<'_>, rtype: Rtype) -> Result<Told, Silence> {
        let ask = Ask {
            name: owner.to_owned(),
            rtype,
            recursion: false,
            edns: Some(Edns {
                udp_octets: UDP_OCTETS,
                ..Edns::default()
            }),
        };
        let reply = client::exchange(self.server, &ask, &self.manner);
        let message = reply
            .map_err(|why| Silence::Nothing(why.to_string()))?
            .message;
        match message.rcode {
            ResponseCode::NoError | ResponseCode::NXDomain => Ok(told(&message, owner, rtype)),
            other => Err(Silence::Says(rcode_word(other.into()))),
        }
    }
}

type Told = Vec<(Option<rr::Serial>, Record)>;

/// Why there is nothing to compare with.
enum Silence {
    /// An answer that no other question will make better.
    Says(String),
    Nothing(String),
}

fn told(message: &Message, owner: NameRef<'_>, rtype: Rtype) -> Told {
    // RFC 1034 §4.3.2: the NS records of a cut are in a referral, which has no authority.
    let is_referral = !message.flags.has(Flags::AA) && rtype == Rtype::NS;
    let section = match is_referral {
        true => &message.authority,
        false => &message.answer,
    };
    let own = section
        .iter()
        .filter(|record| record.owner.as_ref() == owner && record.data.rtype() == rtype);
    own.map(|record| {
        let serial = match &record.data {
            RData::SOA(soa) => Some(soa.serial),
            _ => None,
        };
        let plain = Record {
            owner: record.owner.clone(),
            ttl: record.ttl,
            class: record.class,
            rtype,
            rdata: record.data.to_wire().into(),
            at: Pos(0),
        };
        (serial, plain)
    })
    .collect()
}

/// The sets that a question finds: not those below a cut, at a cut only its own two kinds, and no NSEC3 records, whose
/// names are none (RFC 5155 §7.2.8).
fn askable(node: Node<'_>) -> impl Iterator<Item = RrsetRef<'_>> {
    let sets = node.rrsets().filter(move |set| match set.rtype() {
        _ if node.is_occluded() => false,
        Rtype::NSEC3 => false,
        Rtype::NS | Rtype::DS => true,
        _ => !node.is_cut(),
    });
    sets.collect::<Vec<_>>().into_iter()
}
