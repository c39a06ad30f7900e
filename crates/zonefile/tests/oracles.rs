//! The same text, read by us and by the zone-file parsers of the crates hickory-proto and domain.
//!
//! Both are wrong about everyday texts, so `oracles/differences.txt` lists where, with the reason, and [`FAULTS`] what is
//! left out of the generated zones. As with the peers, a difference that is not listed fails, and so does a listed one
//! that is none any more.

mod common;

use std::{fmt::Display, panic::catch_unwind, path::Path, slice, str};

use common::{
    cases::{Case, SEEDS, generated_entries, write_case, written_cases, zone_of},
    verdict::{Differences, Row, Verdict, agree, difference, ours, read_as_zone, row},
};
use domain::{
    base::{ToName, rdata::ComposeRecordData},
    zonefile::inplace::{Entry as DomainEntry, ScannedRecord, Zonefile},
};
use hickory_proto::{
    rr::{Name as HickoryName, Record},
    serialize::{
        binary::{BinEncodable, BinEncoder, NameEncoding},
        txt::Parser,
    },
};
use rr::{Class, NameRef, Rtype};
use zonefile::{Entry, EntryKind, NoSources, entries};

type Read = fn(&Path, &[u8]) -> Result<Vec<Row>, String>;

const ORACLES: [(&str, Read); 2] = [("hickory", hickory), ("domain", domain)];

/// Entries that are left out of the generated zones of an oracle.
const FAULTS: &[Fault] = &[
    Fault {
        oracle: "hickory",
        signs: &[r"\#"],
        why: "has no generic data (RFC 3597 §5)",
    },
    Fault {
        oracle: "hickory",
        signs: &[r"\065"],
        why: "gives another octet",
    },
    Fault {
        oracle: "hickory",
        signs: &["TXT", r"\032"],
        why: "does not decode the number in a string",
    },
    Fault {
        oracle: "hickory",
        signs: &["@"],
        why: "has no @ in data",
    },
    Fault {
        oracle: "hickory",
        signs: &["CAA (", "\""],
        why: "takes quotes inside of parentheses as octets",
    },
    Fault {
        oracle: "hickory",
        signs: &["SSHFP"],
        why: "wants the hexadecimal digits of SSHFP in one word",
    },
    Fault {
        oracle: "domain",
        signs: &["1h "],
        why: "has no units in TTLs",
    },
    Fault {
        oracle: "domain",
        signs: &["2D3h "],
        why: "has no units in TTLs",
    },
    Fault {
        oracle: "domain",
        signs: &["@"],
        why: "makes a label of @ in data",
    },
];

/// What an oracle gets wrong, by what an entry contains.
struct Fault {
    oracle: &'static str,
    signs: &'static [&'static str],
    why: &'static str,
}

impl Fault {
    fn is_in(&self, entry: &str) -> bool {
        self.signs.iter().all(|sign| entry.contains(sign))
    }
}

fn hickory(path: &Path, text: &[u8]) -> Result<Vec<Row>, String> {
    let text = str::from_utf8(text).map_err(said)?;
    let origin = HickoryName::from_ascii("example.org.").expect("a name");
    let parser = Parser::new(text, Some(path.into()), Some(origin));
    let (_, sets) = parser.parse().map_err(said)?;
    let records = sets.values().flat_map(|set| set.records_without_rrsigs());
    records.map(hickory_row).collect()
}

fn hickory_row(record: &Record) -> Result<Row, String> {
    let (owner, rdata) = (uncompressed(&record.name)?, uncompressed(&record.data)?);
    let owner = NameRef::from_wire(&owner).map_err(said)?;
    let (class, rtype) = (
        Class(record.dns_class.into()),
        Rtype(record.record_type().into()),
    );
    Ok(row(owner, class, record.ttl, rtype, &rdata))
}

/// Its parser takes strings that its encoder does not.
fn uncompressed(part: &impl BinEncodable) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    part.emit(&mut encoder).map_err(said)?;
    Ok(octets)
}

fn domain(_: &Path, text: &[u8]) -> Result<Vec<Row>, String> {
    // It refuses a last line without line end, and the cases are rarely about that.
    let text = [text, b"\n"].concat();
    let mut entries = Zonefile::from(&text[..]).allow_invalid();
    entries.set_default_class(domain::base::iana::Class::IN);
    let row = |entry| match entry {
        Ok(DomainEntry::Record(record)) => domain_row(&record),
        Ok(DomainEntry::Include { .. }) => Err("$INCLUDE is left to its user".into()),
        Err(error) => Err(said(error)),
    };
    entries.map(row).collect()
}

fn domain_row(record: &ScannedRecord) -> Result<Row, String> {
    let owner: Vec<u8> = record.owner().to_vec().into_octets();
    let owner = NameRef::from_wire(&owner).map_err(said)?;
    let (class, rtype) = (
        Class(record.class().to_int()),
        Rtype(record.rtype().to_int()),
    );
    let mut rdata = Vec::new();
    record.data().compose_rdata(&mut rdata).map_err(said)?;
    Ok(row(owner, class, record.ttl().as_secs(), rtype, &rdata))
}

fn said(error: impl Display) -> String {
    error.to_string()
}

/// What the oracle says; a panic is a refusal.
fn verdict(read: Read, path: &Path, text: &[u8]) -> Verdict {
    match catch_unwind(|| read(path, text)) {
        Ok(Ok(rows)) => Verdict::Records(rows.into_iter().collect()),
        Ok(Err(why)) => Verdict::Refused(why),
        Err(_) => Verdict::Refused("panic".into()),
    }
}

/// The written cases; those that show types are taken apart, as an oracle without one of the types refuses the others.
fn inputs() -> impl Iterator<Item = Case> {
    written_cases().flat_map(|case| {
        if case.name.starts_with("types-") {
            one_record_each(&case)
        } else {
            vec![case]
        }
    })
}

fn one_record_each(case: &Case) -> Vec<Case> {
    let text = &case.files[0].1;
    let shown = entries(text)
        .filter(|entry| entry.kind() == EntryKind::Record)
        .skip(3);
    let alone = |entry: Entry<'_>| {
        let rtype = str::from_utf8(&text[entry.fields().rtype]).expect("a written type");
        let record = str::from_utf8(entry.octets()).expect("a written record");
        Case {
            name: format!("{}-{rtype}", case.name),
            files: vec![("zone".into(), zone_of(&[record.into()]))],
        }
    };
    shown.map(alone).collect()
}

#[test]
fn written_cases_are_read_the_same() {
    let mut differences = Differences::listed(include_str!("oracles/differences.txt"));
    let mut compared = [0; ORACLES.len()];
    for case in inputs() {
        let folder = write_case(&case, "oracles");
        let text = &case.files[0].1;
        let ours = ours(&folder, text.clone());
        for ((name, read), compared) in ORACLES.into_iter().zip(&mut compared) {
            let theirs = verdict(read, &folder.join("zone"), text);
            differences.judge(&case.name, name, &ours, &theirs);
            *compared += usize::from(matches!(theirs, Verdict::Records(_)) && ours == theirs);
        }
    }
    differences.settle();
    assert!(
        compared.iter().all(|&cases| cases >= 50),
        "{compared:?} cases with the same records"
    );
}

#[test]
fn generated_zones_are_read_the_same() {
    for (name, read) in ORACLES {
        let known = |entry: &String| {
            FAULTS
                .iter()
                .any(|fault| fault.oracle == name && fault.is_in(entry))
        };
        let mut compared = 0;
        for seed in SEEDS {
            let mut entries = generated_entries(seed);
            entries.retain(|entry| !known(entry));
            let (ours, theirs) = both(read, &entries);
            assert!(
                matches!(ours, Verdict::Records(_)) && ours == theirs,
                "{seed} {name}{}",
                difference(&ours, &theirs)
            );
            compared += entries.len();
        }
        assert!(compared >= 1_000, "{name}: only {compared} entries");
    }
}

/// A fault that is mended goes from the list.
#[test]
fn faults_of_oracles_are_still_there() {
    let entries: Vec<String> = SEEDS.flat_map(generated_entries).collect();
    for fault in FAULTS {
        let (_, read) = ORACLES
            .into_iter()
            .find(|(name, _)| *name == fault.oracle)
            .expect("an oracle");
        let others = FAULTS.iter().filter(|other| other.oracle == fault.oracle);
        let has_only_this = |entry: &&String| {
            fault.is_in(entry) && others.clone().filter(|other| other.is_in(entry)).count() == 1
        };
        let differs = |entry: &String| {
            let (ours, theirs) = both(read, slice::from_ref(entry));
            !agree(&ours, &theirs)
        };
        assert!(
            entries.iter().filter(has_only_this).any(differs),
            "{} no longer {}",
            fault.oracle,
            fault.why
        );
    }
}

fn both(read: Read, entries: &[String]) -> (Verdict, Verdict) {
    let text = zone_of(entries);
    let theirs = verdict(read, Path::new("zone"), &text);
    (read_as_zone(text, &mut NoSources), theirs)
}
