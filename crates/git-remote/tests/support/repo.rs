//! Repositories made by Git itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git_store::{CommitId, Store};
use tempfile::TempDir;

/// Git as if there were no user and no system.
pub(crate) fn git() -> Command {
    let mut git = Command::new("git");
    git.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", "/nonexistent")
        .envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ])
        .envs([
            ("GIT_AUTHOR_NAME", "Ann"),
            ("GIT_AUTHOR_EMAIL", "ann@example.org"),
        ])
        .envs([
            ("GIT_COMMITTER_NAME", "Bob"),
            ("GIT_COMMITTER_EMAIL", "bob@example.org"),
        ]);
    git
}

/// A bare repository below a directory that goes away with it.
pub(crate) struct Repo {
    pub(crate) dir: TempDir,
}

impl Repo {
    pub(crate) fn new() -> Repo {
        Repo::with_format("sha1")
    }

    pub(crate) fn with_format(format: &str) -> Repo {
        let repo = Repo {
            dir: tempfile::tempdir().unwrap(),
        };
        let made = git()
            .args([
                "init",
                "-q",
                "--bare",
                "-b",
                "main",
                "--object-format",
                format,
            ])
            .arg(repo.path())
            .status();
        assert!(made.unwrap().success());
        repo.git(&["config", "http.receivepack", "true"]);
        repo
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("zones.git")
    }

    pub(crate) fn base(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_path(&self.path()).unwrap()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, "")
    }

    pub(crate) fn git_with(&self, arguments: &[&str], input: &str) -> String {
        let mut child = git()
            .current_dir(self.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// A commit on a branch that sets one file and leaves all others.
    pub(crate) fn commit(&self, branch: &str, path: &str, text: &str) -> CommitId {
        let reference = format!("refs/heads/{branch}");
        let from = match self.git(&["for-each-ref", &reference]).is_empty() {
            true => String::new(),
            false => format!("from {reference}^0\n"),
        };
        let size = text.len();
        let stream = format!(
            "commit {reference}\ncommitter Ann <ann@example.org> 1700000000 +0100\ndata 8\nA change\n{from}M 100644 inline {path}\ndata {size}\n{text}\n"
        );
        self.git_with(&["fast-import", "--quiet", "--force"], &stream);
        self.tip(branch)
    }

    pub(crate) fn tip(&self, branch: &str) -> CommitId {
        self.store().tip(Some(branch)).unwrap().unwrap()
    }

    /// Moves a branch without asking.
    pub(crate) fn set(&self, branch: &str, to: CommitId) {
        self.git(&[
            "update-ref",
            &format!("refs/heads/{branch}"),
            &to.to_string(),
        ]);
    }

    pub(crate) fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join("hooks").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A number that `git count-objects -v` tells.
    pub(crate) fn count(&self, what: &str) -> usize {
        let counts = self.git(&["count-objects", "-v"]);
        let line = counts
            .lines()
            .find_map(|line| line.strip_prefix(what)?.strip_prefix(": "));
        line.unwrap().parse().unwrap()
    }

    /// Everything that a commit needs is there and sound, by Git's own account.
    pub(crate) fn is_sound(&self, commit: CommitId) -> bool {
        self.set("checked", commit);
        let checked = git()
            .current_dir(self.path())
            .args(["fsck", "--strict", "--full", "--no-dangling"])
            .output();
        let output = checked.unwrap();
        output.status.success() && output.stdout.is_empty()
    }
}
