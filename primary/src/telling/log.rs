//! What an operator may want to know later about commits and what is made of them, a line for each.
//!
//! Whatever comes from a repository is escaped before it is logged. Nothing is logged per query.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use git_remote::Fetched;
use git_store::{Commit, CommitId, Finding, Printable, ZoneName};
use kernel_calls::Peer;
use signers::Signer;

use crate::branch::InVain;
use crate::event::{CommitEvent, Event, Outcome, ZoneEvent};
use crate::loading::trail::Lost;
use crate::updating::{Answer, Answered, Update};

/// More zones than this are logged one by one only at the level `debug`.
const ZONES_TOLD: usize = 100;
/// Findings of one zone in the log; `--status` and `zonetool check` show more.
const REPORTS_TOLD: usize = 5;

pub(crate) fn untold(poll: Duration) {
    let seconds = poll.as_secs();
    tracing::warn!(
        seconds,
        "the file system tells of no changes: the branch is looked at so often"
    );
}

pub(crate) fn fetched(fetched: &Fetched) {
    let Fetched {
        branch,
        commit,
        pack_octets,
    } = fetched;
    let branch = Printable(branch.as_bytes());
    tracing::info!(%commit, %branch, octets = pack_octets, "fetched");
}

/// Once for each kind of trouble, not for each attempt.
pub(crate) fn remote_in_trouble(kind: &str, why: &dyn Display, is_served: bool) {
    match is_served {
        true => {
            tracing::error!(kind, error = %why, "the remote cannot be followed; what is served stays");
        }
        false => {
            tracing::error!(kind, error = %why, "the remote cannot be followed, and nothing of it is here: questions are answered SERVFAIL");
        }
    }
}

pub(crate) fn remote_empty() {
    tracing::warn!("the remote has no commit yet: questions are answered SERVFAIL until it has");
}

pub(crate) fn remote_reached() {
    tracing::info!("the remote is reached again");
}

pub(crate) fn copy_in_trouble(path: &Path, why: &dyn Display) {
    tracing::warn!(path = %path.display(), error = %why, "the copy of the remote cannot be kept in order; it is tried again");
}

pub(crate) fn pushed(commit: CommitId) {
    tracing::info!(%commit, "updates pushed");
}

/// Once for each kind of trouble, not for each attempt.
pub(crate) fn not_pushed(why: &dyn Display, commits: u64) {
    tracing::error!(error = %why, commits, "updates cannot be pushed; they are served, and kept here until they can");
}

pub(crate) fn push_goes_on() {
    tracing::info!("updates are pushed again");
}

pub(crate) fn merged(commit: CommitId, theirs: CommitId, lost: &[InVain]) {
    tracing::info!(%commit, %theirs, lost = lost.len(), "what was pushed is merged with updates");
    for lost in lost {
        tracing::warn!(%commit, zone = %lost.zone, "changed in vain: {}", lost.what);
    }
}

pub(crate) fn not_merged(theirs: CommitId, why: &dyn Display) {
    tracing::error!(%theirs, error = %why, "what was pushed cannot be merged with updates; what is served stays, and it is tried again");
}

pub(crate) fn credentials_kept(why: &dyn Display) {
    tracing::error!(error = %why, "what the remote is reached with cannot be read; it stays as it was");
}

pub(crate) fn event(event: &Event) {
    match event {
        Event::Commit(event) => log_commit(event),
        Event::NoCommit => {
            tracing::warn!("the branch has no commit yet: all questions are refused until it has");
        }
        Event::Unreadable(why) => {
            tracing::error!(error = %why, "the newest commit cannot be read; what is served stays");
        }
        Event::Refused(refusal) => {
            let served = refusal.served.map(|served| served.to_string());
            tracing::error!(commit = %refusal.tip, served, "{refusal}");
        }
    }
}

pub(crate) fn served_last_is_unreadable(commit: CommitId, why: &git_store::Error) {
    tracing::error!(%commit, error = %why, "what was served last cannot be read, so nothing is served; if the state directory is that of another repository, name another with --state-dir DIR");
}

pub(crate) fn signed(commit: CommitId, signer: &Signer) {
    tracing::debug!(%commit, %signer, "signed well");
}

/// Who asked is known where it was not this process itself.
pub(crate) fn accepted(commit: CommitId, by: Option<Peer>) {
    let (uid, pid) = (by.map(|by| by.uid), by.map(|by| by.pid));
    tracing::warn!(%commit, uid, pid, "accepted over the control socket, although it does not follow what is served");
}

pub(crate) fn updated(update: &Update, answered: &Answered) {
    let ignored = (!answered.ignored.is_empty()).then_some(&answered.ignored);
    let Update {
        zone,
        key,
        from,
        id,
        ..
    } = update;
    match &answered.answer {
        Answer::Acknowledged(it) => {
            tracing::info!(%zone, %key, from, id, commit = %it.commit(), ignored, "update made");
        }
        Answer::Ephemeral(_) => {
            tracing::info!(%zone, %key, from, id, ignored, "update of ephemeral records made");
        }
        Answer::Unchanged => {
            tracing::debug!(%zone, %key, from, id, ignored, "update changes nothing");
        }
        Answer::Refused(why) => {
            let code = why.code.to_str();
            tracing::info!(%zone, %key, from, id, code, why = why.text, "update refused");
        }
    }
}

pub(crate) fn journal_damaged(why: &str) {
    tracing::error!(
        "the file of versions that were served is not trusted to its end: {why}; ephemeral records may be missing, and \
         each zone takes another serial"
    );
}

pub(crate) fn journal_behind(why: &dyn Display) {
    tracing::warn!(%why, "what was served cannot be written down; after a restart secondaries may get whole zones");
}

pub(crate) fn forgotten(zone: &ZoneName, records: usize) {
    tracing::info!(%zone, records, "ephemeral records that nobody took away have gone");
}

pub(crate) fn followed(zone: &ZoneName, lost: Option<&Lost>) {
    match lost {
        None => tracing::debug!(%zone, "zone is read where it differs"),
        Some(why) => tracing::debug!(%zone, %why, "zone is read as a whole"),
    }
}

fn log_commit(event: &CommitEvent) {
    let CommitEvent {
        commit,
        zones,
        layout,
        took,
    } = event;
    for Finding { path, problem } in layout {
        let (place, rule) = (path.to_string(), problem.rule());
        tracing::warn!(commit = %commit.id, author = %commit.author, place, rule, "{place}: {problem}");
    }
    for zone in zones {
        log_zone(commit, zone, zones.len());
    }
    let summary = Printable(commit.summary().as_bytes());
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(commit = %commit.id, author = %commit.author, %summary, zones = zones.len(), took_ms, "commit served");
}

fn log_zone(commit: &Commit, event: &ZoneEvent, zones: usize) {
    let (zone, blamed) = (&event.zone, event.brought_by.as_deref().unwrap_or(commit));
    for report in event.reports.iter().take(REPORTS_TOLD) {
        let (place, rule) = (&report.place, &report.rule);
        tracing::warn!(%zone, commit = %blamed.id, author = %blamed.author, place, rule, "{place}: {}", report.message);
    }
    match &event.outcome {
        Outcome::Served {
            serial,
            stated,
            records,
        } if zones > ZONES_TOLD => {
            tracing::debug!(%zone, serial, stated, commit = %commit.id, records, "zone served");
        }
        Outcome::Served {
            serial,
            stated,
            records,
        } => {
            tracing::info!(%zone, serial, stated, commit = %commit.id, records, "zone served");
        }
        Outcome::Kept { serial, commit } => {
            tracing::warn!(%zone, serial, %commit, "zone kept at its last good commit");
        }
        Outcome::NotServed => {
            tracing::warn!(%zone, commit = %commit.id, "zone not served: it never was right");
        }
        Outcome::Removed => {
            tracing::info!(%zone, commit = %commit.id, "zone removed, no longer served");
        }
    }
}
