//! What is shown of updates.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::updating::Counts;

/// What became of signed updates so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatesStatus {
    /// Acknowledged with a change.
    pub acknowledged: u64,
    /// Acknowledged, as all was there already.
    pub unchanged: u64,
    /// Answered with an error.
    pub refused: u64,
    /// Not answered yet.
    pub waiting: u64,
    /// Commits that were made of them.
    pub commits: u64,
}

impl UpdatesStatus {
    pub(super) fn new(counts: &Counts) -> UpdatesStatus {
        let mut status = UpdatesStatus {
            waiting: counts.waiting(),
            commits: counts.commits(),
            ..UpdatesStatus::default()
        };
        for (outcome, count) in counts.outcomes() {
            match outcome {
                "acknowledged" => status.acknowledged = count,
                "unchanged" => status.unchanged = count,
                _ => status.refused += count,
            }
        }
        status
    }
}

impl fmt::Display for UpdatesStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UpdatesStatus {
            acknowledged,
            unchanged,
            refused,
            waiting,
            commits,
        } = self;
        write!(
            out,
            "updates     {acknowledged} acknowledged in {commits} commits, {unchanged} unchanged, {refused} refused, {waiting} waiting"
        )
    }
}
