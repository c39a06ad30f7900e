//! Which commits are taken in.

use std::process::Command;

use crate::desk::{Desk, follow, refused};
use crate::http::{get, metrics_address};
use crate::support::{Server, served, zone};

fn metric(server: &Server, line: &str) -> bool {
    let page = get(metrics_address(server), "/metrics").body;
    page.lines().any(|other| other == line)
}

fn accept(server: &Server, desk: &Desk, id: &str) -> String {
    use std::io::Write;
    let socket = desk.path("control");
    let mut stream = std::os::unix::net::UnixStream::connect(socket).expect("it listens");
    writeln!(stream, "accept {id}").expect("sent");
    let answer = std::io::read_to_string(stream).expect("an answer");
    assert!(server.status().is_some());
    answer
}

/// badsig: refused, the old served, told everywhere, and the advice helps.
#[test]
fn a_commit_that_is_not_signed() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let server = desk.start(&[]);
    server.wait_for_commit(&first);
    assert!(metric(
        &server,
        "stemma_commit_refused{reason=\"unsigned\"} 0"
    ));
    let second = desk.unsigned(&[("a.example", &zone(1, "192.0.2.2"))]);
    let status = refused(&server, &second);
    assert_eq!(status["commit"]["id"], first.as_str());
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    let trouble = status["trouble"].as_str().expect("trouble").to_owned();
    let advice = format!("git rebase --force-rebase --gpg-sign {first}");
    assert!(
        trouble.contains(&format!("commit {second} is not signed")),
        "{trouble}"
    );
    assert!(trouble.contains(&advice), "{trouble}");
    assert!(metric(
        &server,
        "stemma_commit_refused{reason=\"unsigned\"} 1"
    ));
    assert!(metric(&server, "stemma_loads_total{result=\"refused\"} 1"));
    assert!(metric(&server, "stemma_branch_readable 0"));
    let told = |line: &serde_json::Value| {
        line["level"] == "ERROR"
            && line["commit"] == second.as_str()
            && line["message"] == trouble.as_str()
    };
    assert_eq!(
        server.log_lines().iter().filter(|line| told(line)).count(),
        1
    );
    let human = server.ask_status("human");
    assert_eq!(human.status.code(), Some(1));
    let human = String::from_utf8_lossy(&human.stdout).into_owned();
    assert!(
        human.contains("signers     1 key of ") && human.contains(&advice),
        "{human}"
    );
    let answer = accept(&server, &desk, &second);
    assert!(answer.contains("that cannot be accepted"), "{answer}");
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));

    let (clone, path) = (desk.path("clone"), desk.repo.path());
    let cloned = Command::new("git")
        .arg("clone")
        .arg("-q")
        .arg(&path)
        .arg(&clone)
        .status();
    assert!(cloned.expect("git runs").success());
    let done = follow(&advice, &clone, &desk.path("ann"));
    assert!(done.status.success(), "{done:?}");
    let done = follow(
        "git push -q --force origin HEAD:main",
        &clone,
        &desk.path("ann"),
    );
    assert!(done.status.success(), "{done:?}");
    let mended = desk.repo.git(&["rev-parse", "main"]);
    assert_ne!(mended, second);
    let status = server.wait_for_commit(&mended);
    assert!(
        status["refused"].is_null() && status["trouble"].is_null(),
        "{status}"
    );
    assert_eq!(status["zones"][0]["serial"], 2);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    assert!(metric(
        &server,
        "stemma_commit_refused{reason=\"unsigned\"} 0"
    ));
    server.stop();
}

/// Each state that the branch went through counts; what a merge brings in is for who signed the merge.
#[test]
fn the_way_from_what_is_served() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let server = desk.start(&[]);
    server.wait_for_commit(&first);
    let hidden = desk.unsigned(&[("a.example", &zone(1, "192.0.2.2"))]);
    let tip = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.3"))]);
    let status = refused(&server, &tip);
    let trouble = status["trouble"].as_str().expect("trouble");
    assert!(
        trouble.contains(&format!("commit {hidden} is not signed")),
        "{trouble}"
    );
    assert!(trouble.contains(&format!("now at {tip}")), "{trouble}");
    let tree = format!("{tip}^{{tree}}");
    // The way leads over the unsigned one: who signed the merge looked at it.
    let merge = desk.commit_of("ann", &tree, &[&first, &tip]);
    desk.set_tip(&merge);
    server.wait_for_commit(&merge);
    assert!(served("192.0.2.3")(&server.ask("www.a.example")));
    // Somebody who may not.
    let foreign = desk.commit_of("bob", &tree, &[&merge, &tip]);
    desk.set_tip(&foreign);
    let status = refused(&server, &foreign);
    let trouble = status["trouble"].as_str().expect("trouble");
    assert!(trouble.contains("which is not in the list"), "{trouble}");
    // What is served is a second parent: the states between are those of the first ones.
    let other = desk.commit_of("ann", &tree, &[&first]);
    let around = desk.commit_of("ann", &tree, &[&other, &merge]);
    desk.set_tip(&around);
    server.wait_for_commit(&around);
    server.stop();
}

#[test]
fn a_rewritten_history_must_be_signed_too() {
    let desk = Desk::new();
    desk.unsigned(&[("a.example", &zone(1, "192.0.2.1"))]);
    let second = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.2"))]);
    let server = desk.start(&[]);
    server.wait_for_commit(&second);
    let tree = format!("{second}^{{tree}}");
    let root = desk.repo.git(&["commit-tree", "-m", "Another root", &tree]);
    desk.set_tip(&root);
    refused(&server, &root);
    assert!(accept(&server, &desk, &root).contains("accepted"));
    let unsigned = |status: &serde_json::Value| {
        let trouble = status["trouble"].as_str().unwrap_or_default();
        trouble.contains(&format!("commit {root} is not signed"))
    };
    server.wait_for(unsigned);
    // What was accepted must be signed, what it was made on need not be: as at a first start.
    let signed = desk.commit_of("ann", &tree, &[&root]);
    desk.set_tip(&signed);
    refused(&server, &signed);
    let other = desk
        .repo
        .git(&["commit-tree", "-m", "Yet another root", &tree]);
    let signed = desk.commit_of("ann", &tree, &[&other]);
    let next = desk.commit_of("ann", &tree, &[&signed]);
    desk.set_tip(&next);
    refused(&server, &next);
    assert!(accept(&server, &desk, &signed).contains("accepted"));
    server.wait_for_commit(&next);
    server.stop();
}

/// Restarted while an unsigned commit lies there: what was served is served, with and without a state directory.
#[test]
fn a_start_at_a_commit_that_is_not_signed() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let last = desk.unsigned(&[("a.example", &zone(1, "192.0.2.2"))]);
    let state = desk.path("state");
    for more in [&[][..], &["--state-dir", state.to_str().expect("UTF-8")]] {
        for _ in 0..2 {
            let server = desk.start(more);
            let status = refused(&server, &last);
            assert_eq!(status["commit"]["id"], first.as_str());
            assert!(served("192.0.2.1")(&server.ask("www.a.example")));
            server.stop();
        }
    }
    // Where no commit is signed nothing is served.
    desk.repo.git(&["update-ref", "-d", "refs/heads/main"]);
    let last = desk.unsigned(&[("a.example", &zone(1, "192.0.2.2"))]);
    let server = desk.start(&[]);
    let status = refused(&server, &last);
    assert!(status["commit"].is_null());
    let trouble = status["trouble"].as_str().expect("trouble");
    assert!(
        trouble.contains("git commit --amend --no-edit --gpg-sign"),
        "{trouble}"
    );
    assert_eq!(server.ask("www.a.example").rcode, crate::support::REFUSED);
    server.stop();
    // What was served before signatures were wanted stays, and what comes must be signed.
    let server = Server::start_with(
        &desk.repo,
        &[
            "--listen",
            "127.0.0.1:0",
            "--state-dir",
            desk.path("new").to_str().expect("UTF-8"),
        ],
    );
    server.wait_for_commit(&last);
    server.stop();
    let server = desk.start(&["--state-dir", desk.path("new").to_str().expect("UTF-8")]);
    server.wait_for_commit(&last);
    let next = desk.unsigned(&[("a.example", &zone(1, "192.0.2.3"))]);
    refused(&server, &next);
    server.stop();
}

/// A zone that is not right is looked for in older commits, but not in those that nobody vouches for.
#[test]
fn an_older_version_is_not_taken_from_an_unsigned_commit() {
    let desk = Desk::new();
    let files = |a: &str, b: u32| {
        [
            ("a.example", a.to_owned()),
            ("b.example", zone(b, "192.0.2.9")),
        ]
    };
    let commit = |signer: Option<&str>, a: &str, b: u32| {
        let files = files(a, b);
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        match signer {
            Some(name) => desk.signed(name, &files),
            None => desk.unsigned(&files),
        }
    };
    let good = commit(Some("ann"), &zone(1, "192.0.2.1"), 1);
    commit(None, &zone(2, "192.0.2.2"), 2);
    commit(Some("bob"), &zone(3, "192.0.2.3"), 3);
    commit(None, "garbage\n", 4);
    let tip = commit(Some("ann"), "garbage\n", 5);
    let server = desk.start(&[]);
    let status = server.wait_for_commit(&tip);
    assert_eq!(status["zones"][0]["commit"], good.as_str(), "{status}");
    assert_eq!(status["zones"][1]["commit"], tip.as_str());
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    server.stop();
    // The signed version before has another neighbour in an unsigned commit, which changes nothing of the zone.
    let desk = Desk::new();
    let a = zone(1, "192.0.2.1");
    let good = desk.signed("ann", &[("a.example", &a)]);
    desk.unsigned(&[("a.example", &a), ("b.example", &zone(1, "192.0.2.9"))]);
    let tip = desk.signed("ann", &[("a.example", "garbage\n")]);
    let server = desk.start(&[]);
    let status = server.wait_for_commit(&tip);
    assert_eq!(status["zones"][0]["commit"], good.as_str(), "{status}");
    server.stop();
}

/// Whoever may write references could put another tree, or file, in the place of one that is signed.
#[test]
fn objects_that_are_replaced() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    desk.unsigned(&[("a.example", &zone(1, "192.0.2.66"))]);
    for what in ["^{tree}", ":a.example", ""] {
        let [old, new] =
            [&first, "main"].map(|id| desk.repo.git(&["rev-parse", &format!("{id}{what}")]));
        desk.repo
            .git(&["update-ref", &format!("refs/replace/{old}"), &new]);
    }
    desk.set_tip(&first);
    let server = desk.start(&[]);
    server.wait_for_commit(&first);
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    server.stop();
}

/// OpenPGP, in a home of its own whose agent is ended.
#[test]
fn a_commit_signed_by_gpg() {
    let desk = Desk::new();
    let home = desk.path("gnupg");
    std::fs::create_dir(&home).expect("made");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).expect("private");
    let gpg = |arguments: &[&str]| {
        let mut gpg = Command::new("gpg");
        gpg.env("GNUPGHOME", &home)
            .args(["--batch", "--quiet", "--passphrase", ""]);
        let output = gpg
            .args(["--pinentry-mode", "loopback"])
            .args(arguments)
            .output();
        let output = output.expect("gpg runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    gpg(&["--quick-gen-key", "Gert", "ed25519", "sign", "never"]);
    let block = gpg(&["--armor", "--export", "Gert"]);
    desk.list(&format!("# Gert\n{block}{}", desk.line("ann")));
    let script = desk.path("gpg");
    std::fs::write(
        &script,
        format!("#!/bin/sh\nGNUPGHOME={} exec gpg \"$@\"\n", home.display()),
    )
    .expect("written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let tree = format!("{first}^{{tree}}");
    let script = format!("gpg.program={}", script.display());
    let second = desk.repo.git(&[
        "-c",
        &script,
        "-c",
        "user.signingkey=Gert",
        "commit-tree",
        "-S",
        "-m",
        "x",
        "-p",
        &first,
        &tree,
    ]);
    desk.set_tip(&second);
    let _ = Command::new("gpgconf")
        .env("GNUPGHOME", &home)
        .args(["--kill", "all"])
        .output();
    let server = desk.start(&["--log-level", "debug"]);
    server.wait_for_commit(&second);
    let lines = server.log_lines();
    let told = lines
        .iter()
        .find(|line| line["message"] == "signed well")
        .expect("told");
    assert!(
        told["signer"]
            .as_str()
            .expect("a signer")
            .starts_with("Gert ("),
        "{told}"
    );
    server.stop();
}

#[test]
fn a_server_that_wants_no_signatures_says_nothing_of_them() {
    let desk = Desk::new();
    let first = desk.unsigned(&[("a.example", &zone(1, "192.0.2.1"))]);
    let server = crate::http::telling(&desk.repo, &[]);
    let status = server.wait_for_commit(&first);
    assert!(status["allowed_signers"].is_null(), "{status}");
    assert!(
        !get(metrics_address(&server), "/metrics")
            .body
            .contains("allowed_signers")
    );
    server.stop();
}
