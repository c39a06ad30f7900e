//! What is amended is what a check of the whole would give, and never what it would refuse.

#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

mod version;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use version::{Outcome, Version, amend};
use zone::check::Policy;
use zonefile::Pos;

const TOP: &str =
    "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n";

const OWNERS: [&str; 20] = [
    "@",
    "a",
    "b",
    "A",
    "host",
    "x.a",
    "y.x.a",
    "*",
    "*.a",
    "*.x.a",
    "a.b",
    "d",
    "ns.d",
    "sub.d",
    "ns.sub.d",
    "e.*.b",
    "_25._tcp.a",
    "a.example.org",
    "com",
    "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
];

const TARGETS: [&str; 18] = [
    "@",
    "a",
    "b",
    "host",
    "x.a",
    "y.x.a",
    "any.a",
    "any.x.a",
    "a.b",
    "d",
    "ns.d",
    "ns.sub.d",
    "missing",
    "q.b",
    "mail.com",
    "a.example.org",
    "other.example.net.",
    "192.0.2.7",
];

/// `%` stands for a target.
const DATA: [&str; 24] = [
    "A 192.0.2.1",
    "A 192.0.2.1",
    "A 192.0.2.2",
    "300 A 192.0.2.3",
    "AAAA 2001:db8::1",
    "CNAME %",
    "CNAME %",
    "CNAME %",
    "NS %",
    "NS %",
    "MX 10 %",
    "MX 10 %",
    "MX 0 .",
    "SRV 0 0 25 %",
    "PTR %",
    "DNAME %",
    "HTTPS 0 %",
    "TXT x",
    "TXT \"v=spf1 -all\"",
    "TXT \"v=spf1 +all\"",
    "TXT X",
    "DS 1 13 2 2bb183af5f22588179a53b0a98631fad1a292118e3a5e45d4b3fd3a4b1e6a8b0",
    "NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
    "RRSIG A 13 3 3600 20400101000000 20200101000000 1 example.org. AAAA",
];

fn line() -> impl Strategy<Value = String> {
    let parts = (0..OWNERS.len(), 0..DATA.len(), 0..TARGETS.len());
    parts.prop_map(|(owner, data, target)| {
        format!(
            "{} {}\n",
            OWNERS[owner],
            DATA[data].replace('%', TARGETS[target])
        )
    })
}

fn read(lines: &[String]) -> Version {
    Version::read("example.org", &[TOP, &lines.concat()].concat())
}

/// Those of the lines that leave the zone without an error, one after the other.
fn without_errors(lines: Vec<String>, policy: &Policy) -> Vec<String> {
    let mut kept = Vec::new();
    for line in lines {
        kept.push(line);
        if read(&kept).check(policy).is_err() {
            kept.pop();
        }
    }
    kept
}

/// How many cases ended in each way.
#[derive(Default, Debug)]
struct Counts {
    amended: usize,
    doubted: usize,
    refused: usize,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::NoStart => {}
            Outcome::Amended => self.amended += 1,
            Outcome::Doubted(_) => self.doubted += 1,
            Outcome::Refused(_) => self.refused += 1,
        }
    }
}

/// What a repository may think.
const POLICIES: [&str; 6] = [
    "",
    "",
    "* target-without-address error\n* cname-to-missing-name error\n",
    "* missing-final-dot off\n* target-is-address warning\n",
    "* ns-without-address off\n* bad-host-name error\n* srv-to-cname error\n",
    "* cname-and-other-data warning\n* below-dname warning\n* owner-missing-final-dot error\n",
];

/// What a comment may allow.
const ALLOWED: [&str; 7] = [
    "missing-final-dot",
    "ns-without-address",
    "mx-to-cname",
    "cname-loop",
    "cname-and-other-data",
    "delegation-without-glue",
    "below-dname",
];

/// A zone, and how it is changed.
#[derive(Debug)]
struct Case {
    before: Vec<String>,
    added: Vec<String>,
    removed: [u8; 3],
    policy: &'static str,
}

fn case() -> impl Strategy<Value = Case> {
    let allowed = prop::option::weighted(0.1, 0..ALLOWED.len());
    let line_with = (line(), allowed).prop_map(|(line, allowed)| match allowed {
        Some(rule) => format!("{} ; stemma: allow {}: x\n", line.trim_end(), ALLOWED[rule]),
        None => line,
    });
    let before = prop::collection::vec(line_with, 0..14);
    let added = prop::collection::vec(line(), 0..4);
    let parts = (before, added, any::<[u8; 3]>(), 0..POLICIES.len());
    parts.prop_map(|(before, added, removed, policy)| Case {
        before,
        added,
        removed,
        policy: POLICIES[policy],
    })
}

#[test]
fn nothing_is_accepted_that_a_whole_check_refuses() {
    let counts = RefCell::new(Counts::default());
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(1_000)
    };
    let run = TestRunner::new(config).run(&case(), |case| {
        let (policy, _) = Policy::read(case.policy.as_bytes(), Pos(0));
        let before = without_errors(case.before, &policy);
        let after = changed(&before, case.added, case.removed);
        let outcome = amend(&read(&before), &read(&after), &policy);
        counts.borrow_mut().add(&outcome);
        Ok(())
    });
    run.unwrap();
    let Counts {
        amended,
        doubted,
        refused,
    } = counts.into_inner();
    // Names that lead nowhere abound here, and some of these are in doubt.
    assert!(amended > doubted, "{amended} amended, {doubted} doubted");
    assert!(refused > 100, "{refused} refused");
}

/// The lines without some and with some more. Whoever compares texts leaves comments that allow something alone.
fn changed(before: &[String], added: Vec<String>, removed: [u8; 3]) -> Vec<String> {
    let mut after = before.to_vec();
    for number in removed.into_iter().map(usize::from) {
        if number < 4 * after.len() && !after[number % after.len()].contains("stemma") {
            after.remove(number % after.len());
        }
    }
    after.extend(added);
    after
}

/// Every zone with and without mistakes: without some of its records, and then with others of them missing.
#[test]
fn no_mistake_is_brought_in() {
    let mut counts = Counts::default();
    for path in zones() {
        let text = fs::read_to_string(&path).unwrap();
        let full = Version::read(said(&text, "zone").unwrap_or("example.org"), &text);
        let (policy, _) =
            Policy::read(said(&text, "policy").unwrap_or_default().as_bytes(), Pos(0));
        for [before, after] in subsets(full.records.len()) {
            let [before, after] = [before, after].map(|missing| without(&full, &missing));
            counts.add(&amend(&before, &after, &policy));
        }
    }
    let Counts {
        amended,
        doubted,
        refused,
    } = counts;
    assert!(
        amended > 4 * doubted,
        "{amended} amended, {doubted} doubted"
    );
    assert!(refused > 500, "{refused} refused");
}

fn zones() -> impl Iterator<Item = PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let folders = ["", "several", "good"].map(|name| folder.join(name));
    let files = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|name| name == "zone"))
}

/// What a `;!` comment at the top of a zone sets.
fn said<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let of = |line: &'t str| Some(line.strip_prefix(";! ")?.strip_prefix(key)?.trim());
    text.lines().find_map(of)
}

/// Pairs of what is missing of so many records, before and after: one or two against none, or one against one.
fn subsets(count: usize) -> impl Iterator<Item = [Vec<usize>; 2]> {
    let count = count.min(12);
    let twos = move |one| (one..count).map(move |other| vec![one, other]);
    let twos = (0..count).flat_map(twos);
    let against_none = twos.flat_map(|two| [[two.clone(), Vec::new()], [Vec::new(), two]]);
    let against_one = move |one| (0..count).map(move |other| [vec![one], vec![other]]);
    against_none.chain((0..count).flat_map(against_one))
}

fn without(full: &Version, missing: &[usize]) -> Version {
    let records = full.records.iter().enumerate();
    let kept = records.filter(|(number, _)| !missing.contains(number));
    full.with(kept.map(|(_, record)| record.clone()).collect())
}
