//! Versions that were served once, read again: which commit each serial was, and what lay above it, is in the journal.
//!
//! The zone is read from the commit as any other, and only the difference to what is served now is kept, by who asked. Where
//! the journal does not know the serial, or the commit is no longer there (history was rewritten and tidied up), there is
//! no such version, and who has it gets the whole zone.

use std::sync::{Arc, Mutex};

use git_store::{Store, ZoneName};
use rr::{NameRef, Serial};
use server::Older;
use zone::{Checked, HashKey, Zone};

use crate::layers::finish;
use crate::loading::attempt::{Bench, Trails, read_policy};
use crate::loading::loader::{Loader, lock};
use crate::state::journal::track::Tracks;

/// Reads versions again. What is served goes on meanwhile.
pub(crate) struct Past {
    tracks: Arc<Mutex<Tracks>>,
    store: Store,
    key: HashKey,
}

impl Past {
    /// None if nothing is kept of what was served.
    pub(crate) fn of(loader: &Loader) -> Option<Past> {
        Some(Past {
            tracks: loader.layers.tracks()?,
            store: loader.store.clone(),
            key: loader.key,
        })
    }

    /// The same, for who gives zones to secondaries.
    pub(crate) fn reader(self) -> Older {
        Box::new(move |apex, serial| self.version(apex, serial))
    }

    /// The zone as it was served with this serial.
    fn version(&self, apex: NameRef<'_>, serial: Serial) -> Option<Zone<Checked>> {
        let name = ZoneName::from_absolute_text(&apex.to_string().to_ascii_lowercase());
        let past = lock(&self.tracks).past(&name, serial)?;
        let store = self.store.reopened().ok()?;
        let snapshot = store.snapshot(past.commit).ok()?;
        let policy = read_policy(&snapshot);
        let bench = Bench {
            store: &store,
            snapshot: &snapshot,
            policy: &policy,
            key: self.key,
            trails: &Trails::new(),
            since: None,
        };
        let found = snapshot.layout().ok()?.zone(&name)?;
        let below = bench.attempt(found).zone?.with_serial(serial).ok()?;
        let laid = finish(&below, &past.above, &policy);
        laid.dropped.is_empty().then_some(laid.zone)
    }
}

impl std::fmt::Debug for Past {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Past")
    }
}
