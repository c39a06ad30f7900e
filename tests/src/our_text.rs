//! Master files as we read and check them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rr::NameRef;
use zone::check::{CheckOptions, Finding, Policy};
use zone::rules::{Rule, Severity};
use zone::{Builder, HashKey, Unchecked, Zone};
use zonefile::{Limits, SourceError, SourceMap, Sources, Text, read_zone};

use crate::name::Name;
use crate::reply::Record;
use crate::zone_text::APEX;

/// What we make of a zone.
#[derive(Debug)]
pub struct Reading {
    /// Everything that was read; owners in lower case.
    pub records: BTreeSet<Record>,
    /// The rules that refuse the zone, sorted.
    pub refused_by: BTreeSet<Rule>,
    /// All findings, one a line.
    pub said: String,
}

/// Reads the zone in `folder/zone`, with every rule at its default severity.
pub fn ours(folder: &Path) -> Reading {
    let apex = rr::Name::from_text(APEX).expect("it is a name");
    let text = std::fs::read(folder.join("zone")).expect("the case wrote it");
    let mut records = Builder::new(apex.clone(), HashKey::new([1, 2]));
    let (mut map, limits, mut sources) = (
        SourceMap::new(),
        Limits::default(),
        Folder(folder.to_owned()),
    );
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        text,
        &mut sources,
        &limits,
        &mut map,
        &mut records,
    );
    let zone = records.finish();
    let records = compiled(&zone);
    let (_, findings) = zone.check(&CheckOptions::new(&map, &errors, &Policy::default()));
    let line = |finding: &Finding| format!("{}\n", finding.one_line(&map));
    let severe = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    Reading {
        records,
        refused_by: severe.map(|finding| finding.rule).collect(),
        said: findings.iter().map(line).collect(),
    }
}

fn compiled(zone: &Zone<Unchecked>) -> BTreeSet<Record> {
    let sets = zone.nodes().flat_map(|node| {
        node.rrsets()
            .chain(node.signatures())
            .map(move |set| (node.owner(), set))
    });
    sets.flat_map(|(owner, set)| {
        set.rdatas().map(move |rdata| Record {
            owner: own(owner),
            rtype: set.rtype().0,
            class: 1,
            ttl: set.ttl().as_secs(),
            rdata: rdata.to_vec(),
        })
    })
    .collect()
}

fn own(name: NameRef<'_>) -> Name {
    Name::from_wire(name.as_wire().to_vec()).lowercase()
}

/// `$INCLUDE` of the files beside the zone.
struct Folder(PathBuf);

impl Sources for Folder {
    fn open(&mut self, _: &str, named: &str) -> Result<(String, Text), SourceError> {
        let text = std::fs::read(self.0.join(named)).map_err(|_| SourceError::Missing)?;
        Ok((named.to_owned(), text.into()))
    }
}
