//! Texts in which entries take from each other.

use std::collections::BTreeSet;

use proptest::prelude::*;

/// Entries that take from each other in every way.
pub(crate) fn zone() -> impl Strategy<Value = String> {
    let owner = proptest::sample::select(vec!["a", "B", "a.example.org.", "  ", "\t", "@", "c.d"]);
    let ttl = proptest::sample::select(vec!["", "", "60 ", "1h ", "30\t"]);
    let class = proptest::sample::select(vec!["", "IN ", "in  "]);
    let data = proptest::sample::select(vec![
        "A 1.2.3.4",
        "A 1.2.3.5",
        "a ( 1.2.3.4 )",
        "TXT \"x\" y",
        "MX 10 a",
        "MX ( 10 ; c\n  B )",
        "TXT (\n x\n) ; c",
    ]);
    let record = (owner, ttl, class, data)
        .prop_map(|(owner, ttl, class, data)| format!("{owner} {ttl}{class}{data}\n"));
    let other = proptest::sample::select(vec![
        "\n",
        "; comment\n",
        "$TTL 300\n",
        "$TTL 1h\n",
        "$ORIGIN sub\n",
        "$ORIGIN example.org.\n",
        "$INCLUDE part\n",
        "$INCLUDE part sub\n",
        "$GENERATE 1-2 g$ A 1.2.3.$\n",
        "$GENERATE 1-2 g$ 90 A 1.2.3.$\n",
    ]);
    let entries = proptest::collection::vec(
        prop_oneof![4 => record, 1 => other.prop_map(String::from)],
        0..12,
    );
    let start = proptest::sample::select(vec![
        "$TTL 60\na TXT first\n",
        "a 60 TXT first\n",
        "@ SOA a b 1 2 3 4 5\n",
    ]);
    (start, entries, any::<bool>()).prop_map(|(start, entries, crlf)| {
        let text = start.to_string() + &entries.concat();
        if crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

/// What an included file may do to the records after it.
pub(crate) const PARTS: [&str; 4] = [
    "",
    "x 45 A 1.2.3.9\n",
    "$TTL 77\n",
    " A 1.2.3.9\ny IN A 1.2.3.9\n",
];

pub(crate) fn records(text: &str, part: &str) -> BTreeSet<String> {
    let zone = super::read_with(text, &[("part", part)]);
    assert!(zone.errors.is_empty(), "{text}: {:?}", zone.errors);
    zone.records
        .iter()
        .map(|record| record.replace("B.", "b."))
        .collect()
}
