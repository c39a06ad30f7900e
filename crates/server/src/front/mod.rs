//! The half of a program that answers, from binding its addresses to the end.
//!
//! ```text
//! Entrance::bind ──> (another user) ──> (confined) ──> Entrance::serve ──> Front, which answers from then on
//!                                                              └────> Doors::open ──> Watchers: control socket, HTTP, ...
//! ```

mod by_hand;
mod entrance;
mod watching;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use authority::Limiter;
use stack_os::Server;

use crate::config::Config;
use crate::system::restraint::Restrained;
use crate::telling::dnstap::Sending;
use crate::telling::health::Engine;
use crate::telling::log;
use crate::telling::status::{Counters, TlsStatus};
use crate::telling::tally::Ledger;
use crate::tls::Keeper;
pub use by_hand::ByHand;
pub use entrance::{Entrance, Making, words};
pub use watching::{Doors, Watchers};

/// What answers.
pub struct Front {
    /// What the operator chose.
    pub config: Config,
    /// The threads that answer.
    pub server: Server,
    /// What they answer with.
    pub engine: Engine,
    /// What the process has given up; none if it was not to.
    pub restrained: Option<Restrained>,
    pub(crate) tls: Option<Arc<Keeper>>,
    pub(crate) ledger: Arc<Ledger>,
    /// Knows what was held back; none if nothing is.
    pub(crate) limiter: Option<Arc<Limiter>>,
    /// Sends copies of messages, if anybody takes them.
    pub(crate) copying: Option<Sending>,
    /// Where metrics are told, with the port that port 0 became.
    pub(crate) metrics: Option<SocketAddr>,
    started: Instant,
    /// Seconds since 1970.
    pub(crate) started_at_secs: u64,
}

impl Front {
    /// Seconds since it began to answer.
    #[must_use]
    pub fn up_secs(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    /// What was answered so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::new(&self.server.totals(), self.limiter.as_deref())
    }

    /// How DNS over TLS fares, where it is spoken.
    #[must_use]
    pub fn tls_status(&self) -> Option<TlsStatus> {
        let keeper = self.tls.as_ref()?;
        Some(TlsStatus::new(keeper, self.server.tls_addresses()))
    }

    /// Where metrics are told, with the port that port 0 became.
    #[must_use]
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Answers what has arrived, and ends the threads that answer.
    pub fn stop(&self) {
        self.server.stop();
        self.copying.iter().for_each(Sending::stop);
    }

    /// Tells the log that all has ended.
    pub fn tell_stopped(&self) {
        log::stopped(&self.server.totals());
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Front({:?})", self.server.addresses())
    }
}
