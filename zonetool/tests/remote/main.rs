#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! `clone`, `commit`, `push` and `pull` over ssh and https: the real program and the servers of OpenSSH and Git.
//!
//! Built with `--features ssh`, as `tests/run` does.

#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "../cli/desk.rs"]
mod desk;

use desk::{Desk, Ran, ZONETOOL};
use testbed::daemons::ssh::{Keys, user};
use testbed::daemons::web::{Authority, Web};

/// A desk with `origin.git`.
fn with_origin() -> Desk {
    let desk = Desk::with_repository();
    desk.git("", &["clone", "-q", "--bare", "dns", "origin.git"])
        .succeeded();
    desk
}

/// Runs zonetool on the other machine with these options, without Git and `ssh` in reach.
fn alone(desk: &Desk, place: &str, words: &[&str], options: &[&str]) -> Ran {
    let mut command = desk.command(ZONETOOL, place);
    command.env("PATH", "").args(words).args(options);
    Ran::from(command.output().unwrap())
}

/// What one person commits and pushes, another pulls.
fn there_and_back(desk: &Desk, url: &str, options: &[&str]) {
    for copy in ["ours", "theirs"] {
        alone(desk, "", &["clone", url, copy], options).succeeded();
    }
    desk.append("ours/zones/example.org", "ftp A 192.0.2.9\n");
    alone(desk, "ours", &["check", "--fix"], &[]).succeeded();
    alone(desk, "ours", &["commit"], &[]).succeeded();
    alone(desk, "ours", &["push"], options).succeeded();
    alone(desk, "theirs", &["pull"], options).succeeded();
    let zone = desk.read("theirs/zones/example.org");
    assert!(zone.ends_with("ftp A 192.0.2.9\n"), "{zone}");
    for place in ["origin.git", "ours", "theirs"] {
        desk.git(place, &["fsck", "--strict"]).succeeded();
    }
    let subject = desk.git("origin.git", &["log", "-1", "--format=%s", "main"]);
    assert_eq!(subject.out, "Change example.org\n");
}

#[test]
fn over_ssh() {
    let desk = with_origin();
    let keys = Keys::new();
    let daemon = keys.server();
    let path = desk.path("origin.git");
    let url = format!(
        "ssh://{}@127.0.0.1:{}{}",
        user(),
        daemon.port,
        path.display()
    );
    let key = keys.path("user").display().to_string();
    let host = keys.fingerprint("host_ed25519");
    let ours = ["--ssh-key", &key, "--host-key", &host];
    there_and_back(&desk, &url, &ours);

    let other = keys.fingerprint("stranger");
    for (options, wanted) in [
        (vec!["--ssh-key", key.as_str()], "--host-key"),
        (vec!["--ssh-key", &key, "--host-key", &other], "--host-key"),
        (vec!["--host-key", &host], "with --ssh-key FILE"),
    ] {
        for words in [
            &["clone", &url, "copy"][..],
            &["push", "ours"],
            &["pull", "ours"],
        ] {
            let ran = alone(&desk, "", words, &options).exited(3);
            assert!(
                ran.err.contains(wanted),
                "{words:?} {options:?}: {}",
                ran.err
            );
        }
    }
    assert!(!desk.path("copy").exists());
}

#[test]
fn over_https_with_an_authority_of_ones_own() {
    let desk = with_origin();
    let authority = Authority::new("localhost");
    let web = Web {
        authorization: Some("Basic YW5uOmNhbmFyeQ=="),
        ..Web::new(&desk.path(""))
    };
    let daemon = web.tls(&authority);
    let url = format!("https://localhost:{}/origin.git", daemon.port);
    desk.write("roots.pem", &authority.pem);
    desk.write("token", "ann:canary\n");
    let [roots, token] = ["roots.pem", "token"].map(|name| desk.path(name).display().to_string());
    let ours = ["--roots", &roots, "--token", &token];
    there_and_back(&desk, &url, &ours);
    for place in ["ours", "theirs"] {
        let config = desk.read(&format!("{place}/.git/config"));
        assert!(!config.contains("canary"), "{config}");
    }

    for (options, wanted) in [
        (["--token", token.as_str()], "--roots FILE"),
        (["--roots", roots.as_str()], "401 Unauthorized"),
    ] {
        let ran = alone(&desk, "", &["pull", "ours"], &options).exited(3);
        assert!(ran.err.contains(wanted), "{options:?}: {}", ran.err);
        assert!(!ran.err.contains("canary"), "{}", ran.err);
    }
}
