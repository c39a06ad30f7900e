//! What `up` stands on: a bare repository with the hook, a working clone of it, and keys.

use crate::commands::{hook, init, key};
use crate::failure::Failure;
use crate::key_file;
use crate::repository::{self, Kind};
use crate::steps::{Did, Steps};
use rr::Name;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tsig::Algorithm;

/// The zone that the first run makes.
pub(super) const ZONE: &str = "example.org";

/// Absolute paths.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) bare: PathBuf,
    pub(super) clone: PathBuf,
    /// Where the primary writes down what it has served.
    pub(super) state: PathBuf,
    /// Where it is asked how it fares.
    pub(super) control: PathBuf,
    /// The file with the key of the person, who may change the zone.
    pub(super) keys: PathBuf,
    /// The file with the key of the secondaries, who may have all zones.
    pub(super) secondary_keys: PathBuf,
    /// Where BIND can follow, if somebody starts it.
    pub(super) bind: PathBuf,
    /// Where each secondary keeps its zones.
    pub(super) secondary_states: [PathBuf; SECONDARIES],
}

/// So many secondaries are started.
pub(super) const SECONDARIES: usize = 2;
/// Whose key changes records of the zone.
pub(super) const UPDATE_KEY: &str = "you._update.example.org.";
/// Whose key fetches all zones.
pub(super) const TRANSFER_KEY: &str = "secondaries._transfer.";

impl Ground {
    /// Makes what is missing in `dir`.
    pub(super) fn prepare(dir: &Path, steps: &mut Steps) -> Result<Ground, Failure> {
        let dir = absolute(dir)?;
        let ground = Ground {
            bare: dir.join("zones.git"),
            clone: dir.join("zones"),
            state: dir.join("state"),
            control: dir.join("control"),
            keys: dir.join("keys"),
            secondary_keys: dir.join("keys-of-secondaries"),
            bind: dir.join("bind"),
            secondary_states: ["secondary-1", "secondary-2"].map(|name| dir.join(name)),
        };
        let bare = repository::make(&ground.bare, Kind::Bare, steps)?;
        repository::commit_first(&bare, &init::first_files(ZONE)?)?;
        hook::install(&bare, steps)?;
        let did = ground.clone_once()?;
        steps.add("clone", &ground.clone, did);
        steps.add("key", &ground.keys, key_once(&ground.keys, UPDATE_KEY)?);
        let did = key_once(&ground.secondary_keys, TRANSFER_KEY)?;
        steps.add("key", &ground.secondary_keys, did);
        Ok(ground)
    }

    /// By the `git` program, which the person needs anyway to commit and push.
    fn clone_once(&self) -> Result<Did, Failure> {
        if self.clone.join(".git").exists() {
            return Ok(Did::Kept);
        }
        git(&["clone", "--quiet"], &[&self.bare, &self.clone])?;
        let clone = repository::discover(&self.clone)?;
        if !repository::knows_author(&clone) {
            self.configure("user.name", "Try Stemma")?;
            self.configure("user.email", "try@localhost")?;
        }
        Ok(Did::Made)
    }

    fn configure(&self, key: &str, value: &str) -> Result<(), Failure> {
        let folder = self.clone.display().to_string();
        git(&["-C", &folder, "config", key, value], &[])
    }
}

/// A file with a key of this name, which only its owner may read.
fn key_once(path: &Path, name: &str) -> Result<Did, Failure> {
    if path.exists() {
        return Ok(Did::Kept);
    }
    let name = Name::from_text(name).expect("written above");
    let algorithm = Algorithm::Sha256;
    let key = key::made(name.as_ref(), algorithm, key::secret(algorithm)?)?;
    key_file::append(path, &key::line_of(&key))?;
    Ok(Did::Made)
}

fn git(words: &[&str], paths: &[&Path]) -> Result<(), Failure> {
    let mut command = Command::new("git");
    // Inside a hook or an alias these would send git to another repository.
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
    ] {
        command.env_remove(variable);
    }
    let ran = command.args(words).args(paths).output();
    let next = "install git: committing and pushing zones needs it";
    let output = ran.map_err(|error| {
        Failure::unreadable("cannot run git")
            .because(&error)
            .next(next)
    })?;
    match output.status.success() {
        true => Ok(()),
        false => Err(
            Failure::unreadable(format!("git {} failed", words.join(" ")))
                .because(&std::io::Error::other(
                    String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                ))
                .next("look at the folder, or start afresh with another --dir"),
        ),
    }
}

fn absolute(dir: &Path) -> Result<PathBuf, Failure> {
    let made = fs::create_dir_all(dir).and_then(|()| fs::canonicalize(dir));
    made.map_err(|error| {
        Failure::unreadable(format!("cannot make the folder {}", dir.display()))
            .because(&error)
            .next("name a folder that is yours to write: zonetool up --dir DIR")
    })
}
