//! The mistakes that a check is measured by, through the program: rule, place, caret, exit code.

use crate::desk::{Desk, rules};
use std::fs;
use std::path::{Path, PathBuf};

/// Zones with one mistake each, and what is said about them.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/zone/tests/mistakes")
}

/// Mistake, file, severity and rule of each row of the table. A zone whose mistake is in its history needs a repository.
fn table() -> Vec<[String; 4]> {
    let table = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = rows.skip(1).map(|row| {
        row.split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect::<Vec<_>>()
    });
    rows.map(|row| row.try_into().unwrap()).collect()
}

/// A desk with the files that zones in `folder` include.
fn desk_with_parts(folder: &Path) -> Desk {
    let desk = Desk::new();
    for part in fs::read_dir(folder.join("parts")).unwrap() {
        let part = part.unwrap();
        desk.write(
            &format!("parts/{}", part.file_name().to_str().unwrap()),
            fs::read(part.path()).unwrap(),
        );
    }
    desk
}

#[test]
fn each_mistake_is_shown_with_its_place_and_a_caret() {
    let desk = desk_with_parts(&folder());
    let alone = table()
        .into_iter()
        .filter(|[.., rule]| !rule.starts_with("serial-"));
    let mut count = 0;
    for [mistake, file, severity, rule] in alone {
        let said = fs::read_to_string(folder().join(format!("{file}.findings"))).unwrap();
        desk.write(
            "example.org",
            fs::read(folder().join(format!("{file}.zone"))).unwrap(),
        );
        let code = i32::from(severity == "error");

        let report = desk
            .zonetool("", &["check", "example.org", "--format", "json"])
            .exited(code)
            .json();
        assert_eq!(rules(&report), [rule.as_str()], "{mistake}");
        let finding = &report["findings"][0];
        assert_eq!(finding["severity"], severity.as_str(), "{mistake}");
        let place = format!("{}:{}", finding["line"], finding["column"]);
        let heading = format!(" {severity}[{rule}]: ");
        let said_at = said
            .lines()
            .find_map(|line| line.split_once(&heading))
            .unwrap()
            .0;
        assert!(
            said_at.ends_with(&place),
            "{mistake}: {place}, not {said_at}"
        );

        let human = desk
            .zonetool("", &["check", "example.org"])
            .exited(code)
            .out;
        assert!(
            human.starts_with(&format!("{severity}[{rule}]: ")),
            "{mistake}: {human}"
        );
        let quoted = quoted(&said);
        // Of several lines the first is shown.
        let quoted = quoted.split("\\n").next().unwrap();
        let shown = under_the_caret(&human);
        // The findings file cuts long texts shorter than the terminal does.
        let is_same = quoted
            .strip_suffix("...")
            .map_or(shown == quoted, |head| shown.starts_with(head));
        assert!(is_same, "{mistake}: {quoted}\n{human}");
        count += 1;
    }
    assert_eq!(count, 33, "thirty-four mistakes, the serial aside");
}

/// The text above the first row of carets.
fn under_the_caret(human: &str) -> String {
    let lines: Vec<&str> = human.lines().collect();
    let row = lines
        .iter()
        .position(|line| line.trim_start_matches([' ', '|']).starts_with('^'))
        .unwrap();
    let carets = lines[row]
        .chars()
        .enumerate()
        .filter(|(_, c)| *c == '^')
        .map(|(column, _)| column);
    let above: Vec<char> = lines[row - 1].chars().collect();
    carets.filter_map(|column| above.get(column)).collect()
}

/// What stands between backquotes in the line of the findings file that begins with `at`.
fn quoted(said: &str) -> String {
    let line = said
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("at "))
        .unwrap();
    line.trim_matches('`').to_owned()
}

#[test]
fn good_zones_are_clean() {
    let desk = desk_with_parts(&folder().join("good"));
    for zone in fs::read_dir(folder().join("good"))
        .unwrap()
        .map(|zone| zone.unwrap().path())
    {
        if zone.extension().is_none_or(|kind| kind != "zone") {
            continue;
        }
        let text = fs::read(&zone).unwrap();
        if text.starts_with(b";!") {
            continue;
        }
        desk.write("example.org", text);
        let report = desk.zonetool(
            "",
            &[
                "check",
                "example.org",
                "--fail-on",
                "note",
                "--format",
                "json",
            ],
        );
        assert_eq!(rules(&report.json()), [""; 0], "{}", zone.display());
        report.succeeded();
    }
}
