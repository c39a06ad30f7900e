//! A zone as a list of records, for commands that show or compare them rather than check or serve them.

use crate::console::Plain;
use crate::failure::Failure;
use crate::files::{Files, ZoneAt};
use crate::reading::{self, Text};
use rr::{Class, Name, NameRef, Rtype, Ttl, text, wire};
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt;
use zone::{RrsetRef, Zone};
use zonefile::{Pos, Sink, Span};

/// One record and the place where its entry begins.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) owner: Name,
    pub(crate) ttl: Ttl,
    pub(crate) class: Class,
    pub(crate) rtype: Rtype,
    /// Uncompressed wire form, names as they were written.
    pub(crate) rdata: Box<[u8]>,
    pub(crate) at: Pos,
}

/// A record as text.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) ttl: u32,
    pub(crate) class: String,
    #[serde(rename = "type")]
    pub(crate) rtype: String,
    pub(crate) data: String,
}

impl Record {
    /// In words. Types whose data is not understood come out as RFC 3597 has it.
    pub(crate) fn shown(&self) -> Shown {
        let mut data = String::new();
        text::write_rdata(self.rtype, &self.rdata, &mut data)
            .expect("writing to a string cannot fail");
        Shown {
            name: self.owner.as_ref().to_string(),
            ttl: self.ttl.as_secs(),
            class: self.class.to_string(),
            rtype: self.rtype.to_string(),
            data,
        }
    }

    /// SOA first, then NS, then by number, each followed by its signatures; data in canonical order (RFC 4034 §6).
    pub(crate) fn compare(&self, other: &Record) -> Ordering {
        let owners = self.owner.as_ref().cmp(&other.owner.as_ref());
        owners
            .then_with(|| self.rank().cmp(&other.rank()))
            .then_with(|| match self.rdata == other.rdata {
                true => Ordering::Equal,
                false => self.canonical_rdata().cmp(&other.canonical_rdata()),
            })
    }

    fn rank(&self) -> (u32, bool) {
        let is_signature = self.rtype == Rtype::RRSIG && self.rdata.len() >= 2;
        let rtype = match is_signature {
            true => Rtype(u16::from_be_bytes([self.rdata[0], self.rdata[1]])),
            false => self.rtype,
        };
        let rank = match rtype {
            Rtype::SOA => 0,
            Rtype::NS => 1,
            other => u32::from(other.0) + 2,
        };
        (rank, is_signature)
    }

    fn canonical_rdata(&self) -> Vec<u8> {
        let mut canonical = Vec::with_capacity(self.rdata.len());
        wire::canonical_rdata(self.rtype, &self.rdata, &mut canonical);
        canonical
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown {
            name,
            ttl,
            class,
            rtype,
            data,
        } = self;
        write!(f, "{name} {ttl} {class} {rtype} {}", Plain(data))
    }
}

impl From<&rr::Record> for Shown {
    fn from(record: &rr::Record) -> Shown {
        Shown {
            name: record.owner.to_string(),
            ttl: record.ttl.as_secs(),
            class: record.class.to_string(),
            rtype: record.data.rtype().to_string(),
            data: record.data.to_string(),
        }
    }
}

/// A zone's records in canonical order, each once, and the text they came from.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) records: Vec<Record>,
    pub(crate) text: Text,
}

impl Records {
    /// Reads the zone; mistakes in the text are in `text.errors`.
    pub(crate) fn read(files: &dyn Files, zone: &ZoneAt) -> Result<Records, Failure> {
        let mut collected = Collected::default();
        let text = reading::read(files, zone, &mut collected)?;
        let mut records = collected.records;
        records.sort_by(Record::compare);
        spell_owners_alike(&mut records);
        records.dedup_by(|later, earlier| later.compare(earlier) == Ordering::Equal);
        Ok(Records { records, text })
    }

    /// The serial of the SOA record (RFC 1035 §3.3.13), if there is one.
    pub(crate) fn serial(&self) -> Option<u32> {
        let soa = self
            .records
            .iter()
            .find(|record| record.rtype == Rtype::SOA)?;
        let numbers = soa.rdata.len().checked_sub(20)?;
        Some(u32::from_be_bytes(*soa.rdata[numbers..].first_chunk()?))
    }
}

/// All records of a zone as it is served, in canonical order, as far as they stand in no text.
pub(crate) fn of_zone<State>(zone: &Zone<State>) -> Vec<Record> {
    let sets = zone
        .nodes()
        .flat_map(|node| node.rrsets().chain(node.signatures()));
    let mut records: Vec<Record> = sets.flat_map(of_set).collect();
    records.sort_by(Record::compare);
    records
}

/// The records of one set.
pub(crate) fn of_set(set: RrsetRef<'_>) -> impl Iterator<Item = Record> + use<'_> {
    set.rdatas().map(move |rdata| Record {
        owner: set.node().owner().to_owned(),
        ttl: set.ttl(),
        class: Class::IN,
        rtype: set.rtype(),
        rdata: rdata.into(),
        at: Pos(0),
    })
}

/// One name has one spelling, that of its first record in the text.
fn spell_owners_alike(records: &mut [Record]) {
    for same in records.chunk_by_mut(|left, right| left.owner == right.owner) {
        let first = same
            .iter()
            .min_by_key(|record| record.at)
            .map(|record| record.owner.clone());
        let first = first.expect("no chunk is empty");
        for record in same
            .iter_mut()
            .filter(|record| record.owner.as_wire() != first.as_wire())
        {
            record.owner = first.clone();
        }
    }
}

#[derive(Default)]
struct Collected {
    records: Vec<Record>,
}

impl Sink for Collected {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        let (owner, rdata) = (owner.to_owned(), rdata.into());
        self.records.push(Record {
            owner,
            ttl,
            class,
            rtype,
            rdata,
            at: at.start,
        });
    }
}
