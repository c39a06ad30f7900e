//! What is awaited, waits to be sent or is kept open, counted for all threads together.

use super::post::Place;
use crate::LaterLimits;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

/// What is there of each, and how much of it may be. Nothing on the way of an answer that is given at once touches it.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) limits: LaterLimits,
    answers: AtomicUsize,
    octets: AtomicUsize,
    streams: AtomicUsize,
    held: AtomicUsize,
    clients: Mutex<HashMap<IpAddr, Kept>>,
}

/// What one client has.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    streams: usize,
    held: usize,
}

/// What has happened later than the messages, over one transport. Any thread writes.
#[derive(Debug, Default)]
pub(crate) struct LateCounts {
    /// Datagrams that were sent.
    pub(crate) answers: AtomicU64,
    /// Datagrams that could not be.
    pub(crate) unsent: AtomicU64,
    /// Ways of answers that were dropped.
    pub(crate) silent: AtomicU64,
}

impl Ledger {
    pub(crate) fn new(limits: LaterLimits) -> Ledger {
        Ledger {
            limits,
            answers: AtomicUsize::new(0),
            octets: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            clients: Mutex::default(),
        }
    }

    /// One more answer that is awaited; of this connection, if it is one.
    pub(crate) fn await_answer(self: &Arc<Self>, place: Option<&Arc<Place>>) -> Option<Awaited> {
        take(&self.answers, 1, self.limits.answers)?;
        let of_connection = self.limits.answers_per_connection;
        if let Some(place) = place
            && take(&place.awaited, 1, of_connection).is_none()
        {
            self.answers.fetch_sub(1, Relaxed);
            return None;
        }
        Some(Awaited {
            ledger: Arc::clone(self),
            place: place.cloned(),
        })
    }

    /// So many octets more that wait.
    pub(crate) fn keep(self: &Arc<Self>, octets: usize) -> Option<Waiting> {
        take(&self.octets, octets, self.limits.octets)?;
        Some(Waiting {
            ledger: Arc::clone(self),
            octets,
            unasked_at: None,
        })
    }

    /// So many octets more that wait and that nobody asked for.
    pub(crate) fn keep_unasked(
        self: &Arc<Self>,
        place: &Arc<Place>,
        octets: usize,
    ) -> Option<Waiting> {
        let mut waiting = self.keep(octets)?;
        take(&place.unasked, octets, self.limits.unasked_octets)?;
        waiting.unasked_at = Some(Arc::clone(place));
        Some(waiting)
    }

    /// One more stream of this connection.
    pub(crate) fn begin_stream(self: &Arc<Self>, place: &Arc<Place>) -> Option<Streaming> {
        take(&self.streams, 1, self.limits.streams)?;
        let mut clients = self.clients();
        let kept = clients.entry(place.client).or_default();
        let has_room = kept.streams < self.limits.streams_per_client
            && take(&place.streams, 1, self.limits.streams_per_connection).is_some();
        if !has_room {
            forget_empty(&mut clients, place.client);
            self.streams.fetch_sub(1, Relaxed);
            return None;
        }
        kept.streams += 1;
        Some(Streaming {
            ledger: Arc::clone(self),
            place: Arc::clone(place),
        })
    }

    /// One more connection of this client that is kept open.
    pub(crate) fn hold(&self, client: IpAddr) -> bool {
        if take(&self.held, 1, self.limits.held).is_none() {
            return false;
        }
        let mut clients = self.clients();
        let kept = clients.entry(client).or_default();
        if kept.held >= self.limits.held_per_client {
            forget_empty(&mut clients, client);
            self.held.fetch_sub(1, Relaxed);
            return false;
        }
        kept.held += 1;
        true
    }

    pub(crate) fn let_go(&self, client: IpAddr) {
        self.held.fetch_sub(1, Relaxed);
        self.leave(client, |kept| kept.held -= 1);
    }

    fn leave(&self, client: IpAddr, change: impl FnOnce(&mut Kept)) {
        let mut clients = self.clients();
        if let Some(kept) = clients.get_mut(&client) {
            change(kept);
        }
        forget_empty(&mut clients, client);
    }

    /// Nothing can panic between the changes, so a poisoned lock would still guard a good table.
    fn clients(&self) -> MutexGuard<'_, HashMap<IpAddr, Kept>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_empty(clients: &mut HashMap<IpAddr, Kept>, client: IpAddr) {
    if clients.get(&client) == Some(&Kept::default()) {
        clients.remove(&client);
    }
}

/// Adds to a count that has a limit, if it stays within.
fn take(count: &AtomicUsize, more: usize, limit: usize) -> Option<usize> {
    let add = |is: usize| is.checked_add(more).filter(|all| *all <= limit);
    count.fetch_update(Relaxed, Relaxed, add).ok()
}

/// An answer that is awaited, until it is on its way or nobody can give it any more.
#[derive(Debug)]
pub(crate) struct Awaited {
    ledger: Arc<Ledger>,
    place: Option<Arc<Place>>,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.ledger.answers.fetch_sub(1, Relaxed);
        if let Some(place) = &self.place {
            place.awaited.fetch_sub(1, Relaxed);
        }
    }
}

/// Octets that wait to be sent.
#[derive(Debug)]
pub(crate) struct Waiting {
    ledger: Arc<Ledger>,
    octets: usize,
    unasked_at: Option<Arc<Place>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ledger.octets.fetch_sub(self.octets, Relaxed);
        if let Some(place) = &self.unasked_at {
            place.unasked.fetch_sub(self.octets, Relaxed);
        }
    }
}

/// A stream that has begun and not ended.
#[derive(Debug)]
pub(crate) struct Streaming {
    ledger: Arc<Ledger>,
    place: Arc<Place>,
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.ledger.streams.fetch_sub(1, Relaxed);
        self.place.streams.fetch_sub(1, Relaxed);
        self.ledger
            .leave(self.place.client, |kept| kept.streams -= 1);
    }
}
