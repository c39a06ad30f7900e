//! `commit`: what was edited becomes a commit, and Git finds nothing that it would have done otherwise.

use crate::clone;
use crate::desk::{Desk, Ran};

/// What Git says of the working tree.
fn status(desk: &Desk) -> String {
    desk.git("dns", &["status", "--porcelain"]).succeeded().out
}

/// Git finds nothing to complain about, and nothing that differs but these new files.
#[track_caller]
fn assert_clean(desk: &Desk, new: &[&str]) {
    let lines: String = new.iter().map(|path| format!("?? {path}\n")).collect();
    assert_eq!(status(desk), lines);
    desk.git("dns", &["fsck", "--strict"]).succeeded();
    desk.git("dns", &["diff", "--quiet", "HEAD"]).succeeded();
    desk.git("dns", &["diff-files", "--quiet"]).succeeded();
    desk.git("dns", &["diff-index", "--cached", "--quiet", "HEAD"])
        .succeeded();
}

fn head(desk: &Desk, what: &str) -> String {
    desk.git("dns", &["rev-parse", what]).succeeded().out
}

/// Adds a record, and raises the serial as a person does.
fn edit(desk: &Desk, zone: &str, line: &str) {
    desk.append(&format!("dns/zones/{zone}"), line);
    desk.zonetool("dns", &["check", "--fix"]).succeeded();
}

fn with_files_of_every_kind(format: &str) -> Desk {
    let desk = Desk::new();
    let format = format!("--object-format={format}");
    desk.git("", &["init", "-q", "-b", "main", &format, "dns"])
        .succeeded();
    desk.zonetool("", &["init", "dns"]).succeeded();
    for zone in ["org/example.net", "example.com"] {
        desk.write(
            &format!("dns/zones/{zone}"),
            desk.read("dns/zones/example.org"),
        );
    }
    desk.write("dns/run it", "#!/bin/sh\n");
    desk.write("dns/tools/list", "1\n");
    desk.shell("dns", "chmod +x 'run it' && ln -s zones link")
        .succeeded();
    desk.commit("Add files of every kind");
    desk
}

#[test]
fn what_was_edited_becomes_the_commit_that_git_would_make() {
    for format in ["sha1", "sha256"] {
        let desk = with_files_of_every_kind(format);
        edit(&desk, "example.org", "ftp A 192.0.2.9\n");
        desk.shell(
            "dns",
            "rm -r zones/org zones/example.com && mkdir zones/example.com",
        )
        .succeeded();
        desk.write(
            "dns/zones/example.com/example.com",
            desk.read("dns/zones/example.org"),
        );
        desk.write("dns/tools/list", "2\n");
        desk.write("dns/README.md", "Ours\n");
        desk.write("dns/notes.txt", "Buy milk\n");
        let before = head(&desk, "HEAD");
        let ran = desk
            .zonetool("dns", &["commit", "-m", "Add ftp\n\nAs asked for."])
            .succeeded();
        assert_clean(&desk, &["notes.txt"]);
        assert_eq!(head(&desk, "HEAD^"), before);
        let log = desk.git("dns", &["log", "-1", "--format=%an <%ae> %cn <%ce>%n%B"]);
        let people = "Ada <ada@example.org> Ada <ada@example.org>";
        assert_eq!(log.out, format!("{people}\nAdd ftp\n\nAs asked for.\n\n"));
        assert_eq!(
            desk.git("dns", &["write-tree"]).out,
            head(&desk, "HEAD^{tree}"),
            "nothing in the index is left of the commit before"
        );
        // Git, asked for the same, comes to the same files.
        desk.shell(
            "dns",
            "rm .git/index && git read-tree HEAD^ && git add -A -- zones tools README.md",
        )
        .succeeded();
        let tree = desk.git("dns", &["write-tree"]).succeeded().out;
        assert_eq!(head(&desk, "HEAD^{tree}"), tree);
        let id = head(&desk, "HEAD");
        for line in [
            format!("main {}: Add ftp\n", id.trim()),
            "  changed  README.md\n".to_owned(),
            "  changed  tools/list\n".to_owned(),
            "  removed  zones/example.com\n".to_owned(),
            "  added    zones/example.com/example.com\n".to_owned(),
            "  removed  zones/org/example.net\n".to_owned(),
            "left out:\n  notes.txt  neither zone nor part".to_owned(),
            "example.org. (serial 1 → 2)\n".to_owned(),
            "+ ftp.example.org. 3600 IN A 192.0.2.9\n".to_owned(),
        ] {
            assert!(ran.out.contains(&line), "{line}:\n{}", ran.out);
        }
        let line = desk.git("dns", &["reflog", "-1"]).succeeded().out;
        assert!(line.contains("HEAD@{0}: commit: Add ftp"), "{line}");
    }
}

#[test]
fn without_git_from_clone_to_push() {
    let (desk, daemon) = clone::with_origin("sha1");
    let alone = |place: &str, words: &[&str]| {
        let mut command = desk.command(crate::desk::ZONETOOL, place);
        Ran::from(command.env("PATH", "").args(words).output().unwrap())
    };
    let url = clone::url(&daemon, "origin.git");
    alone("", &["clone", &url, "copy"]).succeeded();
    desk.append("copy/zones/example.org", "ftp A 192.0.2.9\n");
    alone("copy", &["commit"]).exited(1);
    alone("copy", &["check", "--fix"]).succeeded();
    alone("copy/zones", &["commit"]).succeeded();
    // What was not pushed yet is not served yet, so one serial is enough for both.
    desk.append("copy/zones/example.org", "smtp A 192.0.2.9\n");
    alone("", &["commit", "copy/zones/example.org"]).succeeded();
    alone("copy", &["push"]).succeeded();
    let log = desk.git("origin.git", &["log", "-2", "--format=%s", "main"]);
    assert_eq!(log.out, "Change example.org\nChange example.org\n");
    desk.git("origin.git", &["fsck", "--strict"]).succeeded();
    desk.git("copy", &["diff", "--quiet", "HEAD"]).succeeded();
}

#[test]
fn the_first_commit_of_all() {
    let desk = Desk::with_repository();
    desk.shell("", "rm -rf dns/.git && git init -q dns")
        .succeeded();
    desk.zonetool("dns", &["commit", "README.md", "zones"])
        .succeeded();
    assert_clean(&desk, &[]);
    let log = desk.git("dns", &["log", "--format=%s"]).succeeded().out;
    assert_eq!(log, "Add README.md, example.org\n");
}

#[test]
fn zones_with_errors_are_committed_only_by_force() {
    let desk = Desk::with_repository();
    desk.append("dns/zones/example.org", "www CNAME ns1\n");
    let (before, changed) = (head(&desk, "HEAD"), status(&desk));
    let ran = desk.zonetool("dns", &["commit"]).exited(1);
    assert!(
        ran.out.contains("error[cname-and-other-data]"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("--no-verify"), "{}", ran.out);
    let report = desk.zonetool("dns", &["commit", "--format", "json"]);
    let report = report.exited(1).json();
    let mut rules = crate::desk::rules(&report);
    rules.sort_unstable();
    assert_eq!(rules, ["cname-and-other-data", "serial-not-raised"]);
    assert_eq!((head(&desk, "HEAD"), status(&desk)), (before, changed));
    desk.zonetool("dns", &["commit", "--no-verify"]).succeeded();
    assert_clean(&desk, &[]);
}

#[test]
fn nothing_to_commit_is_said() {
    let desk = Desk::with_repository();
    let before = head(&desk, "HEAD");
    let ran = desk.zonetool("dns", &["commit", "-m", "x"]).succeeded();
    assert_eq!(ran.out, "nothing to commit\n");
    desk.write("dns/notes.txt", "Buy milk\n");
    let ran = desk.zonetool("dns", &["commit", "--format", "json"]);
    let told = ran.succeeded().json();
    assert_eq!(told["commit"], serde_json::Value::Null);
    assert_eq!(told["left_out"][0]["path"], "notes.txt");
    assert_eq!(head(&desk, "HEAD"), before);
    assert_clean(&desk, &["notes.txt"]);
}

#[test]
fn new_files_are_taken_that_are_of_use_or_named() {
    let desk = Desk::with_repository();
    let zone = desk.read("dns/zones/example.org");
    desk.write("dns/.gitignore", "*.bak\n/tmp/\n");
    desk.write("dns/zones/.gitignore", "mine.example\n!kept.bak\n");
    desk.write("dns/.git/info/exclude", "theirs.example\n");
    desk.write(".config/git/ignore", "own.example\n");
    for path in [
        "example.net",
        "kept.bak",
        "other.bak",
        "mine.example",
        "theirs.example",
        "own.example",
        "example.org~",
    ] {
        desk.write(&format!("dns/zones/{path}"), &zone);
    }
    desk.write("dns/zones/example.org.d/hosts", "a A 192.0.2.1\n");
    desk.write("dns/zones/_keys", "secret\n");
    desk.write("dns/.zonecheck", "* caa-no-account note\n");
    desk.write("dns/.zonepolicy", "allow k._update all * *\n");
    desk.write("dns/tmp/x", "x\n");
    desk.write("dns/docs/how.txt", "x\n");
    desk.shell("dns", "cp zones/example.net zones/run.example && chmod +x zones/run.example && ln -s example.net zones/link.example && git init -q zones/inner")
        .succeeded();
    let told = desk.zonetool("dns", &["commit", "--format", "json"]);
    let told = told.succeeded().json();
    let paths = |list: &str| -> Vec<String> {
        let list = told[list].as_array().unwrap().iter();
        list.map(|file| file["path"].as_str().unwrap().to_owned())
            .collect()
    };
    let taken = [
        ".gitignore",
        ".zonecheck",
        ".zonepolicy",
        "zones/.gitignore",
        "zones/example.net",
        "zones/example.org.d/hosts",
        "zones/kept.bak",
    ];
    assert_eq!(paths("files"), taken);
    let left_out = [
        "docs/",
        "zones/_keys",
        "zones/example.org~",
        "zones/inner/",
        "zones/link.example",
        "zones/run.example",
    ];
    assert_eq!(paths("left_out"), left_out);
    let ran = desk
        .zonetool("dns/docs", &["commit", "how.txt"])
        .succeeded();
    assert!(ran.out.contains("  added    docs/how.txt\n"), "{}", ran.out);
    let ran = desk.zonetool("dns", &["commit", "tmp/x", "zones/other.bak"]);
    let ran = ran.succeeded();
    assert!(ran.out.starts_with("nothing to commit\n"), "{}", ran.out);
    assert!(
        ran.out
            .contains("zones/other.bak  Git is told to ignore it"),
        "{}",
        ran.out
    );
    desk.git("dns", &["diff", "--quiet", "HEAD"]).succeeded();
    desk.git("dns", &["diff", "--cached", "--quiet"])
        .succeeded();
}

#[test]
fn what_is_not_named_stays_as_it_is() {
    let desk = with_files_of_every_kind("sha1");
    edit(&desk, "example.org", "ftp A 192.0.2.9\n");
    edit(&desk, "example.com", "ftp A 192.0.2.9\n");
    desk.write("dns/tools/list", "staged\n");
    desk.git("dns", &["add", "tools/list"]).succeeded();
    desk.write("dns/tools/list", "later\n");
    desk.zonetool("dns/zones", &["commit", "example.org"])
        .succeeded();
    assert_eq!(status(&desk), "MM tools/list\n M zones/example.com\n");
    // What is staged makes no difference to a commit of the file as it is.
    desk.zonetool("dns", &["commit"]).succeeded();
    assert_clean(&desk, &[]);
    let list = desk.git("dns", &["show", "HEAD:tools/list"]).succeeded();
    assert_eq!(list.out, "later\n");
    let ran = desk
        .zonetool("dns", &["commit", "zones/none.example"])
        .exited(2);
    assert!(
        ran.err.contains("there is no zones/none.example"),
        "{}",
        ran.err
    );
    desk.zonetool("dns", &["commit", "."]).succeeded();
    let ran = desk
        .zonetool("dns", &["commit", "tools", "../gitconfig"])
        .exited(2);
    assert!(ran.err.contains("is not in the repository"), "{}", ran.err);
}

#[test]
fn links_and_executable_files_are_for_git() {
    let desk = with_files_of_every_kind("sha1");
    desk.shell(
        "dns",
        "ln -sfn tools link && echo ls >> 'run it' && chmod +x zones/example.com",
    )
    .succeeded();
    let changed = status(&desk);
    let ran = desk.zonetool("dns", &["commit"]).succeeded();
    assert!(
        ran.out
            .starts_with("nothing to commit\nleft out:\n  link  a symbolic link"),
        "{}",
        ran.out
    );
    assert_eq!(status(&desk), changed);
    // A folder that has become a link is not looked through.
    desk.shell(
        "dns",
        "git checkout -q . && mv tools ../outside && ln -s ../outside tools",
    )
    .succeeded();
    let ran = desk.zonetool("dns", &["commit"]).succeeded();
    assert!(ran.out.contains("  removed  tools/list\n"), "{}", ran.out);
    assert_clean(&desk, &["tools"]);
}

#[test]
fn who_commits() {
    let desk = Desk::with_repository();
    let as_whom = |person: &[(&str, &str)], words: &[&str]| {
        desk.append("dns/README.md", "More.\n");
        let mut command = desk.command(crate::desk::ZONETOOL, "dns");
        command
            .envs(person.iter().copied())
            .arg("commit")
            .args(words);
        Ran::from(command.output().unwrap())
    };
    let last = || {
        let format = "--format=%an <%ae> %ad, %cn <%ce>";
        let log = desk.git("dns", &["log", "-1", "--date=raw", format]);
        log.succeeded().out
    };
    as_whom(&[("GIT_AUTHOR_DATE", "@1700000000 +0130")], &[]).succeeded();
    assert_eq!(
        last(),
        "Ada <ada@example.org> 1700000000 +0130, Ada <ada@example.org>\n"
    );
    as_whom(&[], &["--author", "Bob <bob@example.org>"]).succeeded();
    assert!(last().starts_with("Bob <bob@example.org> "));
    assert!(last().ends_with(", Ada <ada@example.org>\n"));
    let person = [
        ("GIT_AUTHOR_NAME", "Eve"),
        ("GIT_AUTHOR_EMAIL", "eve@example.org"),
        ("GIT_COMMITTER_NAME", "Mallory"),
    ];
    as_whom(&person, &[]).succeeded();
    assert!(last().starts_with("Eve <eve@example.org> "));
    assert!(last().ends_with(", Mallory <ada@example.org>\n"));
    let ran = as_whom(&[], &["--author", "Bob"]).exited(2);
    assert!(ran.err.contains("next: write --author"), "{}", ran.err);
    desk.write("gitconfig", "");
    let ran = as_whom(&[], &[]).exited(2);
    assert!(
        ran.err.contains("next: say it once, in ~/.gitconfig"),
        "{}",
        ran.err
    );
    as_whom(&[], &["--author", "Bob <bob@example.org>"]).succeeded();
    assert!(last().ends_with(", Bob <bob@example.org>\n"));
    desk.write("gitconfig", "[commit]\ngpgSign = true\n");
    let ran = as_whom(&[], &["--author", "Bob <bob@example.org>"]).exited(2);
    assert!(ran.err.contains("are to be signed"), "{}", ran.err);
}

#[test]
fn where_no_commit_can_be_made() {
    let desk = with_files_of_every_kind("sha1");
    let refused = |place: &str, code: i32, wanted: &str| {
        let ran = desk.zonetool(place, &["commit"]).exited(code);
        assert!(ran.err.contains(wanted), "{wanted}: {}", ran.err);
    };
    refused("", 3, "is in no Git repository");
    desk.git("", &["clone", "-q", "--bare", "dns", "bare.git"])
        .succeeded();
    refused("bare.git", 2, "is a bare repository");
    desk.append("dns/tools/list", "3\n");
    desk.git("dns", &["checkout", "-q", "--detach"]).succeeded();
    refused("dns", 2, "no branch is checked out, but a commit");
    desk.shell("dns", "git checkout -q -B side && git commit -qam Side && git checkout -q main && echo 4 > tools/list && git commit -qam Main && ! git merge -q side")
        .succeeded();
    refused("dns", 2, "a merge is not finished");
    desk.shell(
        "dns",
        "git merge --abort && git worktree add -q ../other side",
    )
    .succeeded();
    // A branch belongs to the working tree that it is checked out in.
    desk.append("other/tools/list", "5\n");
    desk.zonetool("other", &["commit"]).succeeded();
    desk.git("other", &["diff", "--quiet", "HEAD"]).succeeded();
    let subject = desk.git("dns", &["log", "-1", "--format=%s", "side"]).out;
    assert_eq!(subject, "Change list\n");
    assert_clean(&desk, &[]);
}
