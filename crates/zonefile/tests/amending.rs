//! Many changes at once: what is touched, what is refused, and that nothing else changes.

mod common;

use std::collections::BTreeSet;

use common::Files;
use common::generated::{PARTS, records, zone};
use proptest::prelude::*;
use rr::{Class, Name, Rtype, Ttl, text::Words};
use zonefile::{
    AmendError, Amended, Difference, Edit, EntryKind, Known, Limits, NoSources, SourceMap, Text,
    Trail, Written, ZoneText, amend_text, amend_text_along, entries, read_zone_with_trail,
};

/// A record of the zone example.org from `owner TTL type data`.
fn written(text: &str) -> Written {
    let origin = Name::from_text("example.org").expect("a name");
    let words: Vec<&str> = text.splitn(4, ' ').collect();
    let [owner, ttl, rtype, data] = words[..] else {
        panic!("owner TTL type data, not {text}")
    };
    let rtype = Rtype::from_mnemonic(rtype.as_bytes()).expect("a type");
    let mut rdata = Vec::new();
    rr::text::read_rdata(rtype, &mut Words::new(data), origin.as_ref(), &mut rdata)
        .expect("data of the type");
    Written {
        owner: Name::read(owner.as_bytes(), Some(origin.as_ref())).expect("a name"),
        class: Class::IN,
        ttl: Ttl::from_secs(ttl.parse().expect("a TTL")),
        rtype,
        rdata,
    }
}

/// The changed files; each word of `change` is `-` or `+` and a record.
fn amended(
    text: &str,
    files: &[(&str, &str)],
    change: &[&str],
) -> Result<Vec<(String, String)>, AmendError> {
    let of = |sign: char| -> Vec<Written> {
        let records = change.iter().filter_map(|line| line.strip_prefix(sign));
        records.map(written).collect()
    };
    let difference = Difference {
        removed: &of('-'),
        added: &of('+'),
        is_shared: &|path| path == "common",
    };
    let amended = amend(text, files, &difference)?;
    let text = |file: Amended| {
        (
            file.path,
            String::from_utf8(file.text).expect("ASCII as before"),
        )
    };
    Ok(amended.into_iter().map(text).collect())
}

fn amend(
    text: &str,
    files: &[(&str, &str)],
    difference: &Difference<'_>,
) -> Result<Vec<Amended>, AmendError> {
    let apex = Name::from_text("example.org").expect("a name");
    let zone = ZoneText {
        apex: apex.as_ref(),
        path: "zone",
        text: text.into(),
    };
    let whole = amend_text(zone, &mut Files::new(files), difference);
    let trail = trail_of(text, files);
    if let Some(along) = amend_along((text, files), &trail, difference) {
        let whole = whole
            .as_ref()
            .expect("the long way can do what the short one can");
        assert_eq!(
            after((text, files), whole),
            after((text, files), &along),
            "{text}"
        );
    }
    whole
}

/// What an edited text has, and all of it that is no record. A record that comes may stand in either of two places, where a
/// part that is included twice has its name.
fn after(
    (text, files): (&str, &[(&str, &str)]),
    amended: &[Amended],
) -> (BTreeSet<String>, Vec<Vec<Vec<u8>>>) {
    let of = |path: &str, before: &str| {
        let file = amended.iter().find(|file| file.path == path);
        file.map_or(before.to_owned(), |file| {
            String::from_utf8(file.text.clone()).expect("ASCII as before")
        })
    };
    let text = of("zone", text);
    let files: Vec<(&str, String)> = files
        .iter()
        .map(|(path, text)| (*path, of(path, text)))
        .collect();
    let others: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let (records, _) = read(&text, &others).expect("an edited text can be read");
    let texts = [text.as_str()]
        .into_iter()
        .chain(others.iter().map(|(_, text)| *text));
    (
        records.iter().map(shown).collect(),
        texts.map(rest).collect(),
    )
}

/// Takes the records of a zone.
struct Keep(Vec<Written>);

impl zonefile::Sink for Keep {
    fn record(
        &mut self,
        owner: rr::NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        _: zonefile::Span,
    ) {
        self.0.push(Written {
            owner: owner.to_owned(),
            class,
            ttl,
            rtype,
            rdata: rdata.to_vec(),
        });
    }
}

/// All records of a zone, and how it was read; none where it has mistakes.
fn read(text: &str, files: &[(&str, &str)]) -> Option<(Vec<Written>, Trail)> {
    let apex = Name::from_text("example.org").expect("a name");
    let (mut map, mut keep) = (SourceMap::new(), Keep(Vec::new()));
    let (errors, trail) = read_zone_with_trail(
        apex.as_ref(),
        "zone",
        text,
        &mut Files::new(files),
        &Limits::default(),
        &mut map,
        &mut keep,
    );
    errors.is_empty().then_some((keep.0, trail))
}

fn trail_of(text: &str, files: &[(&str, &str)]) -> Option<(Vec<Name>, Trail)> {
    let (records, trail) = read(text, files)?;
    let mut names: Vec<Name> = records.into_iter().map(|record| record.owner).collect();
    names.sort();
    Some((names, trail))
}

/// The quick way, with what is known of a zone: its names, sorted, and its trail.
fn amend_along(
    (text, files): (&str, &[(&str, &str)]),
    known: &Option<(Vec<Name>, Trail)>,
    difference: &Difference<'_>,
) -> Option<Vec<Amended>> {
    let (names, trail) = known.as_ref()?;
    let apex = Name::from_text("example.org").expect("a name");
    let behind = |name: rr::NameRef<'_>| {
        let after = names.partition_point(|known| known.as_ref() <= name);
        let found = names[..after].last().cloned();
        found.filter(|found| found.as_ref() == name || *found != apex)
    };
    let known = Known {
        trail,
        behind: &behind,
    };
    let mut texts = |path: &str| -> Option<Text> {
        let file = files.iter().find(|file| file.0 == path);
        Some(file.map_or(text, |file| file.1).into())
    };
    amend_text_along(apex.as_ref(), known, &mut texts, difference)
}

/// Many updates one after the other: what is known of the text follows, and each changes what reading all of it would.
#[test]
fn updates_of_a_large_text_read_little_of_it() {
    let line = |n: u32| format!("h{n} A 10.0.{}.{}\n", n / 256 % 256, n % 256);
    let lines: String = (0..9_000).map(line).collect();
    let mut text = format!("$TTL 60\n@ SOA a b 1 2 3 4 5\n{lines}");
    let mut known = trail_of(&text, &[]);
    for number in 0..60 {
        let host = number * 7_919 % 9_000;
        let old = written(&format!(
            "h{host} 60 A 10.0.{}.{}",
            host / 256 % 256,
            host % 256
        ));
        let new = [
            format!("h{host} 60 A 172.16.0.{number}"),
            format!("n{number}.h{host} 60 TXT new"),
            format!("-{number} 60 TXT first"),
        ];
        let difference = Difference {
            removed: &[old],
            added: &new.map(|new| written(&new)),
            is_shared: &|_| false,
        };
        let along =
            amend_along((&text, &[]), &known, &difference).expect("the quick way leads there");
        assert_eq!(
            amend(&text, &[], &difference).as_ref(),
            Ok(&along),
            "{number}"
        );
        let new = String::from_utf8(along[0].text.clone()).expect("ASCII as before");
        let edit = Edit {
            path: "zone",
            old: text.as_bytes(),
            new: new.as_bytes(),
        };
        let (_, trail) = known.expect("it was known before");
        let followed = trail.follow(&[edit], &Limits::default(), &|_| true);
        let names = trail_of(&new, &[]).expect("no mistakes").0;
        (text, known) = (new, Some((names, followed.expect("it is clear").trail)));
    }
}

/// Of a zone in parts only the part is asked for that changes, and the zone's own file.
#[test]
fn a_change_in_a_part_asks_for_that_part() {
    let text =
        "$TTL 60\n@ SOA a b 1 2 3 4 5\n$INCLUDE p1\n$INCLUDE p2\n$INCLUDE p3\nz A 192.0.2.1\n";
    let files = [
        ("p1", "a A 192.0.2.1\n"),
        ("p2", "b A 192.0.2.1\n"),
        ("p3", "c A 192.0.2.1\n"),
    ];
    let (names, trail) = trail_of(text, &files).expect("no mistakes");
    let behind = |name: rr::NameRef<'_>| names.iter().find(|known| known.as_ref() == name).cloned();
    let known = Known {
        trail: &trail,
        behind: &behind,
    };
    let mut asked = Vec::new();
    let mut texts = |path: &str| -> Option<Text> {
        asked.push(path.to_owned());
        let file = files.iter().find(|file| file.0 == path);
        Some(file.map_or(text, |file| file.1).into())
    };
    let difference = Difference {
        removed: &[written("b 60 A 192.0.2.1")],
        added: &[written("b 60 A 192.0.2.2")],
        is_shared: &|_| false,
    };
    let apex = Name::from_text("example.org").expect("a name");
    let amended = amend_text_along(apex.as_ref(), known, &mut texts, &difference);
    let amended = amended.expect("the quick way leads there");
    assert_eq!(amended.len(), 1);
    assert_eq!(
        (amended[0].path.as_str(), &amended[0].text[..]),
        ("p2", &b"b A 192.0.2.2\n"[..])
    );
    assert_eq!(asked, ["zone", "p2"]);
}

/// The new text of the zone's own file, where that alone changes.
fn own(text: &str, change: &[&str]) -> String {
    match &amended(text, &[], change).expect("a change that can be made")[..] {
        [(path, text)] if path == "zone" => text.clone(),
        other => panic!("{other:?}"),
    }
}

const TEXT: &str = "\
$TTL 1h
@      SOA ns admin ( 7 ; serial
               1d 2h 1w 1h )
       NS  ns
ns     A   192.0.2.1 ; rack 4

; the web
www    A   192.0.2.2 ; rack 5
       TXT \"x\"
zz     A   192.0.2.9
; end
";

#[test]
fn one_line_changes_for_one_record() {
    for (change, from, to) in [
        (
            &["-www 3600 A 192.0.2.2", "+www 3600 A 192.0.2.3"][..],
            "192.0.2.2 ;",
            "192.0.2.3 ;",
        ),
        (
            &["-www 3600 A 192.0.2.2", "+www 60 A 192.0.2.2"],
            "www    A   192.0.2.2",
            "www 60 A   192.0.2.2",
        ),
        (&["-www 3600 TXT x"], "       TXT \"x\"\n", ""),
        (
            &["+www 3600 TXT y"],
            "       TXT \"x\"\n",
            "       TXT \"x\"\n       TXT \"y\"\n",
        ),
        (
            &[
                "-@ 3600 SOA ns admin 12 86400 7200 604800 3600",
                "+@ 3600 SOA ns admin 9 86400 7200 604800 60",
            ],
            "( 7 ; serial\n               1d 2h 1w 1h )",
            "( 9 ; serial\n               1d 2h 1w 60 )",
        ),
        // A new name goes behind the one before it, however deep that is.
        (
            &["+_443._tcp.www 3600 TXT t", "+nt 60 A 192.0.2.7"],
            "rack 4\n\n; the web\nwww    A   192.0.2.2 ; rack 5\n       TXT \"x\"\n",
            "rack 4\nnt 60  A   192.0.2.7\n\n; the web\nwww    A   192.0.2.2 ; rack 5\n       TXT \"x\"\n_443._tcp.www TXT \"t\"\n",
        ),
        // One that would be the first goes to the end.
        (
            &["+aa 3600 A 192.0.2.7"],
            "; end",
            "aa     A   192.0.2.7\n; end",
        ),
        // Another type of the same name comes where the first one was.
        (
            &["-zz 3600 A 192.0.2.9", "+zz 3600 CNAME www"],
            "zz     A   192.0.2.9",
            "zz     CNAME www.example.org.",
        ),
        // What the next record took is written out.
        (
            &["-www 3600 A 192.0.2.2"],
            "www    A   192.0.2.2 ; rack 5\n       TXT",
            "www    TXT",
        ),
    ] {
        assert_eq!(own(TEXT, change), TEXT.replace(from, to), "{change:?}");
    }
}

#[test]
fn records_change_in_the_file_that_has_them() {
    let text = "$TTL 60\n@ SOA a b 1 2 3 4 5\n$INCLUDE part sub\nzz A 192.0.2.1\n";
    let files = [("part", "x A 192.0.2.1\ny A 192.0.2.2 ; two\n")];
    let change = [
        "-y.sub 60 A 192.0.2.2",
        "+x.sub 60 TXT t",
        "+z.sub 60 A 192.0.2.3",
        "+zz 60 TXT u",
    ];
    let new = amended(text, &files, &change).expect("a change that can be made");
    let expected = [
        ("zone", text.to_owned() + "zz TXT \"u\"\n"),
        ("part", "x A 192.0.2.1\nx TXT \"t\"\nz A 192.0.2.3\n".into()),
    ];
    assert_eq!(new, expected.map(|(path, text)| (path.into(), text)));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let text = "$TTL 60\n@ SOA a b 1 2 3 4 5\na A 192.0.2.1\n$GENERATE 1-2 g$ A 192.0.2.$\n\
                $INCLUDE twice o1\n$INCLUDE twice o2\n$INCLUDE common\n";
    let files = [("twice", "t A 192.0.2.1\n"), ("common", "c A 192.0.2.1\n")];
    let refused = |change: &[&str]| amended(text, &files, change).unwrap_err();
    assert_eq!(
        refused(&["-g2 60 A 192.0.2.2"]),
        AmendError::Generated("zone:4".into())
    );
    assert_eq!(
        refused(&["-t.o1 60 A 192.0.2.1"]),
        AmendError::Shared("twice".into())
    );
    assert_eq!(
        refused(&["-c 60 A 192.0.2.1", "+c 60 A 192.0.2.2"]),
        AmendError::Shared("common".into())
    );
    assert_eq!(
        refused(&["-a 60 A 192.0.2.2"]),
        AmendError::NotFound("a.example.org. A".into())
    );
    assert_eq!(
        refused(&["+a 60 A 192.0.2.1"]),
        AmendError::Exists("a.example.org. A".into())
    );
    assert_eq!(
        refused(&["+b 60 A 192.0.2.1", "+b 60 A 192.0.2.1"]),
        AmendError::Exists("b.example.org. A".into())
    );
    let not_an_address = Written {
        rdata: vec![1],
        ..written("b 60 A 192.0.2.1")
    };
    let difference = Difference {
        removed: &[],
        added: &[not_an_address],
        is_shared: &|_| false,
    };
    assert_eq!(
        amend(text, &files, &difference),
        Err(AmendError::BadData("b.example.org. A".into()))
    );
    assert!(matches!(
        amended("a A x\n", &[], &[]),
        Err(AmendError::Unreadable(_))
    ));
    // Beside what is shared or generated there is room in the zone's own file.
    let beside = amended(text, &files, &["+t.o1 60 TXT x", "+c 60 TXT x"]);
    let beside = beside.expect("a change that can be made");
    assert_eq!(beside.len(), 1);
    assert!(beside[0].1.contains("t.o1 TXT \"x\"\n"), "{}", beside[0].1);
}

#[test]
fn what_would_go_on_into_another_file_is_refused() {
    let text = "@ 60 SOA a b 1 2 3 4 5\na 60 A 192.0.2.1\n$INCLUDE part\nb A 192.0.2.1\n";
    let change = |text: &str, part: &str, change: &str| amended(text, &[("part", part)], &[change]);
    let into = change(text, "p A 192.0.2.1\n", "+a 90 TXT x");
    assert_eq!(into, Err(AmendError::Inherited("zone".into())));
    let out_of = change(text, "p A 192.0.2.1\n", "+p 90 TXT x");
    assert_eq!(out_of, Err(AmendError::Inherited("part".into())));
    // With a $TTL nothing does.
    let with_ttl = format!("$TTL 60\n{text}");
    assert!(change(&with_ttl, "p A 192.0.2.1\n", "+a 90 TXT x").is_ok());
    assert!(change(&with_ttl, "p A 192.0.2.1\n", "+p 90 TXT x").is_ok());
}

/// Changes all over a text with many marks, in which no record takes anything from another but the TTL.
#[test]
fn a_large_text_changes_in_the_lines_that_are_meant() {
    let line = |n: u32| format!("h{n:05} A 10.0.{}.{} ; {n}\n", n / 256, n % 256);
    let top = "$TTL 60\n@ SOA a b 1 2 3 4 5\n";
    let lines: Vec<String> = (0..20_000).map(line).collect();
    let record =
        |n: u32, ttl: u32| written(&format!("h{n:05} {ttl} A 10.0.{}.{}", n / 256, n % 256));
    let removed: Vec<Written> = (0..20_000).step_by(1_999).map(|n| record(n, 60)).collect();
    let (mut added, mut expected) = (Vec::new(), lines.clone());
    for (number, n) in (0..20_000).step_by(1_999).enumerate() {
        match number % 2 {
            0 => expected[n].clear(),
            _ => {
                added.push(record(n as u32, 7));
                expected[n] = expected[n].replace(" A", " 7 A");
            }
        }
    }
    let difference = Difference {
        removed: &removed,
        added: &added,
        is_shared: &|_| false,
    };
    let new = amend(&(top.to_owned() + &lines.concat()), &[], &difference);
    let new = new.expect("a change that can be made");
    assert_eq!(
        new[0].text,
        (top.to_owned() + &expected.concat()).into_bytes()
    );
}

/// All records of a text, its part's included.
fn all(text: &str, part: &str) -> Vec<Written> {
    read(text, &[("part", part)]).expect("no mistakes").0
}

fn shown(record: &Written) -> String {
    let mut line = format!(
        "{} {} {} {} ",
        record.owner, record.ttl, record.class, record.rtype
    );
    rr::text::write_rdata(record.rtype, &record.rdata, &mut line).expect("a string takes all");
    line.replace("B.", "b.")
}

/// Everything but records and what makes some.
fn rest(text: &str) -> Vec<Vec<u8>> {
    let others = entries(text.as_bytes()).filter(|entry| {
        entry.kind() != EntryKind::Record && !entry.octets().starts_with(b"$GENERATE")
    });
    others.map(|entry| entry.octets().to_vec()).collect()
}

const NEW: [&str; 9] = [
    "a 60 A 1.2.3.7",
    "a 300 TXT new",
    "b 60 TXT new",
    "@ 7 MX 5 a",
    "new 60 A 1.2.3.4",
    "n.c.d 300 A 1.2.3.4",
    "x 60 TXT new",
    "new 60 TXT more",
    "a.sub 60 TXT new",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_difference(
        text in zone(),
        part in proptest::sample::select(PARTS.to_vec()),
        fates in proptest::collection::vec(0_u8..6, 40),
        new in proptest::sample::subsequence(NEW.to_vec(), 0..4),
    ) {
        let there = all(&text, part);
        let is_same = |one: &Written, other: &Written| {
            one.owner == other.owner && one.rtype == other.rtype && one.class == other.class && one.rdata.eq_ignore_ascii_case(&other.rdata)
        };
        let mut removed: Vec<Written> = Vec::new();
        let mut added: Vec<Written> = new.into_iter().map(written).collect();
        for (record, fate) in there.iter().zip(fates) {
            if fate > 1 || removed.iter().any(|other| is_same(other, record)) {
                continue;
            }
            removed.push(record.clone());
            if fate == 1 {
                added.push(Written { ttl: Ttl::from_secs(99), ..record.clone() });
            }
        }
        let difference = Difference { removed: &removed, added: &added, is_shared: &|_| false };
        let Ok(new) = amend(&text, &[("part", part)], &difference) else { return Ok(()) };
        let of = |path: &str, before: &str| {
            let file = new.iter().find(|file| file.path == path);
            file.map_or(before.to_owned(), |file| String::from_utf8(file.text.clone()).expect("ASCII"))
        };
        let (new_text, new_part) = (of("zone", &text), of("part", part));
        let stay = there.iter().filter(|record| !removed.iter().any(|other| is_same(other, record)));
        let expected: BTreeSet<String> = stay.chain(&added).map(shown).collect();
        prop_assert_eq!(records(&new_text, &new_part), expected, "{}\n-- became --\n{}", text, new_text);
        prop_assert_eq!(rest(&new_text), rest(&text));
        prop_assert_eq!(rest(&new_part), rest(part));
    }
}

/// How often the property looks at a change that is made: most of them.
#[test]
fn most_differences_can_be_made() {
    let text = "$TTL 60\na TXT first\n  A 1.2.3.4\nB IN MX 10 a\n$INCLUDE part\nc.d A 1.2.3.5\n";
    for record in all(text, PARTS[1]) {
        let difference = Difference {
            removed: &[record],
            added: &[written("new 60 A 1.2.3.4")],
            is_shared: &|_| false,
        };
        let made = amend(text, &[("part", PARTS[1])], &difference);
        assert!(made.is_ok(), "{made:?}");
    }
    let apex = Name::from_text("example.org").expect("a name");
    let zone = ZoneText {
        apex: apex.as_ref(),
        path: "zone",
        text: text.into(),
    };
    let nothing = Difference {
        removed: &[],
        added: &[],
        is_shared: &|_| false,
    };
    assert!(
        amend_text(zone, &mut NoSources, &nothing).is_err(),
        "the part is not there"
    );
}
