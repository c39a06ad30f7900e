//! `pull`: a working copy follows where it was cloned from, and nothing that a person has edited is lost.

use crate::clone::{self, assert_clean, deceptive_trees, set_branch, with_origin};
use crate::desk::Desk;
use testbed::Server;

/// What is committed in `dns` is pushed.
fn publish(desk: &Desk, message: &str) {
    desk.commit(message);
    desk.git("dns", &["push", "-q", "../origin.git", "main"])
        .succeeded();
}

/// A desk with a clone in `copy`.
fn with_copy(format: &str) -> (Desk, Server) {
    let (desk, daemon) = with_origin(format);
    desk.shell("", "rm origin.git/hooks/pre-receive")
        .succeeded();
    desk.zonetool("", &["clone", &clone::url(&daemon, "origin.git"), "copy"])
        .succeeded();
    (desk, daemon)
}

#[track_caller]
fn assert_same(desk: &Desk) {
    desk.shell("", "diff -r --no-dereference -x .git dns copy")
        .succeeded();
    assert_clean(desk, "copy");
}

#[test]
fn files_become_those_that_were_pushed() {
    for format in ["sha1", "sha256"] {
        let (desk, _daemon) = with_copy(format);
        desk.append("dns/zones/example.org", "ftp A 192.0.2.9\n");
        desk.zonetool("dns", &["check", "--fix"]);
        desk.shell("dns", "chmod -x 'run it' && rm -r link zones/org && mkdir link zones/deep && cp README.md link/a && ln -s ../README.md zones/org && cp zones/example.org zones/deep/example.com")
            .succeeded();
        publish(&desk, "Change everything");
        let ran = desk.zonetool("copy/zones", &["pull"]).succeeded();
        assert_same(&desk);
        for line in [
            "pulled main at ",
            "  changed  run it\n",
            "  added    link/a\n",
            "  removed  zones/org/example.net\n",
            "example.net. (zone removed)\n  12 records\n",
            "example.org. (serial 1 → 2)\n",
            "+ ftp.example.org. 3600 IN A 192.0.2.9\n",
        ] {
            assert!(ran.out.contains(line), "{line}:\n{}", ran.out);
        }
        let log = desk.git("copy", &["reflog", "-1", "HEAD"]).succeeded().out;
        assert!(log.contains("Change everything"), "{log}");
        // And back again.
        desk.git("dns", &["revert", "--no-edit", "HEAD"])
            .succeeded();
        publish_head(&desk);
        desk.zonetool("", &["pull", "copy"]).succeeded();
        assert_same(&desk);
        // A commit of nothing is one too.
        desk.git(
            "dns",
            &[
                "commit",
                "-q",
                "--no-verify",
                "--allow-empty",
                "-m",
                "Nothing",
            ],
        )
        .succeeded();
        publish_head(&desk);
        let told = desk.zonetool("copy", &["pull", "--format", "json"]);
        assert_eq!(told.succeeded().json()["pulled"], true);
        assert_same(&desk);
        let ran = desk.zonetool("copy", &["pull"]).succeeded();
        assert!(
            ran.out.starts_with("up to date: main is at "),
            "{}",
            ran.out
        );
    }
}

fn publish_head(desk: &Desk) {
    desk.git("dns", &["push", "-q", "../origin.git", "main"])
        .succeeded();
}

#[test]
fn what_was_edited_here_is_not_lost() {
    let (desk, _daemon) = with_copy("sha1");
    desk.write("outside/hosts", "ours\n");
    desk.write("dns/tools/hosts", "1\n");
    publish(&desk, "Add tools");
    desk.zonetool("copy", &["pull"]).succeeded();
    desk.write("dns/tools/hosts", "2\n");
    desk.write("dns/zones/new.example", "new\n");
    desk.write("dns/notes/a", "theirs\n");
    desk.shell("dns", "rm README.md").succeeded();
    publish(&desk, "Change tools");
    let before = desk.git("copy", &["rev-parse", "HEAD"]).out;
    for (why, edit, named) in [
        ("changed", "echo 3 > tools/hosts", "tools/hosts"),
        (
            "new in its place",
            "echo 3 > zones/new.example",
            "zones/new.example",
        ),
        (
            "a folder in its place",
            "mkdir zones/new.example && echo 3 > zones/new.example/x",
            "zones/new.example/x",
        ),
        ("a file for a folder", "echo 3 > notes", "notes"),
        (
            "changed, and gone there",
            "echo 3 >> README.md",
            "README.md",
        ),
        ("executable", "chmod +x tools/hosts", "tools/hosts"),
        (
            "through a link",
            "rm -r tools && ln -s ../outside tools",
            "tools",
        ),
        (
            "staged",
            "echo 3 > tools/hosts && git add tools && echo 1 > tools/hosts",
            "tools/hosts",
        ),
    ] {
        desk.shell("copy", edit).succeeded();
        let status = desk.git("copy", &["status", "--porcelain", "-uall"]).out;
        let ran = desk.zonetool("copy", &["pull"]).exited(1);
        assert!(
            ran.err.contains(&format!(": {named}\n  next: ")),
            "{why}: {}",
            ran.err
        );
        assert_eq!(
            desk.git("copy", &["status", "--porcelain", "-uall"]).out,
            status,
            "{why}"
        );
        assert_eq!(
            desk.git("copy", &["rev-parse", "HEAD"]).out,
            before,
            "{why}"
        );
        desk.shell("copy", "git reset -q --hard && git clean -qfd")
            .succeeded();
    }
    assert_eq!(desk.read("outside/hosts"), "ours\n");
    // The advice is good, and what is edited elsewhere stays.
    desk.shell(
        "copy",
        "echo 3 > tools/hosts && echo 4 > 'run it' && echo 5 > own",
    )
    .succeeded();
    desk.zonetool("copy", &["pull"]).exited(1);
    desk.shell("copy", "mv tools/hosts ../mine").succeeded();
    desk.zonetool("copy", &["pull"]).succeeded();
    assert_eq!(desk.read("copy/tools/hosts"), "2\n");
    let status = desk.git("copy", &["status", "--porcelain"]).out;
    assert_eq!(status, " M \"run it\"\n?? own\n");
}

/// As a clone of them is: nothing is written, inside or outside.
#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let (desk, _daemon) = with_copy("sha1");
    let before = desk.git("copy", &["rev-parse", "HEAD"]).out;
    let config = desk.read("copy/.git/config");
    for (why, tree) in deceptive_trees(&desk) {
        set_branch(&desk, "main", &tree, &["-p", before.trim()]);
        let ran = desk.zonetool("copy", &["pull"]);
        assert_eq!(ran.code, 3, "{why}: {}{}", ran.out, ran.err);
        let left = desk.shell("", "ls -A outside").succeeded().out;
        assert_eq!(left, "README.md\n", "{why}");
        assert_eq!(desk.read("copy/.git/config"), config, "{why}");
        assert_eq!(
            desk.git("copy", &["status", "--porcelain"]).out,
            "",
            "{why}"
        );
        assert_eq!(
            desk.git("copy", &["rev-parse", "HEAD"]).out,
            before,
            "{why}"
        );
    }
}

/// Whoever was killed has written some files, and neither branch nor index.
#[test]
fn an_interrupted_pull_is_begun_again() {
    let (desk, _daemon) = with_copy("sha1");
    desk.append("dns/zones/example.org", "ftp A 192.0.2.9\n");
    desk.write("dns/zones/new.example", "new\n");
    desk.shell("dns", "rm README.md").succeeded();
    publish(&desk, "Change some");
    desk.shell(
        "",
        "cp dns/zones/example.org copy/zones/ && rm copy/README.md",
    )
    .succeeded();
    desk.write("copy/.git/index.lock", "");
    let ran = desk.zonetool("copy", &["pull"]).exited(3);
    assert!(
        ran.err.contains("index.lock") && ran.err.contains("remove the file"),
        "{}",
        ran.err
    );
    desk.shell("", "rm copy/.git/index.lock").succeeded();
    desk.zonetool("copy", &["pull"]).succeeded();
    assert_same(&desk);
}

#[test]
fn histories_that_have_parted_are_not_merged() {
    let (desk, daemon) = with_copy("sha1");
    let edit = |place: &str, name: &str| {
        desk.append(
            &format!("{place}/zones/example.org"),
            &format!("{name} A 192.0.2.9\n"),
        );
        desk.zonetool(place, &["check", "--fix"]);
    };
    edit("copy", "ours");
    desk.zonetool("copy", &["commit"]).succeeded();
    let ran = desk.zonetool("copy", &["pull"]).succeeded();
    assert!(
        ran.out.starts_with("up to date: "),
        "one ahead: {}",
        ran.out
    );
    edit("dns", "theirs");
    publish(&desk, "Be faster");
    let before = desk.git("copy", &["rev-parse", "HEAD"]).out;
    for command in ["pull", "push"] {
        let ran = desk.zonetool("copy", &[command]).exited(1);
        assert!(
            ran.err.contains("next: clone anew"),
            "{command}: {}",
            ran.err
        );
    }
    assert_eq!(desk.git("copy", &["rev-parse", "HEAD"]).out, before);
    let tips = ["copy", "dns"].map(|place| {
        let name = if place == "copy" {
            "origin/main"
        } else {
            "main"
        };
        desk.git(place, &["rev-parse", name]).succeeded().out
    });
    assert_eq!(
        tips[0], tips[1],
        "what is there is known, as after git fetch"
    );

    // What is not born yet takes what there is.
    desk.git("", &["init", "-q", "--bare", "-b", "main", "empty.git"])
        .succeeded();
    desk.zonetool("", &["clone", &clone::url(&daemon, "empty.git"), "fresh"])
        .succeeded();
    let ran = desk.zonetool("fresh", &["pull"]).exited(2);
    assert!(ran.err.contains("has no commit yet"), "{}", ran.err);
    desk.git("dns", &["push", "-q", "../empty.git", "main"])
        .succeeded();
    desk.zonetool("fresh", &["pull"]).succeeded();
    assert_clean(&desk, "fresh");
    desk.shell("", "diff -r --no-dereference -x .git dns fresh")
        .succeeded();
}
