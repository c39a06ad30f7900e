//! Snapshots of each format over the same findings.

use super::*;

fn place(line: usize, columns: std::ops::Range<usize>, text: &str) -> Place {
    Place {
        path: "zones/example.org".to_owned(),
        line,
        column: columns.start,
        end_line: line,
        end_column: columns.end,
        text: text.to_owned(),
    }
}

fn missing_dot() -> Located {
    let target = place(9, 15..31, "@     IN MX 10 mail.example.org");
    Located {
        rule: "target-without-dot".to_owned(),
        severity: Severity::Error,
        zone: "example.org.".to_owned(),
        message: "the MX target means `mail.example.org.example.org.`".to_owned(),
        place: target.clone(),
        related: Vec::new(),
        included_from: vec![place(3, 1..24, "$INCLUDE example.org.d/mail")],
        help: Some("a name without a final dot gets the origin appended".to_owned()),
        fix: Some(Fix {
            safe: true,
            replacement: "mail.example.org.".to_owned(),
            place: target,
            file: "zones/example.org".to_owned(),
            start_octet: 120,
            end_octet: 136,
        }),
        origin: Some(Origin {
            commit: "3fa2b1c94d0e6f7a8b9c0d1e2f3a4b5c6d7e8f90".to_owned(),
            author: "Ada <ada@example.org>".to_owned(),
            subject: "Move the mail \u{1b}[31mred".to_owned(),
        }),
    }
}

fn clash() -> Located {
    let other = Related {
        place: place(7, 1..4, "www   IN A 192.0.2.1"),
        message: "the other record is here".to_owned(),
    };
    Located {
        rule: "cname-and-other-data".to_owned(),
        severity: Severity::Warning,
        zone: "example.org.".to_owned(),
        message: "`www.example.org.` has a CNAME and other data".to_owned(),
        place: place(12, 1..4, "www\tIN CNAME web"),
        related: vec![other],
        included_from: Vec::new(),
        help: None,
        fix: None,
        origin: None,
    }
}

fn report() -> Report {
    Report {
        findings: vec![missing_dot(), clash()],
        fixed: Vec::new(),
        zones: 2,
        records: 31,
    }
}

fn printed(report: &Report, format: ReportFormat, colour: bool) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        colour,
        machine: false,
    };
    print(report, format, &mut console).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn human() {
    insta::assert_snapshot!(printed(&report(), ReportFormat::Human, false));
}

#[test]
fn human_in_colour() {
    let coloured = printed(&report(), ReportFormat::Human, true);
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31merror"), "{coloured}");
    assert!(!coloured.contains("mail \u{1b}[31mred"), "{coloured}");
}

#[test]
fn human_without_findings() {
    let report = Report {
        zones: 1,
        records: 1,
        ..Report::default()
    };
    assert_eq!(
        printed(&report, ReportFormat::Human, false),
        "ok: 1 zone (1 record)\n"
    );
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let mut finding = clash();
    finding.place = place(1, 900..910, &"0123456789".repeat(100));
    let report = Report {
        findings: vec![finding],
        ..Report::default()
    };
    insta::assert_snapshot!(printed(&report, ReportFormat::Human, false));
}

#[test]
fn json() {
    insta::assert_snapshot!(printed(&report(), ReportFormat::Json, false));
}

#[test]
fn sarif() {
    insta::assert_snapshot!(printed(&report(), ReportFormat::Sarif, false));
}

#[test]
fn github() {
    insta::assert_snapshot!(printed(&report(), ReportFormat::Github, false));
}
