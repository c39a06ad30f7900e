//! Mistakes and what is said about them, as text that anybody can add to.
//!
//! `mistakes/NAME.zone` is a zone with a mistake, and `mistakes/NAME.findings` what a check says about it;
//! `mistakes/several/` has zones with several mistakes, `mistakes/good/` zones without any. Comments at the top of a
//! zone that begin with `;!` set what a check is told besides:
//!
//! ```text
//! ;! zone 2.0.192.in-addr.arpa          the name of the zone, if it is not example.org
//! ;! before 2026112101 changed          the serial of the version before; `changed` or `unchanged`
//! ;! policy * bad-host-name off         a line of .zonecheck
//! ;! now 1795000000                     the clock, in seconds since 1970
//! ```
//!
//! With `UPDATE_FINDINGS=1` in the environment the expectations are written instead of compared: read the difference.

#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use common::Checked;
use zone::check::{Finding, apply_fixes};
use zone::rules::{Rule, Severity};
use zonefile::{Pos, Span};

#[test]
fn each_mistake_is_found_once() {
    for path in zones("") {
        let checked = Checked::file(&path);
        compare(&path, &checked);
        assert_eq!(
            checked.findings.len(),
            1,
            "{}: one mistake, one finding",
            path.display()
        );
    }
}

/// The table in `mistakes/README.md`: mistake, file, severity and rule.
#[test]
fn the_table_of_mistakes_is_true() {
    let table = fs::read_to_string(common::folder().join("README.md")).unwrap();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<Vec<&str>> = rows
        .skip(1)
        .map(|row| row.split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(
        rows.len(),
        35,
        "thirty-four mistakes, one of them of two kinds"
    );
    for row in rows {
        let [mistake, file, severity, rule] = row[..] else {
            panic!("{row:?}")
        };
        let checked = Checked::file(&common::folder().join(format!("{file}.zone")));
        let found = checked
            .findings
            .iter()
            .map(|finding| (finding.severity.word(), finding.rule.id()));
        assert_eq!(found.collect::<Vec<_>>(), [(severity, rule)], "{mistake}");
    }
}

#[test]
fn several_mistakes_are_found_once_each() {
    for path in zones("several") {
        compare(&path, &Checked::file(&path));
    }
}

#[test]
fn nothing_is_found_in_good_zones() {
    for path in zones("good") {
        let checked = Checked::file(&path);
        assert_eq!(report(&checked), "", "{}", path.display());
        assert!(checked.publishable);
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_change_no_place() {
    for path in zones("").into_iter().chain(zones("several")) {
        let text = fs::read_to_string(&path).unwrap();
        let plain = report(&Checked::text(&path, text.as_bytes()));
        let dos = text.replace('\n', "\r\n");
        assert_eq!(
            report(&Checked::text(&path, dos.as_bytes())),
            plain,
            "{} with CRLF",
            path.display()
        );
        let marked = format!("\u{feff}{text}");
        assert_eq!(
            report(&Checked::text(&path, marked.as_bytes())),
            plain,
            "{} with a BOM",
            path.display()
        );
    }
}

#[test]
fn safe_fixes_repair_and_touch_nothing_else() {
    for path in zones("").into_iter().chain(zones("several")) {
        let checked = Checked::file(&path);
        let fixable: Vec<_> = checked
            .findings
            .iter()
            .filter(|finding| has_safe_fix(finding))
            .collect();
        let before = fs::read(&path).unwrap();
        let after = apply_fixes(&before, Pos(0), &checked.findings);
        assert_eq!(before == after, fixable.is_empty(), "{}", path.display());
        let again = Checked::text(&path, &after);
        assert_eq!(
            again.findings.len(),
            checked.findings.len() - fixable.len(),
            "{}",
            path.display()
        );
        assert!(
            !again.findings.iter().any(has_safe_fix),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_rule_is_shown_by_a_mistake() {
    let found = zones("")
        .into_iter()
        .flat_map(|path| Checked::file(&path).findings);
    let shown: BTreeSet<Rule> = found.map(|finding| finding.rule).collect();
    // `.zonecheck` is not a zone: its mistakes are with `Policy`; those of `.zonepolicy` are told by crate `update`, those of `_keys` by
    // `tsig`. The limits have tests of their own below.
    let elsewhere = [
        Rule::BadPolicy,
        Rule::BadUpdatePolicy,
        Rule::BadKey,
        Rule::TooManyErrors,
        Rule::SetTooLarge,
        Rule::ZoneTooLarge,
    ];
    for rule in Rule::ALL.iter().filter(|rule| !elsewhere.contains(rule)) {
        assert!(
            shown.contains(rule),
            "no zone in tests/mistakes has the mistake {rule}"
        );
    }
}

#[test]
fn a_set_too_large_for_a_message_is_refused() {
    let mut text = common::TOP.to_owned();
    for number in 0..1200 {
        writeln!(text, "big TXT \"{number:055}\"").unwrap();
    }
    let checked = Checked::text(Path::new("big"), text.as_bytes());
    assert_eq!(rules(&checked), [Rule::SetTooLarge]);
    assert!(!checked.publishable);
}

#[test]
fn a_hostile_number_of_findings_is_bounded() {
    let mut text = common::TOP.to_owned();
    for number in 0..20_000 {
        writeln!(text, "h_{number} A 192.0.2.1").unwrap();
    }
    let checked = Checked::text(Path::new("hostile"), text.as_bytes());
    assert_eq!(checked.findings.len(), 10_001);
    assert_eq!(
        checked.findings.last().map(|last| last.rule),
        Some(Rule::TooManyErrors)
    );
}

/// The zone files of a folder below `mistakes`, by name.
fn zones(folder: &str) -> Vec<PathBuf> {
    let folder = common::folder().join(folder);
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut zones: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|name| name == "zone"))
        .collect();
    zones.sort();
    assert!(!zones.is_empty());
    zones
}

fn rules(checked: &Checked) -> Vec<Rule> {
    checked
        .findings
        .iter()
        .map(|finding| finding.rule)
        .collect()
}

fn has_safe_fix(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.safe)
}

fn compare(path: &Path, checked: &Checked) {
    let errors = checked
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    assert_eq!(checked.publishable, !errors, "{}", path.display());
    let (expected, found) = (path.with_extension("findings"), report(checked));
    if env::var_os("UPDATE_FINDINGS").is_some() {
        fs::write(expected, found).unwrap();
    } else {
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
    }
}

/// The findings in a form that is easy to write by hand.
fn report(checked: &Checked) -> String {
    let mut out = String::new();
    for finding in &checked.findings {
        let Finding {
            rule,
            severity,
            message,
            ..
        } = finding;
        for included in checked.map.include_chain(finding.place.start) {
            writeln!(out, "{} includes", place(checked, included)).unwrap();
        }
        let [at, marked] = marked(checked, finding.place);
        writeln!(out, "{at} {severity}[{rule}]: {message}\n  at `{marked}`").unwrap();
        for (span, what) in &finding.related {
            let [at, marked] = self::marked(checked, *span);
            writeln!(out, "  {at} `{marked}`: {what}").unwrap();
        }
        if let Some(help) = &finding.help {
            writeln!(out, "  help: {help}").unwrap();
        }
        if let Some(fix) = &finding.fix {
            let [at, marked] = self::marked(checked, fix.span);
            let kind = if fix.safe { "fix" } else { "perhaps" };
            writeln!(
                out,
                "  {kind}: {at} `{marked}` -> `{}`",
                short(&fix.replacement)
            )
            .unwrap();
        }
    }
    out
}

/// Where a span begins, and its text.
fn marked(checked: &Checked, span: Span) -> [String; 2] {
    let text = String::from_utf8_lossy(checked.map.text(span)).replace("\r\n", "\n");
    [place(checked, span.start), short(&text)]
}

/// Line ends shown, and the middle of a long text left out.
fn short(text: &str) -> String {
    let text = text.replace('\n', "\\n");
    match text.char_indices().nth(70) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

/// File, line and column; the zone's own file is not named.
fn place(checked: &Checked, pos: Pos) -> String {
    let place = checked.map.place(pos);
    let included = !checked.map.include_chain(pos).is_empty();
    let file = if included {
        format!("{}:", place.path)
    } else {
        String::new()
    };
    format!("{file}{}:{}", place.line, place.column)
}
