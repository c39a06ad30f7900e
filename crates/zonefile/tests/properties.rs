//! What holds for any octets at all.

mod common;

use proptest::prelude::*;
use zonefile::{Entry, EntryKind, Limits, entries, format};

/// Text that looks like a zone in places, with every octet that means something.
fn zone_like() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "a",
        "b.c",
        "@",
        "www.example.org.",
        "60",
        "1h",
        "IN",
        "CH",
        "A",
        "AAAA",
        "MX",
        "TXT",
        "SOA",
        "NS",
        "192.0.2.1",
        "10",
        "\"x y\"",
        "\"",
        "(",
        ")",
        ";",
        "; c",
        "\\",
        "\\065",
        "$TTL",
        "$ORIGIN",
        "$INCLUDE",
        "$GENERATE",
        "1-3",
        "h$",
        "\n",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "  ",
        "\0",
        "\u{e9}",
        "<<<<<<<",
        "\n=======\n",
        "\n>>>>>>> x\n",
        "\\#",
        "TYPE1",
    ];
    let word = prop_oneof![
        30 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec((word, any::<bool>()), 0..60).prop_map(|words| {
        let spaced = |(mut word, blank): (Vec<u8>, bool)| {
            word.extend(blank.then_some(b' '));
            word
        };
        words.into_iter().flat_map(spaced).collect()
    })
}

/// All comments without the blanks at their ends.
fn comments(text: &[u8]) -> Vec<Vec<u8>> {
    let trimmed = |range: std::ops::Range<usize>| text[range].trim_ascii_end().to_vec();
    entries(text)
        .flat_map(|entry| entry.comments())
        .map(trimmed)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_octet_is_in_exactly_one_entry(text in zone_like()) {
        let mut at = 0;
        for entry in entries(&text) {
            prop_assert_eq!(entry.range().start, at);
            prop_assert!(entry.range().end > at);
            at = entry.range().end;
            for part in entry.words().into_iter().chain(entry.comments()) {
                prop_assert!(entry.range().start <= part.start && part.end <= at);
            }
        }
        prop_assert_eq!(at, text.len());
    }

    #[test]
    fn formatting_changes_no_record_and_no_comment(text in zone_like()) {
        let formatted = format(&text);
        let (before, after) = (common::read(text.clone()), common::read(formatted.clone()));
        prop_assert_eq!(&before.records, &after.records, "{}", String::from_utf8_lossy(&formatted));
        prop_assert_eq!(before.errors.len(), after.errors.len(), "{:?}\n{:?}\n{:?}", String::from_utf8_lossy(&text), String::from_utf8_lossy(&formatted), after.errors);
        prop_assert_eq!(comments(&text), comments(&formatted), "{}", String::from_utf8_lossy(&formatted));
        let again = format(&formatted);
        prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&formatted));
    }

    #[test]
    fn records_that_are_written_are_read_again(text in zone_like()) {
        let zone = common::read(text);
        let again = common::read(zone.records.join("\n"));
        prop_assert_eq!((again.records, again.errors), (zone.records, vec![]));
    }

    #[test]
    fn any_octets_are_read(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        common::read(text);
    }

    #[test]
    fn records_and_mistakes_have_places(text in zone_like()) {
        let (zone, errors, map) = common::read_errors(text.clone(), &[], &Limits::default());
        for error in &errors {
            let places = error.related.iter().map(|(span, _)| *span).chain([error.span]);
            for span in places {
                prop_assert!(span.start <= span.end && span.end.0 as usize <= text.len() + 1, "{:?}", error);
                prop_assert!(map.place(span.start).line > 0);
            }
        }
        for (record, at) in zone.records.iter().zip(&zone.places) {
            let entry = Entry::at(&text, at.start.0 as usize).unwrap();
            if entry.kind() == EntryKind::Record {
                let word = String::from_utf8_lossy(&text[entry.fields().rtype]).to_uppercase();
                prop_assert!(record.contains(&word) || word.starts_with("TYPE"), "{} {} {:?}", record, word, String::from_utf8_lossy(&text));
            }
        }
    }
}

#[test]
fn nasty_inputs_end_soon() {
    let nests = "(".repeat(1 << 21);
    let closes = "a A (\n".repeat(1 << 18);
    let quotes = "a TXT \"\n".repeat(1 << 18);
    let markers = "=======\n".repeat(1 << 18);
    let both = "<<<<<<< x\n=======\n".repeat(1 << 17);
    let carriages = "\r".repeat(1 << 20);
    let line = "a ".repeat(1 << 20);
    for text in [nests, closes, quotes, markers, both, carriages, line] {
        let limits = Limits {
            errors: 20,
            ..Limits::default()
        };
        let (_, errors, _) = common::read_errors(text.as_str(), &[], &limits);
        assert!(!errors.is_empty() && errors.len() <= 21);
        assert_eq!(
            entries(text.as_bytes())
                .map(|entry| entry.octets().len())
                .sum::<usize>(),
            text.len()
        );
    }
}
