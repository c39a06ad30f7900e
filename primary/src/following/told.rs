//! What `--status` shows of the remote.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Known;
use server::status::Span;

/// How a repository on another machine fares. Its URL, which holds no secret, is [`crate::Status::repository`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteStatus {
    /// When it was reached last, in seconds since 1970; none since this process began.
    pub reached_secs: Option<u64>,
    /// What is served may be older than what it has: it was not reached at the last attempt, or not yet.
    pub stale: bool,
    /// Why not, and what to do.
    pub trouble: Option<String>,
    /// Looks at it that went well.
    pub looks: u64,
    /// Packs that it has sent.
    pub packs: u64,
    /// Octets of them.
    pub octets: u64,
    /// Commits of updates that are served and it has not yet.
    #[serde(default)]
    pub backlog: u64,
    /// When the oldest of these was made, in seconds since 1970.
    #[serde(default)]
    pub backlog_oldest_secs: Option<i64>,
    /// Why the last push did not go well, and what to do.
    #[serde(default)]
    pub push_trouble: Option<String>,
}

impl RemoteStatus {
    pub(crate) fn new(known: &Known) -> RemoteStatus {
        RemoteStatus {
            reached_secs: known.reached.map(|since_1970| since_1970.as_secs()),
            stale: known.is_stale(),
            trouble: known.trouble.clone(),
            looks: known.looks,
            packs: known.packs,
            octets: known.octets,
            backlog: known.backlog.commits,
            backlog_oldest_secs: known.backlog.oldest_secs,
            push_trouble: known.push_trouble.clone(),
        }
    }

    fn age(&self) -> Option<Duration> {
        age(self.reached_secs?)
    }

    fn write_backlog(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.backlog > 0 {
            let s = if self.backlog == 1 { "" } else { "s" };
            write!(out, "\nto push     {} commit{s} of updates", self.backlog)?;
            let oldest = self.backlog_oldest_secs;
            let oldest = oldest.and_then(|secs| age(u64::try_from(secs).ok()?));
            if let Some(oldest) = oldest {
                write!(out, ", the oldest {} old", Span(oldest.as_secs()))?;
            }
        }
        match &self.push_trouble {
            Some(trouble) => write!(out, "\nnot pushed  {trouble}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for RemoteStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stale = if self.stale { "stale, " } else { "" };
        match (self.reached_secs, self.age()) {
            (None, _) => write!(out, "remote      {stale}not reached yet")?,
            (_, Some(age)) => write!(
                out,
                "remote      {stale}reached {} ago",
                Span(age.as_secs())
            )?,
            (Some(_), None) => write!(out, "remote      {stale}reached")?,
        }
        if let Some(trouble) = &self.trouble {
            write!(out, ": {trouble}")?;
        }
        self.write_backlog(out)
    }
}

/// Since then; a clock that was set back says nothing.
fn age(secs: u64) -> Option<Duration> {
    let then = UNIX_EPOCH + Duration::from_secs(secs);
    SystemTime::now().duration_since(then).ok()
}
