//! Asking until the answer is the one that is waited for.

use super::awaited::Awaited;
use crate::client::{self, Ask, Manner, rcode_word};
use crate::failure::Failure;
use rr::{RData, Rtype, Serial};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};
use transfer::zonemd::Digest;
use wire::message::Message;
use wire::{Flags, ResponseCode};

/// Between one round of questions to a server and the next, at first; each pause is twice the one before.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long one try waits for an answer.
const TRY: Duration = Duration::from_secs(1);
/// So many servers are asked at a time.
const AT_A_TIME: usize = 32;

/// What a server has said last, or did not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Serial(Serial),
    /// The serial that is waited for, with a digest that is not the commit's.
    Other(Serial),
    /// It does not answer for the zone: REFUSED, say, or an answer without authority.
    NotServed(String),
    Silence(String),
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Serial(serial) => write!(f, "serial {serial}"),
            Said::Other(serial) => write!(
                f,
                "serial {serial} with other records than the commit has (ZONEMD)"
            ),
            Said::NotServed(why) => f.write_str(why),
            Said::Silence(why) => write!(f, "no answer: {why}"),
        }
    }
}

/// A zone at a server, and what became of it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) awaited: Awaited,
    pub(super) said: Said,
    /// Since the waiting began.
    pub(super) after: Duration,
}

impl Seen {
    /// RFC 1982 §3.2: the serial, with the digest if there is one, or a newer serial.
    pub(super) fn has_it(&self) -> bool {
        let wanted = self.awaited.serial;
        match self.said {
            Said::Serial(serial) => serial == wanted || serial.is_newer_than(wanted),
            _ => false,
        }
    }
}

/// Asks all servers until each serves what is waited for, or the time is over. Each that gets there is told at once.
pub(super) fn all(
    awaited: &[Awaited],
    limit: Duration,
    mut tell: impl FnMut(&Seen) -> io::Result<()>,
) -> Result<Vec<Seen>, Failure> {
    let start = Instant::now();
    let servers: Vec<&[Awaited]> = awaited
        .chunk_by(|one, other| one.server == other.server)
        .collect();
    let (sender, seen) = mpsc::channel();
    let mut all = Vec::new();
    thread::scope(|scope| -> io::Result<()> {
        for share in shares(&servers) {
            let watch = Watch {
                start,
                limit,
                sender: sender.clone(),
            };
            scope.spawn(move || watch.servers(&share));
        }
        drop(sender);
        for seen in seen {
            if seen.has_it() {
                tell(&seen)?;
            }
            all.push(seen);
        }
        Ok(())
    })?;
    all.sort_by(|one, other| {
        let key = |seen: &Seen| (seen.awaited.zone.to_string(), seen.awaited.server.clone());
        key(one).cmp(&key(other))
    });
    Ok(all)
}

/// The servers in as many shares as there are threads.
fn shares<'a>(servers: &[&'a [Awaited]]) -> Vec<Vec<&'a Awaited>> {
    let mut shares = vec![Vec::new(); servers.len().min(AT_A_TIME)];
    let count = shares.len();
    for (number, server) in servers.iter().enumerate() {
        shares[number % count].extend(server.iter());
    }
    shares
}

struct Watch {
    start: Instant,
    limit: Duration,
    sender: Sender<Seen>,
}

impl Watch {
    /// Asks in rounds; what is there is not asked again.
    fn servers(&self, share: &[&Awaited]) {
        let mut waiting: VecDeque<&Awaited> = share.iter().copied().collect();
        let mut pause = FIRST_PAUSE;
        loop {
            for _ in 0..waiting.len() {
                let Some(awaited) = waiting.pop_front() else {
                    break;
                };
                let seen = self.look(awaited);
                // Nobody listens any more where telling has failed.
                match seen.has_it() || self.is_over() {
                    true if self.sender.send(seen).is_err() => return,
                    true => {}
                    false => waiting.push_back(awaited),
                }
            }
            if waiting.is_empty() {
                return;
            }
            let left = self.limit.saturating_sub(self.start.elapsed());
            thread::sleep(pause.min(left));
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    fn is_over(&self) -> bool {
        self.start.elapsed() >= self.limit
    }

    fn look(&self, awaited: &Awaited) -> Seen {
        let said = match ask(awaited, Rtype::SOA) {
            Ok(answer) => compared(awaited, said(awaited, &answer)),
            Err(why) => Said::Silence(why),
        };
        Seen {
            awaited: awaited.clone(),
            said,
            after: self.start.elapsed(),
        }
    }
}

fn ask(awaited: &Awaited, rtype: Rtype) -> Result<Message, String> {
    let manner = Manner {
        timeout: TRY,
        tcp: false,
        key: None,
    };
    let ask = Ask {
        rtype,
        ..Ask::soa(awaited.zone.clone())
    };
    match client::exchange(awaited.server.address, &ask, &manner) {
        Ok(reply) => Ok(reply.message),
        Err(why) => Err(why.to_string()),
    }
}

/// Where the serial is there, whether the records are, as far as the server has a digest of them.
fn compared(awaited: &Awaited, said: Said) -> Said {
    let (Some(digests), true) = (&awaited.digests, said == Said::Serial(awaited.serial)) else {
        return said;
    };
    let Ok(answer) = ask(awaited, Rtype::ZONEMD) else {
        // It has lost its tongue between two questions: asked again.
        return Said::Silence("to the question for its digest".to_owned());
    };
    let records = answer.answer.iter().filter_map(|record| {
        let is_digest = record.owner == awaited.zone && record.data.rtype() == Rtype::ZONEMD;
        is_digest.then(|| record.data.to_wire())
    });
    // RFC 8976 §2.2.1: one of another serial says nothing of this one.
    let of_serial = |rdata: &Vec<u8>| rdata.starts_with(&awaited.serial.0.to_be_bytes());
    let mut told = records
        .filter(of_serial)
        .filter_map(|rdata| Digest::of_record(&rdata));
    match told.all(|digest| digests.has(&digest)) {
        true => said,
        false => Said::Other(awaited.serial),
    }
}

fn said(awaited: &Awaited, answer: &Message) -> Said {
    if answer.rcode != ResponseCode::NoError {
        return Said::NotServed(rcode_word(answer.rcode.into()));
    }
    // What a resolver remembers is not what a server serves.
    if !answer.flags.has(Flags::AA) {
        return Said::NotServed("it has no authority over the zone".to_owned());
    }
    let own = answer
        .answer
        .iter()
        .filter(|record| record.owner == awaited.zone);
    let soa = own.filter_map(|record| match &record.data {
        RData::SOA(soa) => Some(soa.serial),
        _ => None,
    });
    match soa.into_iter().next() {
        Some(serial) => Said::Serial(serial),
        None => Said::NotServed("its answer has no SOA record".to_owned()),
    }
}
