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
        }
    }

    fn age(&self) -> Option<Duration> {
        let reached = UNIX_EPOCH + Duration::from_secs(self.reached_secs?);
        // A clock that was set back says nothing.
        SystemTime::now().duration_since(reached).ok()
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
        match &self.trouble {
            Some(trouble) => write!(out, ": {trouble}"),
            None => Ok(()),
        }
    }
}
