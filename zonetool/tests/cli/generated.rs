//! A history of 1,000 random edits: what `blame` and `log` tell is what the generator knows.

mod edits;

use crate::desk::Desk;
use edits::{Generator, Key, Known, Line};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;
use testbed::git::output_of;

#[test]
fn blame_and_log_of_a_thousand_edits_are_what_was_done() {
    let seed = match std::env::var("HISTORY_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => 20_261_121,
    };
    let desk = Desk::new();
    desk.git("", &["init", "-q", "-b", "main", "dns"])
        .succeeded();
    let mut made = Generator::new(seed);
    let mut stream = String::new();
    for edit in 0..edits::EDITS {
        made.edit(edit);
        made.write_commit(edit, &mut stream);
    }
    import(&desk, &stream);

    let blame = json(&desk, &["blame", "example.org", "--below"]);
    assert_alike(seed, &blamed(&blame), &made.records);
    let log = json(&desk, &["log", "example.org", "--below"]);
    assert_alike(seed, &logged(&log), &made.log);
    for number in 0..3 {
        let owner = format!("h{number}");
        let log = json(&desk, &["log", &format!("H{number}.Example.org"), "TXT"]);
        let of_owner = |line: &&Line| line.1 == owner && line.3 == "TXT";
        let known = made
            .log
            .iter()
            .map(|(edit, lines)| (*edit, lines.iter().filter(of_owner).cloned().collect()));
        let known: BTreeMap<usize, Vec<Line>> = known
            .filter(|(_, lines): &(usize, Vec<Line>)| !lines.is_empty())
            .collect();
        assert_alike(seed, &logged(&log), &known);
    }
}

/// Shows only what differs.
#[track_caller]
fn assert_alike<K: Ord + Clone + Debug, V: PartialEq + Debug>(
    seed: u64,
    told: &BTreeMap<K, V>,
    known: &BTreeMap<K, V>,
) {
    let keys = told.keys().chain(known.keys());
    let differing: Vec<_> = keys
        .filter(|key| told.get(key) != known.get(key))
        .map(|key| (key, told.get(key), known.get(key)))
        .collect();
    assert!(
        differing.is_empty(),
        "HISTORY_SEED={seed}: told and known: {differing:#?}"
    );
}

fn import(desk: &Desk, stream: &str) {
    let mut git = desk.command("git", "dns");
    output_of(git.args(["fast-import", "--quiet"]), stream);
}

fn json(desk: &Desk, words: &[&str]) -> Value {
    let words = [words, &["--format", "json"]].concat();
    let ran = desk.zonetool("dns", &words);
    assert!(ran.code <= 1, "{}", ran.err);
    ran.json()
}

fn edit_of(commit: &Value) -> usize {
    commit["subject"].as_str().unwrap().parse().unwrap()
}

fn key_of(record: &Value) -> Key {
    let owner = record["name"].as_str().unwrap().to_lowercase();
    let below = owner.strip_suffix("example.org.").unwrap();
    let below = below.strip_suffix('.').unwrap_or("@").to_owned();
    let rtype = ["SOA", "A", "TXT", "MX"]
        .into_iter()
        .find(|rtype| record["type"] == *rtype);
    (
        below,
        rtype.unwrap(),
        record["data"].as_str().unwrap().to_owned(),
    )
}

fn ttl_of(record: &Value) -> u32 {
    u32::try_from(record["ttl"].as_u64().unwrap()).unwrap()
}

fn blamed(answer: &Value) -> BTreeMap<Key, Known> {
    let records = answer["records"].as_array().unwrap().iter();
    records
        .map(|blamed| {
            let brought_by = edit_of(&blamed["brought_by"]);
            let ttl_by = match &blamed["ttl_by"] {
                Value::Null => brought_by,
                commit => edit_of(commit),
            };
            let ttl = ttl_of(&blamed["record"]);
            (
                key_of(&blamed["record"]),
                Known {
                    ttl,
                    brought_by,
                    ttl_by,
                },
            )
        })
        .collect()
}

fn logged(answer: &Value) -> BTreeMap<usize, Vec<Line>> {
    let commits = answer["commits"].as_array().unwrap().iter();
    commits
        .map(|commit| {
            let changes = commit["changes"].as_array().unwrap().iter();
            let lines = changes.map(|change| {
                let sign = if change["change"] == "added" {
                    "+"
                } else {
                    "-"
                };
                let (owner, rtype, data) = key_of(change);
                (sign, owner, ttl_of(change), rtype, data)
            });
            let mut lines: Vec<Line> = lines.collect();
            lines.sort();
            (edit_of(commit), lines)
        })
        .collect()
}
