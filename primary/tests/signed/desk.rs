//! A repository, those who sign commits in it, and the list of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::http;
use crate::support::{Repo, Server};

/// A repository with a list that has Ann's key; Bob has one too.
pub(crate) struct Desk {
    pub(crate) repo: Repo,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let desk = Desk { repo: Repo::new() };
        for name in ["ann", "bob"] {
            let key = desk.path(name);
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(key)
                .status();
            assert!(made.expect("ssh-keygen runs").success());
        }
        desk.list(&desk.line("ann"));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.repo.beside(name)
    }

    /// Somebody's line of the list.
    pub(crate) fn line(&self, name: &str) -> String {
        let key = fs::read_to_string(self.path(&format!("{name}.pub"))).expect("a key");
        format!("{name}@example.org namespaces=\"git\" {key}")
    }

    pub(crate) fn list(&self, text: &str) {
        fs::write(self.path("allowed"), text).expect("written");
    }

    /// A server that wants signatures.
    pub(crate) fn start(&self, more: &[&str]) -> Server {
        let list = self.path("allowed");
        let list = list.to_str().expect("UTF-8");
        let arguments = ["--allowed-signers", list];
        http::telling(&self.repo, &[&arguments[..], more].concat())
    }

    /// Makes the next commit of `main`, unsigned.
    pub(crate) fn unsigned(&self, files: &[(&str, &str)]) -> String {
        self.repo.commit(files)
    }

    /// Makes the next commit of `main`, signed by somebody.
    pub(crate) fn signed(&self, name: &str, files: &[(&str, &str)]) -> String {
        let parent = self.tip();
        let tree = self.repo.commit(files);
        let tree = format!("{tree}^{{tree}}");
        let parents: Vec<&str> = parent.iter().map(String::as_str).collect();
        self.set_tip(&self.commit_of(name, &tree, &parents))
    }

    /// A commit of these parents, signed by somebody, that no branch is at.
    pub(crate) fn commit_of(&self, name: &str, tree: &str, parents: &[&str]) -> String {
        let key = format!("user.signingkey={}", self.path(name).display());
        let mut arguments = vec!["-c", "gpg.format=ssh", "-c", &key];
        arguments.extend(["commit-tree", "-S", "-m", "A change", tree]);
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        self.repo.git(&arguments)
    }

    pub(crate) fn set_tip(&self, id: &str) -> String {
        self.repo.git(&["update-ref", "refs/heads/main", id]);
        id.to_owned()
    }

    fn tip(&self) -> Option<String> {
        let tip = self
            .repo
            .git(&["for-each-ref", "--format=%(objectname)", "refs/heads/main"]);
        (!tip.is_empty()).then_some(tip)
    }
}

/// Waits until the branch is refused at this commit.
pub(crate) fn refused(server: &Server, tip: &str) -> Value {
    server.wait_for(|status| status["refused"] == tip)
}

/// Runs a line of advice as a person would who has a clone and a key.
pub(crate) fn follow(advice: &str, clone: &Path, key: &Path) -> Output {
    Command::new("sh")
        .args(["-c", advice])
        .current_dir(clone)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("PATH is set"))
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_COUNT", "4"),
            ("GIT_CONFIG_KEY_0", "gpg.format"),
            ("GIT_CONFIG_VALUE_0", "ssh"),
            ("GIT_CONFIG_KEY_1", "user.signingkey"),
            ("GIT_CONFIG_KEY_2", "user.name"),
            ("GIT_CONFIG_VALUE_2", "Ann"),
            ("GIT_CONFIG_KEY_3", "user.email"),
            ("GIT_CONFIG_VALUE_3", "ann@example.org"),
        ])
        .env("HOME", clone)
        .env("GIT_CONFIG_VALUE_1", key)
        .output()
        .expect("it runs")
}
