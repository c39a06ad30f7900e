//! Versions of a zone as text, and the changes between them as whoever compares two texts knows them.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use std::collections::BTreeMap;
use std::rc::Rc;

use rr::{Class, Name, NameRef, Rtype, Ttl};
use zone::check::{CheckOptions, Policy};
use zone::rules::Severity;
use zone::{Builder, Change, Checked, Doubt, HashKey, RecordRef, Zone, difference};
use zonefile::{Limits, NoSources, Pos, Sink, SourceMap, Span, SyntaxError, read_zone};

/// A text, its records in order, and what could not be read of it.
pub(crate) struct Version {
    pub(crate) apex: Name,
    pub(crate) map: Rc<SourceMap>,
    pub(crate) records: Vec<Written>,
    pub(crate) syntax: Vec<SyntaxError>,
}

/// A record as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    owner: Name,
    class: Class,
    ttl: Ttl,
    rtype: Rtype,
    rdata: Vec<u8>,
    at: Pos,
}

impl Sink for Version {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        self.records.push(Written {
            owner: owner.to_owned(),
            class,
            ttl,
            rtype,
            rdata: rdata.to_vec(),
            at: at.start,
        });
    }
}

impl Version {
    pub(crate) fn read(apex: &str, text: &str) -> Version {
        let apex = Name::from_text(apex).unwrap();
        let mut version = Version {
            apex: apex.clone(),
            map: Rc::default(),
            records: Vec::new(),
            syntax: Vec::new(),
        };
        let (mut map, limits) = (SourceMap::new(), Limits::default());
        let origin = apex.as_ref();
        let syntax = read_zone(
            origin,
            "zone",
            text,
            &mut NoSources,
            &limits,
            &mut map,
            &mut version,
        );
        Version {
            map: Rc::new(map),
            syntax,
            ..version
        }
    }

    /// The same text with some of its records only.
    pub(crate) fn with(&self, records: Vec<Written>) -> Version {
        Version {
            apex: self.apex.clone(),
            map: Rc::clone(&self.map),
            records,
            syntax: self.syntax.clone(),
        }
    }

    /// The zone, if a check of it all finds no error.
    pub(crate) fn check(&self, policy: &Policy) -> Result<Zone<Checked>, Vec<String>> {
        self.check_within(zone::Limits::default(), policy)
    }

    /// The same for a builder that takes less.
    pub(crate) fn check_within(
        &self,
        limits: zone::Limits,
        policy: &Policy,
    ) -> Result<Zone<Checked>, Vec<String>> {
        let builder = Builder::new(self.apex.clone(), HashKey::new([1, 2]));
        let mut builder = builder.with_limits(limits);
        for record in &self.records {
            let owner = record.owner.as_ref();
            builder.add(
                owner,
                record.class,
                record.ttl,
                record.rtype,
                &record.rdata,
                record.at,
            );
        }
        let options = CheckOptions::new(&self.map, &self.syntax, policy);
        let (zone, findings) = builder.finish().check(&options);
        let errors = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        zone.map_err(|_| {
            errors
                .map(|finding| finding.one_line(&self.map).to_string())
                .collect()
        })
    }

    /// What leads from this version to `next`, record by record.
    pub(crate) fn changes<'a>(&'a self, next: &'a Version) -> Vec<Change<'a>> {
        let mut added: BTreeMap<_, Vec<&Written>> = BTreeMap::new();
        for record in &next.records {
            added.entry(record.said()).or_default().push(record);
        }
        let mut changes = Vec::new();
        for record in &self.records {
            if added.get_mut(&record.said()).and_then(Vec::pop).is_none() {
                changes.push(Change::Removed(record.as_record()));
            }
        }
        let added = added.into_values().flatten();
        changes.extend(added.map(|record| Change::Added(record.as_record())));
        changes
    }
}

impl Written {
    /// All but its place.
    fn said(&self) -> (&[u8], u32, u16, &[u8]) {
        let owner = self.owner.as_wire();
        (owner, self.ttl.as_secs(), self.rtype.0, &self.rdata)
    }

    fn as_record(&self) -> RecordRef<'_> {
        RecordRef {
            owner: self.owner.as_ref(),
            rtype: self.rtype,
            ttl: self.ttl,
            rdata: &self.rdata,
            at: None,
        }
    }
}

/// What came of an amendment.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The zone before cannot be published, or the changes cannot be told.
    NoStart,
    Amended,
    /// Nothing is known of a zone that is right.
    Doubted(Doubt),
    /// Nothing is known of a zone that has an error.
    Refused(Doubt),
}

/// Amends `old` to be `new`, and holds the result against a check of the whole.
pub(crate) fn amend(old: &Version, new: &Version, policy: &Policy) -> Outcome {
    // A change says nothing of the class: whoever compares texts sees to it.
    let is_in = |version: &Version| {
        let mut records = version.records.iter();
        records.all(|record| record.class == Class::IN)
    };
    let Some(before) = old.check(policy).ok().filter(|_| is_in(new)) else {
        return Outcome::NoStart;
    };
    let whole = new.check(policy);
    match (before.amend(&old.changes(new), policy), whole) {
        (Ok(amended), Ok(whole)) => {
            assert_same(&amended, &whole);
            Outcome::Amended
        }
        (Ok(_), Err(errors)) => panic!("accepted in spite of {errors:#?}"),
        (Err(doubt), Ok(_)) => Outcome::Doubted(doubt),
        (Err(doubt), Err(_)) => Outcome::Refused(doubt),
    }
}

fn assert_same(amended: &Zone<Checked>, whole: &Zone<Checked>) {
    assert_eq!(difference(amended, whole).count(), 0);
    let nodes = |zone: &Zone<Checked>| -> Vec<_> {
        let line = |node: zone::Node<'_>| (format!("{node:?}"), node.is_cut(), node.is_occluded());
        zone.nodes().map(line).collect()
    };
    assert_eq!(nodes(amended), nodes(whole));
    assert_eq!(amended.record_count(), whole.record_count());
}
