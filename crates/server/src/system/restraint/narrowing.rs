//! What a thread that answers gives up beyond what the process does.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use confine::Work;
use stack_os::Transport;

/// How many threads have done so, and why one could not.
#[derive(Debug, Default)]
pub struct Narrowing {
    threads: AtomicUsize,
    trouble: OnceLock<String>,
}

impl Narrowing {
    /// The calling thread answers from now on, and does nothing else.
    pub fn begin_thread(&self, transport: Transport) {
        let work = match transport {
            Transport::Udp => Work::Datagrams,
            Transport::Tcp | Transport::Tls => Work::Streams,
        };
        match confine::narrow(work) {
            Ok(()) => {
                self.threads.fetch_add(1, Relaxed);
            }
            Err(why) => {
                tracing::warn!(error = %why, "a thread that answers may do what all threads may");
                let _ = self.trouble.set(why);
            }
        }
    }
}

impl fmt::Display for Narrowing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.trouble.get(), self.threads.load(Relaxed)) {
            (Some(why), _) => write!(out, ", not narrower where questions are answered ({why})"),
            (None, 0) => Ok(()),
            (None, threads) => write!(out, ", narrower in the {threads} threads that answer"),
        }
    }
}
