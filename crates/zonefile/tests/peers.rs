//! The same text, read by us and by BIND, ldns, Knot and dnspython.
//!
//! `peers/cases.txt` has the texts, `peers/differences.txt` each case in which we differ from a peer, and why. A
//! difference that is not listed fails the test, and so does a listed one that is none any more.

mod common;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

use rr::{Class, Name, NameRef, Rtype, Ttl};
use zonefile::{Limits, NoSources, Sink, SourceError, SourceMap, Sources, Span, Text, read_zone};

/// What a reader makes of a text: the records, or a refusal. Only a judge without records gives [`Verdict::Taken`].
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Records(BTreeSet<Row>),
    Taken,
    Refused(String),
}

/// Owner in lower case, TTL, class, type, canonical data.
type Row = (Vec<u8>, u32, u16, u16, Vec<u8>);

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
        let mut canonical = Vec::new();
        rr::wire::canonical_rdata(rtype, rdata, &mut canonical);
        let owner = owner.to_lowercase().as_wire().to_vec();
        self.0
            .insert((owner, ttl.as_secs(), class.0, rtype.0, canonical));
    }
}

struct Folder(PathBuf);

impl Sources for Folder {
    fn open(&mut self, _: &str, named: &str) -> Result<(String, Text), SourceError> {
        let text = fs::read(self.0.join(named)).map_err(|_| SourceError::Missing)?;
        Ok((named.into(), text.into()))
    }
}

fn ours(folder: &Path, text: Vec<u8>) -> Verdict {
    read_as_zone(text, &mut Folder(folder.into()))
}

fn read_as_zone(text: Vec<u8>, sources: &mut dyn Sources) -> Verdict {
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
        Some(error) => Verdict::Refused(common::shown(error, &map)),
    }
}

/// One case: the zone and the files it includes.
struct Case {
    name: String,
    files: Vec<(String, Vec<u8>)>,
}

const HEAD: &str = "$ORIGIN example.org.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 604800 300\n@ NS ns\nns A 192.0.2.53\n";

fn cases() -> Vec<Case> {
    let written = include_str!("peers/cases.txt")
        .split("== ")
        .skip(1)
        .map(case);
    written.chain((1..=12).map(generated)).collect()
}

/// A zone of many records in every way of writing them that all peers know.
fn generated(seed: u32) -> Case {
    let mut dice = Dice(seed);
    let mut zone = String::from(HEAD);
    for line in 0..200 {
        zone += &generated_entry(&mut dice, line);
        zone += dice.pick(&["\n", "\n", " ; comment (\n", "\n\n", "\t\n; \"\n", "\n  \n"]);
    }
    Case {
        name: format!("generated-{seed}"),
        files: vec![("zone".into(), zone.into_bytes())],
    }
}

fn generated_entry(dice: &mut Dice, line: u32) -> String {
    // One TTL for each owner and type: peers differ in what they make of two.
    let ttl = dice.pick(&["", "60 ", "1h ", "2D3h ", "0 "]);
    let owner = format!(
        "{}{line}",
        dice.pick(&[
            "www.", "WWW", "a\\.b", "\\065", "*.x", "_s._tcp.", "x-", "1.2."
        ])
    );
    let owner = owner + dice.pick(&["", ".example.org.", ".sub"]);
    let class = dice.pick(&["", "IN ", "in\t"]);
    let brackets = [
        ("", ""),
        ("( ", " )"),
        ("(\n  ", "\n)"),
        ("( ; c\n\t", " ; c )\n )"),
    ];
    let (open, close) = brackets[dice.roll(4) as usize];
    let data = match dice.roll(10) {
        0 => format!("A {open}192.0.2.{}{close}", dice.roll(256)),
        1 => format!("aaaa {open}2001:db8::{:x}{close}", dice.roll(65_536)),
        2 => format!(
            "MX {open}{} {}{close}",
            dice.roll(65_536),
            dice.pick(&["@", "mail", "Mail.Example.net."])
        ),
        3 => format!("TXT {open}\"a;{}\" b\\;c\\032d \"\"{close}", dice.roll(99)),
        4 => format!(
            "CNAME {open}{}{close}",
            dice.pick(&["www", "a\\.b.c.", "@", "."])
        ),
        5 => format!("SRV {open}0 5 {} srv{close}", dice.roll(65_536)),
        6 => format!(
            "CAA {open}0 issue \"ca{}.example; a=b\"{close}",
            dice.roll(9)
        ),
        7 => format!("TLSA {open}3 1 1 {}{close}", "0123456789abcdef ".repeat(4)),
        8 => format!("TYPE65280 {open}\\# 3 01 02{:02x}{close}", dice.roll(256)),
        _ => format!(
            "SSHFP {open}4 1 {}{close}",
            "0123456789abcdef0123 ".repeat(2)
        ),
    };
    let second = if dice.roll(4) == 0 && !data.starts_with("CNAME") {
        format!("\n\tHINFO second{line} x")
    } else {
        String::new()
    };
    format!("{owner} {ttl}{class}{data}{second}")
}

/// Numbers that look like chance and are the same each time.
struct Dice(u32);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % sides
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len() as u32) as usize]
    }
}

fn case(section: &str) -> Case {
    let (name, body) = section.split_once('\n').expect("a case has a name");
    let mut parts = body.split("-- ");
    let zone = parts.next().unwrap_or("");
    let mut files = vec![("zone".into(), octets(&format!("{HEAD}{zone}")))];
    files.extend(parts.map(|part| {
        let (file, text) = part.split_once('\n').expect("a file has a name");
        (file.into(), octets(text))
    }));
    Case {
        name: name.into(),
        files,
    }
}

/// The octets that the case's signs stand for; `%` at the end is "no line end here".
fn octets(text: &str) -> Vec<u8> {
    let text = text.replace("%\n", "%").trim_end_matches('%').to_string();
    let text = text
        .replace('␍', "\r")
        .replace('␌', "\x0c")
        .replace('␀', "\0")
        .replace('Ⅻ', &"x".repeat(255));
    let marked = text.contains('⎕');
    let text = text.replace('⎕', "");
    if marked {
        format!("\u{feff}{text}").into_bytes()
    } else {
        text.into_bytes()
    }
}

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

fn agree(ours: &Verdict, theirs: &Verdict) -> bool {
    match (ours, theirs) {
        (Verdict::Refused(_), Verdict::Refused(_)) | (Verdict::Records(_), Verdict::Taken) => true,
        (Verdict::Records(a), Verdict::Records(b)) => a == b,
        _ => false,
    }
}

/// What one has and the other has not.
fn difference(ours: &Verdict, theirs: &Verdict) -> String {
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

/// Case or, with `*` at the end, beginnings of cases; peer; reason.
struct Rule {
    case: &'static str,
    peer: &'static str,
    used: bool,
}

fn rules() -> Vec<Rule> {
    let lines = include_str!("peers/differences.txt").lines();
    let rule = |line: &'static str| {
        let mut words = line.splitn(3, ' ');
        let (Some(case), Some(peer), Some(_reason)) = (words.next(), words.next(), words.next())
        else {
            panic!("not `case peer reason`: {line}");
        };
        Rule {
            case,
            peer,
            used: false,
        }
    };
    lines
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(rule)
        .collect()
}

impl Rule {
    fn is_for(&self, case: &str, peer: &str) -> bool {
        let named = match self.case.strip_suffix('*') {
            Some(beginning) => case.starts_with(beginning),
            None => case == self.case,
        };
        named && peer == self.peer
    }
}

fn write_case(case: &Case) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("peers")
        .join(&case.name);
    fs::create_dir_all(&folder).expect("the test's own folder");
    for (name, text) in &case.files {
        fs::write(folder.join(name), text).expect("the test's own folder");
    }
    folder
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
    let folders: Vec<PathBuf> = cases.iter().map(write_case).collect();
    let mut rules = rules();
    let mut wrong = Vec::new();
    for ((case, folder), verdicts) in cases.iter().zip(&folders).zip(judged(&cases, &folders)) {
        let ours = ours(folder, case.files[0].1.clone());
        for (peer, theirs) in verdicts
            .into_iter()
            .filter(|(_, theirs)| !agree(&ours, theirs))
        {
            match rules.iter_mut().find(|rule| rule.is_for(&case.name, peer)) {
                Some(rule) => rule.used = true,
                None => wrong.push(format!(
                    "{} {peer}{}",
                    case.name,
                    difference(&ours, &theirs)
                )),
            }
        }
    }
    let unused = rules.iter().filter(|rule| !rule.used);
    wrong.extend(unused.map(|rule| {
        format!(
            "{} {}: listed, but there is no difference",
            rule.case, rule.peer
        )
    }));
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
