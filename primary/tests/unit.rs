//! The example of a service for systemd, as `systemd-analyze` judges it.

#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Tenths of what `systemd-analyze security` calls exposure; a service without any hardening has 96.
const EXPOSURE: u32 = 15;
/// With the changes that the unit of sockets asks for.
const EXPOSURE_WITH_SOCKETS: u32 = 12;

fn unit() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/stemma-primary.service");
    fs::read_to_string(path).expect("a unit")
}

fn judge(unit: &str, most: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stemma-primary.service");
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

#[test]
fn the_service_is_hardened() {
    judge(&unit(), EXPOSURE);
}

#[test]
fn with_sockets_passed_on_it_is_hardened_further() {
    let unit = unit().replace("=CAP_NET_BIND_SERVICE", "=");
    judge(
        &unit.replace("\nUMask=", "\nPrivateUsers=yes\nUMask="),
        EXPOSURE_WITH_SOCKETS,
    );
}

/// What the server calls to give up the rest must be allowed where a service manager has a filter of its own.
#[test]
fn what_confines_the_server_is_not_refused() {
    let unit = unit();
    let allowed: Vec<_> = unit
        .lines()
        .filter_map(|line| line.strip_prefix("SystemCallFilter="))
        .flat_map(str::split_whitespace)
        .collect();
    for call in [
        "capset",
        "seccomp",
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
    ] {
        assert!(allowed.contains(&call), "{call}: {allowed:?}");
    }
}
