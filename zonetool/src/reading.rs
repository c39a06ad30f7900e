//! From a file to the records in it, and from positions back to places.

use crate::files::{Files, Unread, ZoneAt};
use crate::report::{Fix, Place};
use rr::Name;
use zonefile::{Limits, Pos, Sink, SourceError, SourceMap, Sources, Span, SyntaxError};

/// What is left of a zone's text once its records are handed on.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) apex: Name,
    pub(crate) map: SourceMap,
    pub(crate) errors: Vec<SyntaxError>,
}

/// Reads a zone file and hands its records to `sink`.
pub(crate) fn read(files: &dyn Files, zone: &ZoneAt, sink: &mut impl Sink) -> Result<Text, Unread> {
    let octets = files.read(&zone.path)?;
    Ok(read_text(files, zone, octets, sink))
}

/// The same with the text at hand.
pub(crate) fn read_text(
    files: &dyn Files,
    zone: &ZoneAt,
    octets: Vec<u8>,
    sink: &mut impl Sink,
) -> Text {
    let apex = apex(zone);
    let mut map = SourceMap::new();
    let mut including = Including { files };
    let limits = Limits::default();
    let errors = zonefile::read_zone(
        apex.as_ref(),
        &zone.path,
        octets,
        &mut including,
        &limits,
        &mut map,
        sink,
    );
    Text { apex, map, errors }
}

/// The name of a zone as a domain name.
pub(crate) fn apex(zone: &ZoneAt) -> Name {
    Name::from_text(zone.zone.as_str())
        .expect("a file is listed as a zone only if its name is a domain name")
}

struct Including<'f> {
    files: &'f dyn Files,
}

impl Sources for Including<'_> {
    fn open(
        &mut self,
        including: &str,
        named: &str,
    ) -> Result<(String, zonefile::Text), SourceError> {
        self.files
            .include(including, named)
            .map(|(path, octets)| (path, octets.into()))
    }
}

/// Where `span` is, for people. The path is the one `files` shows.
pub(crate) fn place(files: &dyn Files, map: &SourceMap, span: Span) -> Place {
    let (start, end) = (map.place(span.start), map.place(span.end));
    Place {
        path: files.shown(start.path),
        line: start.line as usize,
        column: start.column as usize,
        end_line: end.line as usize,
        end_column: end.column as usize,
        text: String::from_utf8_lossy(start.text).into_owned(),
    }
}

/// The `$INCLUDE` lines that lead to `pos`, outermost first.
pub(crate) fn way_in(files: &dyn Files, map: &SourceMap, pos: Pos) -> Vec<Place> {
    map.include_chain(pos)
        .into_iter()
        .map(|pos| {
            place(
                files,
                map,
                Span {
                    start: pos,
                    end: pos,
                },
            )
        })
        .collect()
}

/// A replacement, with the octets it replaces.
pub(crate) fn fix(
    files: &dyn Files,
    map: &SourceMap,
    span: Span,
    replacement: &str,
    safe: bool,
) -> Option<Fix> {
    let (path, _, start) = map.file_of(span.start)?;
    Some(Fix {
        safe,
        replacement: replacement.to_owned(),
        place: place(files, map, span),
        file: path.to_owned(),
        start_octet: (span.start.0 - start.0) as usize,
        end_octet: (span.end.0 - start.0) as usize,
    })
}
