//! A bare repository with commits made by the real `git`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A bare repository in a directory of its own.
pub(crate) struct Repo {
    dir: TempDir,
}

impl Repo {
    pub(crate) fn new() -> Repo {
        Repo::with_format("sha1")
    }

    pub(crate) fn with_format(format: &str) -> Repo {
        let repo = Repo {
            dir: tempfile::tempdir().expect("a temporary directory"),
        };
        repo.git_in(
            repo.dir.path(),
            &[
                "init",
                "-q",
                "--bare",
                "-b",
                "main",
                "--object-format",
                format,
                "zones.git",
            ],
            "",
        );
        repo
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("zones.git")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.path(), arguments, "")
    }

    /// Makes a commit of exactly these files the tip of `main`.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        self.commit_by("Ann", files)
    }

    pub(crate) fn commit_by(&self, author: &str, files: &[(&str, &str)]) -> String {
        let plain = files.iter().map(|(path, text)| ("100644", *path, *text));
        self.commit_entries(author, &plain.collect::<Vec<_>>())
    }

    /// Mode, path and contents of each entry.
    pub(crate) fn commit_entries(&self, author: &str, files: &[(&str, &str, &str)]) -> String {
        let parent = self.git(&["for-each-ref", "--format=%(objectname)", "refs/heads/main"]);
        let mut stream = format!(
            "commit refs/heads/incoming\ncommitter {author} <ann@example.org> 1700000000 +0000\n"
        );
        stream += "data 8\nA change\n";
        if !parent.is_empty() {
            stream += &format!("from {parent}\ndeleteall\n");
        }
        for (mode, path, text) in files {
            stream += &format!("M {mode} inline {path}\ndata {}\n{text}\n", text.len());
        }
        self.git_in(
            &self.path(),
            &["fast-import", "--quiet", "--force"],
            &stream,
        );
        let id = self.git(&["rev-parse", "incoming"]);
        self.git(&["update-ref", "-d", "refs/heads/incoming"]);
        self.git(&["update-ref", "refs/heads/main", &id]);
        id
    }

    /// Takes in a stream of `git fast-import`, and gives the ids of its commits with the marks from 1 on.
    pub(crate) fn import(&self, stream: &str, commits: usize) -> Vec<String> {
        let marks = self.beside("marks");
        let export = format!("--export-marks={}", marks.display());
        self.git_in(&self.path(), &["fast-import", "--quiet", &export], stream);
        let marks = std::fs::read_to_string(marks).expect("marks");
        let id = |mark| {
            let mut lines = marks.lines();
            let of_mark = format!(":{mark} ");
            let id = lines.find_map(|line| line.strip_prefix(&of_mark));
            id.expect("it is a commit").to_owned()
        };
        (1..=commits).map(id).collect()
    }

    fn git_in(&self, dir: &Path, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("PATH is set"))
            .envs([
                ("HOME", "/nonexistent"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "Ann"),
                ("GIT_AUTHOR_EMAIL", "ann@example.org"),
                ("GIT_COMMITTER_NAME", "Ann"),
                ("GIT_COMMITTER_EMAIL", "ann@example.org"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git runs");
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(input.as_bytes())
            .expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }
}
