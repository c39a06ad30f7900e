//! Questions and answers as zone text: every file of `tests/tables` is a table, and an operator can write one.
//!
//! ```text
//! zones plain.example                    the files of tests/zones that are served, for all that follows
//! ; any comment
//! ? www.plain.example. A +do +tcp        a question; +edns, +do, +tcp, +rd, +size=N, +version=N, +nsid, +zoneversion, class CH
//! ! NOERROR aa                           response code and flags; ede=N; edns; empty for silence
//! answer                                 then answer, authority, additional, each only if it has records
//! www.plain.example. 300 A 192.0.2.10    in any order; of RRSIG only the type covered
//! ```
//! With `BLESS=1` the answers are written into the tables: read the difference before you commit it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test: a panic and a print are its output"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use authority::{Authority, Config};
use wire::message::Message;
use wire::{Flags, OptionCode};
use zone::Zones;

mod support;

#[test]
fn tables_are_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let untrue: Vec<String> = files.iter().flat_map(|file| check(file)).collect();
    assert!(
        untrue.is_empty(),
        "{} cases are not as the tables say:\n{}",
        untrue.len(),
        untrue.join("\n")
    );
}

/// The cases of a table that are not true.
fn check(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let authority = Authority::new(Config {
        version: Some("Stemma".into()),
        ..Config::default()
    });
    let mut zones = support::zones([]);
    let (mut written, mut untrue) = (String::new(), Vec::new());
    for block in text.split("\n\n") {
        let mut expected = String::new();
        for line in block.lines() {
            match line.split_once(' ') {
                Some(("zones", names)) => zones = support::zones(names.split_whitespace()),
                _ if line.starts_with(';') => {}
                _ => writeln!(expected, "{line}").unwrap(),
            }
        }
        let kept = block
            .lines()
            .filter(|line| line.starts_with(';') || line.starts_with("zones "));
        written += &kept.map(|line| format!("{line}\n")).collect::<String>();
        if let Some(question) = expected
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("? "))
        {
            let actual = format!("? {question}\n{}", answer(&authority, &zones, question));
            written += &actual;
            if sorted(&actual) != sorted(&expected) {
                let place = file.file_name().unwrap().to_string_lossy();
                untrue.push(format!(
                    "--- {place} says\n{expected}--- but it is\n{actual}"
                ));
            }
        }
        written.push('\n');
    }
    if std::env::var_os("BLESS").is_some() && !untrue.is_empty() {
        fs::write(file, format!("{}\n", written.trim_end())).unwrap();
        eprintln!("{} has new answers", file.display());
        return Vec::new();
    }
    untrue
}

/// The lines of a case, those of each section in order.
fn sorted(case: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut section = Vec::new();
    for line in case
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
    {
        if matches!(&*line, "answer" | "authority" | "additional") {
            section.sort();
            lines.append(&mut section);
            lines.push(line);
        } else {
            section.push(line);
        }
    }
    section.sort();
    lines.extend(section);
    lines
}

fn answer(authority: &Authority, zones: &Zones, question: &str) -> String {
    let (message, transport) = support::question(question);
    let octets = support::exchange(authority, zones, &message, transport).expect("an answer");
    shown(&Message::read(&octets).unwrap())
}

fn shown(message: &Message) -> String {
    let mut text = format!("! {}", rcode(message));
    let flags = [
        ("aa", Flags::AA),
        ("tc", Flags::TC),
        ("rd", Flags::RD),
        ("ra", Flags::RA),
        ("ad", Flags::AD),
        ("cd", Flags::CD),
    ];
    for (flag, _) in flags.iter().filter(|(_, bit)| message.flags.has(*bit)) {
        write!(text, " {flag}").unwrap();
    }
    for (code, data) in message.edns.iter().flat_map(|edns| &edns.options) {
        match *code {
            OptionCode::EDE => {
                write!(text, " ede={}", u16::from_be_bytes([data[0], data[1]])).unwrap();
            }
            OptionCode::NSID => write!(text, " nsid={}", String::from_utf8_lossy(data)).unwrap(),
            OptionCode::ZONEVERSION => write!(text, " {}", zone_version(data)).unwrap(),
            code => write!(text, " option={}", code.0).unwrap(),
        }
    }
    text.push('\n');
    for (title, records) in [
        ("answer", &message.answer),
        ("authority", &message.authority),
        ("additional", &message.additional),
    ] {
        if !records.is_empty() {
            writeln!(text, "{title}").unwrap();
        }
        records
            .iter()
            .for_each(|record| writeln!(text, "{}", support::shown(record)).unwrap());
    }
    text
}

/// RFC 9660 §2.2 and §4.1.
fn zone_version(data: &[u8]) -> String {
    let [labels, 0, serial @ ..] = data else {
        return format!("zoneversion={data:?}");
    };
    let serial = u32::from_be_bytes(serial.try_into().expect("four octets"));
    format!("zoneversion={labels}/{serial}")
}

/// As `dig` writes it.
fn rcode(message: &Message) -> String {
    let text = format!("{:?}", message.rcode);
    text.to_uppercase()
}
