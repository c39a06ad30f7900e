//! What a reader makes of a text, and the lists of what may differ.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rr::{Class, Name, NameRef, Rtype, Ttl};
use zonefile::{Limits, Sink, SourceError, SourceMap, Sources, Span, Text, read_zone};

/// What a reader makes of a text: the records, or a refusal. Only a judge without records gives [`Verdict::Taken`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Records(BTreeSet<Row>),
    Taken,
    Refused(String),
}

/// Owner in lower case, TTL, class, type, canonical data.
pub(crate) type Row = (Vec<u8>, u32, u16, u16, Vec<u8>);

#[derive(Default)]
struct Rows(BTreeSet<Row>);

impl Sink for Rows {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        _: Span,
    ) {
        self.0
            .insert(row(owner, class, ttl.as_secs(), rtype, rdata));
    }
}

pub(crate) fn row(
    owner: NameRef<'_>,
    class: Class,
    ttl_secs: u32,
    rtype: Rtype,
    rdata: &[u8],
) -> Row {
    let mut canonical = Vec::new();
    rr::wire::canonical_rdata(rtype, rdata, &mut canonical);
    let owner = owner.to_lowercase().as_wire().to_vec();
    (owner, ttl_secs, class.0, rtype.0, canonical)
}

struct Folder(PathBuf);

impl Sources for Folder {
    fn open(&mut self, _: &str, named: &str) -> Result<(String, Text), SourceError> {
        let text = fs::read(self.0.join(named)).map_err(|_| SourceError::Missing)?;
        Ok((named.into(), text.into()))
    }
}

pub(crate) fn ours(folder: &Path, text: Vec<u8>) -> Verdict {
    read_as_zone(text, &mut Folder(folder.into()))
}

pub(crate) fn read_as_zone(text: Vec<u8>, sources: &mut dyn Sources) -> Verdict {
    let apex = Name::from_text("example.org").expect("a name");
    let (mut map, mut rows) = (SourceMap::new(), Rows::default());
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        text,
        sources,
        &Limits::default(),
        &mut map,
        &mut rows,
    );
    match errors.first() {
        None => Verdict::Records(rows.0),
        Some(error) => Verdict::Refused(super::shown(error, &map)),
    }
}

pub(crate) fn agree(ours: &Verdict, theirs: &Verdict) -> bool {
    match (ours, theirs) {
        (Verdict::Refused(_), Verdict::Refused(_)) | (Verdict::Records(_), Verdict::Taken) => true,
        (Verdict::Records(a), Verdict::Records(b)) => a == b,
        _ => false,
    }
}

/// What one has and the other has not.
pub(crate) fn difference(ours: &Verdict, theirs: &Verdict) -> String {
    match (ours, theirs) {
        (Verdict::Records(a), Verdict::Records(b)) => {
            let only = |rows: Vec<&Row>| {
                rows.into_iter()
                    .map(row_text)
                    .collect::<Vec<_>>()
                    .join("; ")
            };
            format!(
                "\n  ours: {}\n  theirs: {}",
                only(a.difference(b).collect()),
                only(b.difference(a).collect())
            )
        }
        _ => format!("\n  ours: {}\n  theirs: {}", brief(ours), brief(theirs)),
    }
}

fn row_text((owner, ttl, _, rtype, rdata): &Row) -> String {
    let owner = NameRef::from_wire(owner).expect("a name");
    let mut text = format!("{owner} {ttl} {} ", Rtype(*rtype));
    rr::text::write_rdata(Rtype(*rtype), rdata, &mut text).expect("a string takes all");
    text
}

fn brief(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Records(_) => "taken".into(),
        other => format!("{other:?}"),
    }
}

/// A list of lines `case reader reason`; the case may end in `*` and then stands for all that begin so.
pub(crate) struct Differences {
    listed: Vec<Listed>,
    wrong: Vec<String>,
}

struct Listed {
    case: &'static str,
    reader: &'static str,
    used: bool,
}

impl Differences {
    pub(crate) fn listed(list: &'static str) -> Differences {
        let lines = list
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        Differences {
            listed: lines.map(Listed::new).collect(),
            wrong: Vec::new(),
        }
    }

    /// Notes what differs and is not listed.
    pub(crate) fn judge(&mut self, case: &str, reader: &str, ours: &Verdict, theirs: &Verdict) {
        if agree(ours, theirs) {
            return;
        }
        match self
            .listed
            .iter_mut()
            .find(|listed| listed.is_for(case, reader))
        {
            Some(listed) => listed.used = true,
            None => self
                .wrong
                .push(format!("{case} {reader}{}", difference(ours, theirs))),
        }
    }

    /// Fails if something differed that is not listed, or something is listed that did not differ.
    pub(crate) fn settle(mut self) {
        let unused = self.listed.iter().filter(|listed| !listed.used);
        let said = |listed: &Listed| {
            format!(
                "{} {}: listed, but there is no difference",
                listed.case, listed.reader
            )
        };
        self.wrong.extend(unused.map(said));
        assert!(
            self.wrong.is_empty(),
            "{} differences:\n{}",
            self.wrong.len(),
            self.wrong.join("\n")
        );
    }
}

impl Listed {
    fn new(line: &'static str) -> Listed {
        let mut words = line.splitn(3, ' ');
        let (Some(case), Some(reader), Some(_reason)) = (words.next(), words.next(), words.next())
        else {
            panic!("not `case reader reason`: {line}");
        };
        Listed {
            case,
            reader,
            used: false,
        }
    }

    fn is_for(&self, case: &str, reader: &str) -> bool {
        let named = match self.case.strip_suffix('*') {
            Some(beginning) => case.starts_with(beginning),
            None => case == self.case,
        };
        named && reader == self.reader
    }
}
