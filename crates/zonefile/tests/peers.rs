//! The same text, read by us and by BIND, ldns, Knot and dnspython.
//!
//! `peers/cases.txt` has the texts, `peers/differences.txt` each case in which we differ from a peer, and why. A
//! difference that is not listed fails the test, and so does a listed one that is none any more.

mod common;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

use common::{
    cases::{Case, cases, write_case},
    verdict::{Differences, Verdict, ours, read_as_zone},
};
use zonefile::NoSources;

/// Runs a peer; one that is not installed fails the test.
fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().unwrap_or_else(|error| {
        panic!("{program} does not run ({error}): it comes with Debian's bind9-utils, ldnsutils, knot-dnssecutils or python3-dnspython")
    })
}

fn refused(output: &Output) -> Verdict {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    Verdict::Refused(
        String::from_utf8_lossy(&said)
            .lines()
            .take(3)
            .collect::<Vec<_>>()
            .join(" | "),
    )
}

fn bind(folder: &Path) -> Verdict {
    let lenient = ["-k", "-n", "-m", "-M", "-S", "-r", "-T"]
        .map(|check| [check, "ignore"])
        .concat();
    let arguments = [
        &lenient[..],
        &[
            "-q",
            "-i",
            "none",
            "-s",
            "full",
            "-o",
            "-",
            "example.org",
            "zone",
        ],
    ]
    .concat();
    let output = run("named-compilezone", folder, &arguments);
    if output.status.success() {
        read_as_zone(output.stdout, &mut NoSources)
    } else {
        refused(&output)
    }
}

fn ldns(folder: &Path) -> Verdict {
    // Its output is not sorted without -z, and it has no option to name the zone: the origin is in the file.
    let output = run("ldns-read-zone", folder, &["zone"]);
    if output.status.success() {
        read_as_zone(output.stdout, &mut NoSources)
    } else {
        refused(&output)
    }
}

fn knot(folder: &Path) -> Verdict {
    let output = run(
        "kzonecheck",
        folder,
        &["-o", "example.org", "-d", "off", "-v", "./zone"],
    );
    if output.status.success() {
        Verdict::Taken
    } else {
        refused(&output)
    }
}

/// All cases at once: the interpreter starts slowly.
fn dnspython(folders: &[PathBuf]) -> Vec<Verdict> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/dnspython.py");
    let zones: Vec<String> = folders
        .iter()
        .map(|folder| folder.join("zone").display().to_string())
        .collect();
    let arguments: Vec<&str> = [script]
        .into_iter()
        .chain(zones.iter().map(String::as_str))
        .collect();
    let output = run("/usr/bin/python3", &folders[0], &arguments);
    assert!(
        output.status.success(),
        "dnspython: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).expect("dnspython writes ASCII");
    said.split("END\n")
        .take(folders.len())
        .map(python_verdict)
        .collect()
}

fn python_verdict(said: &str) -> Verdict {
    match said.split_once("REFUSED ") {
        Some((_, why)) => Verdict::Refused(why.trim().into()),
        None => read_as_zone(said.as_bytes().to_vec(), &mut NoSources),
    }
}

/// The verdicts of all peers on each case.
fn judged(cases: &[Case], folders: &[PathBuf]) -> Vec<[(&'static str, Verdict); 4]> {
    let others = |folder: &PathBuf| [bind(folder), ldns(folder), knot(folder)];
    let (first, second) = folders.split_at(cases.len() / 2);
    type Others = Vec<[Verdict; 3]>;
    let (python, others): (Vec<Verdict>, Others) = thread::scope(|scope| {
        let first = scope.spawn(|| first.iter().map(others).collect::<Vec<_>>());
        let python = scope.spawn(|| dnspython(folders));
        let second: Others = second.iter().map(others).collect();
        let mut all = first.join().expect("no panic but a message");
        all.extend(second);
        (python.join().expect("no panic but a message"), all)
    });
    let named = |([bind, ldns, knot], python): ([Verdict; 3], Verdict)| {
        [
            ("bind", bind),
            ("ldns", ldns),
            ("knot", knot),
            ("dnspython", python),
        ]
    };
    others.into_iter().zip(python).map(named).collect()
}

#[test]
fn peers_read_the_same() {
    let cases = cases();
    let folders: Vec<PathBuf> = cases.iter().map(|case| write_case(case, "peers")).collect();
    let mut differences = Differences::listed(include_str!("peers/differences.txt"));
    for ((case, folder), verdicts) in cases.iter().zip(&folders).zip(judged(&cases, &folders)) {
        let ours = ours(folder, case.files[0].1.clone());
        for (peer, theirs) in verdicts {
            differences.judge(&case.name, peer, &ours, &theirs);
        }
    }
    differences.settle();
}
