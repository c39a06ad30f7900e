//! Telling the service manager how the server fares, as `sd_notify(3)` describes it.
//!
//! ```text
//! READY=1      sockets are bound, and the program has begun
//! RELOADING=1  on SIGHUP; READY=1 again when that has ended
//! WATCHDOG=1   twice as often as is wanted, as long as the server is well
//! STOPPING=1   at the end
//! ```
//! Messages go to a datagram socket and are never waited for.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::program::Program;
use crate::telling::health;

/// How often is looked whether the server has become ready.
const LOOK: Duration = Duration::from_millis(20);
/// A wait when there is nothing to look at.
const LONG: Duration = Duration::from_secs(3600);

/// Who started the server and wants to know how it fares.
pub struct ServiceManager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// How often it wants to hear of the server, at least.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` tell of, if any does.
    #[must_use]
    pub fn of_the_environment() -> Option<ServiceManager> {
        let address = address(&env::var_os("NOTIFY_SOCKET")?)?;
        let socket = UnixDatagram::unbound().ok()?;
        // A service manager that does not read must not stop the server.
        socket.set_nonblocking(true).ok()?;
        let own = std::process::id().to_string();
        let is_ours = env::var("WATCHDOG_PID").map_or(true, |pid| pid == own);
        let micros = env::var("WATCHDOG_USEC")
            .ok()
            .and_then(|text| text.parse().ok());
        Some(ServiceManager {
            socket,
            address,
            watchdog: micros
                .filter(|micros| is_ours && *micros > 0)
                .map(Duration::from_micros),
        })
    }

    /// Whether it listens in the abstract name space.
    #[must_use]
    pub fn is_abstract(&self) -> bool {
        self.address.as_abstract_name().is_some()
    }

    fn say(&self, state: &str) {
        // A message that finds no room is missed by the manager only.
        let _ = self.socket.send_to_addr(state.as_bytes(), &self.address);
    }
}

impl fmt::Debug for ServiceManager {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ServiceManager({:?})", self.address)
    }
}

/// A path, or a name in the abstract namespace behind an `@`.
fn address(text: &OsStr) -> Option<SocketAddr> {
    match text.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
        [b'/', ..] => SocketAddr::from_pathname(text).ok(),
        _ => None,
    }
}

/// The thread that tells. Dropping it says that the server stops.
#[derive(Debug)]
pub(crate) struct Reporter {
    news: Sender<News>,
    thread: Option<JoinHandle<()>>,
}

enum News {
    /// Somebody asked for it, when so many had begun.
    Reloading(u64),
    Stopping,
}

impl Reporter {
    pub(crate) fn start(
        manager: ServiceManager,
        program: Arc<dyn Program>,
    ) -> std::io::Result<Reporter> {
        let (news, heard) = channel();
        let thread = thread::Builder::new()
            .name("manager".into())
            .spawn(move || {
                let now = Instant::now();
                let half = manager.watchdog.map(|watchdog| watchdog / 2);
                let reports = Reports {
                    manager,
                    program,
                    half,
                    watchdog_at: half.map(|_| now),
                    is_ready: false,
                    reloading: None,
                };
                reports.run(&heard);
            })?;
        let thread = Some(thread);
        Ok(Reporter { news, thread })
    }

    pub(crate) fn reloading(&self, begun: u64) {
        // The thread only ends when told to, by `drop`.
        let _ = self.news.send(News::Reloading(begun));
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        let _ = self.news.send(News::Stopping);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Reports {
    manager: ServiceManager,
    program: Arc<dyn Program>,
    /// Half of what the watchdog allows, and when it is due.
    half: Option<Duration>,
    watchdog_at: Option<Instant>,
    is_ready: bool,
    reloading: Option<u64>,
}

impl Reports {
    fn run(mut self, heard: &Receiver<News>) {
        loop {
            self.tell_ready();
            self.tell_watchdog();
            match heard.recv_timeout(self.wait()) {
                Ok(News::Reloading(begun)) => self.tell_reloading(begun),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(News::Stopping) | Err(RecvTimeoutError::Disconnected) => {
                    return self.manager.say("STOPPING=1");
                }
            }
        }
    }

    fn wait(&self) -> Duration {
        let is_settled = self.is_ready && self.reloading.is_none();
        let look = if is_settled { LONG } else { LOOK };
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        self.watchdog_at.map_or(look, |at| left(at).min(look))
    }

    fn tell_ready(&mut self) {
        let has_ended = |begun| self.program.has_reloaded(begun);
        if self.is_ready && self.reloading.is_some_and(has_ended) {
            self.reloading = None;
            self.manager.say("READY=1");
        }
        if !self.is_ready && self.program.has_begun() {
            self.is_ready = true;
            self.manager.say("READY=1\nSTATUS=Answering.");
        }
    }

    /// The time is that of `CLOCK_MONOTONIC`, by which the manager knows this reload from one before.
    fn tell_reloading(&mut self, begun: u64) {
        if self.is_ready
            && let Ok(now) = kernel_calls::monotonic_time()
        {
            self.reloading = Some(begun);
            let micros = now.as_micros();
            self.manager
                .say(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
        }
    }

    fn tell_watchdog(&mut self) {
        let now = Instant::now();
        if let (Some(half), Some(at)) = (self.half, self.watchdog_at)
            && at <= now
        {
            self.watchdog_at = Some(now + half);
            match health::serving(&*self.program) {
                Ok(()) => self.manager.say("WATCHDOG=1"),
                Err(why) => tracing::error!("the watchdog is not told that all is well: {why}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let abstract_name = address(OsStr::new("@name")).expect("an address");
        assert_eq!(abstract_name.as_abstract_name(), Some(&b"name"[..]));
        assert!(address(OsStr::new("/run/notify")).is_some());
        assert!(address(OsStr::new("vsock:2:1234")).is_none());
        assert!(address(OsStr::new("")).is_none());
    }
}
