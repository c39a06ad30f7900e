#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Each row of `tests/bad-days.md` names tests that are there.

use std::fs;

use tests::workspace::root;

#[test]
fn each_row_names_tests_that_are_there() {
    let text = fs::read_to_string(root().join("tests/bad-days.md")).unwrap();
    let is_head = |line: &&str| line.starts_with("| what happens") || line.starts_with("|---");
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let rows: Vec<&str> = rows.filter(|line| !is_head(line)).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        let quoted = row.split('`').skip(1).step_by(2);
        let tests: Vec<_> = quoted.filter_map(|it| it.split_once("::")).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for (file, test) in tests {
            let source =
                fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
            let is_there =
                source.contains(&format!("fn {test}()")) || source.contains(&format!("\"{test}\""));
            assert!(is_there, "{file} has no test {test}");
        }
    }
}
