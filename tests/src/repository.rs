//! Git repositories made with the real `git`, away from the configuration of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::must_run;

/// A repository with a work tree.
#[derive(Debug)]
pub struct Repository {
    path: PathBuf,
}

impl Repository {
    /// A new one with the branch `main`; the folder is made.
    pub fn at(path: &Path) -> Repository {
        must_run(
            git(Path::new("/"))
                .args(["init", "--quiet", "--initial-branch=main"])
                .arg(path),
        );
        Repository {
            path: path.to_owned(),
        }
    }

    /// A clone of a repository that is already there.
    pub fn clone_of(origin: &Path, path: &Path) -> Repository {
        must_run(
            git(Path::new("/"))
                .args(["clone", "--quiet"])
                .arg(origin)
                .arg(path),
        );
        Repository {
            path: path.to_owned(),
        }
    }

    /// The work tree.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the work tree, with its folders.
    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().expect("it is below the work tree"))
            .expect("the folder is ours");
        std::fs::write(path, content).expect("the folder is ours");
    }

    /// The content of a file of the work tree.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path.join(name)).expect("the test wrote it")
    }

    /// Commits everything; the id of the commit.
    pub fn commit(&self, message: &str) -> String {
        must_run(self.git().args(["add", "--all"]));
        must_run(self.git().args([
            "commit",
            "--quiet",
            "--no-verify",
            "--allow-empty",
            "-m",
            message,
        ]));
        self.head()
    }

    /// The id of the newest commit.
    pub fn head(&self) -> String {
        must_run(self.git().args(["rev-parse", "HEAD"]))
            .trim()
            .to_owned()
    }

    /// A `git` command in this repository.
    pub fn git(&self) -> Command {
        git(&self.path)
    }
}

/// `git` in a folder, with an operator for its author and nobody's configuration.
pub fn git(folder: &Path) -> Command {
    let mut command = testbed::git(folder);
    command.envs([
        ("GIT_AUTHOR_NAME", "Olivia Operator"),
        ("GIT_AUTHOR_EMAIL", "olivia@example.org"),
        ("GIT_COMMITTER_NAME", "Olivia Operator"),
        ("GIT_COMMITTER_EMAIL", "olivia@example.org"),
    ]);
    command
}
