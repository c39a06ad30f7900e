//! What the secondary tells of itself, beyond what all programs do: about the zones that it follows.
//!
//! What is known of them belongs to the thread that follows: it is asked, and answers between two turns.

mod metrics;
pub(crate) mod status;

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kernel_calls::Peer;
use serde_json::{Value, json};
use server::metrics::Page;
use server::{Front, Keys, NotWell, Program, Told};

use crate::config::Config;
use crate::following::{Order, Orders};
use crate::plan::Plan;
use status::{Status, ZoneStatus};

/// How long is waited for the thread that follows, which may be writing a large zone.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one turn of it may take until the server is not well.
const TURN: Duration = Duration::from_secs(15 * 60);

/// What a status is made of.
pub(crate) struct View {
    pub(crate) config: Config,
    pub(crate) front: Front,
    keys: Option<Arc<Keys>>,
    /// Who was told of changes; none if nobody is.
    told: Option<Arc<Told>>,
    pub(crate) orders: Orders,
    pub(crate) turns: Turns,
    pub(crate) reloads: Arc<Reloads>,
}

/// When the turn of a thread began that is at work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<Option<Instant>>>);

impl Turns {
    pub(crate) fn begin(&self) {
        self.put(Some(Instant::now()));
    }

    pub(crate) fn end(&self) {
        self.put(None);
    }

    fn put(&self, began: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = began;
    }

    fn is_well(&self) -> bool {
        let began = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        began.is_none_or(|began| began.elapsed() < TURN)
    }
}

/// Reloads that were asked for, and those that have ended.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Reloads {
    /// How many had begun with this one.
    pub(crate) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, SeqCst) + 1
    }

    fn end(&self) {
        self.ended.fetch_add(1, SeqCst);
    }
}

impl View {
    pub(crate) fn new(
        config: Config,
        front: Front,
        (keys, told): (Option<Arc<Keys>>, Option<Arc<Told>>),
        orders: Orders,
    ) -> View {
        View {
            config,
            front,
            keys,
            told,
            orders,
            turns: Turns::default(),
            reloads: Arc::default(),
        }
    }

    /// Has keys and zones followed that the files say now.
    pub(crate) fn read_again(&self) {
        self.keys.iter().for_each(|keys| keys.read_again());
        let ring = self.keys.as_ref().map(|keys| Arc::clone(&keys.ring()));
        let reloads = Arc::clone(&self.reloads);
        match Plan::read(&self.config, &ring.unwrap_or_default()) {
            Ok(plan) => {
                let done = Box::new(move || reloads.end());
                self.orders.send(Order::Follow(Box::new(plan), done));
            }
            Err(error) => {
                tracing::error!(%error, "the zones that are followed stay as they were");
                reloads.end();
            }
        }
    }

    pub(crate) fn shown(&self) -> Status {
        Status::new(self, self.zones())
    }

    /// None if the thread that follows is too busy to say.
    fn zones(&self) -> Option<Vec<ZoneStatus>> {
        let (sender, zones) = sync_channel(1);
        self.orders.send(Order::Report(sender));
        zones.recv_timeout(PATIENCE).ok()
    }
}

impl Program for View {
    fn front(&self) -> &Front {
        &self.front
    }

    /// That a primary is away is not for this server to mend.
    fn well(&self) -> Result<(), NotWell> {
        match self.turns.is_well() {
            true => Ok(()),
            false => Err("the primaries are not followed any more"),
        }
    }

    fn ready(&self) -> Result<(), NotWell> {
        match self.front.engine.zones.load().iter().next() {
            Some(_) => Ok(()),
            None => Err("no zone is served yet"),
        }
    }

    /// What was kept is served, and the rest is being asked for.
    fn has_begun(&self) -> bool {
        true
    }

    fn has_reloaded(&self, begun: u64) -> bool {
        self.reloads.ended.load(SeqCst) >= begun
    }

    fn status(&self) -> Value {
        json!(self.shown())
    }

    fn orders(&self) -> &'static str {
        "`status`"
    }

    fn obey(&self, _: &str, _: &str, _: Option<Peer>) -> Option<Value> {
        None
    }

    fn write_metrics(&self, page: &mut Page) {
        if let Some(keys) = &self.keys {
            keys.status().write_metrics(page);
        }
        if let Some(told) = &self.told {
            told.report().write_metrics(page);
        }
        metrics::write(page, self.zones().as_deref());
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "View({:?})", self.front)
    }
}
