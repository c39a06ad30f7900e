//! Repositories made by Git itself, away from the configuration of whoever runs the tests.

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// `git` in a folder, as if there were no user and no system; what it commits is by Ann, put there by Bob a second later,
/// at a time that is always the same.
pub fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("PATH is set"))
        .envs([
            ("HOME", "/nonexistent"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "Ann"),
            ("GIT_AUTHOR_EMAIL", "ann@example.org"),
            ("GIT_AUTHOR_DATE", "1700000000 +0100"),
            ("GIT_COMMITTER_NAME", "Bob"),
            ("GIT_COMMITTER_EMAIL", "bob@example.org"),
            ("GIT_COMMITTER_DATE", "1700000001 +0100"),
        ]);
    git
}

/// Runs [`git`] in a folder; its output, without the final newline.
///
/// # Panics
/// If it fails.
pub fn git_output(folder: &Path, arguments: &[&str]) -> String {
    output_of(git(folder).args(arguments), "")
}

/// Runs a program with this input; what it puts out, without the final newline.
///
/// # Panics
/// If it fails.
pub fn output_of(command: &mut Command, input: impl AsRef<[u8]>) -> String {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("piped");
    // One that fails may have left without reading: its status says more than this would.
    let _ = stdin.write_all(input.as_ref());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?}: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim_end().to_owned()
}

/// A bare repository, `zones.git` in a directory of its own, that goes away with this value.
#[derive(Debug)]
pub struct Repo {
    dir: TempDir,
}

impl Repo {
    /// An empty one with the branch `main` to come.
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Repo {
        Repo::with_format("sha1")
    }

    /// One whose objects are named by `sha1` or `sha256`.
    pub fn with_format(format: &str) -> Repo {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let repo = Repo { dir };
        let format = format!("--object-format={format}");
        let mut init = git(repo.base());
        init.args(["init", "-q", "--bare", "-b", "main", &format, "zones.git"]);
        output_of(&mut init, "");
        repo
    }

    /// Where the repository is.
    pub fn path(&self) -> PathBuf {
        self.beside("zones.git")
    }

    /// The directory that it is in, which is served by daemons.
    pub fn base(&self) -> &Path {
        self.dir.path()
    }

    /// A place next to it that goes away with it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs Git in the repository; its output without the final newline.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, "")
    }

    /// Runs Git in the repository with this input.
    pub fn git_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        output_of(git(&self.path()).args(arguments), input)
    }

    /// The id of the newest commit of a branch; `None` before the first.
    pub fn tip(&self, branch: &str) -> Option<String> {
        let reference = format!("refs/heads/{branch}");
        let tip = self.git(&["for-each-ref", "--format=%(objectname)", &reference]);
        (!tip.is_empty()).then_some(tip)
    }

    /// Moves a branch without asking.
    pub fn set(&self, branch: &str, to: impl Display) {
        let reference = format!("refs/heads/{branch}");
        self.git(&["update-ref", &reference, &to.to_string()]);
    }

    /// Makes a commit of exactly these files, path and text, the tip of `main`; its id.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        self.commit_by("Ann", files)
    }

    /// The same, by somebody else.
    pub fn commit_by(&self, author: &str, files: &[(&str, &str)]) -> String {
        let plain = files.iter().map(|(path, text)| ("100644", *path, *text));
        self.commit_entries(author, &plain.collect::<Vec<_>>())
    }

    /// The same, of entries with mode, path and contents.
    pub fn commit_entries(&self, author: &str, entries: &[(&str, &str, &str)]) -> String {
        self.commit_on("main", author, "deleteall\n", entries)
    }

    /// A commit on a branch that sets one file and leaves all others; its id.
    pub fn commit_file(&self, branch: &str, path: &str, text: &str) -> String {
        self.commit_on(branch, "Ann", "", &[("100644", path, text)])
    }

    fn commit_on(
        &self,
        branch: &str,
        author: &str,
        first: &str,
        entries: &[(&str, &str, &str)],
    ) -> String {
        let from = match self.tip(branch) {
            Some(tip) => format!("from {tip}\n"),
            None => String::new(),
        };
        let mut stream = format!(
            "commit refs/heads/{branch}\ncommitter {author} <ann@example.org> 1700000000 +0100\n\
             data 9\nA change\n\n{from}{first}"
        );
        for (mode, path, text) in entries {
            stream += &format!("M {mode} inline {path}\ndata {}\n{text}\n", text.len());
        }
        self.git_with(&["fast-import", "--quiet", "--force"], &stream);
        self.tip(branch).expect("it has a commit now")
    }

    /// Takes in a stream of `git fast-import`, and gives the ids of its commits with the marks from 1 on.
    pub fn import(&self, stream: &str, commits: usize) -> Vec<String> {
        let marks = self.beside("marks");
        let export = format!("--export-marks={}", marks.display());
        self.git_with(&["fast-import", "--quiet", &export], stream);
        let marks = fs::read_to_string(marks).expect("marks");
        let id = |mark| {
            let of_mark = format!(":{mark} ");
            let mut lines = marks.lines();
            let id = lines.find_map(|line| line.strip_prefix(&of_mark));
            id.expect("it is a commit").to_owned()
        };
        (1..=commits).map(id).collect()
    }

    /// Puts a hook of this name there: a script for `sh`.
    pub fn hook(&self, name: &str, script: &str) {
        let hooks = self.path().join("hooks");
        fs::create_dir_all(&hooks).expect("made");
        let path = hooks.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    }

    /// A number that `git count-objects -v` tells.
    pub fn count(&self, what: &str) -> usize {
        let counts = self.git(&["count-objects", "-v"]);
        let mut lines = counts.lines();
        let line = lines.find_map(|line| line.strip_prefix(what)?.strip_prefix(": "));
        line.expect("it is told").parse().expect("a number")
    }

    /// What `git fsck` says about it, which is nothing if all is well.
    pub fn fsck(&self) -> String {
        let mut fsck = git(&self.path());
        fsck.args(["fsck", "--strict", "--full"]);
        fsck.args(["--no-dangling", "--no-progress"]);
        let checked = fsck.output().expect("git runs");
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        match checked.status.success() {
            true => text(&checked.stdout),
            false => text(&checked.stdout) + &text(&checked.stderr) + "fsck failed",
        }
    }
}
