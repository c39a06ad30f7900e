//! One message for each mistake, at its place, and none for what follows from it.

mod common;

use common::{read_errors, shown};
use zonefile::Limits;

/// Reads a zone with `text` behind a `$TTL` in line 1, and before a good record that must still be read.
fn mistakes(text: &str) -> Vec<String> {
    let whole = format!("$TTL 60\n{text}\nlast.example.org. A 192.0.2.255\n");
    let files = [
        ("loop", "$INCLUDE loop\n"),
        ("outer", "\n$INCLUDE inner\n"),
        ("inner", "x A 1.2.3\n$INCLUDE none\n"),
    ];
    let (zone, errors, map) = read_errors(whole, &files, &Limits::default());
    assert!(
        zone.records
            .iter()
            .any(|record| record.ends_with("192.0.2.255")),
        "not read on after {text:?}"
    );
    errors
        .iter()
        .map(|error| {
            let mut line = shown(error, &map);
            for (span, what) in &error.related {
                line += &format!("\n  {}: {what}", map.place(span.start));
            }
            if let Some(help) = &error.help {
                line += &format!("\n  help: {help}");
            }
            if let Some(fix) = &error.fix {
                let safe = if fix.safe { "fix" } else { "maybe" };
                let old = String::from_utf8_lossy(map.text(fix.span));
                line += &format!("\n  {safe}: {old:?} -> {:?}", fix.replacement);
            }
            line
        })
        .collect()
}

#[test]
fn golden() {
    let golden = include_str!("mistakes.txt");
    let mut written = String::new();
    for case in golden.split("\n====\n") {
        let text = case.split("\n----\n").next().unwrap_or("");
        let unescaped = text
            .replace("␍", "\r")
            .replace("␀", "\0")
            .replace("⍽", "\u{a0}");
        let unescaped = unescaped.replace("LONG", &"x".repeat(300));
        if !written.is_empty() {
            written += "\n====\n";
        }
        written += &format!(
            "{text}\n----\n{}",
            mistakes(&unescaped)
                .join("\n")
                .replace(&"x".repeat(255), "X255")
        );
    }
    written += "\n";
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes.txt"),
            &written,
        )
        .unwrap();
    } else {
        assert_eq!(
            written, golden,
            "ACCEPT=1 writes what is now said to tests/mistakes.txt"
        );
    }
}
