//! Master files as other people's compilers read them: accepted or refused, and what comes out octet for octet.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::name::Name;
use crate::process::run;
use crate::reply::Record;

/// A zone with the files it includes.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The zone's own file.
    pub zone: Vec<u8>,
    /// Files it may include: path and content.
    pub others: Vec<(String, Vec<u8>)>,
}

/// What one compiler makes of a case.
#[derive(Debug)]
pub struct Verdict {
    /// `None` if the zone is refused. Owners and names in lower case.
    pub records: Option<BTreeSet<Record>>,
    /// What it said.
    pub said: String,
}

/// The zone that every case is.
pub const APEX: &str = "example.org";

/// What stands in front of every case that is not called bare.
pub const HEADER: &str = "\
$ORIGIN example.org.
$TTL 300
@ SOA ns host 1 7200 3600 1209600 300
@ NS ns
ns A 192.0.2.1
";

impl Case {
    /// Reads the table of cases: `=== NAME` begins a case, `--- PATH` another file of it.
    pub fn read_all(table: &str) -> Vec<Case> {
        let cases = table.split("\n=== ").skip(1);
        cases.map(Case::read).collect()
    }

    fn read(text: &str) -> Case {
        let (name, body) = text.split_once('\n').expect("a case has a name and lines");
        let mut parts = body.split("--- ");
        let own = parts.next().unwrap_or_default().trim_end_matches('\n');
        let header = if name.ends_with("(bare)") { "" } else { HEADER };
        let others = parts.filter_map(|part| part.split_once('\n'));
        Case {
            name: name.to_owned(),
            zone: format!("{header}{own}\n").into_bytes(),
            others: others
                .map(|(path, text)| (path.to_owned(), text.trim_end().as_bytes().to_vec()))
                .collect(),
        }
    }

    /// The same with CRLF line ends.
    pub fn with_crlf(&self) -> Case {
        let zone = self
            .zone
            .split(|octet| *octet == b'\n')
            .collect::<Vec<_>>()
            .join(&b"\r\n"[..]);
        Case {
            name: format!("{} [CRLF]", self.name),
            zone,
            others: self.others.clone(),
        }
    }

    /// The same without the last line end.
    pub fn without_last_line_end(&self) -> Case {
        let zone = self.zone.strip_suffix(b"\n").unwrap_or(&self.zone).to_vec();
        Case {
            name: format!("{} [cut]", self.name),
            zone,
            others: self.others.clone(),
        }
    }

    /// Writes all files to a fresh folder; the zone's is called `zone`.
    pub fn to_folder(&self) -> TempDir {
        let folder = tempfile::Builder::new()
            .prefix("stemma-text-")
            .tempdir()
            .expect("a temporary folder can be made");
        let files = self
            .others
            .iter()
            .map(|(path, text)| (path.as_str(), text))
            .chain([("zone", &self.zone)]);
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).expect("the folder is ours");
        }
        folder
    }
}

/// `named-compilezone`, without the checks that go beyond the text and RFC 1034's rules for one zone.
pub fn bind(folder: &Path) -> Verdict {
    let mut command = Command::new("named-compilezone");
    command
        .current_dir(folder)
        .args(["-F", "raw", "-o", "raw", "-i", "none"]);
    for check in ["-k", "-m", "-M", "-S", "-n", "-r", "-T", "-W"] {
        command.args([check, "ignore"]);
    }
    let (accepted, said) = run(command.args([APEX, "zone"]));
    let raw = || std::fs::read(folder.join("raw")).expect("named-compilezone wrote it");
    Verdict {
        records: accepted.then(|| read_raw(&raw())),
        said,
    }
}

/// `kzonecheck`, which only says yes or no: the records are empty.
pub fn knot(folder: &Path) -> Verdict {
    let (accepted, said) = run(Command::new("kzonecheck")
        .current_dir(folder)
        .args(["-v", "-o", APEX, "zone"]));
    Verdict {
        records: accepted.then(BTreeSet::new),
        said,
    }
}

/// BIND's raw format: a header of 24 octets; then per RRset its length, class, type, covered type, TTL, number of
/// records, owner, and each record's data; all integers big-endian, owner and data with a length of two octets.
fn read_raw(raw: &[u8]) -> BTreeSet<Record> {
    let mut reader = Raw { rest: &raw[24..] };
    let mut records = BTreeSet::new();
    while !reader.rest.is_empty() {
        reader.number(4);
        let (class, rtype, _covered) = (reader.number(2), reader.number(2), reader.number(2));
        let (ttl, count) = (reader.number(4), reader.number(4));
        let owner = Name::from_wire(reader.counted().to_vec()).lowercase();
        for _ in 0..count {
            let rdata = reader.counted().to_vec();
            records.insert(Record {
                owner: owner.clone(),
                rtype: rtype as u16,
                class: class as u16,
                ttl,
                rdata,
            });
        }
    }
    records
}

struct Raw<'r> {
    rest: &'r [u8],
}

impl<'r> Raw<'r> {
    fn take(&mut self, length: usize) -> &'r [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn number(&mut self, octets: usize) -> u32 {
        self.take(octets)
            .iter()
            .fold(0, |number, octet| number << 8 | u32::from(*octet))
    }

    fn counted(&mut self) -> &'r [u8] {
        let length = self.number(2) as usize;
        self.take(length)
    }
}
