//! A folder to work in, the program under test, and git with a configuration of its own.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub(crate) const ZONETOOL: &str = env!("CARGO_BIN_EXE_zonetool");

/// A temporary folder that is nobody's home.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.write(
            "gitconfig",
            "[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = main\n",
        );
        desk
    }

    /// A desk with the repository that `zonetool init` makes in `dns`.
    pub(crate) fn with_repository() -> Desk {
        let desk = Desk::new();
        desk.zonetool("", &["init", "dns"]).succeeded();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn append(&self, name: &str, content: &str) {
        self.write(
            name,
            [fs::read(self.path(name)).unwrap(), content.into()].concat(),
        );
    }

    pub(crate) fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{text}");
        self.write(name, text.replace(old, new));
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs the program in the folder `place` of the desk.
    pub(crate) fn zonetool(&self, place: &str, words: &[&str]) -> Ran {
        self.run(ZONETOOL, place, words)
    }

    pub(crate) fn git(&self, place: &str, words: &[&str]) -> Ran {
        self.run("git", place, words)
    }

    /// Runs `words` as a person would type them into a shell.
    pub(crate) fn shell(&self, place: &str, words: &str) -> Ran {
        self.run("sh", place, &["-c", words])
    }

    /// Commits everything in `dns`, past the hook.
    pub(crate) fn commit(&self, message: &str) {
        self.git("dns", &["add", "-A"]).succeeded();
        self.git("dns", &["commit", "--no-verify", "-qm", message])
            .succeeded();
    }

    fn run(&self, program: &str, place: &str, words: &[&str]) -> Ran {
        Ran::from(self.command(program, place).args(words).output().unwrap())
    }

    pub(crate) fn command(&self, program: &str, place: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path().join(place))
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("XDG_CONFIG_HOME");
        for variable in [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_WORK_TREE",
            "GIT_OBJECT_DIRECTORY",
            "NO_COLOR",
        ] {
            command.env_remove(variable);
        }
        command
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Ran {
        self.exited(0)
    }

    #[track_caller]
    pub(crate) fn exited(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "\n{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// The rules in a JSON report.
pub(crate) fn rules(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

/// Whether `path` can be run.
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o111 == 0o111
}
