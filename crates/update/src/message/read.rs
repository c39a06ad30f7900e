//! Reading an UPDATE message.

use alloc::vec::Vec;

use rr::{Class, Name, Rtype, Ttl};
use wire::{OpCode, PlainRecord, Query, Records, Section};

use super::{Message, Prerequisite, Step};
use crate::limits::MESSAGE_OCTETS;
use crate::refusal::{Malformed, MalformedKind, Refusal};

impl Message {
    /// Reads a request of at most [`MESSAGE_OCTETS`]. Records of the additional section are stepped over: OPT and TSIG
    /// have been looked at before, and others mean nothing (RFC 2136 §2.6).
    ///
    /// All of it is looked at before anything is compared with a zone, where §3 goes record by record; so a message that is
    /// wrong in several ways is called malformed, and never half believed.
    ///
    /// # Errors
    /// FORMERR or NOTZONE, with the place.
    pub fn parse(octets: &[u8]) -> Result<Message, Refusal> {
        if octets.len() > MESSAGE_OCTETS {
            return Err(malformed(MESSAGE_OCTETS, MalformedKind::TooLong));
        }
        let query = Query::parse(octets)
            .map_err(|fault| malformed(fault.at, MalformedKind::Structure(fault.kind)))?;
        let mut message = Message {
            zone: zone_section(&query)?,
            prerequisites: Vec::new(),
            steps: Vec::new(),
        };
        let unread = |error: wire::message::ReadError| malformed(error.at, error.kind.into());
        let mut records = Records::of(octets).map_err(unread)?;
        while let Some(record) = records.next() {
            let record = record.map_err(unread)?;
            let raw = Raw {
                octets,
                end: records.at(),
                owner: record.owner().map_err(unread)?,
                record,
            };
            match raw.record.section {
                Section::Answer => message.prerequisites.push(raw.prerequisite(&message.zone)?),
                Section::Authority => message.steps.push(raw.step(&message.zone)?),
                Section::Additional => break,
            }
        }
        Ok(message)
    }
}

/// RFC 2136 §3.1.1: exactly one zone, whose type is SOA; `Query` has counted. §3.1.2: its class is that of a zone.
fn zone_section(query: &Query<'_>) -> Result<Name, Refusal> {
    const AT: usize = wire::HEADER_LEN;
    let question = match (query.opcode, query.question) {
        (OpCode::Update, Some(question)) => question,
        _ => return Err(malformed(0, MalformedKind::NotAnUpdate)),
    };
    if question.rtype != Rtype::SOA {
        return Err(malformed(AT, MalformedKind::ZoneType(question.rtype)));
    }
    match question.class {
        Class::IN => Ok(question.name.to_owned()),
        // No zone can be of these (CVE-2026-5946: BIND believed it).
        Class::ANY | Class::NONE => Err(malformed(AT, MalformedKind::Class(question.class))),
        _ => Err(Refusal::NoSuchZone(question.name.to_owned())),
    }
}

/// A record of a message whose meaning depends on its section and class.
struct Raw<'m> {
    octets: &'m [u8],
    record: PlainRecord<'m>,
    /// Offset behind its data.
    end: usize,
    owner: Name,
}

impl Raw<'_> {
    /// RFC 2136 §3.2: the kinds of prerequisites, by class and type.
    fn prerequisite(self, zone: &Name) -> Result<Prerequisite, Refusal> {
        self.check_owner(zone)?;
        // §3.2.5: a TTL of zero in all of them.
        self.check_no_ttl()?;
        let rtype = self.record.rtype;
        match (self.record.class, rtype) {
            (Class::ANY, Rtype::ANY) => {
                self.check_no_data()?;
                Ok(Prerequisite::NameInUse(self.owner))
            }
            (Class::NONE, Rtype::ANY) => {
                self.check_no_data()?;
                Ok(Prerequisite::NameNotInUse(self.owner))
            }
            (Class::ANY, _) => {
                self.check_no_data()?;
                self.check_type()?;
                let owner = self.owner;
                Ok(Prerequisite::RrsetExists { owner, rtype })
            }
            (Class::NONE, _) => {
                self.check_no_data()?;
                self.check_type()?;
                let owner = self.owner;
                Ok(Prerequisite::RrsetMissing { owner, rtype })
            }
            (Class::IN, _) => {
                let rdata = self.data()?;
                let owner = self.owner;
                Ok(Prerequisite::RecordOfRrset {
                    owner,
                    rtype,
                    rdata,
                })
            }
            (class, _) => Err(malformed(self.record.at, MalformedKind::Class(class))),
        }
    }

    /// RFC 2136 §3.4.1: the kinds of changes, by class and type.
    fn step(self, zone: &Name) -> Result<Step, Refusal> {
        self.check_owner(zone)?;
        let rtype = self.record.rtype;
        match (self.record.class, rtype) {
            (Class::IN, _) => {
                let (rdata, ttl) = (self.data()?, Ttl::from_secs(self.record.ttl));
                let owner = self.owner;
                Ok(Step::Add {
                    owner,
                    rtype,
                    ttl,
                    rdata,
                })
            }
            (Class::ANY, Rtype::ANY) => {
                self.check_no_ttl()?;
                self.check_no_data()?;
                Ok(Step::DeleteName(self.owner))
            }
            (Class::ANY, _) => {
                self.check_no_ttl()?;
                self.check_no_data()?;
                self.check_type()?;
                let owner = self.owner;
                Ok(Step::DeleteRrset { owner, rtype })
            }
            (Class::NONE, _) => {
                self.check_no_ttl()?;
                let rdata = self.data()?;
                let owner = self.owner;
                Ok(Step::DeleteRecord {
                    owner,
                    rtype,
                    rdata,
                })
            }
            (class, _) => Err(malformed(self.record.at, MalformedKind::Class(class))),
        }
    }

    /// RFC 2136 §3.2.5 and §3.4.1.3: every name is in the zone.
    fn check_owner(&self, zone: &Name) -> Result<(), Refusal> {
        match self.owner.as_ref().is_at_or_below(zone.as_ref()) {
            true => Ok(()),
            false => Err(Refusal::OutsideZone(self.owner.clone())),
        }
    }

    fn check_no_ttl(&self) -> Result<(), Refusal> {
        match self.record.ttl {
            0 => Ok(()),
            ttl => Err(malformed(self.record.at, MalformedKind::Ttl(ttl))),
        }
    }

    fn check_no_data(&self) -> Result<(), Refusal> {
        match self.record.data.len() {
            0 => Ok(()),
            octets => Err(malformed(
                self.record.at,
                MalformedKind::NeedlessData(octets),
            )),
        }
    }

    /// RFC 2136 §3.4.1.2: no type that only questions have. Types that nobody here knows are data (RFC 3597 §3).
    fn check_type(&self) -> Result<(), Refusal> {
        match self.record.rtype.is_meta() {
            false => Ok(()),
            true => Err(malformed(
                self.record.at,
                MalformedKind::MetaType(self.record.rtype),
            )),
        }
    }

    fn data(&self) -> Result<Vec<u8>, Refusal> {
        self.check_type()?;
        let (rtype, mut out) = (self.record.rtype, Vec::new());
        let start = self.end - self.record.data.len();
        rr::wire::expand_rdata(rtype, self.octets, start, self.end, &mut out)
            .map_err(|error| malformed(self.record.at, MalformedKind::Data(rtype, error)))?;
        Ok(out)
    }
}

fn malformed(at: usize, kind: MalformedKind) -> Refusal {
    Refusal::Malformed(Malformed { at, kind })
}
