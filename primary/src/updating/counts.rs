//! What has become of updates so far, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use git_store::CommitId;
use wire::ResponseCode;

use super::Answer;

/// Upper ends of the buckets of the time from asking to answering, in nanoseconds.
pub(crate) const BOUNDS_NS: [u64; 10] = [
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// Outcomes, as they are named in the metrics: the last one is for codes that none of the others has.
pub(crate) const OUTCOMES: [&str; 12] = [
    "acknowledged",
    "unchanged",
    "formerr",
    "servfail",
    "nxdomain",
    "refused",
    "yxdomain",
    "yxrrset",
    "nxrrset",
    "notauth",
    "notzone",
    "other",
];

/// Counted by whoever answers.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    outcomes: [AtomicU64; OUTCOMES.len()],
    asked: AtomicU64,
    commits: AtomicU64,
    /// Those who wait together have the same commit, one after the other.
    newest: Mutex<Option<CommitId>>,
    /// Of each bucket, and beyond the last one.
    took: [AtomicU64; BOUNDS_NS.len() + 1],
    took_ns: AtomicU64,
}

impl Counts {
    /// An update waits.
    pub(super) fn begin(&self) {
        self.asked.fetch_add(1, Relaxed);
    }

    /// It was answered after this time.
    pub(super) fn end(&self, answer: &Answer, took: Duration) {
        self.outcomes[outcome(answer)].fetch_add(1, Relaxed);
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_NS.partition_point(|end| *end < ns);
        self.took[bucket].fetch_add(1, Relaxed);
        self.took_ns.fetch_add(ns, Relaxed);
        if let Answer::Acknowledged(acknowledged) = answer {
            let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
            if newest.replace(acknowledged.commit()) != Some(acknowledged.commit()) {
                self.commits.fetch_add(1, Relaxed);
            }
        }
    }

    /// How many had each outcome.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.outcomes.iter().map(|count| count.load(Relaxed));
        OUTCOMES.into_iter().zip(counts)
    }

    /// How many wait for their answer now.
    pub(crate) fn waiting(&self) -> u64 {
        // What is answered was asked before, so in this order the difference is not below 0.
        let answered: u64 = self.outcomes().map(|(_, count)| count).sum();
        self.asked.load(Relaxed).saturating_sub(answered)
    }

    /// How many commits were made of them.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Relaxed)
    }

    /// How many took so long, bucket by bucket, the last one without an end.
    pub(crate) fn took(&self) -> Vec<u64> {
        self.took.iter().map(|count| count.load(Relaxed)).collect()
    }

    /// All their times together, in nanoseconds.
    pub(crate) fn took_ns(&self) -> u64 {
        self.took_ns.load(Relaxed)
    }
}

fn outcome(answer: &Answer) -> usize {
    let name = match answer {
        Answer::Acknowledged(_) | Answer::Ephemeral(_) => "acknowledged",
        Answer::Unchanged => "unchanged",
        Answer::Refused(why) => match why.code {
            ResponseCode::FormErr => "formerr",
            ResponseCode::ServFail => "servfail",
            ResponseCode::NXDomain => "nxdomain",
            ResponseCode::Refused => "refused",
            ResponseCode::YXDomain => "yxdomain",
            ResponseCode::YXRRSet => "yxrrset",
            ResponseCode::NXRRSet => "nxrrset",
            ResponseCode::NotAuth => "notauth",
            ResponseCode::NotZone => "notzone",
            _ => "other",
        },
    };
    let found = OUTCOMES.iter().position(|outcome| *outcome == name);
    found.unwrap_or(OUTCOMES.len() - 1)
}
