//! The texts that every reader gets: those of `peers/cases.txt`, and generated ones.

use std::{
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

/// One case: the zone and the files it includes.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

const HEAD: &str = "$ORIGIN example.org.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 604800 300\n@ NS ns\nns A 192.0.2.53\n";

/// Of the generated zones.
pub(crate) const SEEDS: RangeInclusive<u32> = 1..=12;

pub(crate) fn cases() -> Vec<Case> {
    written_cases().chain(SEEDS.map(generated)).collect()
}

pub(crate) fn written_cases() -> impl Iterator<Item = Case> {
    include_str!("../peers/cases.txt")
        .split("== ")
        .skip(1)
        .map(case)
}

/// A zone of many records in every way of writing them that all peers know.
fn generated(seed: u32) -> Case {
    Case {
        name: format!("generated-{seed}"),
        files: vec![("zone".into(), zone_of(&generated_entries(seed)))],
    }
}

/// A zone with these entries.
pub(crate) fn zone_of(entries: &[String]) -> Vec<u8> {
    format!("{HEAD}{}", entries.concat()).into_bytes()
}

/// Entries with their line ends: a record each, some with a second one of the same owner.
pub(crate) fn generated_entries(seed: u32) -> Vec<String> {
    let mut dice = Dice(seed);
    let ends = ["\n", "\n", " ; comment (\n", "\n\n", "\t\n; \"\n", "\n  \n"];
    let entry = |line| generated_entry(&mut dice, line) + dice.pick(&ends);
    (0..200).map(entry).collect()
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

/// The folder with the files of the case; each test has its own.
pub(crate) fn write_case(case: &Case, test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(test)
        .join(&case.name);
    fs::create_dir_all(&folder).expect("the test's own folder");
    for (name, text) in &case.files {
        fs::write(folder.join(name), text).expect("the test's own folder");
    }
    folder
}
