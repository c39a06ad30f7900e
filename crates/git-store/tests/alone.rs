//! Nothing but the repository has a say: seen from outside, by the system calls of a reader.

mod support;

use std::process::Command;

use support::Repo;

/// Set for the process under `strace`: which repository to read.
const REPOSITORY: &str = "GIT_STORE_TEST_REPOSITORY";

#[test]
fn no_configuration_is_opened_and_no_program_started() {
    if let Some(path) = std::env::var_os(REPOSITORY) {
        return read_everything(path.as_ref());
    }
    let repo = Repo::new();
    repo.commit(&[("example.org", "1"), ("example.org.d/a", "2")]);
    hostile(&repo);
    let trace = repo.beside("trace");
    let home = repo.beside("home");
    std::fs::create_dir_all(home.join(".config/git")).expect("made");
    for file in [".gitconfig", ".config/git/config"] {
        std::fs::write(home.join(file), "[core]\n\tfsmonitor = touch /tmp/never\n")
            .expect("written");
    }
    let status = Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-e",
            "trace=execve,execveat,open,openat,connect,unlink,rename,mkdir",
            "-o",
        ])
        .arg(&trace)
        .arg(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "no_configuration_is_opened_and_no_program_started",
        ])
        .env(REPOSITORY, repo.path())
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("GIT_DIR", "/nonexistent")
        .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
        .status()
        .expect("strace is installed (Debian package strace)");
    assert!(status.success());
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let seen = |what: &str| {
        trace
            .lines()
            .filter(|line| line.contains(what))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        seen("execve").len(),
        1,
        "only the test itself: {:?}",
        seen("execve")
    );
    assert!(
        !seen("zones.git/config").is_empty(),
        "the repository's own format is read"
    );
    for word in [
        "gitconfig",
        ".config",
        "/etc/git",
        "connect(",
        "included",
        "O_WRONLY",
        "O_RDWR",
        "unlink(",
        "rename(",
    ] {
        let lines: Vec<_> = seen(word)
            .into_iter()
            .filter(|line| !line.contains("/dev/null") && !line.contains("/proc/"))
            .collect();
        assert!(lines.is_empty(), "{word}: {lines:?}");
    }
}

/// A repository whose configuration would run programs, for anyone who asked it.
fn hostile(repo: &Repo) {
    let config = repo.path().join("config");
    let mut text = std::fs::read_to_string(&config).expect("read");
    text += "[core]\n\tfsmonitor = touch /tmp/never\n\tsshCommand = touch /tmp/never\n\tworktree = /etc\n";
    text += "[include]\n\tpath = /included\n[includeIf \"gitdir:/\"]\n\tpath = /included\n";
    text += "[filter \"x\"]\n\tsmudge = touch /tmp/never\n\trequired = true\n[alias]\n\tx = !touch /tmp/never\n";
    std::fs::write(config, text).expect("written");
    let hooks = repo.path().join("hooks");
    std::fs::create_dir_all(&hooks).expect("made");
    std::fs::write(hooks.join("post-checkout"), "#!/bin/sh\ntouch /tmp/never\n").expect("written");
}

fn read_everything(path: &std::path::Path) {
    let store = git_store::Store::open_path(path).expect("opens");
    let tip = store.tip(None).expect("reads").expect("a commit");
    let snapshot = store.snapshot(tip).expect("reads");
    for (_, file) in snapshot.layout().expect("reads").zones() {
        let file = file.expect("taken");
        snapshot.file(&file.path, file.blob).expect("reads");
    }
    store.resolve("main~0").expect("resolves");
    store.branches().expect("listed");
}
