//! Changes of records: what they touch, and that nothing else changes.

mod common;

use std::collections::BTreeSet;

use common::Files;
use common::generated::{PARTS, records, zone};
use proptest::prelude::*;
use rr::{Class, Name, Rtype, Serial, Ttl, text::Words};
use zonefile::{EditError, Editor, RecordRef, Start};

/// A record of the zone example.org as text: `owner type data`.
struct Datum {
    owner: Name,
    rtype: Rtype,
    rdata: Vec<u8>,
}

fn datum(text: &str) -> Datum {
    read_datum(text).expect("an owner, a type and data of it")
}

fn read_datum(text: &str) -> Option<Datum> {
    let origin = Name::from_text("example.org").ok()?;
    let mut words = text.splitn(3, ' ');
    let owner = Name::read(words.next()?.as_bytes(), Some(origin.as_ref())).ok()?;
    let rtype = Rtype::from_mnemonic(words.next()?.as_bytes())?;
    let mut rdata = Vec::new();
    rr::text::read_rdata(
        rtype,
        &mut Words::new(words.next()?),
        origin.as_ref(),
        &mut rdata,
    )
    .ok()?;
    Some(Datum {
        owner,
        rtype,
        rdata,
    })
}

impl Datum {
    fn record(&self) -> RecordRef<'_> {
        RecordRef {
            owner: self.owner.as_ref(),
            class: Class::IN,
            rtype: self.rtype,
            rdata: &self.rdata,
        }
    }
}

fn edited(
    text: &str,
    files: &[(&str, &str)],
    edit: impl Fn(&mut Editor) -> Result<(), EditError>,
) -> Result<String, EditError> {
    let apex = Name::from_text("example.org").expect("a name");
    let mut editor = Editor::new(
        Start::of_zone(apex.as_ref()),
        "zone",
        text,
        &mut Files::new(files),
    )?;
    edit(&mut editor)?;
    Ok(String::from_utf8(editor.into_text()).expect("ASCII"))
}

fn added(text: &str, ttl: u32, record: &str) -> String {
    edited(text, &[], |editor| {
        editor.add(datum(record).record(), Ttl::from_secs(ttl))
    })
    .expect("a change that can be made")
}

fn removed(text: &str, record: &str) -> String {
    edited(text, &[], |editor| editor.remove(datum(record).record()))
        .expect("a change that can be made")
}

fn replaced(text: &str, record: &str, data: &str) -> String {
    let old = datum(record);
    let new = datum(&format!("{} {} {data}", old.owner, old.rtype));
    edited(text, &[], |editor| editor.replace(old.record(), &new.rdata))
        .expect("a change that can be made")
}

fn with_ttl(text: &str, owner: &str, rtype: Rtype, ttl: u32) -> String {
    let owner = datum(&format!("{owner} A 1.2.3.4")).owner;
    edited(text, &[], |editor| {
        editor.set_ttl(owner.as_ref(), rtype, Ttl::from_secs(ttl))
    })
    .expect("a change that can be made")
}

#[test]
fn added_behind_its_set_or_owner() {
    let text = "$TTL 60\na\tIN\tA\t192.0.2.1 ; one\n\tIN\tTXT\tx\n\nb\tIN\tA\t192.0.2.1\n; end\n";
    assert_eq!(
        added(text, 60, "a A 192.0.2.2"),
        text.replace("; one\n", "; one\na\tIN\tA\t192.0.2.2\n")
    );
    assert_eq!(
        added(text, 60, "a TXT y"),
        text.replace("\tx\n", "\tx\n\tIN\tTXT\t\"y\"\n")
    );
    assert_eq!(
        added(text, 60, "a MX 10 b"),
        text.replace("\tx\n", "\tx\n\tIN\tMX\t10 b.example.org.\n")
    );
    assert_eq!(
        added(text, 60, "c AAAA ::1"),
        text.replace("; end", "c\tIN\tAAAA\t::1\n; end")
    );
}

#[test]
fn written_as_the_neighbours_are() {
    for (text, ttl, record, line) in [
        (
            "$TTL 60\nwww.example.org.   A  1.2.3.4\n",
            60,
            "a A 1.2.3.5",
            "a.example.org.     A  1.2.3.5\n",
        ),
        (
            "$TTL 60\nwww   A  1.2.3.4\n",
            60,
            "@ MX 0 www",
            "@     MX 0 www.example.org.\n",
        ),
        (
            "$TTL 60\nwww   A  1.2.3.4\n",
            30,
            "a A 1.2.3.5",
            "a 30  A  1.2.3.5\n",
        ),
        (
            "www 1m in a 1.2.3.4\n",
            60,
            "b A 1.2.3.5",
            "b   1m in a 1.2.3.5\n",
        ),
        (
            "www in 1m a 1.2.3.4\n",
            30,
            "b A 1.2.3.5",
            "b   in 30 a 1.2.3.5\n",
        ),
        (
            "$TTL 60\nw A 1.2.3.4\n$ORIGIN sub\n",
            60,
            "b.sub A 1.2.3.5",
            "b A 1.2.3.5\n",
        ),
        (
            "$TTL 60\n$ORIGIN net.\nw A 1.2.3.4\n",
            60,
            "b A 1.2.3.5",
            "b.example.org. A 1.2.3.5\n",
        ),
        (
            "$TTL 60\r\nw A 1.2.3.4\r\n",
            60,
            "b A 1.2.3.5",
            "b A 1.2.3.5\r\n",
        ),
        ("$TTL 60\nw A 1.2.3.4", 60, "b A 1.2.3.5", "\nb A 1.2.3.5"),
        ("", 60, "b A 1.2.3.5", "b.example.org. 60 A 1.2.3.5\n"),
        (
            "; only a comment\n",
            60,
            "\\@ A 1.2.3.5",
            "\\@ 60 A 1.2.3.5\n",
        ),
    ] {
        let new = added(text, ttl, record);
        let expected = line.replace("b.example.org. 60", "b 60");
        assert!(new.contains(&expected), "{text:?} {record:?} gave {new:?}");
        assert_eq!(new.len(), text.len() + expected.len());
    }
}

#[test]
fn removed_with_what_others_took_from_it() {
    for (text, record, rest) in [
        (
            "$TTL 60\nwww A 1.2.3.4 ; one\n    A 1.2.3.5\n",
            "www A 1.2.3.4",
            "$TTL 60\nwww A 1.2.3.5\n",
        ),
        (
            "$TTL 60\nw\tA 1.2.3.4\n; c\n\tA 1.2.3.5\n\tA 1.2.3.6\n",
            "w A 1.2.3.4",
            "$TTL 60\n; c\nw\tA 1.2.3.5\n\tA 1.2.3.6\n",
        ),
        (
            "$TTL 60\na A 1.2.3.4\n  A 1.2.3.5\nb A 1.2.3.4\n",
            "a A 1.2.3.5",
            "$TTL 60\na A 1.2.3.4\nb A 1.2.3.4\n",
        ),
        (
            "a 60 A 1.2.3.4\nb A 1.2.3.4\nc A 1.2.3.4\n",
            "a A 1.2.3.4",
            "b 60 A 1.2.3.4\nc A 1.2.3.4\n",
        ),
        (
            "a 30 A 1.2.3.4\nb 60 A 1.2.3.4\nc A 1.2.3.4\n",
            "b A 1.2.3.4",
            "a 30 A 1.2.3.4\nc 60 A 1.2.3.4\n",
        ),
        ("a 30 A 1.2.3.4\na 30 A 1.2.3.4\n", "a A 1.2.3.4", ""),
        ("a 30 A (\n 1.2.3.4 ) ; x\n; y", "a A 1.2.3.4", "; y"),
        (
            "$TTL 60\na A 1.2.3.4\n$ORIGIN sub\n MX 10 b\n",
            "a A 1.2.3.4",
            "$TTL 60\n$ORIGIN sub\na.example.org. MX 10 b\n",
        ),
        (
            "a 30 A 1.2.3.4\nb 60 A 1.2.3.4\n$GENERATE 1-2 h$ A 1.2.3.$\n",
            "b A 1.2.3.4",
            "a 30 A 1.2.3.4\n$GENERATE 1-2 h$ 60 A 1.2.3.$\n",
        ),
        (
            "a 60 A 1.2.3.4\n$GENERATE 1-2 h$ A 1.2.3.$\nb A 1.2.3.4\n",
            "b A 1.2.3.4",
            "a 60 A 1.2.3.4\n$GENERATE 1-2 h$ A 1.2.3.$\n",
        ),
        (
            "$TTL 60\na SVCB 1 . alpn=\"h2,h3\" port=1\n",
            "a SVCB 1 . alpn=h2,h3 port=1",
            "$TTL 60\n",
        ),
    ] {
        assert_eq!(removed(text, record), rest, "{text:?}");
    }
}

#[test]
fn data_replaced_word_by_word() {
    let soa = "$TTL 60\n@ SOA ns host ( 7 ; serial\n\t1h ; refresh\n  2 3 4 )\n";
    assert_eq!(
        replaced(soa, "@ SOA ns host 7 3600 2 3 4", "ns host 8 3600 2 3 5"),
        soa.replace('7', "8").replace("4 )", "5 )")
    );
    for (text, record, data, new) in [
        (
            "$TTL 60\na A  1.2.3.4 ; x\n",
            "a A 1.2.3.4",
            "1.2.3.5",
            "$TTL 60\na A  1.2.3.5 ; x\n",
        ),
        (
            "$TTL 60\na TXT ( x ; 1\n y ; 2\n )\n",
            "a TXT x y",
            "z",
            "$TTL 60\na TXT ( \"z\" ; 1\n  ; 2\n )\n",
        ),
        (
            "$TTL 60\na TXT x  y\n",
            "a TXT x y",
            "z",
            "$TTL 60\na TXT \"z\"\n",
        ),
        (
            "$TTL 60\na MX 10  b ; x\n",
            "a MX 10 b",
            "20 b",
            "$TTL 60\na MX 20  b ; x\n",
        ),
        (
            "$TTL 60\na A \\# 4 01020304\n",
            "a A 1.2.3.4",
            "1.2.3.5",
            "$TTL 60\na A 1.2.3.5\n",
        ),
        (
            "$TTL 60\na CSYNC 1 0 NS A\n",
            "a CSYNC 1 0 A NS",
            "1 0 A MX",
            "$TTL 60\na CSYNC 1 0 A MX\n",
        ),
        (
            "@ SOA a b 1 2 3 4 5\nc A 1.2.3.4\nd A 1.2.3.4\n",
            "@ SOA a b 1 2 3 4 5",
            "a b 1 2 3 4 6",
            "@ SOA a b 1 2 3 4 6\nc 5 A 1.2.3.4\nd 5 A 1.2.3.4\n",
        ),
    ] {
        assert_eq!(replaced(text, record, data), new);
    }
}

#[test]
fn ttl_of_a_set() {
    for (text, new) in [
        (
            "$TTL 60\na     A 1.2.3.4\n   1m A 1.2.3.5\nb A 1.2.3.4\n",
            "$TTL 60\na 300 A 1.2.3.4\n   300 A 1.2.3.5\nb A 1.2.3.4\n",
        ),
        ("$TTL 60\na IN A 1.2.3.4\n", "$TTL 60\na 300 IN A 1.2.3.4\n"),
        (
            "b 60 A 1.2.3.4\na A 1.2.3.4\nc A 1.2.3.4\n",
            "b 60 A 1.2.3.4\na 300 A 1.2.3.4\nc 60 A 1.2.3.4\n",
        ),
    ] {
        assert_eq!(with_ttl(text, "a", Rtype::A, 300), new);
    }
    let soa = "@ SOA a b 1 2 3 4 5\nc A 1.2.3.4\n";
    assert_eq!(
        with_ttl(soa, "@", Rtype::SOA, 9),
        "@ 9 SOA a b 1 2 3 4 5\nc 5 A 1.2.3.4\n"
    );
}

#[test]
fn only_the_digits_of_the_serial() {
    let text = "$TTL 60\n@ SOA ns host (\r\n\t2024010101\t; serial\r\n 1 2 3 4 )\r\n";
    let new = edited(text, &[], |editor| editor.set_serial(Serial(2_024_010_102))).unwrap();
    assert_eq!(new, text.replace("0101\t", "0102\t"));
    let raise = |editor: &mut Editor| {
        editor
            .raise_serial()
            .map(|serial| assert_eq!(serial.0, 2_024_010_102))
    };
    assert_eq!(edited(text, &[], raise), Ok(new));
}

#[test]
fn included_files_are_heeded() {
    let text = "a 60 A 1.2.3.4\n$INCLUDE part\nb A 1.2.3.4\n";
    let record = datum("a A 1.2.3.4");
    let remove = |part: &str| {
        edited(text, &[("part", part)], |editor| {
            editor.remove(record.record())
        })
    };
    assert_eq!(
        remove("x 30 A 1.2.3.4\n").as_deref(),
        Ok("$INCLUDE part\nb A 1.2.3.4\n")
    );
    assert_eq!(
        remove("x 30 A 1.2.3.4\n$TTL 9\n").as_deref(),
        Ok("$INCLUDE part\nb A 1.2.3.4\n")
    );
    assert_eq!(
        remove("; nothing\n").as_deref(),
        Ok("$INCLUDE part\nb 60 A 1.2.3.4\n")
    );
    assert_eq!(remove("x A 1.2.3.4\n"), Err(EditError::IncludedFileRelies));
    assert_eq!(
        remove(" 30 A 1.2.3.5\n"),
        Err(EditError::IncludedFileRelies)
    );
}

#[test]
fn changes_that_are_refused() {
    let text = "$TTL 60\na A 1.2.3.4\n$GENERATE 1-2 h$ A 1.2.3.$\n";
    let (here, gone, generated) = (
        datum("a A 1.2.3.4"),
        datum("a A 1.2.3.5"),
        datum("h1 A 1.2.3.1"),
    );
    let fails =
        |edit: &dyn Fn(&mut Editor) -> Result<(), EditError>| edited(text, &[], edit).unwrap_err();
    assert_eq!(
        fails(&|editor| editor.add(here.record(), Ttl::ZERO)),
        EditError::Exists
    );
    assert_eq!(
        fails(&|editor| editor.remove(gone.record())),
        EditError::NotFound
    );
    assert_eq!(
        fails(&|editor| editor.remove(generated.record())),
        EditError::NotFound
    );
    assert_eq!(
        fails(&|editor| editor.set_serial(Serial(1))),
        EditError::NotFound
    );
    assert_eq!(
        fails(&|editor| editor.replace(here.record(), b"x")),
        EditError::BadData
    );
    assert!(matches!(
        edited("a A x\n", &[], |_| Ok(())),
        Err(EditError::Unreadable(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_intended_difference(
        text in zone(),
        part in proptest::sample::select(PARTS.to_vec()),
        owner in proptest::sample::select(vec!["a", "b", "@", "c.d", "new", "a.sub"]),
        data in proptest::sample::select(vec!["A 1.2.3.4", "TXT \"x\" \"y\"", "MX 10 a.example.org.", "TXT \"first\""]),
        ttl in proptest::sample::select(vec![60, 300, 7]),
        change in proptest::sample::select(vec![Change::Add, Change::Remove, Change::Ttl, Change::Replace]),
    ) {
        let record = datum(&format!("{owner} {data}"));
        let other = if data.starts_with('A') { "A 9.9.9.9" } else { "MX 10 other.example.org." };
        let other = if data.starts_with("TXT") { "TXT \"other\"" } else { other };
        let new = edited(&text, &[("part", part)], |editor| match change {
            Change::Add => editor.add(record.record(), Ttl::from_secs(ttl)),
            Change::Remove => editor.remove(record.record()),
            Change::Ttl => editor.set_ttl(record.owner.as_ref(), record.rtype, Ttl::from_secs(ttl)),
            Change::Replace => editor.replace(record.record(), &datum(&format!("x {other}")).rdata),
        });
        let Ok(new) = new else { return Ok(()) };
        let of_set = format!("{} ", record.owner);
        let in_set = format!(" IN {} ", record.rtype);
        let is_of_set = |line: &str| line.starts_with(&of_set) && line.contains(&in_set) && !line.ends_with(FOREIGN);
        let is_it = |line: &str| is_of_set(line) && line.ends_with(&format!(" IN {data}"));
        let mut expected: BTreeSet<String> = records(&text, part).into_iter().filter_map(|line| match change {
            Change::Remove if is_it(&line) => None,
            Change::Ttl if is_of_set(&line) => Some(with_this_ttl(&line, ttl)),
            Change::Replace if is_it(&line) => Some(line.replace(data, other)),
            _ => Some(line),
        }).collect();
        if change == Change::Add {
            expected.insert(format!("{} {ttl} IN {data}", record.owner));
        }
        let mut found = records(&new, part);
        if change == Change::Replace {
            // Duplicates become one, which has the TTL of the first.
            let without_ttl = |line: String| if line.ends_with(other) { with_this_ttl(&line, 0) } else { line };
            expected = expected.into_iter().map(without_ttl).collect();
            found = found.into_iter().map(without_ttl).collect();
        }
        prop_assert_eq!(found, expected, "{}\n-- became --\n{}", text, new);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Add,
    Remove,
    Ttl,
    Replace,
}

/// Data of included files, which are not changed.
const FOREIGN: &str = "1.2.3.9";

fn with_this_ttl(line: &str, ttl: u32) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    let ttl = ttl.to_string();
    words[1] = &ttl;
    words.join(" ")
}

#[test]
fn included_files_have_editors_of_their_own() {
    let text = "$TTL 60\na A 1.2.3.4\n$INCLUDE \"part\" sub\nb A 1.2.3.4\n";
    let files = [("part", "x A 1.2.3.4\n A 1.2.3.5\n")];
    let apex = Name::from_text("example.org").expect("a name");
    let start = Start::of_zone(apex.as_ref());
    let editor = Editor::new(start, "zone", text, &mut Files::new(&files)).expect("a good zone");
    let [(named, start)] = &editor.includes()[..] else {
        panic!("one file is included")
    };
    let mut part =
        Editor::new(start.clone(), named, files[0].1, &mut Files::new(&[])).expect("a good file");
    let record = datum("a.sub TXT x");
    part.add(record.record(), Ttl::from_secs(60))
        .expect("a new record");
    part.remove(datum("x.sub A 1.2.3.4").record())
        .expect("it is there");
    assert_eq!(part.text(), b"x A 1.2.3.5\na TXT \"x\"\n");
}
