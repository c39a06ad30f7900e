//! What the remote has not yet.

use git_store::{CommitId, Result, Store};

/// Commits of ours that are served, and that the remote has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// How many.
    pub(crate) commits: u64,
    /// When the oldest was made, in seconds since 1970; none if there is none.
    pub(crate) oldest_secs: Option<i64>,
}

impl Backlog {
    /// What `ours` has beyond `theirs`, or beyond what both began with.
    pub(super) fn between(store: &Store, theirs: CommitId, ours: CommitId) -> Result<Backlog> {
        if theirs == ours {
            return Ok(Backlog::default());
        }
        let base = store.common_ancestor(ours, theirs)?;
        let commits = match base {
            Some(base) if base != ours => store.commits_between(base, ours)?,
            _ => None,
        };
        let commits = commits.unwrap_or_default();
        let times = commits.iter().map(|commit| commit.committer.time_secs);
        Ok(Backlog {
            commits: commits.len() as u64,
            oldest_secs: times.min(),
        })
    }
}

impl std::ops::Add for Backlog {
    type Output = Backlog;

    fn add(self, newer: Backlog) -> Backlog {
        Backlog {
            commits: self.commits + newer.commits,
            oldest_secs: self.oldest_secs.or(newer.oldest_secs),
        }
    }
}
