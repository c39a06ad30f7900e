//! What a commit has of a zone, as it would be served.

use super::versions::{Version, no_zone};
use crate::changes::{self, Change, Line};
use crate::checking;
use crate::failure::Failure;
use crate::files::Files;
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
    /// The newest serial that it was served with, while records above it came and went.
    until: Option<Serial>,
    /// Which records are served and never committed.
    policy: update::Policy,
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
    /// Records of the server that are served and never committed.
    pub(super) ephemeral: Vec<Line>,
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
            until: version.until,
            policy: policy_of(files),
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

    /// The records of one owner and type, with the serial that is served; that of the server, if it was served with that.
    pub(super) fn set(
        &self,
        owner: rr::NameRef<'_>,
        rtype: Rtype,
        theirs: Option<Serial>,
    ) -> Vec<Record> {
        let node = self.zone.node(owner);
        let set = node.and_then(|node| node.rrset(rtype));
        let mut records = self.as_served(set.into_iter().flat_map(records::of_set).collect());
        if let Some(serial) = theirs.filter(|serial| self.rose_to(*serial)) {
            let soa = records.iter_mut().filter(|it| it.rtype == Rtype::SOA);
            soa.for_each(|record| set_serial(record, serial));
        }
        records
    }

    /// Compares with all that a server has.
    pub(super) fn against<State>(&self, theirs: &Zone<State>) -> Difference {
        let records = records::of_zone(theirs);
        let ours = match theirs.serial().filter(|serial| self.rose_to(*serial)) {
            Some(serial) => self.records_at(serial, theirs),
            None => self.records.clone(),
        };
        Difference {
            digest: Some(Digest::of(theirs, Hash::Sha384)),
            ..self.difference(theirs.serial(), &ours, &records)
        }
    }

    /// What two lists in canonical order differ in, but for what is never committed.
    pub(super) fn difference(
        &self,
        serial: Option<Serial>,
        ours: &[Record],
        theirs: &[Record],
    ) -> Difference {
        let (ephemeral, changes): (Vec<_>, Vec<_>) =
            changes::between(ours, theirs).partition(|change| self.is_ephemeral(change));
        Difference {
            serial,
            compared: ours.len(),
            digest: None,
            changes: changes::lines(changes.into_iter()),
            ephemeral: changes::lines(ephemeral.into_iter()),
        }
    }

    fn is_ephemeral(&self, change: &Change<&Record>) -> bool {
        match change {
            Change::Added(record) => {
                self.policy.layer(record.owner.as_ref(), record.rtype) == update::Layer::Ephemeral
            }
            Change::Removed(_) | Change::Ttl { .. } => false,
        }
    }

    /// Whether it was served with this serial, after its own.
    fn rose_to(&self, serial: Serial) -> bool {
        let is_known = |until: Serial| !serial.is_newer_than(until);
        serial.is_newer_than(self.serial) && self.until.is_some_and(is_known)
    }

    /// The records with a later serial, and the digests (RFC 8976) that what the server has should have.
    fn records_at<State>(&self, serial: Serial, theirs: &Zone<State>) -> Vec<Record> {
        let mut records = self.records.clone();
        for record in &mut records {
            match record.rtype {
                Rtype::SOA => set_serial(record, serial),
                Rtype::ZONEMD if record.owner.as_ref() == self.zone.apex() => {
                    let renewed = zonemd::renewed(theirs, serial, &record.rdata);
                    record.rdata = renewed.map_or_else(|| record.rdata.clone(), Into::into);
                }
                _ => {}
            }
        }
        records.sort_by(Record::compare);
        records
    }
}

/// Of a policy with mistakes what can be read: here it only says how differences are told.
fn policy_of(files: &dyn Files) -> update::Policy {
    let text = files.read_optional(update::Policy::FILE_NAME);
    update::Policy::read(&text.unwrap_or_default()).0
}

/// RFC 1035 §3.3.13: the serial stands before four other numbers. What is served has the one that follows from history.
fn set_serial(record: &mut Record, serial: Serial) {
    if let Some(at) = record.rdata.len().checked_sub(20) {
        record.rdata[at..at + 4].copy_from_slice(&serial.0.to_be_bytes());
    }
}
