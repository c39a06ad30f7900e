//! `clone` and `push`, with Git's own daemon, and Git as the judge of what was made.

use crate::desk::{Desk, Ran};
use std::io::Write;
use std::process::Stdio;
use testbed::Server;

/// Where the daemon has a repository of the desk.
pub(crate) fn url(daemon: &Server, repository: &str) -> String {
    format!("git://127.0.0.1:{}/{repository}", daemon.port)
}

/// A desk with `origin.git`, which checks what is pushed, and its daemon.
pub(crate) fn with_origin(format: &str) -> (Desk, Server) {
    let desk = Desk::new();
    let format = format!("--object-format={format}");
    desk.git("", &["init", "-q", "-b", "main", &format, "dns"])
        .succeeded();
    desk.zonetool("", &["init", "dns"]).succeeded();
    desk.write(
        "dns/zones/org/example.net",
        desk.read("dns/zones/example.org"),
    );
    desk.write("dns/run it", "#!/bin/sh\n");
    desk.shell("dns", "chmod +x 'run it' && ln -s zones link")
        .succeeded();
    desk.commit("Add files of every kind");
    desk.git("", &["clone", "-q", "--bare", "dns", "origin.git"])
        .succeeded();
    desk.zonetool("", &["hook", "install", "origin.git"])
        .succeeded();
    let daemon = Server::git_daemon(&desk.path(""));
    (desk, daemon)
}

/// Git finds nothing to complain about, and nothing that differs.
pub(crate) fn assert_clean(desk: &Desk, dir: &str) {
    let status = desk
        .git(dir, &["status", "--porcelain=v2", "--branch"])
        .succeeded()
        .out;
    assert!(
        status.contains("# branch.upstream origin/main\n# branch.ab +0 -0\n"),
        "{status}"
    );
    assert!(status.lines().all(|line| line.starts_with('#')), "{status}");
    desk.git(dir, &["fsck", "--strict"]).succeeded();
    desk.git(dir, &["diff-files", "--quiet"]).succeeded();
}

#[test]
fn a_clone_is_one_that_git_goes_on_with() {
    for format in ["sha1", "sha256"] {
        let (desk, daemon) = with_origin(format);
        let ran = desk
            .zonetool("", &["clone", &url(&daemon, "origin.git"), "copy"])
            .succeeded();
        assert!(
            ran.out.contains("next:\n  zonetool check copy"),
            "{}",
            ran.out
        );
        assert_clean(&desk, "copy");
        desk.shell("", "diff -r --no-dereference -x .git dns copy")
            .succeeded();
        let tips = ["dns", "copy"].map(|dir| desk.git(dir, &["rev-parse", "HEAD"]).succeeded().out);
        assert_eq!(tips[0], tips[1]);
        desk.zonetool("copy", &["check"]).succeeded();
        desk.git("copy", &["pull", "-q"]).succeeded();
        // The folder has its name from the URL, and one that is in use is left alone.
        desk.zonetool("", &["clone", &url(&daemon, "origin.git")])
            .succeeded();
        assert_clean(&desk, "origin");
        let ran = desk
            .zonetool("", &["clone", &url(&daemon, "origin.git")])
            .exited(3);
        assert!(ran.err.contains("there is something in it"), "{}", ran.err);
        let left = desk.shell("", "ls -A").succeeded().out;
        assert!(
            !left.contains(".copy") && !left.contains(".origin"),
            "{left}"
        );
    }
}

/// The id of an object that Git itself would not make.
fn object(desk: &Desk, kind: &str, octets: &[u8]) -> String {
    let mut git = desk.command("git", "origin.git");
    git.args(["hash-object", "-w", "--literally", "--stdin", "-t", kind]);
    let mut git = git
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(octets).unwrap();
    Ran::from(git.wait_with_output().unwrap())
        .succeeded()
        .out
        .trim()
        .to_owned()
}

fn entry(mode: &str, name: &str, id: &str) -> Vec<u8> {
    let digits = (0..id.len()).step_by(2).map(|at| &id[at..at + 2]);
    let id = digits.map(|digits| u8::from_str_radix(digits, 16).unwrap());
    [format!("{mode} {name}\0").into_bytes(), id.collect()].concat()
}

/// Trees with a path that leads elsewhere, and why: into `.git`, or to the folder `outside`.
pub(crate) fn deceptive_trees(desk: &Desk) -> Vec<(&'static str, String)> {
    let file = object(desk, "blob", b"[core]\n\tfsmonitor = touch owned\n");
    let inner = object(desk, "tree", &entry("100644", "config", &file));
    let link = object(desk, "blob", b"../outside");
    desk.write("outside/README.md", "ours\n");
    let trees = [
        ("into .git", entry("40000", ".git", &inner)),
        (
            "as Windows and macOS take it",
            entry("40000", ".GIT", &inner),
        ),
        ("upwards", entry("40000", "..", &inner)),
        (
            "a path for a name",
            entry("100644", "../outside/config", &file),
        ),
        (
            "through a link",
            [entry("120000", "x", &link), entry("40000", "x", &inner)].concat(),
        ),
        (
            "through a link that comes later",
            [entry("40000", "x", &inner), entry("120000", "x", &link)].concat(),
        ),
        (
            "twice",
            [entry("100644", "x", &file), entry("100644", "x", &link)].concat(),
        ),
    ];
    trees
        .map(|(why, tree)| (why, object(desk, "tree", &tree)))
        .into()
}

/// Makes a commit of a tree the tip of a branch of the origin.
pub(crate) fn set_branch(desk: &Desk, branch: &str, tree: &str, parents: &[&str]) {
    let words = [&["commit-tree", tree, "-m", "Evil"], parents].concat();
    let commit = desk.git("origin.git", &words).succeeded().out;
    let branch = format!("refs/heads/{branch}");
    desk.git("origin.git", &["update-ref", &branch, commit.trim()])
        .succeeded();
}

/// Whatever the server sends, nothing is written but into the new folder, and not into its `.git`.
#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let (desk, daemon) = with_origin("sha1");
    for (why, tree) in deceptive_trees(&desk) {
        set_branch(&desk, "evil", &tree, &[]);
        let url = format!("{}#evil", url(&daemon, "origin.git"));
        let ran = desk.zonetool("", &["clone", &url, "copy"]);
        assert_eq!(ran.code, 3, "{why}: {}{}", ran.out, ran.err);
        let left = desk.shell("", "ls -A . outside").succeeded().out;
        assert!(!left.contains("copy"), "{why}: {left}");
        assert!(left.ends_with("outside:\nREADME.md\n"), "{why}: {left}");
    }
}

#[test]
fn an_empty_repository_is_cloned_and_pushed_to() {
    let (desk, daemon) = with_origin("sha1");
    desk.git("", &["init", "-q", "--bare", "-b", "main", "empty.git"])
        .succeeded();
    desk.zonetool("", &["clone", &url(&daemon, "empty.git"), "copy"])
        .succeeded();
    desk.write("copy/README.md", "Zones\n");
    desk.git("copy", &["add", "-A"]).succeeded();
    desk.git("copy", &["commit", "-qm", "Begin"]).succeeded();
    desk.zonetool("copy", &["push"]).succeeded();
    assert_clean(&desk, "copy");
    desk.git("empty.git", &["fsck", "--strict"]).succeeded();
}

#[test]
fn what_becomes_of_a_push_is_told() {
    let (desk, daemon) = with_origin("sha1");
    let origin = url(&daemon, "origin.git");
    for copy in ["ours", "theirs"] {
        desk.zonetool("", &["clone", &origin, copy]).succeeded();
    }
    let commit = |copy: &str, line: &str| {
        desk.append(&format!("{copy}/zones/example.org"), line);
        desk.zonetool(copy, &["check", "--fix"]);
        desk.git(copy, &["commit", "-qam", line.trim()]).succeeded();
    };
    commit("ours", "a A 192.0.2.1\n");
    let ran = desk.zonetool("", &["push", "ours"]).succeeded();
    assert!(
        ran.out.starts_with("pushed main at ") && ran.out.ends_with(&format!(" to {origin}\n"))
    );
    assert_clean(&desk, "ours");
    let tips =
        ["ours", "origin.git"].map(|dir| desk.git(dir, &["rev-parse", "main"]).succeeded().out);
    assert_eq!(tips[0], tips[1]);
    let ran = desk.zonetool("ours", &["push"]).succeeded();
    assert!(ran.out.starts_with("up to date: "), "{}", ran.out);

    commit("theirs", "b A 192.0.2.2\n");
    let ran = desk.zonetool("theirs", &["push"]).exited(1);
    assert!(
        ran.err.contains("commits that are not here") && ran.err.contains("next: clone anew"),
        "{}",
        ran.err
    );
    desk.git("theirs", &["pull", "-q", "--rebase", "-X", "theirs"])
        .succeeded();

    commit("ours", "www CNAME ns1\n");
    let ran = desk.zonetool("ours", &["push"]).exited(1);
    assert!(
        ran.err.contains("refused") && ran.err.contains("next: mend"),
        "{}",
        ran.err
    );
    let pointed = "CNAME ns1\n  remote:    |     ^^^^^\n";
    assert!(ran.err.contains(pointed), "as laid out: {}", ran.err);
    let after = desk
        .git("origin.git", &["rev-parse", "main"])
        .succeeded()
        .out;
    assert_eq!(tips[1], after, "the branch is as it was");

    let gone = url(&daemon, "none.git");
    desk.git("ours", &["remote", "set-url", "origin", &gone])
        .succeeded();
    desk.zonetool("ours", &["push"]).exited(1);
    drop(daemon);
    let ran = desk.zonetool("ours", &["push"]).exited(3);
    assert!(ran.err.contains("was not reached"), "{}", ran.err);
    desk.git("ours", &["remote", "remove", "origin"])
        .succeeded();
    let ran = desk.zonetool("ours", &["push"]).exited(2);
    assert!(
        ran.err.contains("next: say where it belongs"),
        "{}",
        ran.err
    );
}
