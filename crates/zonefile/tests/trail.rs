//! What a trail tells of another version is what reading both as a whole tells.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

mod common;

use std::collections::BTreeMap;

use common::{Files, Zone};
use proptest::prelude::*;
use rr::Name;
use zonefile::{Edit, Limits, SourceMap, Trail, Unclear, Written, read_zone_with_trail};

/// The files of a zone, and which of them is its own.
type Texts = BTreeMap<&'static str, String>;

const OWN: &str = "zone";
const PARTS: [&str; 2] = ["one", "two"];

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    /// A line as zones have them; some lines change what the lines after them say.
    fn line(&mut self) -> String {
        let (n, m) = (self.below(5_000), self.below(250));
        match self.below(120) {
            0 => "$ORIGIN sub".into(),
            1 => "$ORIGIN example.org.".into(),
            2 => format!("$TTL {m}"),
            3 => format!("$GENERATE 1-{} g{n}-$ A 192.0.2.$", 1 + m % 5),
            4 => format!("h{n} TXT ( \"a{m}\" ; one\n\n  \"b\" )"),
            5 => format!("H{n} 60 CH TXT c"),
            6 => String::new(),
            7 => format!("; host {n}"),
            8..20 => format!("  MX {m} h{n}"),
            20..30 => format!("\t{m} IN TXT \"t{n}\""),
            30..40 => format!("h{n} {m} AAAA 2001:db8::{n}"),
            _ => format!("h{n} A 192.0.2.{m}"),
        }
    }

    fn lines(&mut self, count: usize) -> String {
        (0..count).map(|_| self.line() + "\n").collect()
    }

    fn zone(&mut self, lines: usize) -> Texts {
        let mut own = format!("$TTL 1h\n@ SOA ns mail ( {}\n 1 1 1 1 )\n", self.below(99));
        own += &self.lines(lines);
        own += "$INCLUDE one\n$INCLUDE two sub.example.org.\n";
        own += &self.lines(lines);
        let mut texts = Texts::from([(OWN, own)]);
        texts.extend(PARTS.map(|part| (part, format!("@ TXT {part}\n") + &self.lines(lines))));
        texts
    }

    /// Changes one place of a text.
    fn edit(&mut self, text: &mut String) {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(Into::into).collect();
        if lines.is_empty() {
            lines.push("\n".into());
        }
        let at = self.below(lines.len());
        let few = at..(at + self.below(4)).min(lines.len());
        match self.below(9) {
            0 => drop(lines.drain(few)),
            1 => lines.insert(at, self.line() + "\n"),
            2 => {
                let count = self.below(400);
                lines.insert(at, self.lines(count));
            }
            3 => lines.rotate_left(at),
            4 => lines.extend_from_within(few),
            5 => lines[at] = lines[at].replace(' ', "  "),
            6 => drop(lines[at].pop()),
            7 => lines[at].insert(0, ['(', ' ', 'x', '"', '\u{feff}'][at % 5]),
            _ => lines[at] = self.line() + "\n",
        }
        *text = lines.concat();
    }
}

/// A version, read as a whole.
struct Whole {
    records: Vec<String>,
    is_right: bool,
    trail: Trail,
}

fn read(texts: &Texts) -> Whole {
    let apex = Name::from_text("example.org").unwrap();
    let files: Vec<_> = texts.iter().map(|(path, text)| (*path, &**text)).collect();
    let (mut zone, mut map) = (Zone::default(), SourceMap::new());
    let (errors, trail) = read_zone_with_trail(
        apex.as_ref(),
        OWN,
        texts[OWN].as_str(),
        &mut Files::new(&files),
        &Limits::default(),
        &mut map,
        &mut zone,
    );
    zone.records.sort();
    Whole {
        records: zone.records,
        is_right: errors.is_empty(),
        trail,
    }
}

fn edits<'t>(old: &'t Texts, new: &'t Texts) -> Vec<Edit<'t>> {
    let edit = |(path, text): (&&'static str, &'t String)| Edit {
        path,
        old: text.as_bytes(),
        new: new[path].as_bytes(),
    };
    let all = old.iter().map(edit);
    all.filter(|edit| edit.old != edit.new).collect()
}

fn shown(record: &Written) -> String {
    let Written {
        owner,
        class,
        ttl,
        rtype,
        ..
    } = record;
    let mut line = format!("{owner} {ttl} {class} {rtype} ");
    rr::text::write_rdata(*rtype, &record.rdata, &mut line).unwrap();
    line
}

/// The old records without those removed, and with those added; fails if one is not there.
fn applied(mut records: Vec<String>, removed: &[Written], added: &[Written]) -> Vec<String> {
    for record in removed.iter().map(shown) {
        let at = records.iter().position(|line| *line == record);
        records.swap_remove(at.unwrap_or_else(|| panic!("{record} was not there")));
    }
    records.extend(added.iter().map(shown));
    records.sort();
    records
}

/// Edits a zone many times; gives how often the difference was clear, and how often a version was right.
fn follow_edits(seed: u64, steps: usize) -> (usize, usize) {
    let mut dice = Dice(seed | 1);
    let lines = [3, 60, 900][seed as usize % 3];
    let mut texts = dice.zone(lines);
    let mut whole = read(&texts);
    let (mut clear, mut right) = (0, 0);
    for step in 0..steps {
        let mut next = texts.clone();
        for _ in 0..=dice.below(3) {
            let path = ["zone", "one", "two"][dice.below(3)];
            dice.edit(next.get_mut(path).unwrap());
        }
        let mut expected = read(&next);
        let followed = whole
            .trail
            .follow(&edits(&texts, &next), &Limits::default(), &|_| true);
        if let Ok(followed) = followed {
            assert!(
                expected.is_right,
                "seed {seed}, step {step}: a mistake was passed over"
            );
            let records = applied(whole.records, &followed.removed, &followed.added);
            let both = records.iter().zip(&expected.records);
            let differs = both.clone().find(|(one, other)| one != other);
            assert_eq!(differs, None, "seed {seed}, step {step}");
            assert_eq!(
                records.len(),
                expected.records.len(),
                "seed {seed}, step {step}"
            );
            assert_eq!(followed.trail.octets(), expected.trail.octets());
            // What was followed is followed on: its marks are as good as those of a reading.
            expected.trail = followed.trail;
            clear += 1;
        }
        if expected.is_right {
            right += 1;
            (texts, whole) = (next, expected);
        } else {
            whole = read(&texts);
        }
    }
    (clear, right)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_followed_version_is_the_version(seed in any::<u64>()) {
        follow_edits(seed, 12);
    }
}

#[test]
fn most_right_versions_are_clear() {
    let (mut clear, mut right) = (0, 0);
    for seed in [2, 5, 8] {
        let counts = follow_edits(seed, 40);
        clear += counts.0;
        right += counts.1;
    }
    assert!(clear * 10 > right * 7, "{clear} of {right} were clear");
    assert!(right > 40, "{right} of 120 versions were right");
}

/// A zone with one host on each line, 40,000 of them, between an SOA and a last line.
fn hosts() -> Texts {
    let lines: String = (0..40_000).map(|n| format!("h{n} A 192.0.2.1\n")).collect();
    let own = format!("$TTL 1h\n@ SOA ns mail 1 1 1 1 1\n{lines}last TXT x\n");
    Texts::from([(OWN, own)])
}

fn followed(old: &Texts, new: &Texts) -> Result<(Vec<String>, Vec<String>), Unclear> {
    let followed = read(old)
        .trail
        .follow(&edits(old, new), &Limits::default(), &|stretch| {
            assert!(stretch.len() < 1 << 16, "much more is read than differs");
            !stretch.contains(&b'!')
        })?;
    let shown = |records: &[Written]| records.iter().map(shown).collect();
    Ok((shown(&followed.removed), shown(&followed.added)))
}

#[test]
fn far_apart_places_are_found_on_their_own() {
    let old = hosts();
    let text = old[OWN].replace("mail 1 1", "mail 2 1");
    let text = text.replace("h20000 A 192.0.2.1\n", "");
    let text = text.replace("last TXT x\n", "last TXT x\nmore TXT y");
    let (removed, added) = followed(&old, &Texts::from([(OWN, text)])).unwrap();
    assert_eq!(removed[1..], ["h20000.example.org. 3600 IN A 192.0.2.1"]);
    assert_eq!(added[1..], ["more.example.org. 3600 IN TXT \"y\""]);
    assert!(removed[0].contains(" 1 1 1 1 1") && added[0].contains(" 2 1 1 1 1"));
}

#[test]
fn what_is_inherited_differs_too() {
    let old = Texts::from([(
        OWN,
        "$TTL 1h\na A 192.0.2.1\n MX 1 a\n TXT x\nb A 192.0.2.2\n".into(),
    )]);
    let new = Texts::from([(OWN, old[OWN].replace("a A", "c A"))]);
    let (removed, added) = followed(&old, &new).unwrap();
    assert_eq!((removed.len(), added.len()), (3, 3));
    assert_eq!(added[2], "c.example.org. 3600 IN TXT \"x\"");
    let recased = Texts::from([(OWN, old[OWN].replace("a A", "A A"))]);
    assert_eq!(
        followed(&old, &recased).unwrap().0.len(),
        3,
        "spelling counts"
    );
}

#[test]
fn another_way_to_write_a_record_is_told() {
    let old = hosts();
    let new = Texts::from([(OWN, old[OWN].replace("h7 A", "h7.example.org. A"))]);
    let (removed, added) = followed(&old, &new).unwrap();
    assert_eq!((removed.len(), &removed), (1, &added));
}

#[test]
fn what_is_not_clear() {
    let own = "$TTL 1h\n@ SOA ns mail 1 1 1 1 1\n$INCLUDE one\nb A 192.0.2.2\n";
    let old = Texts::from([(OWN, own.into()), ("one", "a A 192.0.2.1\n".into())]);
    let unclear = |path: &'static str, from: &str, to: &str| {
        let mut new = old.clone();
        new.insert(path, old[path].replace(from, to));
        followed(&old, &new).err()
    };
    assert_eq!(unclear(OWN, "b A", "c A"), None);
    assert_eq!(unclear("one", "a A", "c A"), None);
    assert_eq!(unclear(OWN, "b A", "b XX"), Some(Unclear::Unreadable));
    assert_eq!(
        unclear(OWN, "b A", "<<<<<<< x\nb A"),
        Some(Unclear::Unreadable)
    );
    assert_eq!(unclear(OWN, "b A", "b A ("), Some(Unclear::Unreadable));
    assert_eq!(
        unclear(OWN, "$TTL", "\u{feff}\u{feff}$TTL"),
        Some(Unclear::Unreadable)
    );
    assert_eq!(
        unclear(OWN, "one", "two"),
        Some(Unclear::Unreadable),
        "another include"
    );
    assert_eq!(
        unclear(OWN, "b A", "b A 192.0.2.3 ; !\nb A"),
        Some(Unclear::Unreadable),
        "not plain"
    );
    assert_eq!(unclear("one", "a A", "a 5 A"), Some(Unclear::Inherited));
    assert_eq!(
        unclear("one", "a A", "$TTL 5\na A"),
        Some(Unclear::Inherited)
    );
    assert_eq!(unclear("one", "a A", "a CH A"), Some(Unclear::Inherited));
    let many: String = (0..20_000).map(|n| format!("m{n} A 192.0.2.1\n")).collect();
    assert_eq!(
        unclear("one", "a A", &(many + "a A")),
        Some(Unclear::TooMuch)
    );
}
