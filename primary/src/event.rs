//! What happens, for whoever watches.

use std::fmt;
use std::time::Duration;

use git_store::{Commit, CommitId, Finding, Printable, TreePath, ZoneName};
use serde::{Deserialize, Serialize};
use zone::SignedSerial;
use zone::rules::{Rule, Severity};

/// Something happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A commit was read, and is served as far as it is right.
    Commit(Box<CommitEvent>),
    /// The branch has no commit yet; there is nothing to serve.
    NoCommit,
    /// The branch or its newest commit cannot be read. What is served stays.
    Unreadable(git_store::Error),
    /// The newest commit is not trusted. What is served stays.
    Refused(Box<Refusal>),
}

/// A commit that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The one that the branch is at.
    pub tip: CommitId,
    /// The one that was served last, if one was.
    pub served: Option<CommitId>,
    /// Why.
    pub why: Distrust,
}

/// Why a commit is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// It was not made on the one that was served last: history was rewritten, or is another's. An operator may accept it.
    Rewritten,
    /// A state of the branch is not signed by anybody who may. Nobody can accept that.
    Unsigned {
        /// That state: the commit itself, or one on the way to it.
        commit: CommitId,
        /// What about its signature.
        why: signers::Refusal,
    },
}

/// A commit that was read.
#[derive(Debug, Clone)]
pub struct CommitEvent {
    /// The commit.
    pub commit: Commit,
    /// The zones it changed, in no order.
    pub zones: Vec<ZoneEvent>,
    /// What is wrong with files and folders that are not a zone's, if that has changed.
    pub layout: Vec<Finding>,
    /// From hearing of it to serving it.
    pub took: Duration,
}

/// What a commit did to a zone.
#[derive(Debug, Clone)]
pub struct ZoneEvent {
    /// The zone.
    pub zone: ZoneName,
    /// How it ended.
    pub outcome: Outcome,
    /// What is wrong with it, or worth a warning.
    pub reports: Vec<Report>,
    /// The commit that brought this version in, where that is not the newest.
    pub brought_by: Option<Box<Commit>>,
}

/// How a zone fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Served as it is in this commit.
    Served {
        /// The SOA serial.
        serial: u32,
        /// The one in the file, if that is another.
        stated: Option<u32>,
        /// How many records.
        records: usize,
    },
    /// Not right; an older version is served.
    Kept {
        /// The SOA serial of that version.
        serial: u32,
        /// The commit it was read from.
        commit: CommitId,
    },
    /// Not right, and there is no older version.
    NotServed,
    /// No longer in the repository, and no longer served.
    Removed,
}

/// A finding about a zone, detached from the text it is about. Safe to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The rule, as `zonetool explain` takes it.
    pub rule: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// `path:line:column`, or only the path.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Report {
    /// A finding about a file as a whole.
    #[must_use]
    pub fn of_layout(finding: &Finding) -> Report {
        let severity = if finding.problem.is_warning() {
            "warning"
        } else {
            "error"
        };
        Report {
            rule: finding.problem.rule().into(),
            severity: severity.into(),
            place: finding.path.to_string(),
            message: finding.problem.to_string(),
            help: Some(finding.problem.help().into()),
        }
    }

    /// About a version that is signed with a serial which it cannot be served with.
    pub(crate) fn of_serial(path: Option<&TreePath>, signed: &SignedSerial) -> Report {
        Report {
            rule: Rule::SerialNotRaised.id().into(),
            severity: Severity::Error.to_string(),
            place: path.map_or_else(String::new, TreePath::to_string),
            message: format!(
                "it is signed with serial {}, which is not newer than that of the version before",
                signed.signed
            ),
            help: Some(format!("sign it with serial {} or later", signed.wanted)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: {}[{}]: {}",
            self.place, self.severity, self.rule, self.message
        )
    }
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Commit(event) => event.fmt(out),
            Event::NoCommit => write!(out, "the branch has no commit yet"),
            Event::Unreadable(why) => write!(out, "the newest commit cannot be read: {why}"),
            Event::Refused(refusal) => refusal.fmt(out),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tip = self.tip;
        match (&self.why, self.served) {
            (Distrust::Rewritten, Some(served)) => write!(
                out,
                "history was rewritten: the branch is at {tip}, which was not made on {served}, which was served last; \
                 if that is right: zonetool accept {tip}"
            ),
            (Distrust::Rewritten, None) => write!(out, "commit {tip} follows nothing"),
            (Distrust::Unsigned { commit, why }, served) => {
                write!(out, "commit {commit} {why}; ")?;
                if *commit != tip {
                    write!(out, "the branch, now at {tip}, has been there; ")?;
                }
                match served {
                    Some(served) => write!(
                        out,
                        "{served} is served on; have it signed: git rebase --force-rebase --gpg-sign {served}"
                    )?,
                    None => write!(
                        out,
                        "nothing is served; have it signed: git commit --amend --no-edit --gpg-sign"
                    )?,
                }
                match why {
                    signers::Refusal::Unsigned => Ok(()),
                    _ => write!(
                        out,
                        "; or put its key into the file of --allowed-signers and send SIGHUP"
                    ),
                }
            }
        }
    }
}

impl fmt::Display for CommitEvent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommitEvent {
            commit,
            zones,
            took,
            ..
        } = self;
        let summary = Printable(commit.summary().as_bytes());
        write!(
            out,
            "{} {summary} ({}), {} ms",
            commit.id.short(),
            commit.author,
            took.as_millis()
        )?;
        zones
            .iter()
            .take(ZONES_SHOWN)
            .try_for_each(|zone| write!(out, "\n  {zone}"))?;
        match zones.len().saturating_sub(ZONES_SHOWN) {
            0 => Ok(()),
            more => write!(out, "\n  and {more} more"),
        }
    }
}

/// Zones of an event that are displayed; of more only the number is told.
const ZONES_SHOWN: usize = 20;

impl fmt::Display for ZoneEvent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.zone, self.outcome)?;
        self.reports
            .iter()
            .take(3)
            .try_for_each(|report| write!(out, "\n    {report}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Served {
                serial,
                stated,
                records,
            } => {
                write!(out, "serial {serial}")?;
                if let Some(stated) = stated {
                    write!(out, " (the file says {stated})")?;
                }
                write!(out, ", {records} records")
            }
            Outcome::Kept { serial, commit } => {
                write!(
                    out,
                    "is not right; still serial {serial} of commit {}",
                    commit.short()
                )
            }
            Outcome::NotServed => write!(out, "is not right, and never was; not served"),
            Outcome::Removed => write!(out, "removed"),
        }
    }
}
