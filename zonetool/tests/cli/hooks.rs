//! Hooks, tried by real commits and pushes.

use crate::desk::{Desk, ZONETOOL, is_executable};

/// A bare repository with the hook, and `dns` with it as origin.
fn with_origin() -> Desk {
    let desk = Desk::with_repository();
    desk.git("", &["clone", "-q", "--bare", "dns", "origin.git"])
        .succeeded();
    desk.git("dns", &["remote", "add", "origin", "../origin.git"])
        .succeeded();
    desk.git("dns", &["push", "-qu", "origin", "main"])
        .succeeded();
    desk.zonetool("", &["hook", "install", "origin.git"])
        .succeeded();
    desk
}

#[test]
fn a_push_that_breaks_a_zone_is_refused_and_a_good_one_is_taken() {
    let desk = with_origin();
    let tip = || {
        desk.git("origin.git", &["rev-parse", "main"])
            .succeeded()
            .out
    };
    let before = tip();
    desk.append("dns/zones/example.org", "www CNAME ns1\n");
    desk.commit("Break www");
    let ran = desk.git("dns", &["push", "-q"]).exited(1);
    insta::assert_snapshot!(remote_lines(&ran.err));
    assert_eq!(tip(), before);
    desk.git("origin.git", &["fsck", "--strict"]).succeeded();

    desk.git("dns", &["reset", "-q", "--hard", "origin/main"])
        .succeeded();
    desk.append("dns/zones/example.org", "new A 192.0.2.9\n");
    desk.zonetool("dns", &["check", "--fix"]).succeeded();
    desk.commit("Add new");
    desk.git("dns", &["push", "-q"]).succeeded();
    assert_ne!(tip(), before);
}

/// gix looks for `../origin.git` around the repository that one stands in.
#[test]
fn a_repository_beside_the_one_that_one_stands_in() {
    let desk = with_origin();
    std::fs::remove_file(desk.path("origin.git/hooks/pre-receive")).unwrap();
    desk.zonetool("dns", &["hook", "install", "../origin.git"])
        .succeeded();
    assert!(is_executable(&desk.path("origin.git/hooks/pre-receive")));
    let shown = desk.zonetool(
        "dns",
        &["show", "www.example.org", "--repo", "../origin.git"],
    );
    assert!(shown.succeeded().out.contains("www.example.org."));
}

/// What the remote side said, without the ids that differ from run to run.
fn remote_lines(err: &str) -> String {
    let lines = err.lines().filter_map(|line| line.strip_prefix("remote: "));
    let lines = lines.map(|line| match line.split_once("commit: ") {
        Some((before, after)) => format!("{before}commit: ID{}", &after[12..]),
        None => line.trim_end().to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// `git revert` brings the old serial back; the primary serves what it makes with a higher one.
#[test]
fn a_push_is_undone_by_a_revert() {
    let desk = with_origin();
    let zone = "dns/zones/example.org";
    desk.append(zone, "$INCLUDE example.org.d/hosts\n");
    desk.write("dns/zones/example.org.d/hosts", "a A 192.0.2.1\n");
    desk.zonetool("dns", &["check", "--fix"]).succeeded();
    desk.commit("Include hosts");
    desk.write("dns/zones/example.org.d/hosts", "a A 192.0.2.2\n");
    desk.replace(zone, "2       ; serial", "3       ; serial");
    desk.commit("Move a");
    desk.git("dns", &["push", "-q"]).succeeded();
    desk.git("dns", &["revert", "--no-edit", "HEAD"])
        .succeeded();
    let ran = desk.git("dns", &["push", "-q"]).succeeded();
    let back_to = desk.git("dns", &["rev-parse", "HEAD~2"]).succeeded().out;
    let said = remote_lines(&ran.err);
    insta::assert_snapshot!(said.replace(&back_to[..12], "BACK_TO"));
    desk.git("dns", &["revert", "--no-edit", "HEAD~2"])
        .succeeded();
    let ran = desk.zonetool("dns", &["check", "HEAD"]).succeeded();
    assert!(ran.out.contains("warning[serial-lowered]"), "{}", ran.out);
    desk.git("dns", &["push", "-q"]).succeeded();
    // What never was like that before is no revert.
    desk.append(zone, "b A 192.0.2.3\n");
    desk.commit("Forget the serial");
    let ran = desk.git("dns", &["push", "-q"]).exited(1);
    assert!(ran.err.contains("error[serial-not-raised]"), "{}", ran.err);
}

/// Nobody but the author can give a signed zone another serial, so it would not be served.
#[test]
fn a_revert_of_a_signed_zone_is_refused() {
    let desk = with_origin();
    let zone = "dns/zones/example.org";
    let signed = "@ RRSIG SOA 13 2 3600 20380119031407 20200101000000 1 @ AAAA\n";
    desk.append(zone, signed);
    desk.replace(zone, "1       ; serial", "2       ; serial");
    desk.commit("Sign");
    desk.replace(zone, "2       ; serial", "3       ; serial");
    desk.commit("Sign again");
    desk.git("dns", &["revert", "--no-edit", "HEAD"])
        .succeeded();
    let ran = desk.zonetool("dns", &["check", "HEAD~1.."]).exited(1);
    assert!(ran.out.contains("error[serial-lowered]"), "{}", ran.out);
}

#[test]
fn new_branches_deleted_branches_and_tags() {
    let desk = with_origin();
    desk.git("dns", &["push", "-q", "origin", "main:copy"])
        .succeeded();
    desk.git("dns", &["push", "-q", "origin", ":copy"])
        .succeeded();
    desk.append("dns/zones/example.org", "www CNAME ns1\n");
    desk.commit("Break www");
    desk.git("dns", &["push", "-q", "origin", "main:topic"])
        .exited(1);
    desk.git("dns", &["tag", "broken"]).succeeded();
    desk.git("dns", &["push", "-q", "origin", "broken"])
        .succeeded();
}

#[test]
fn a_large_push_comes_as_a_pack_and_is_seen_too() {
    let desk = with_origin();
    for number in 0..300 {
        desk.write(
            &format!("dns/zones/z{number}.example"),
            desk.read("dns/zones/example.org"),
        );
    }
    desk.write("dns/zones/z7.example", "");
    desk.commit("Add many");
    let ran = desk.git("dns", &["push", "-q"]).exited(1);
    assert!(ran.err.contains("no-soa"), "{}", ran.err);
}

#[test]
fn a_commit_is_checked_as_it_is_staged() {
    let desk = Desk::with_repository();
    desk.append("dns/zones/example.org", "www CNAME ns1\n");
    let ran = desk.git("dns", &["commit", "-qam", "Break www"]).exited(1);
    assert!((ran.out + &ran.err).contains("cname-and-other-data"));
    // The broken file lies around, and something else is committed.
    desk.write("dns/NOTES.md", "x\n");
    desk.git("dns", &["add", "NOTES.md"]).succeeded();
    desk.git("dns", &["commit", "-qm", "Add notes"]).succeeded();
    // Only the paths that are named: Git takes another index for that.
    desk.git("dns", &["commit", "-qm", "Break www", "zones/example.org"])
        .exited(1);
    assert_eq!(
        desk.git("dns", &["log", "--format=%s"]).succeeded().out,
        "Add notes\nBegin with example.org\n"
    );
}

#[test]
fn a_foreign_hook_stays() {
    let desk = Desk::with_repository();
    desk.write("dns/.git/hooks/pre-commit", "#!/bin/sh\n");
    let ran = desk.zonetool("dns", &["hook", "install"]).exited(3);
    assert!(
        ran.err
            .contains("next: add this line to it: zonetool hook pre-commit || exit 1"),
        "{}",
        ran.err
    );
    assert_eq!(desk.read("dns/.git/hooks/pre-commit"), "#!/bin/sh\n");
}

#[test]
fn our_own_hook_follows_a_zonetool_that_has_moved() {
    let desk = Desk::with_repository();
    let hook = "dns/.git/hooks/pre-commit";
    desk.replace(hook, ZONETOOL, "/gone/zonetool");
    desk.append("dns/zones/example.org", "; comment\n");
    let ran = desk.git("dns", &["commit", "-qam", "Comment"]).exited(1);
    assert!(ran.err.contains("/gone/zonetool is gone"), "{}", ran.err);
    desk.zonetool("dns", &["hook", "install"]).succeeded();
    assert!(desk.read(hook).contains(ZONETOOL) && is_executable(&desk.path(hook)));
    desk.git("dns", &["commit", "-qam", "Comment"]).succeeded();
}

#[test]
fn the_configured_hooks_folder_is_used() {
    let desk = Desk::with_repository();
    desk.git("dns", &["config", "core.hooksPath", "my hooks"])
        .succeeded();
    desk.zonetool("dns", &["hook", "install"]).succeeded();
    assert!(is_executable(&desk.path("dns/my hooks/pre-commit")));
}

#[test]
fn a_bare_repository_is_checked_as_its_newest_commit() {
    let desk = with_origin();
    let report = desk
        .zonetool("origin.git", &["check", "--format", "json"])
        .succeeded()
        .json();
    assert_eq!(report["summary"]["zones"], 1);
    desk.zonetool("", &["check", "origin.git"]).succeeded();
    desk.zonetool("origin.git", &["check", "HEAD"]).succeeded();
}
