#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! Zone text as BIND's `named-compilezone`, Knot's `kzonecheck` and we read it: accepted or refused, compiled to the
//! same octets. The cases stand in `tests/zone-text/cases.txt`, what may differ in `differences.md` beside it.

use std::collections::BTreeSet;
use std::fs;

use tests::compare::Table;
use tests::mutate::mutated;
use tests::our_text::{Reading, ours};
use tests::random::{Random, seed};
use tests::reply::Record;
use tests::workspace::root;
use tests::zone_text::{Case, HEADER, Verdict, bind, knot};

const MUTATIONS: usize = 300;

#[test]
fn hand_made_cases_are_read_as_others_read_them() {
    let mut rows = Rows::of(table());
    let cases = cases();
    let failures: Vec<String> = cases
        .iter()
        .flat_map(|case| compare(case, &mut rows))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let idle = rows.idle();
    assert!(idle.is_empty(), "no case needs {idle:?}");
}

#[test]
fn mutated_cases_are_read_as_others_read_them() {
    let (mut rows, cases, seed) = (Rows::of(table()), cases(), seed(1));
    let alone = |case: &&Case| case.others.is_empty() && case.zone.starts_with(HEADER.as_bytes());
    let bodies: Vec<&[u8]> = cases
        .iter()
        .filter(alone)
        .map(|case| &case.zone[HEADER.len()..])
        .collect();
    let mut random = Random::seeded(seed);
    let mutations = (0..MUTATIONS).map(|_| {
        let body = mutated(&mut random, &bodies);
        let name = body.escape_ascii().to_string();
        Case {
            name,
            zone: [HEADER.as_bytes(), &body, b"\n"].concat(),
            others: Vec::new(),
        }
    });
    let failures: Vec<String> = mutations
        .flat_map(|case| compare(&case, &mut rows))
        .collect();
    assert!(
        failures.is_empty(),
        "STEMMA_SEED={seed}\n{}",
        failures.join("\n")
    );
}

/// RFC 1035 §5.1 knows lines and not how they end.
#[test]
fn line_ends_mean_nothing() {
    for case in cases() {
        let plain = ours(case.to_folder().path());
        for variant in [case.with_crlf(), case.without_last_line_end()] {
            let read = ours(variant.to_folder().path());
            assert_eq!(
                (&plain.records, &plain.refused_by),
                (&read.records, &read.refused_by),
                "{}: {}",
                variant.name,
                read.said
            );
        }
    }
}

fn cases() -> Vec<Case> {
    let table = fs::read_to_string(root().join("tests/zone-text/cases.txt")).unwrap();
    // Octets that no text file should hold.
    let nul = Case {
        name: "NUL in a string".to_owned(),
        zone: [HEADER, "a TXT x \0y\n"].concat().into_bytes(),
        others: Vec::new(),
    };
    Case::read_all(&table).into_iter().chain([nul]).collect()
}

fn table() -> Table {
    Table::read(&fs::read_to_string(root().join("tests/zone-text/differences.md")).unwrap())
}

/// The table, and which of its rows have explained something.
struct Rows {
    table: Table,
    needed: BTreeSet<(String, String)>,
}

impl Rows {
    fn of(table: Table) -> Rows {
        let needed = BTreeSet::new();
        Rows { table, needed }
    }

    fn explain(&mut self, name: &str, program: &str) -> bool {
        self.needed.insert((name.to_owned(), program.to_owned()));
        self.table.allows(name, program)
    }

    fn idle(&self) -> Vec<(&str, &str)> {
        let needed = |(name, program): &(&str, &str)| {
            let row = ((*name).to_owned(), (*program).to_owned());
            self.needed.contains(&row)
        };
        self.table.rows().filter(|row| !needed(row)).collect()
    }
}

/// What differs and is not in the table.
fn compare(case: &Case, rows: &mut Rows) -> Vec<String> {
    let folder = case.to_folder();
    let reading = ours(folder.path());
    let (bind, knot) = (bind(folder.path()), knot(folder.path()));
    let mut failures = Vec::new();
    for (program, verdict) in [("BIND", &bind), ("Knot", &knot)] {
        failures.extend(judged_otherwise(&reading, verdict, program, rows));
    }
    failures.extend(compiled_otherwise(&reading, &bind, rows));
    failures
        .into_iter()
        .map(|failure| format!("{}: {failure}", case.name))
        .collect()
}

fn judged_otherwise(
    ours: &Reading,
    theirs: &Verdict,
    program: &str,
    rows: &mut Rows,
) -> Option<String> {
    match (ours.refused_by.is_empty(), theirs.records.is_some()) {
        (true, false) => {
            let names: Vec<String> = rows.table.names().into_iter().map(str::to_owned).collect();
            let mut said = names.iter().filter(|part| theirs.said.contains(*part));
            let known = said.any(|part| rows.explain(part, program));
            (!known).then(|| format!("{program} refuses it: {}", theirs.said))
        }
        (false, true) => {
            let mut rules = ours.refused_by.iter();
            let known = rules.all(|rule| rows.explain(rule.id(), program));
            (!known).then(|| format!("{program} accepts it, we say {}", ours.said))
        }
        _ => None,
    }
}

fn compiled_otherwise(ours: &Reading, bind: &Verdict, rows: &mut Rows) -> Option<String> {
    let theirs = bind
        .records
        .as_ref()
        .filter(|_| ours.refused_by.is_empty())?;
    let differ = *theirs != ours.records
        && !(folded(theirs) == folded(&ours.records)
            && rows.explain("spelling of the first", "BIND"));
    let list = |records: &BTreeSet<Record>, others: &BTreeSet<Record>| -> Vec<String> {
        records
            .difference(others)
            .map(ToString::to_string)
            .collect()
    };
    differ.then(|| {
        format!(
            "compiled otherwise\nBIND {:#?}\nours {:#?}",
            list(theirs, &ours.records),
            list(&ours.records, theirs)
        )
    })
}

fn folded(records: &BTreeSet<Record>) -> BTreeSet<Record> {
    records
        .iter()
        .map(|record| Record {
            rdata: record.rdata.to_ascii_lowercase(),
            ..record.clone()
        })
        .collect()
}
