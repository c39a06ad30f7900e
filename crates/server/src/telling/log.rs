//! The log: one line for each thing an operator may want to know later, on standard error.
//!
//! Nothing is logged per query, and nothing that logs waits for standard error to be read. What comes from elsewhere is escaped
//! by who logs it.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock, PoisonError};

use clap::ValueEnum;
use confine::Refused;
use stack_os::{Sockets, Totals};
use tracing::Level;

use crate::failure::Failure;
use crate::system::restraint::Restrained;
use crate::telling::log_queue::{LogQueue, Writer};

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
    /// Only what keeps zones from being served.
    Error,
    /// Also what is not right, and is gone on without.
    Warn,
    /// Also each version of a zone.
    Info,
    /// Also what is done about each.
    Debug,
}

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
pub fn write() -> Result<(), Failure> {
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
pub fn dropped_lines() -> u64 {
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

/// Tells where is listened.
pub(crate) fn listening(workers: usize, sockets: &Sockets) {
    for address in sockets.addresses() {
        tracing::info!(%address, workers, "listening over UDP and TCP");
    }
    for address in sockets.tls_addresses() {
        tracing::info!(%address, "listening over TLS");
    }
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

pub(crate) fn stopped(totals: &Totals) {
    tracing::info!(
        udp_answers = totals.udp.answers,
        tcp_answers = totals.tcp.answers,
        tls_answers = totals.tls.answers,
        "stopped"
    );
}
