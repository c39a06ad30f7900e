//! `init` makes a repository that git finds nothing wrong with, and never overwrites.

use crate::desk::{Desk, is_executable};

#[test]
fn the_repository_is_whole_and_clean() {
    let desk = Desk::with_repository();
    assert_eq!(
        desk.git("dns", &["status", "--porcelain"]).succeeded().out,
        ""
    );
    assert_eq!(desk.git("dns", &["fsck", "--strict"]).succeeded().out, "");
    assert_eq!(
        desk.git("dns", &["log", "--format=%an %s", "main"])
            .succeeded()
            .out,
        "Ada Begin with example.org\n"
    );
    assert!(is_executable(&desk.path("dns/.git/hooks/pre-commit")));
    desk.zonetool("dns", &["check"]).succeeded();
}

#[test]
fn without_an_author_there_is_a_first_commit_all_the_same() {
    let desk = Desk::new();
    desk.write("gitconfig", "");
    desk.zonetool("", &["init", "dns", "--zone", "Example.NET."])
        .succeeded();
    assert_eq!(
        desk.git("dns", &["log", "--format=%an"]).succeeded().out,
        "zonetool\n"
    );
    assert!(
        desk.read("dns/zones/example.net")
            .contains("; example.net:")
    );
}

#[test]
fn a_second_run_keeps_everything() {
    let desk = Desk::with_repository();
    desk.append("dns/zones/example.org", "; mine\n");
    let before = desk.read("dns/zones/example.org");
    let steps = desk
        .zonetool("", &["init", "dns", "--format", "json"])
        .succeeded()
        .json();
    assert!(
        steps["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["state"] == "kept"),
        "{steps}"
    );
    assert_eq!(desk.read("dns/zones/example.org"), before);
    assert_eq!(
        desk.git("dns", &["log", "--format=%s"])
            .succeeded()
            .out
            .lines()
            .count(),
        1
    );
}

#[test]
fn files_that_were_there_before_the_repository_are_kept_and_committed() {
    let desk = Desk::new();
    desk.write("dns/README.md", "mine\n");
    desk.zonetool("", &["init", "dns"]).succeeded();
    assert_eq!(desk.read("dns/README.md"), "mine\n");
    assert_eq!(
        desk.git("dns", &["status", "--porcelain"]).succeeded().out,
        ""
    );
}

#[test]
fn what_cannot_be_a_zone_or_a_folder_is_said() {
    let desk = Desk::new();
    desk.zonetool("", &["init", "dns", "--zone", "a..b"])
        .exited(2);
    desk.write("file", "");
    let ran = desk.zonetool("", &["init", "file"]).exited(3);
    assert!(
        ran.err.contains("because:") && ran.err.contains("next:"),
        "{}",
        ran.err
    );
}

#[test]
fn a_bare_repository_has_the_zone_and_the_hook() {
    let desk = Desk::new();
    desk.zonetool("", &["init", "dns.git", "--bare"])
        .succeeded();
    desk.git("", &["clone", "-q", "dns.git", "dns"]).succeeded();
    assert!(desk.read("dns/zones/example.org").contains("SOA"));
    assert!(is_executable(&desk.path("dns.git/hooks/pre-receive")));
    desk.zonetool("", &["init", "dns.git", "--bare"])
        .succeeded();
}
