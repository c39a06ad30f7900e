//! What a commit has of a zone, as it would be served.

use super::versions::{Version, no_zone};
use crate::changes::{self, Line};
use crate::checking;
use crate::failure::Failure;
use crate::reading;
use crate::records::{self, Record};
use crate::touched::Side;
use rr::{Rtype, Serial};
use transfer::zonemd::{self, Digest, Hash};
use zone::{Builder, Unchecked, Zone};

/// A zone with the serial that it is served with.
pub(super) struct Expected {
    pub(super) zone: Zone<Unchecked>,
    serial: Serial,
    records: Vec<Record>,
}

/// What differs, as `zonetool diff` shows it, and how much there is to differ.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) serial: Option<Serial>,
    pub(super) compared: usize,
    /// The digest of all that the server has, as far as that is known.
    pub(super) digest: Option<Digest>,
    pub(super) changes: Vec<Line>,
}

impl Expected {
    pub(super) fn read(side: &Side, version: &Version) -> Result<Expected, Failure> {
        let (files, at) = side
            .zone(&version.zone)
            .ok_or_else(|| no_zone(&version.zone))?;
        let mut builder = Builder::new(version.apex(), checking::key());
        reading::read(files, &at, &mut builder)?;
        let zone = builder.finish();
        let mut expected = Expected {
            records: Vec::new(),
            zone,
            serial: version.serial,
        };
        expected.records = expected.as_served(records::of_zone(&expected.zone));
        Ok(expected)
    }

    /// With the serial and the digests (RFC 8976) of what is served, which the primary makes anew.
    fn as_served(&self, mut records: Vec<Record>) -> Vec<Record> {
        for record in &mut records {
            match record.rtype {
                Rtype::SOA => set_serial(record, self.serial),
                Rtype::ZONEMD if record.owner.as_ref() == self.zone.apex() => self.renew(record),
                _ => {}
            }
        }
        records.sort_by(Record::compare);
        records
    }

    fn renew(&self, record: &mut Record) {
        if let Some(rdata) = zonemd::renewed(&self.zone, self.serial, &record.rdata) {
            record.rdata = rdata.into();
        }
    }

    /// The digest (RFC 8976) of all that is served, as anybody can make it from a clone.
    pub(super) fn digest(&self, hash: Hash) -> Digest {
        Digest::of_version(&self.zone, Some(self.serial), hash)
    }

    /// The records of one owner and type, with the serial that is served.
    pub(super) fn set(&self, owner: rr::NameRef<'_>, rtype: Rtype) -> Vec<Record> {
        let node = self.zone.node(owner);
        let set = node.and_then(|node| node.rrset(rtype));
        self.as_served(set.into_iter().flat_map(records::of_set).collect())
    }

    /// Compares with all that a server has.
    pub(super) fn against<State>(&self, theirs: &Zone<State>) -> Difference {
        let records = records::of_zone(theirs);
        Difference {
            serial: theirs.serial(),
            compared: self.records.len(),
            digest: Some(Digest::of(theirs, Hash::Sha384)),
            changes: changes::lines(changes::between(&self.records, &records)),
        }
    }
}

/// RFC 1035 §3.3.13: the serial stands before four other numbers. What is served has the one that follows from history.
fn set_serial(record: &mut Record, serial: Serial) {
    if let Some(at) = record.rdata.len().checked_sub(20) {
        record.rdata[at..at + 4].copy_from_slice(&serial.0.to_be_bytes());
    }
}
