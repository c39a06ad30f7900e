//! What was told to whom, for status and metrics.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use replication::notify::Target;
use rr::NameRef;
use serde::{Deserialize, Serialize};

use super::hearers::Hearer;
use crate::metrics::Page;

/// Written by the thread, read by whoever asks.
#[derive(Debug, Default)]
pub struct Told(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    counts: Counts,
    hearers: BTreeMap<Target, HearerReport>,
    in_flight: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    sent: u64,
    answered: u64,
    refused: u64,
    silent: u64,
}

/// What was told so far.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Messages that were sent, again and again where they were.
    pub sent: u64,
    /// Answers that were good.
    pub answered: u64,
    /// Answers that were not.
    pub refused: u64,
    /// Changes that nobody answered, in the end.
    pub silent: u64,
    /// Messages that are not answered yet.
    pub in_flight: usize,
    /// Those who are told.
    pub hearers: Vec<HearerReport>,
}

/// One who is told of zones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HearerReport {
    /// Where.
    pub address: SocketAddr,
    /// Whether on a connection that it has made.
    pub has_connected: bool,
    /// The name of the key that messages to it are signed with.
    pub key: Option<String>,
    /// Messages that were sent to it.
    pub sent: u64,
    /// Those that it answered well.
    pub answered: u64,
    /// What was wrong last, if it has not answered well since.
    pub trouble: Option<String>,
}

impl Told {
    /// What was told so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let known = self.known();
        Report {
            sent: known.counts.sent,
            answered: known.counts.answered,
            refused: known.counts.refused,
            silent: known.counts.silent,
            in_flight: known.in_flight,
            hearers: known.hearers.values().cloned().collect(),
        }
    }

    /// One more is told from now on.
    pub(super) fn added(&self, target: Target, hearer: &Hearer) {
        let mut known = self.known();
        known.hearers.insert(target, HearerReport::new(hearer));
    }

    pub(super) fn sent(&self, target: Target, hearer: &Hearer) {
        let mut known = self.known();
        known.counts.sent += 1;
        let entry = known.hearers.entry(target);
        entry.or_insert_with(|| HearerReport::new(hearer)).sent += 1;
    }

    pub(super) fn answered(&self, target: Target) {
        let mut known = self.known();
        known.counts.answered += 1;
        if let Some(hearer) = known.hearers.get_mut(&target) {
            hearer.answered += 1;
            hearer.trouble = None;
        }
    }

    /// Whether that is news.
    pub(super) fn refused(&self, target: Target, why: &str) -> bool {
        let mut known = self.known();
        known.counts.refused += 1;
        known.trouble(target, why)
    }

    /// Whether that is news.
    pub(super) fn silent(&self, target: Target, why: &str) -> bool {
        let mut known = self.known();
        known.counts.silent += 1;
        known.trouble(target, why)
    }

    /// Whether that is news.
    pub(super) fn trouble(&self, target: Target, why: &str) -> bool {
        self.known().trouble(target, why)
    }

    pub(super) fn removed(&self, target: Target) {
        self.known().hearers.remove(&target);
    }

    pub(super) fn in_flight(&self, in_flight: usize) {
        self.known().in_flight = in_flight;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// Adds what was told to a page of metrics.
    pub fn write_metrics(&self, page: &mut Page) {
        page.counter(
            "stemma_notifies_sent_total",
            "Messages that told others of changes (NOTIFY), each time that they were sent.",
        )
        .sample(&[], self.sent);
        page.counter(
            "stemma_notifies_ended_total",
            "Changes that were told, by how it ended: answered, refused, or silent after several messages.",
        )
        .sample(&[("result", "answered")], self.answered)
        .sample(&[("result", "refused")], self.refused)
        .sample(&[("result", "silent")], self.silent);
        page.gauge(
            "stemma_notifies_in_flight",
            "Changes that were told and not answered yet.",
        )
        .sample(&[], self.in_flight);
        let connected = self.hearers.iter().filter(|it| it.has_connected).count();
        page.gauge(
            "stemma_notified_secondaries",
            "Those who are told of changes: at an address, or on a connection that they have made.",
        )
        .sample(&[("way", "address")], self.hearers.len() - connected)
        .sample(&[("way", "connection")], connected);
    }
}

/// Those who are told, for people; no line where nobody is.
#[derive(Debug)]
pub struct HearerList<'a>(pub &'a [HearerReport]);

/// Of more only those are listed who do not answer.
const LISTED: usize = 20;

impl fmt::Display for HearerList<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let in_vain = self.0.iter().filter(|it| it.trouble.is_some()).count();
        let all = self.0.len();
        writeln!(
            out,
            "secondaries {all} told of changes, {in_vain} of them in vain"
        )?;
        let is_listed = |it: &&HearerReport| it.trouble.is_some() || all <= LISTED;
        let mut listed = self.0.iter().filter(is_listed).take(LISTED);
        listed.try_for_each(|hearer| writeln!(out, "  {hearer}"))
    }
}

impl fmt::Display for HearerReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.address)?;
        if self.has_connected {
            out.write_str(", connected")?;
        }
        if let Some(key) = &self.key {
            write!(out, ", key {key}")?;
        }
        write!(out, ": {} sent, {} answered", self.sent, self.answered)?;
        self.trouble.iter().try_for_each(|it| write!(out, "; {it}"))
    }
}

impl Known {
    fn trouble(&mut self, target: Target, why: &str) -> bool {
        let Some(hearer) = self.hearers.get_mut(&target) else {
            return false;
        };
        let is_news = hearer.trouble.as_deref() != Some(why);
        hearer.trouble = Some(why.to_owned());
        is_news
    }
}

impl HearerReport {
    fn new(hearer: &Hearer) -> HearerReport {
        let key = hearer.key();
        HearerReport {
            address: hearer.address(),
            has_connected: matches!(hearer, Hearer::Connection(_)),
            key: key.as_ref().map(NameRef::to_string),
            sent: 0,
            answered: 0,
            trouble: None,
        }
    }
}
