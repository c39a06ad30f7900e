//! What is too much is refused, once.

mod common;

use common::{read_errors, shown};
use zonefile::Limits;

const FILES: [(&str, &str); 3] = [
    ("self", "$INCLUDE self\n"),
    ("wide", "$INCLUDE empty\n$INCLUDE empty\n$INCLUDE empty\n"),
    ("empty", ""),
];

fn said(text: &str, limits: &Limits) -> Vec<String> {
    let (_, errors, map) = read_errors(format!("$TTL 60\n{text}"), &FILES, limits);
    errors.iter().map(|error| shown(error, &map)).collect()
}

#[test]
fn each_limit() {
    let limits = Limits::default();
    let a = "a A 1.2.3.4\n";
    for (text, limits, message) in [
        (
            a.repeat(9),
            Limits {
                records: 3,
                ..limits.clone()
            },
            "zone:5:1: too-many-records: the zone has more than 3 records",
        ),
        (
            "$GENERATE 1-9 a$ A 1.2.3.$\n".into(),
            Limits {
                records: 3,
                ..limits.clone()
            },
            "zone:2:1: too-many-records: the zone has more than 3 records",
        ),
        (
            "$GENERATE 1-9 a$ A 1.2.3.$\n".into(),
            Limits {
                generate_steps: 8,
                ..limits.clone()
            },
            "zone:2:11: generate-too-long: 9 steps; a $GENERATE may have at most 8",
        ),
        (
            a.repeat(9),
            Limits {
                text_octets: 20,
                ..limits.clone()
            },
            ":1:1: too-much-text: the zone's files have more than 20 octets",
        ),
        (
            "$INCLUDE wide\n".into(),
            Limits {
                text_octets: 40,
                ..limits.clone()
            },
            "zone:2:10: too-much-text: the zone's files have more than 40 octets",
        ),
        (
            "$INCLUDE wide\n".into(),
            Limits {
                include_depth: 1,
                ..limits.clone()
            },
            "wide:1:10: include-too-deep: files are included more than 1 deep, or more than 10000 times",
        ),
        (
            "$INCLUDE wide\n".into(),
            Limits {
                includes: 3,
                ..limits.clone()
            },
            "wide:3:10: include-too-deep: files are included more than 8 deep, or more than 3 times",
        ),
        (
            "$INCLUDE self\n".into(),
            limits.clone(),
            "self:1:10: include-loop: the file self is being read already: it would include itself",
        ),
        (
            format!("a TXT (\n{})\n", "x\n".repeat(100)),
            Limits {
                entry_octets: 64,
                ..limits.clone()
            },
            "zone:2:7: unclosed-parenthesis: this parenthesis is never closed",
        ),
    ] {
        assert_eq!(said(&text, &limits)[0], message);
    }
}

#[test]
fn reading_stops_after_too_many_mistakes() {
    let errors = said(
        &"a A x\n".repeat(99),
        &Limits {
            errors: 5,
            ..Limits::default()
        },
    );
    assert_eq!(errors.len(), 6);
    assert_eq!(
        errors[5],
        "zone:7:5: too-many-errors: there are too many mistakes to go on here"
    );
}
