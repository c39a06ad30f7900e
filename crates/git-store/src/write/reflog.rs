//! The log of where a branch was, where a repository keeps one. It is for people, and is not synced.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::branch::Branch;
use super::disk;
use super::error::{Result, failed};
use super::text;
use crate::commit::{Commit, CommitId};

/// A line for the log of a branch, and for that of `HEAD` where it names the branch.
pub(crate) fn append(
    repository: &gix::Repository,
    branch: &Branch,
    from: Option<CommitId>,
    commit: &Commit,
) -> Result<()> {
    let line = line(repository.object_hash(), from, commit)?;
    let logs = repository.common_dir().join("logs");
    let names = [Some(branch.name.as_str()), head(repository, branch)];
    for name in names.into_iter().flatten() {
        let path = logs.join(name);
        if path.is_file() || begins_one(repository, name) {
            append_line(&logs, &path, &line)?;
        }
    }
    Ok(())
}

/// Git's rule: a log that is there is kept; a new one begins for branches, unless the repository is bare.
fn begins_one(repository: &gix::Repository, name: &str) -> bool {
    let setting = repository.config_snapshot();
    let always = setting
        .string("core.logAllRefUpdates")
        .is_some_and(|value| value.eq_ignore_ascii_case(b"always"));
    let asked = setting
        .boolean("core.logAllRefUpdates")
        .unwrap_or(!repository.is_bare());
    let is_of_people = ["refs/heads/", "refs/remotes/", "refs/notes/"]
        .iter()
        .any(|folder| name.starts_with(folder));
    always || (asked && (is_of_people || name == "HEAD"))
}

fn head(repository: &gix::Repository, branch: &Branch) -> Option<&'static str> {
    let head = fs::read(repository.common_dir().join("HEAD")).ok()?;
    let named = head.trim().strip_prefix(b"ref: ")?;
    (named == branch.name.as_bytes()).then_some("HEAD")
}

fn line(hash: gix::hash::Kind, from: Option<CommitId>, commit: &Commit) -> Result<Vec<u8>> {
    let line = gix::refs::log::Line {
        previous_oid: from.map_or(ObjectId::null(hash), |from| from.0),
        new_oid: commit.id.0,
        signature: text::signature("committer", &commit.committer)?,
        message: format!("commit: {}", text::clean(commit.summary())).into(),
    };
    let mut octets = Vec::new();
    let written = line.write_to(&mut octets);
    written.expect("texts are clean, and writing to memory does not fail");
    Ok(octets)
}

fn append_line(logs: &Path, path: &PathBuf, line: &[u8]) -> Result<()> {
    if let Some(git_dir) = logs.parent() {
        disk::make_dirs(git_dir, path.parent().unwrap_or(logs))?;
    }
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let mut file = match opened {
        Ok(file) => file,
        // A folder of logs of branches that are gone: it is not worth losing a commit over.
        Err(why) if why.kind() == ErrorKind::IsADirectory => return Ok(()),
        Err(why) => return Err(failed("open", path)(why)),
    };
    let before = file.metadata().map_err(failed("look at", path))?.len();
    file.write_all(line).map_err(|why| {
        // Half a line would spoil the next one.
        let _ = file.set_len(before);
        failed("write", path)(why)
    })
}
