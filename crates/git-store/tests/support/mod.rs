//! Real repositories, made by Git itself in a directory that goes away.
#![allow(dead_code, reason = "each test file uses its part of this module")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git_store::{CommitId, Draft, Edit, Layout, Person, Snapshot, Store, TreePath};
use tempfile::TempDir;

/// A bare repository and the means to put any octets into it.
pub(crate) struct Repo {
    dir: TempDir,
    format: &'static str,
}

/// An entry of a tree: mode, name, id of the object.
pub(crate) type Entry<'a> = (&'a str, &'a [u8], String);

impl Repo {
    pub(crate) fn new() -> Repo {
        Repo::with_format("sha1")
    }

    pub(crate) fn with_format(format: &'static str) -> Repo {
        let repo = Repo {
            dir: tempfile::tempdir().expect("a temporary directory"),
            format,
        };
        let made = git_in(repo.dir.path())
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
            .status()
            .expect("git runs");
        assert!(made.success());
        repo
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("zones.git")
    }

    /// A directory beside the repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_path(&self.path()).expect("the repository opens")
    }

    /// Runs Git in the repository and gives its output without the final newline.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = git_in(&self.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git runs");
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(input)
            .expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    pub(crate) fn blob(&self, octets: &[u8]) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], octets)
    }

    /// A tree of exactly these entries, whatever Git thinks of them.
    pub(crate) fn tree(&self, entries: &[Entry<'_>]) -> String {
        self.raw_tree(&tree_octets(entries))
    }

    /// A tree object of exactly these octets.
    pub(crate) fn raw_tree(&self, octets: &[u8]) -> String {
        self.git_with(
            &["hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
            octets,
        )
    }

    /// A commit of this tree on `main`.
    pub(crate) fn commit_tree(&self, tree: &str) -> CommitId {
        let parent = self.git(&["for-each-ref", "--format=%(objectname)", "refs/heads/main"]);
        let mut arguments = vec!["commit-tree", tree, "-m", "A change"];
        if !parent.is_empty() {
            arguments.extend(["-p", &parent]);
        }
        let id = self.git(&arguments);
        self.git(&["update-ref", "refs/heads/main", &id]);
        self.store().resolve(&id).expect("the commit is there")
    }

    /// A commit of plain files by path, replacing all that was there.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> CommitId {
        let mut stream = String::from(
            "commit refs/heads/main\ncommitter Ann <ann@example.org> 1700000000 +0100\n",
        );
        stream += "data 9\nA change\n\nfrom refs/heads/main^0\ndeleteall\n";
        if self.git(&["for-each-ref", "refs/heads/main"]).is_empty() {
            stream = stream.replace("from refs/heads/main^0\n", "");
        }
        for (path, text) in files {
            stream += &format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        }
        self.git_with(&["fast-import", "--quiet", "--force"], stream.as_bytes());
        self.store().tip(None).expect("HEAD").expect("a commit")
    }

    /// What `git fsck` says about it, which is nothing if all is well.
    pub(crate) fn fsck(&self) -> String {
        let checked = git_in(&self.path())
            .args([
                "fsck",
                "--strict",
                "--full",
                "--no-dangling",
                "--no-progress",
            ])
            .output()
            .expect("git runs");
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        match checked.status.success() {
            true => text(&checked.stdout),
            false => text(&checked.stdout) + &text(&checked.stderr) + "fsck failed",
        }
    }

    pub(crate) fn snapshot(&self, id: CommitId) -> Snapshot {
        self.store().snapshot(id).expect("the commit reads")
    }

    pub(crate) fn layout(&self, id: CommitId) -> Layout {
        self.snapshot(id).layout().expect("the layout reads")
    }
}

/// What a tree of these entries is made of.
pub(crate) fn tree_octets(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (mode, name, id) in entries {
        octets.extend_from_slice(mode.as_bytes());
        octets.push(b' ');
        octets.extend_from_slice(name);
        octets.push(0);
        octets.extend(
            (0..id.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&id[at..at + 2], 16).expect("hex")),
        );
    }
    octets
}

/// Git as if there were no user, no system and no hooks.
pub(crate) fn git_in(dir: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("PATH is set"))
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([
            ("GIT_AUTHOR_NAME", "Ann"),
            ("GIT_AUTHOR_EMAIL", "ann@example.org"),
        ])
        .envs([
            ("GIT_COMMITTER_NAME", "Bob"),
            ("GIT_COMMITTER_EMAIL", "bob@example.org"),
        ])
        .env("GIT_AUTHOR_DATE", "1700000000 +0100")
        .env("GIT_COMMITTER_DATE", "1700000001 +0100");
    git
}

/// The zones of a layout, as `name path` or `name ! rule`, then other findings as `path ! rule`.
pub(crate) fn listed(layout: &Layout) -> Vec<String> {
    let mut lines: Vec<String> = layout
        .zones()
        .map(|(zone, file)| match file {
            Ok(file) => format!("{zone} {}", file.path),
            Err(finding) => format!("{zone} ! {} {}", finding.path, finding.problem.rule()),
        })
        .collect();
    let of_zones = layout.zones().filter(|(_, file)| file.is_err()).count();
    let others = layout.findings();
    lines.extend(
        others[of_zones..]
            .iter()
            .map(|finding| format!("{} ! {}", finding.path, finding.problem.rule())),
    );
    lines
}

/// A commit on `parent` with these files put (`Some`) or removed.
pub(crate) fn draft(parent: Option<CommitId>, files: &[(&str, Option<&str>)]) -> Draft {
    let person = |name: &str, time_secs| Person {
        name: name.to_owned(),
        email: format!("{}@example.org", name.to_lowercase()),
        time_secs,
        offset_secs: 3600,
    };
    let edit = |text: Option<&str>| text.map_or(Edit::Remove, |text| Edit::Put(text.into()));
    Draft {
        parent,
        changes: files
            .iter()
            .map(|(path, text)| (TreePath::new(*path), edit(*text)))
            .collect(),
        author: person("Ann", 1_700_000_000),
        committer: person("Bob", 1_700_000_001),
        message: "A change".to_owned(),
        trailers: Vec::new(),
    }
}
