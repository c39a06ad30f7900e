#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Each row of `tests/bad-days.md` and `tests/limits.md` names tests that are there, and each limit is where it is said to be.

use std::fs;

use tests::workspace::root;

#[test]
fn each_row_names_tests_that_are_there() {
    for (document, least) in [("tests/bad-days.md", 30), ("tests/limits.md", 40)] {
        let rows = rows(document);
        assert!(rows.len() > least, "{document} has {} rows", rows.len());
        for row in rows {
            let tests: Vec<_> = quoted(&row, "::").collect();
            assert!(!tests.is_empty(), "no test: {row}");
            for (file, test) in tests {
                let source = read(&file);
                let is_there = source.contains(&format!("fn {test}()"))
                    || source.contains(&format!("\"{test}\""));
                assert!(is_there, "{file} has no test {test}");
            }
        }
    }
}

#[test]
fn each_limit_is_where_it_is_said_to_be() {
    for row in rows("tests/limits.md") {
        let (file, name) = quoted(&row, ": ").next().expect("a limit");
        let is_there = read(&file).contains(&format!("const {name}: "));
        assert!(is_there, "{file} has no {name}");
    }
}

/// The rows of all tables, without their heads.
fn rows(document: &str) -> Vec<String> {
    let text = read(document);
    let heads = ["| what happens", "| limit", "|---"];
    let rows = text.lines().filter(|line| line.starts_with('|'));
    rows.filter(|line| !heads.iter().any(|head| line.starts_with(head)))
        .map(str::to_owned)
        .collect()
}

/// What stands between backticks and is parted so.
fn quoted(row: &str, by: &str) -> impl Iterator<Item = (String, String)> {
    let quoted = row.split('`').skip(1).step_by(2);
    let parted = quoted.filter_map(move |it| it.split_once(by));
    parted.map(|(file, name)| (file.to_owned(), name.to_owned()))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}
