//! Units of systemd, as `systemd-analyze` judges them.
#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

use std::fs;
use std::process::Command;

/// What a server calls to give up the rest.
const CONFINING: [&str; 5] = [
    "capset",
    "seccomp",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
];

/// Checks that a service has no more than so many tenths of what `systemd-analyze security` calls exposure; one without any
/// hardening has 96.
pub fn must_be_hardened(unit: &str, most: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("of-a-test.service");
    fs::write(&path, unit).expect("written");
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["security", "--offline=true", "--no-pager"]);
    analyze.arg(format!("--threshold={most}")).arg(&path);
    match analyze.output() {
        Err(_) => println!("NOT TESTED: systemd-analyze is not installed"),
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            let wrong = told.lines().filter(|line| !line.contains('✓'));
            let wrong: Vec<_> = wrong.collect();
            assert!(output.status.success(), "{}", wrong.join("\n"));
        }
    }
}

/// Checks that a server may confine itself where a service manager has a filter of its own.
pub fn must_let_confine(unit: &str) {
    let allowed: Vec<_> = unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="))
        .flat_map(str::split_whitespace)
        .collect();
    for call in CONFINING {
        assert!(allowed.contains(&call), "{call}: {allowed:?}");
    }
}
