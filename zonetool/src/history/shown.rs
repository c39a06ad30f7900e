//! Commits and notes in words.

use super::walk::{Notes, Unread};
use crate::console::{Console, Plain, YELLOW};
use crate::moment;
use crate::report::counted;
use git_store::Commit;
use serde_json::{Value, json};
use std::io;

/// `7be878e66be1 2026-11-20T14:00:00Z Ada <ada@example.org>: Move www`
pub(crate) fn commit_line(commit: &Commit) -> String {
    let subject = Plain(commit.summary());
    let (id, date) = (commit.id.short(), moment::write(commit.committer.time_secs));
    format!("{id} {date} {}: {subject}", commit.author)
}

/// Fields are only ever added.
pub(crate) fn commit_json(commit: &Commit) -> Value {
    json!({
        "commit": commit.id.to_string(),
        "date": moment::write(commit.committer.time_secs),
        "author": commit.author.to_string(),
        "subject": commit.summary(),
    })
}

impl Notes {
    /// On standard error: the result is told without them.
    pub(crate) fn print(&self, console: &mut Console<'_>) -> io::Result<()> {
        let note = console.paint(YELLOW, "note").to_string();
        for unread in &self.unread {
            let Unread {
                commit,
                why,
                mistakes,
            } = unread;
            let (commit, mistakes) = (commit.short(), counted(*mistakes, "mistake"));
            let why = Plain(why);
            writeln!(
                console.err,
                "{note}: commit {commit} has {mistakes}, and what it does not show counts as unchanged\n  {why}"
            )?;
        }
        for commit in &self.cut {
            writeln!(
                console.err,
                "{note}: the repository does not have what was before commit {}\n  next: git fetch --unshallow",
                commit.short()
            )?;
        }
        Ok(())
    }

    /// Adds the notes to the fields of a document.
    pub(crate) fn add_to(&self, document: &mut Value) {
        let unread = self.unread.iter().map(|unread| {
            json!({
                "commit": unread.commit.to_string(),
                "mistakes": unread.mistakes,
                "first": unread.why,
            })
        });
        document["unread"] = unread.collect();
        document["cut"] = self.cut.iter().map(ToString::to_string).collect();
    }
}
