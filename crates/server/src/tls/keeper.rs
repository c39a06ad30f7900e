//! The pair that handshakes are made with, and what is told of it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::pair::{Pair, Stamp, stamp};
use super::tickets::Tickets;
use super::validity::Validity;
use crate::config::TlsConfig;
use crate::failure::Failure;

/// The end is near: most authorities renew at thirty days.
const SOON_DAYS: i64 = 14;

/// The pair in use, and the files it comes from.
pub struct Keeper {
    config: TlsConfig,
    pair: ArcSwap<Pair>,
    /// What sessions are resumed with, if that is shared with other servers.
    tickets: Option<Arc<Tickets>>,
    /// The files as they were when they were read last.
    stamp: Mutex<Stamp>,
    /// Why what they say now is not in use.
    trouble: Mutex<Option<String>>,
    failed_reads: AtomicU64,
}

impl Keeper {
    /// Reads the files for the first time. A certificate that has ended is used and told: clients that know our key, or do
    /// not look at all, go on (RFC 7858 §4).
    pub(crate) fn read(config: &TlsConfig) -> Result<Keeper, Failure> {
        let stamp = stamp(config);
        let pair = Pair::read(config)?;
        let tickets = config.ticket_secret.as_deref().map(Tickets::read);
        let keeper = Keeper {
            tickets: tickets.transpose()?.map(Arc::new),
            config: config.clone(),
            pair: ArcSwap::from_pointee(pair),
            stamp: Mutex::new(stamp),
            trouble: Mutex::default(),
            failed_reads: AtomicU64::new(0),
        };
        keeper.tell();
        Ok(keeper)
    }

    /// Whether a file is not as it was when it was read last.
    pub(super) fn has_changed(&self) -> bool {
        stamp(&self.config) != *lock(&self.stamp)
    }

    /// Reads the files again. If they are of no use, the pair stays.
    pub(super) fn read_again(&self) {
        *lock(&self.stamp) = stamp(&self.config);
        let trouble = match Pair::read(&self.config) {
            Ok(pair) => {
                self.pair.store(Arc::new(pair));
                self.tell();
                None
            }
            Err(why) => {
                self.failed_reads.fetch_add(1, Relaxed);
                tracing::error!(error = %why, "the certificate stays as it was");
                Some(why.to_string())
            }
        };
        *lock(&self.trouble) = trouble;
    }

    /// Reads the secret of tickets again, if there is one.
    pub(super) fn read_tickets_again(&self) {
        self.tickets.iter().for_each(|tickets| tickets.read_again());
    }

    pub(super) fn tickets(&self) -> Option<Arc<dyn ProducesTickets>> {
        let tickets = self.tickets.clone()?;
        Some(tickets)
    }

    pub fn validity(&self) -> Validity {
        self.pair.load().validity
    }

    /// Days until the certificate ends, below 0 when it has.
    pub fn days_left(&self) -> i64 {
        self.validity().days_left(now_secs())
    }

    /// Why the files as they are now are not in use, if they are not.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    /// Times that the files were of no use.
    pub fn failed_reads(&self) -> u64 {
        self.failed_reads.load(Relaxed)
    }

    fn tell(&self) {
        let path = self.config.certificate.display();
        tracing::info!(certificate = %path, days_left = self.days_left(), "certificate read");
        self.warn();
    }

    /// Says so if the certificate is not good, or will soon not be.
    pub(super) fn warn(&self) {
        let (path, validity, days_left) = (
            self.config.certificate.display(),
            self.validity(),
            self.days_left(),
        );
        if days_left < 0 {
            tracing::warn!(certificate = %path, days_left, "the certificate has ended and is still used: put a new one in its place");
        } else if !validity.contains(now_secs()) {
            tracing::warn!(certificate = %path, "the certificate is not good yet: is the clock right?");
        } else if days_left < SOON_DAYS {
            tracing::warn!(certificate = %path, days_left, "the certificate ends soon: put a new one in its place");
        }
    }
}

impl ResolvesServerCert for Keeper {
    /// One for all names: a name server is asked by its address, and whatever name a client wants is for it to check.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.pair.load().certified))
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Keeper({})", self.config.certificate.display())
    }
}

fn now_secs() -> i64 {
    i64::try_from(crate::now_secs()).unwrap_or(i64::MAX)
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
