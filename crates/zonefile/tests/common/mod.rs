//! Reads zones into lines that can be compared.

#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod cases;
pub(crate) mod generated;
pub(crate) mod verdict;

use std::collections::BTreeMap;

use rr::{Class, Name, NameRef, Rtype, Ttl};
use zonefile::{
    Limits, Note, Sink, SourceError, SourceMap, Sources, Span, SyntaxError, Text, read_zone,
};

/// What reading a zone gave, as text.
#[derive(Debug, Default)]
pub(crate) struct Zone {
    pub(crate) records: Vec<String>,
    pub(crate) places: Vec<Span>,
    /// `path:line:column: kind: message`.
    pub(crate) errors: Vec<String>,
    pub(crate) notes: Vec<Note>,
}

impl Sink for Zone {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        let mut line = format!("{owner} {ttl} {class} {rtype} ");
        rr::text::write_rdata(rtype, rdata, &mut line).expect("a string takes all");
        self.records.push(line);
        self.places.push(at);
    }

    fn note(&mut self, note: Note, _: Span) {
        self.notes.push(note);
    }
}

/// Files by name; `/etc/` is refused.
pub(crate) struct Files(BTreeMap<String, Text>);

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Files {
        Files(
            files
                .iter()
                .map(|&(path, text)| (path.into(), text.into()))
                .collect(),
        )
    }
}

impl Sources for Files {
    fn open(&mut self, _: &str, named: &str) -> Result<(String, Text), SourceError> {
        if named.starts_with('/') {
            return Err(SourceError::Refused(
                "it is outside of the repository".into(),
            ));
        }
        let text = self.0.get(named).ok_or(SourceError::Missing)?;
        Ok((named.into(), text.clone()))
    }
}

pub(crate) fn read(text: impl Into<Text>) -> Zone {
    read_with(text, &[])
}

pub(crate) fn read_with(text: impl Into<Text>, files: &[(&str, &str)]) -> Zone {
    let (mut zone, errors, map) = read_errors(text, files, &Limits::default());
    zone.errors = errors.iter().map(|error| shown(error, &map)).collect();
    zone
}

pub(crate) fn read_errors(
    text: impl Into<Text>,
    files: &[(&str, &str)],
    limits: &Limits,
) -> (Zone, Vec<SyntaxError>, SourceMap) {
    let apex = Name::from_text("example.org").expect("a name");
    let mut sources = Files::new(files);
    let (mut zone, mut map) = (Zone::default(), SourceMap::new());
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        text,
        &mut sources,
        limits,
        &mut map,
        &mut zone,
    );
    (zone, errors, map)
}

pub(crate) fn shown(error: &SyntaxError, map: &SourceMap) -> String {
    format!(
        "{}: {}: {}",
        map.place(error.span.start),
        error.kind.name(),
        error.message
    )
}
