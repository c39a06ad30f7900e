//! Commits signed by the real `git`, `ssh-keygen` and `gpg`, which also say whether they are good.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its part of this module; a panic is its output"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use signers::{AllowedSigners, Refusal, Signer};
use tempfile::TempDir;
use testbed::git::output_of;

/// When commits are made unless another time is asked for: 2023-11-14T22:13:20Z.
pub(crate) const NOW: i64 = 1_700_000_000;

/// A repository, and a home for keys. What `gpg` starts is ended with it.
pub(crate) struct Desk {
    dir: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk::with_format("sha1")
    }

    pub(crate) fn with_format(format: &str) -> Desk {
        let dir = tempfile::Builder::new().prefix("desk").tempdir().unwrap();
        let desk = Desk { dir };
        let format = format!("--object-format={format}");
        desk.git(&["init", "-q", "--bare", &format, "."]);
        fs::create_dir(desk.gnupg()).unwrap();
        make_private(&desk.gnupg());
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn gnupg(&self) -> PathBuf {
        self.path("gnupg")
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.text_of(name)
    }

    pub(crate) fn text_of(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A program in the directory of the repository, with nothing of the user's.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.dir.path())
            .env("GNUPGHOME", self.gnupg())
            .env("TZ", "UTC")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        told(program, arguments, &output)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.run("git", arguments)
    }

    /// `gpg` at a time, in seconds since 1970, without questions.
    pub(crate) fn gpg(&self, at_secs: i64, arguments: &[&str]) -> String {
        let time = format!("{at_secs}!");
        let mut all = vec![
            "--batch",
            "--quiet",
            "--yes",
            "--passphrase",
            "",
            "--pinentry-mode",
        ];
        all.extend(["loopback", "--faked-system-time", &time]);
        all.extend(arguments);
        self.run("gpg", &all)
    }

    /// Makes an SSH key; gives its line, type and octets.
    pub(crate) fn ssh_key(&self, name: &str, arguments: &[&str]) -> String {
        let path = self.text_of(name);
        let mut all = vec!["-q", "-N", "", "-C", name, "-f", &path];
        all.extend(arguments);
        self.run("ssh-keygen", &all);
        let line = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        line.trim_end().to_owned()
    }

    /// Makes an OpenPGP key that can sign; gives its fingerprint.
    pub(crate) fn pgp_key(&self, name: &str, algorithm: &str) -> String {
        self.gpg(
            NOW - 1000,
            &["--quick-gen-key", name, algorithm, "sign", "never"],
        );
        self.fingerprints(name).remove(0)
    }

    /// Answers the questions of `gpg --edit-key`, at a time.
    pub(crate) fn edit(&self, at_secs: i64, key: &str, answers: &str) {
        let time = format!("{at_secs}!");
        let mut child = self
            .command("gpg")
            .args([
                "--quiet",
                "--no-tty",
                "--command-fd",
                "0",
                "--passphrase",
                "",
            ])
            .args(["--pinentry-mode", "loopback", "--faked-system-time", &time])
            .args(["--edit-key", key])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(answers.as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Of the primary key and its subkeys.
    pub(crate) fn fingerprints(&self, name: &str) -> Vec<String> {
        let listed = self.gpg(NOW, &["--with-colons", "--list-keys", name]);
        let lines = listed.lines().filter_map(|line| line.strip_prefix("fpr:"));
        lines
            .map(|line| line.trim_matches(':').to_owned())
            .collect()
    }

    pub(crate) fn pgp_public(&self, name: &str) -> String {
        self.gpg(NOW, &["--armor", "--export", name])
    }

    /// A commit of no files, signed with `configuration` (`-c` arguments), at a time.
    pub(crate) fn commit_at(&self, at_secs: i64, configuration: &[&str]) -> String {
        let tree = self.git(&["hash-object", "-t", "tree", "-w", "/dev/null"]);
        let mut command = self.command("git");
        for pair in configuration {
            command.args(["-c", pair]);
        }
        command.args([
            "commit-tree",
            &tree,
            "-m",
            "A change",
            "-m",
            "of two\nlines",
        ]);
        if !configuration.is_empty() {
            command.arg("-S");
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ann");
            command.env(format!("GIT_{who}_EMAIL"), "ann@example.org");
            command.env(format!("GIT_{who}_DATE"), format!("{at_secs} +0100"));
        }
        told("git", &["commit-tree"], &command.output().unwrap())
    }

    /// Signed by an SSH key.
    pub(crate) fn commit_by_ssh(&self, at_secs: i64, key: &str) -> String {
        let key = format!("user.signingkey={}", self.text_of(key));
        self.commit_at(at_secs, &["gpg.format=ssh", &key])
    }

    /// Signed by an OpenPGP key, at the time of the commit.
    pub(crate) fn commit_by_pgp(&self, at_secs: i64, key: &str, options: &str) -> String {
        let script = format!(
            "#!/bin/sh\nexec gpg --batch --passphrase '' --pinentry-mode loopback --faked-system-time '{at_secs}!' {options} \"$@\"\n"
        );
        let program = self.write("gpg-then", script);
        make_executable(Path::new(&program));
        self.commit_at(
            at_secs,
            &[
                &format!("gpg.program={program}"),
                &format!("user.signingkey={key}"),
            ],
        )
    }

    /// The octets of the object.
    pub(crate) fn octets(&self, commit: &str) -> Vec<u8> {
        let output = self
            .command("git")
            .args(["cat-file", "commit", commit])
            .output();
        let output = output.unwrap();
        assert!(output.status.success());
        output.stdout
    }

    /// Stores octets as a commit, whatever they are.
    pub(crate) fn store(&self, octets: &[u8]) -> String {
        let mut git = self.command("git");
        git.args(["hash-object", "-t", "commit", "-w"]);
        output_of(git.args(["--literally", "--stdin"]), octets)
    }

    /// What Git says of a commit with the list in `allowed`.
    pub(crate) fn git_agrees(&self, commit: &str) -> bool {
        let list = format!("gpg.ssh.allowedSignersFile={}", self.text_of("allowed"));
        let mut git = self.command("git");
        let output = git.args(["-c", &list, "verify-commit", commit]).output();
        output.unwrap().status.success()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The agent of this home, and of no other.
        let _ = self.command("gpgconf").args(["--kill", "all"]).output();
    }
}

fn told(program: &str, arguments: &[&str], output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub(crate) fn list(text: &str) -> AllowedSigners {
    AllowedSigners::read(text.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

/// What the list says of a commit.
pub(crate) fn judge(desk: &Desk, text: &str, commit: &str) -> Result<Signer, Refusal> {
    list(text).judge(&desk.octets(commit))
}
