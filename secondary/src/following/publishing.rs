//! What is served, what is kept, and what is told.

use std::sync::Arc;

use replication::{Exchange, ZoneNumber};
use rr::Name;
use zone::{Published, Revision, Zones};

use super::Follower;

impl Follower {
    pub(super) fn publish(&mut self, number: ZoneNumber, exchange: Exchange) {
        let Some(zone) = self.arrived.remove(&(number, exchange)) else {
            return;
        };
        let left = self.left_secs(number);
        if let Some(keeper) = &self.start.keeper
            && let Err(why) = keeper.keep(&zone, left)
        {
            tracing::error!(zone = %zone.apex(), %why, "cannot be kept; it is served all the same");
        }
        let serial = zone.serial().map(|serial| serial.0);
        tracing::info!(zone = %zone.apex(), serial, records = zone.record_count(), "served");
        let until = self.now().after_secs(left);
        if let Some(followed) = self.zones.get_mut(&number) {
            followed.held = Some(zone);
            followed.from = followed.asked;
            followed.kept_until = Some(until);
        }
        self.serve(number);
        self.read_catalog(number);
    }

    /// Writes down that a zone may be answered from for longer, once that is worth a file.
    pub(super) fn note_confirmed(&mut self, number: ZoneNumber) {
        let (now, left) = (self.now(), self.left_secs(number));
        let Some(keeper) = &self.start.keeper else {
            return;
        };
        let Some(followed) = self.zones.get_mut(&number).filter(|it| it.held.is_some()) else {
            return;
        };
        let until = now.after_secs(left);
        let known = followed.kept_until.unwrap_or_default();
        // A sixteenth of what is left: each look of a zone that is looked at often would be a file.
        if left > 0 && until.millis_since(known) > u64::from(left) * 1000 / 16 {
            match keeper.confirm(followed.spec.name.as_ref(), left) {
                Ok(()) => followed.kept_until = Some(until),
                Err(why) => {
                    tracing::error!(zone = %followed.spec.name, %why, "cannot write down that it was confirmed");
                }
            }
        }
    }

    pub(super) fn left_secs(&self, number: ZoneNumber) -> u32 {
        let refresh = self.fleet.zone(number);
        let left = refresh.and_then(|refresh| refresh.expires_in_secs(self.now()));
        left.unwrap_or_default()
    }

    pub(super) fn expire(&mut self, number: ZoneNumber) {
        if let Some(name) = self.name_of(number) {
            tracing::error!(zone = %name, "expired: no primary has confirmed it; answered SERVFAIL until one does");
            self.serve_not(&name);
        }
    }

    pub(super) fn serve(&self, number: ZoneNumber) {
        if let Some(zone) = self.zones.get(&number).and_then(|it| it.held.clone()) {
            let serial = zone.serial().map_or(0, |serial| serial.0);
            let revision = Revision::new(&serial.to_string());
            let name = zone.apex().to_owned();
            self.swap(&name, |zones| zones.with(Published { zone, revision }));
        }
    }

    /// To be served, and there is nothing good: SERVFAIL, not a word of the zone above (RFC 8914 §4.25).
    pub(super) fn serve_not(&self, name: &Name) {
        self.swap(name, |zones| {
            zones.without(name.as_ref()).awaiting(name.as_ref())
        });
    }

    /// Changes what is served of a zone. A catalog is for those who may transfer it, also while it is missing.
    pub(super) fn swap(&self, name: &Name, change: impl FnOnce(Zones) -> Zones) {
        // This thread alone replaces them.
        let before = self.start.zones.load_full();
        let after = change(Zones::clone(&before));
        let after = match self.is_catalog(name) {
            true => after.withholding(name.as_ref()),
            false => after.sharing(name.as_ref()),
        };
        self.start.archive.note(&before, &after, name.as_ref());
        self.start.zones.store(Arc::new(after));
        self.start.herald.changed(vec![name.clone()]);
    }

    fn is_catalog(&self, name: &Name) -> bool {
        let number = self.numbers.get(name);
        let followed = number.and_then(|number| self.zones.get(number));
        followed.is_some_and(|followed| followed.spec.is_catalog)
    }
}
