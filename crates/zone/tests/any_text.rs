//! Whatever is written, a check says something true about it: it does not panic, names places in the text, and its
//! fixes make the text better.

#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

mod common;

use std::fs;
use std::path::Path;

use common::{Checked, TOP};
use proptest::prelude::*;
use zone::check::{Finding, apply_fixes};
use zonefile::{Pos, Span};

/// Words that mean something to a zone, many of them wrong where they come.
const WORDS: &[&str] = &[
    "@",
    "a",
    "b",
    "*",
    "sub",
    "a.sub",
    "*.sub",
    "ns1",
    "example.org",
    "a.example.org",
    "a.example.org.",
    "www.example.de",
    "192.0.2.1",
    "192.0.2.1.",
    "2001:db8::1",
    "my_host",
    "_dmarc",
    "first@example.org",
    ".",
    "a..b",
    "300",
    "3600x",
    "0",
    "IN",
    "CH",
    "A",
    "AAAA",
    "AA",
    "NS",
    "CNAME",
    "DNAME",
    "MX",
    "SOA",
    "TXT",
    "DS",
    "SRV",
    "CAA",
    "TLSA",
    "HTTPS",
    "SVCB",
    "NSEC3PARAM",
    "RRSIG",
    "DNSKEY",
    "CDS",
    "\"v=spf1 -all\"",
    "\"v=DMARC1; p=none\"",
    "\"",
    "(",
    ")",
    "; a comment",
    "; stemma: allow bad-host-name: why not",
    "; stemma: allow",
    "$TTL",
    "$TLT",
    "$ORIGIN",
    "$INCLUDE",
    "$GENERATE",
    "1-3",
    "h-$",
    "issue",
    "isue",
    "\"ca.example\"",
    "1",
    "2",
    "10",
    "13",
    "0f1a2b",
    "MDEy",
    "alpn=h2",
    "<<<<<<< x",
    "=======",
    ">>>>>>> y",
    "\\300",
    "\u{1b}[31m",
    "\u{202e}",
    "\\# 4 c0000201",
];

/// Records that are right, to be close enough to a zone for the deeper checks.
const RECORDS: &[&str] = &[
    "a A 192.0.2.1",
    "a AAAA 2001:db8::1",
    "b CNAME a",
    "a CNAME b",
    "b CNAME b.example.org",
    "* CNAME a",
    "sub NS a.sub",
    "sub NS a",
    "a.sub A 192.0.2.1",
    "b.sub TXT x",
    "sub DNAME b",
    "@ MX 10 b",
    "@ MX 10 a.example.org",
    "@ MX 0 .",
    "a 60 A 192.0.2.2",
    "a DS 1 13 2 00",
    "sub DS 1 5 1 0f1a",
    "@ TXT \"v=spf1 -all\"",
    "@ TXT \"v=spf1 mx\"",
    "@ CAA 0 isue \"x\"",
    "x_y A 192.0.2.1 ; stemma: allow bad-host-name: x",
    "www.example.com. A 192.0.2.1",
    "@ HTTPS 0 a",
    "@ HTTPS 1 .",
    "@ SOA b c 1 2 3 4 5",
    "@ NSEC3PARAM 1 0 5 -",
    "$GENERATE 1-3 g$ CNAME g$",
    "@ RRSIG SOA 13 2 60 20200101000000 20190101000000 1 example.org. MDEy",
    "1 PTR b.example.net",
    "@ NS 192.0.2.1",
    "a.example.org A 192.0.2.1",
    "_s._tcp SRV 0 0 1 b",
    "$ORIGIN sub",
    "$TTL 60",
];

fn line() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..6);
    let garbled = (any::<bool>(), words)
        .prop_map(|(blank, words)| format!("{}{}", if blank { " " } else { "" }, words.join(" ")));
    prop_oneof![4 => prop::sample::select(RECORDS).prop_map(str::to_owned), 1 => garbled]
}

fn text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(line(), 0..14);
    (any::<bool>(), lines).prop_map(|(good_top, lines)| {
        let top = if good_top { TOP } else { "" };
        format!(
            ";! now 1795000000\n;! before 1 changed\n{top}{}\n",
            lines.join("\n")
        )
    })
}

/// One of the zones in `mistakes` after some octets were changed, lost, added or moved.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        any::<u8>(),
        prop::sample::select(b"()\";\\.@$*\n\r\t 0aA".as_slice())
    ];
    let damage = prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, octet), 1..6);
    (prop::sample::select(all_zones()), damage).prop_map(|(mut text, damage)| {
        for (at, kind, octet) in damage {
            let at = at.index(text.len());
            match kind {
                0 => text[at] = octet,
                1 => drop(text.remove(at)),
                2 => text.insert(at, octet),
                _ => text.rotate_left(at),
            }
        }
        text
    })
}

fn all_zones() -> Vec<Vec<u8>> {
    let folders = ["", "several", "good"].map(|folder| common::folder().join(folder));
    let files = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let zones = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "zone"));
    let mut zones: Vec<_> = zones.collect();
    zones.sort();
    zones
        .into_iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_true(text in text()) {
        let checked = check(&text);
        for finding in &checked.findings {
            prop_assert!(places(finding).all(|span| lies_in(span, text.as_bytes())), "{finding:?}");
            let line = finding.one_line(&checked.map).to_string();
            prop_assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
        let in_order = checked.findings.is_sorted_by_key(|finding| finding.place.start);
        prop_assert!(in_order);
    }

    #[test]
    fn a_zone_damaged_anywhere_is_checked(text in damaged()) {
        let checked = Checked::octets(&text);
        for finding in &checked.findings {
            prop_assert!(places(finding).all(|span| lies_in(span, &text)), "{finding:?}");
        }
        let fixed = Checked::octets(&apply_fixes(&text, Pos(0), &checked.findings));
        prop_assert!(fixed.publishable || !checked.publishable, "a fix broke it");
    }

    #[test]
    fn no_finding_is_said_twice(text in text()) {
        let mut said: Vec<_> = check(&text).findings.iter().map(|finding| (finding.place, finding.rule)).collect();
        let all = said.len();
        said.sort_by_key(|(place, rule)| (place.start, place.end, *rule));
        said.dedup();
        prop_assert_eq!(said.len(), all);
    }

    #[test]
    fn fixes_come_to_an_end(text in text()) {
        let mut text = text.into_bytes();
        for _ in 0..10 {
            let findings = Checked::text(Path::new("any"), &text).findings;
            let fixed = apply_fixes(&text, Pos(0), &findings);
            let fixable = findings.iter().any(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe));
            prop_assert_eq!(fixable, fixed != text);
            if !fixable {
                return Ok(());
            }
            text = fixed;
        }
        prop_assert!(false, "still not mended: {}", String::from_utf8_lossy(&text));
    }
}

fn check(text: &str) -> Checked {
    Checked::text(Path::new("any"), text.as_bytes())
}

fn places(finding: &Finding) -> impl Iterator<Item = Span> {
    let related = finding.related.iter().map(|(span, _)| *span);
    [finding.place]
        .into_iter()
        .chain(related)
        .chain(finding.fix.iter().map(|fix| fix.span))
}

fn lies_in(span: Span, text: &[u8]) -> bool {
    span.start <= span.end && span.end.0 as usize <= text.len()
}
