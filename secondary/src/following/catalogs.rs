//! Zones that follow from catalogs (RFC 9432).

use replication::ZoneNumber;
use replication::catalog::{Catalog, Effect, Limits};
use rr::Name;

use super::Follower;
use crate::config::FollowedZone;

impl Follower {
    /// Follows what a catalog lists now. One that is broken changes nothing (RFC 9432 §5.1).
    pub(super) fn read_catalog(&mut self, number: ZoneNumber) {
        let Some(followed) = self.zones.get(&number).filter(|it| it.spec.is_catalog) else {
            return;
        };
        let spec = followed.spec.clone();
        let Some(zone) = followed.held.clone() else {
            return;
        };
        match Catalog::read(&zone, &Limits::default()) {
            Ok(catalog) => {
                let configured = self.configured();
                let effects = self
                    .catalogs
                    .update(catalog, |name| configured.contains(name));
                effects
                    .into_iter()
                    .for_each(|effect| self.take_effect(effect, &spec));
            }
            Err(why) => {
                tracing::error!(catalog = %spec.name, %why, "the zones that it listed before stay");
            }
        }
    }

    fn configured(&self) -> std::collections::BTreeSet<Name> {
        let zones = self.start.config.zones.iter();
        zones.map(|zone| zone.name.clone()).collect()
    }

    fn take_effect(&mut self, effect: Effect, catalog: &FollowedZone) {
        let follow = |name| FollowedZone {
            name,
            primaries: catalog.primaries.clone(),
            is_catalog: false,
        };
        match effect {
            Effect::Added(name) => {
                tracing::info!(zone = %name, catalog = %catalog.name, "listed, and followed from now on");
                // One that was announced as well is the catalog's from now on.
                self.leave_announced(&name);
                self.follow(follow(name));
            }
            Effect::Removed(name) => self.unfollow(&name),
            Effect::Reset(name) => {
                self.unfollow(&name);
                self.follow(follow(name));
            }
            Effect::Moved(name) => self.refollow(follow(name)),
            Effect::Regrouped(_) => {}
            Effect::Clash(name) => {
                tracing::warn!(zone = %name, catalog = %catalog.name, "it is followed otherwise already; the catalog is passed over for it");
            }
        }
    }

    fn leave_announced(&mut self, name: &Name) {
        if self.numbers.contains_key(name) {
            self.unfollow(name);
            self.announced = self.announced.saturating_sub(1);
        }
    }
}
