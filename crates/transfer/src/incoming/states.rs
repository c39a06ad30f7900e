//! The states of a transfer in, each with what it has gathered.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use rr::{Class, Rtype, Serial};
use zone::check::defect::DefectKind;
use zone::{Builder, Unchecked, Zone};

use super::{Asked, Content, FailureKind, NOWHERE, Taken, Terms, Transport};
use crate::difference::Writing;
use crate::request::serial_of;
use crate::{Difference, Misfit};

/// Where in its records a transfer is.
#[derive(Debug)]
pub(super) enum State {
    /// Before the first record.
    Start,
    /// After the SOA record that comes first.
    Single(Box<Soa>),
    /// In a whole zone.
    Whole(Box<Whole>),
    /// Among the records that go from one version to the next.
    Removing(Box<Removing>),
    /// Among those that come.
    Adding(Box<Adding>),
    /// After the SOA record that comes last.
    Ended(Box<Content>),
}

/// What the end of a message means.
pub(super) enum End {
    Done(Box<Content>),
    More(State),
}

/// The SOA record of the version that is being sent.
#[derive(Debug)]
pub(super) struct Soa {
    serial: Serial,
    ttl: rr::Ttl,
    rdata: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Whole {
    soa: Soa,
    builder: Builder,
}

/// The versions so far, and how they came to be.
#[derive(Debug)]
struct Chain {
    soa: Soa,
    /// The version that the steps lead to; none before the first step.
    version: Option<Zone<Unchecked>>,
    steps: Vec<Difference>,
}

#[derive(Debug)]
pub(super) struct Removing {
    chain: Chain,
    removed: Writing,
}

#[derive(Debug)]
pub(super) struct Adding {
    chain: Chain,
    removed: Writing,
    added: Writing,
}

impl State {
    /// Takes the next record.
    pub(super) fn record(self, taken: &Taken<'_>, terms: &Terms) -> Result<State, FailureKind> {
        let zone = terms.zone.as_ref();
        if taken.rtype == Rtype::SOA && !taken.is_soa_of(zone) {
            return Err(match self {
                State::Start => FailureKind::OtherZone,
                _ => FailureKind::SoaElsewhere,
            });
        }
        if !taken.owner.is_at_or_below(zone) {
            return Err(FailureKind::OutOfZone);
        }
        match self {
            State::Start => Soa::of(taken).map(|soa| State::Single(Box::new(soa))),
            State::Single(soa) => soa.second(taken, terms),
            State::Whole(whole) => whole.record(taken),
            State::Removing(removing) => removing.record(taken),
            State::Adding(adding) => adding.record(taken, terms),
            State::Ended(_) => Err(FailureKind::AfterTheEnd),
        }
    }

    /// Says what the end of a message means.
    pub(super) fn end_message(self, terms: &Terms) -> End {
        match self {
            State::Ended(content) => End::Done(content),
            State::Single(soa) => soa.alone(terms),
            other => End::More(other),
        }
    }
}

impl Soa {
    fn of(taken: &Taken<'_>) -> Result<Soa, FailureKind> {
        let serial = serial_of(taken.rdata).filter(|_| taken.rtype == Rtype::SOA);
        Ok(Soa {
            serial: serial.ok_or(FailureKind::NoSoa)?,
            ttl: taken.ttl,
            rdata: taken.rdata.to_vec(),
        })
    }

    /// RFC 1995 §2, §4: what follows the first record tells what this is.
    fn second(self, taken: &Taken<'_>, terms: &Terms) -> Result<State, FailureKind> {
        let serial = serial_of(taken.rdata).filter(|_| taken.rtype == Rtype::SOA);
        match (&terms.asked, serial) {
            (Asked::Changes(version), Some(serial)) if serial != self.serial => {
                match version.serial() == Some(serial) {
                    true => self.begin_changes(serial, taken),
                    false => Err(FailureKind::OtherVersion(serial)),
                }
            }
            _ => Box::new(self.begin_whole(terms)?).record(taken),
        }
    }

    fn begin_changes(self, serial: Serial, taken: &Taken<'_>) -> Result<State, FailureKind> {
        if !self.serial.is_newer_than(serial) {
            return Err(FailureKind::NotNewer(self.serial));
        }
        Ok(State::Removing(Box::new(Removing {
            chain: Chain {
                soa: self,
                version: None,
                steps: Vec::new(),
            },
            removed: Writing::new(serial, taken.as_record()),
        })))
    }

    fn begin_whole(self, terms: &Terms) -> Result<Whole, FailureKind> {
        if terms
            .have()
            .is_some_and(|have| !self.serial.is_newer_than(have))
        {
            return Err(FailureKind::NotNewer(self.serial));
        }
        let limits = zone::Limits {
            records: terms.limits.records,
            ..zone::Limits::default()
        };
        let mut builder = Builder::new(terms.zone.clone(), terms.key).with_limits(limits);
        let owner = terms.zone.as_ref();
        builder.add(owner, Class::IN, self.ttl, Rtype::SOA, &self.rdata, NOWHERE);
        Ok(Whole { soa: self, builder })
    }

    /// RFC 1995 §2: one SOA record and nothing else says that there is nothing newer, or, over UDP, that it does not fit.
    /// Over TCP it may be the first message of a zone that comes record by record.
    fn alone(self: Box<Self>, terms: &Terms) -> End {
        let is_newer = terms
            .have()
            .is_none_or(|have| self.serial.is_newer_than(have));
        match terms.transport {
            _ if !is_newer => End::Done(Box::new(Content::UpToDate(self.serial))),
            Transport::Datagram => End::Done(Box::new(Content::AskOverStream(Some(self.serial)))),
            Transport::Stream => End::More(State::Single(self)),
        }
    }

    /// RFC 5936 §2.2: the SOA record that ends a zone is the one that began it.
    fn check_same(&self, taken: &Taken<'_>) -> Result<(), FailureKind> {
        let canonical = |rdata: &[u8]| {
            let mut octets = Vec::new();
            rr::wire::canonical_rdata(Rtype::SOA, rdata, &mut octets);
            octets
        };
        match canonical(&self.rdata) == canonical(taken.rdata) {
            true => Ok(()),
            false => Err(FailureKind::OtherSoa(
                serial_of(taken.rdata).unwrap_or(self.serial),
            )),
        }
    }
}

impl Whole {
    fn record(mut self: Box<Self>, taken: &Taken<'_>) -> Result<State, FailureKind> {
        if taken.rtype == Rtype::SOA {
            self.soa.check_same(taken)?;
            let zone = servable(self.builder.finish())?;
            return Ok(State::Ended(Box::new(Content::Whole(zone))));
        }
        let Taken {
            owner,
            ttl,
            rtype,
            rdata,
        } = *taken;
        self.builder
            .add(owner, Class::IN, ttl, rtype, rdata, NOWHERE);
        Ok(State::Whole(self))
    }
}

/// What the compact form could not hold. RFC 5936 §2.2: what comes twice is to be ignored; RFC 2181 §5.2: a set with
/// several TTLs has one, here the first. All else would be another zone than the primary serves.
fn servable(zone: Zone<Unchecked>) -> Result<Zone<Unchecked>, FailureKind> {
    let is_harmless = |kind| matches!(kind, DefectKind::Duplicate | DefectKind::TtlDiffers);
    let defects = zone.defects().iter().map(|defect| defect.kind);
    match defects.into_iter().find(|kind| !is_harmless(*kind)) {
        Some(DefectKind::TooManyRecords) => Err(FailureKind::TooManyOctets),
        Some(kind) => Err(FailureKind::Unservable(kind)),
        None => Ok(zone),
    }
}

impl Removing {
    fn record(mut self: Box<Self>, taken: &Taken<'_>) -> Result<State, FailureKind> {
        if taken.rtype != Rtype::SOA {
            self.removed.push(&taken.as_record());
            return Ok(State::Removing(self));
        }
        let to = serial_of(taken.rdata).ok_or(FailureKind::NoSoa)?;
        let is_onward = to.is_newer_than(self.removed.serial());
        let last = to.compare(self.chain.soa.serial);
        if !(is_onward && matches!(last, Some(Ordering::Less | Ordering::Equal))) {
            return Err(FailureKind::GoesBack(to));
        }
        let Removing { chain, removed } = *self;
        let added = Writing::new(to, taken.as_record());
        Ok(State::Adding(Box::new(Adding {
            chain,
            removed,
            added,
        })))
    }
}

impl Adding {
    fn record(mut self: Box<Self>, taken: &Taken<'_>, terms: &Terms) -> Result<State, FailureKind> {
        if taken.rtype != Rtype::SOA {
            self.added.push(&taken.as_record());
            return Ok(State::Adding(self));
        }
        let Adding {
            mut chain,
            removed,
            added,
        } = *self;
        let at = added.serial();
        chain.go(removed.then(&added), terms)?;
        if at == chain.soa.serial {
            return chain.end(taken);
        }
        // RFC 1995 §4: the next difference begins where this one ends.
        match serial_of(taken.rdata) {
            Some(serial) if serial == at => Ok(State::Removing(Box::new(Removing {
                chain,
                removed: Writing::new(serial, taken.as_record()),
            }))),
            Some(serial) => Err(FailureKind::OtherVersion(serial)),
            None => Err(FailureKind::NoSoa),
        }
    }
}

impl Chain {
    /// Goes one version on.
    fn go(&mut self, step: Difference, terms: &Terms) -> Result<(), FailureKind> {
        let next = match (&self.version, &terms.asked) {
            (Some(version), _) => step.apply(version),
            (None, Asked::Changes(version)) => step.apply(version),
            (None, Asked::Whole(_)) => Err(Misfit::Clash),
        };
        self.version = Some(next.map_err(FailureKind::Misfit)?);
        self.steps.push(step);
        Ok(())
    }

    fn end(self, taken: &Taken<'_>) -> Result<State, FailureKind> {
        self.soa.check_same(taken)?;
        let version = self.version.ok_or(FailureKind::CutShort)?;
        let content = Content::Changed(version, self.steps);
        Ok(State::Ended(Box::new(content)))
    }
}
