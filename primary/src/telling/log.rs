//! The log: one line for each thing an operator may want to know later, on standard error.
//!
//! Whatever comes from a repository is escaped before it is logged. Nothing is logged per query, and nothing that logs
//! waits for standard error to be read.

use std::fmt::Display;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use clap::ValueEnum;
use confine::Refused;
use git_remote::Fetched;
use git_store::{Commit, CommitId, Finding, Printable, ZoneName};
use kernel_calls::Peer;
use signers::Signer;
use stack_os::{Sockets, Totals};
use tracing::Level;

use crate::config::Config;
use crate::event::{CommitEvent, Event, Outcome, ZoneEvent};
use crate::failure::Failure;
use crate::loading::trail::Lost;
use crate::system::restraint::Restrained;
use crate::telling::log_queue::{LogQueue, Writer};
use crate::updating::{Answer, Update};

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Only what keeps commits or zones from being served.
    Error,
    /// Also zones that are not right.
    Warn,
    /// Also each commit and the zones it changes.
    Info,
    /// Also each zone at the start.
    Debug,
}

/// More zones than this are logged one by one only at the level `debug`.
const ZONES_TOLD: usize = 100;
/// Findings of one zone in the log; `--status` and `zonetool check` show more.
const REPORTS_TOLD: usize = 5;

/// The way to standard error, once there is one.
static QUEUE: OnceLock<LogQueue> = OnceLock::new();
/// Who goes that way, until it does.
static WRITER: Mutex<Option<Writer>> = Mutex::new(None);

/// Begins to log to standard error, panics included. Once for a process; later calls do nothing. Lines wait until the
/// server has given up what it does not need, or the program ends: only then there may be threads.
pub fn start(format: LogFormat, level: LogLevel) {
    if QUEUE.get().is_none() {
        let (queue, writer) = LogQueue::new(std::io::stderr());
        *WRITER.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
        subscribe(QUEUE.get_or_init(|| queue).clone(), format, level);
        std::panic::set_hook(Box::new(super::panics::log));
    }
}

/// Has the lines written, by a thread.
///
/// # Errors
/// [`Failure::System`] if it cannot be started.
pub(crate) fn write() -> Result<(), Failure> {
    let mut waiting = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    let writer = waiting.take();
    writer
        .map_or(Ok(()), Writer::start)
        .map_err(Failure::system)
}

/// Waits a moment for the last lines to be written; not longer, for nobody may be reading them.
pub fn finish() {
    // Without a thread nobody can be told why there is none.
    let _ = write();
    QUEUE.get().iter().for_each(|queue| queue.finish());
}

/// Says a line outside of the log, in the order of the log.
#[allow(
    clippy::print_stderr,
    reason = "where there is no log yet, and the program is about to end"
)]
pub fn say(line: &str) {
    match QUEUE.get() {
        Some(queue) => queue.push(format!("{line}\n").into_bytes()),
        None => eprintln!("{line}"),
    }
}

/// Lines that standard error had no room for.
pub(crate) fn dropped_lines() -> u64 {
    QUEUE.get().map_or(0, LogQueue::dropped)
}

fn subscribe(queue: LogQueue, format: LogFormat, level: LogLevel) {
    let builder = tracing_subscriber::fmt()
        .with_writer(queue)
        .with_max_level(level.level())
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    // An error only says that somebody logs already.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

impl LogLevel {
    fn level(self) -> Level {
        match self {
            LogLevel::Error => Level::ERROR,
            LogLevel::Warn => Level::WARN,
            LogLevel::Info => Level::INFO,
            LogLevel::Debug => Level::DEBUG,
        }
    }
}

pub(crate) fn starting(config: &Config, sockets: &Sockets) {
    for address in sockets.addresses() {
        tracing::info!(%address, workers = config.worker_count(), "listening over UDP and TCP");
    }
    for address in sockets.tls_addresses() {
        tracing::info!(%address, "listening over TLS");
    }
    tracing::info!(repository = %config.location, "reading");
}

/// What the server has given up, and what it better would.
pub(crate) fn restrained(restrained: &Restrained) {
    if restrained.is_root {
        tracing::warn!("the server runs as root; --user NAME has it become another user");
    }
    match restrained.is_whole {
        true => tracing::info!("confined: {restrained}"),
        false => tracing::warn!("the kernel confines the server only so far: {restrained}"),
    }
}

/// A system call that somebody made whom nobody expected: a later C library, or an intruder.
pub(crate) fn refused(refused: &Refused) {
    let (by_answering, times) = (refused.by_answering, refused.times);
    tracing::warn!(call = %refused, by_answering, times, "the kernel refused a system call; a server does not need it, please report this");
}

pub(crate) fn telling(address: SocketAddr) {
    tracing::info!(%address, "telling metrics over HTTP");
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "metrics are not on loopback: whoever reaches this address can read them");
    }
}

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

pub(crate) fn credentials_kept(why: &dyn Display) {
    tracing::error!(error = %why, "what the remote is reached with cannot be read; it stays as it was");
}

pub(crate) fn stopped(totals: &Totals) {
    tracing::info!(
        udp_answers = totals.udp.answers,
        tcp_answers = totals.tcp.answers,
        tls_answers = totals.tls.answers,
        "stopped"
    );
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

pub(crate) fn updated(update: &Update, answer: &Answer) {
    let Update {
        zone,
        key,
        from,
        id,
        ..
    } = update;
    match answer {
        Answer::Acknowledged(it) => {
            tracing::info!(%zone, %key, from, id, commit = %it.commit(), "update made");
        }
        Answer::Unchanged => tracing::debug!(%zone, %key, from, id, "update changes nothing"),
        Answer::Refused(why) => {
            let code = why.code.to_str();
            tracing::info!(%zone, %key, from, id, code, why = why.text, "update refused");
        }
    }
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
