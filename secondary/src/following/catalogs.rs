//! Zones that follow from catalogs (RFC 9432).

use replication::ZoneNumber;
use replication::catalog::{Catalog, Effect, Limits};
use rr::Name;

use super::Follower;
use crate::config::FollowedZone;
use crate::telling::status::By;

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
                let effects = {
                    let (zones, numbers) = (&self.zones, &self.numbers);
                    let is_configured = |name: &Name| {
                        let followed = numbers.get(name).and_then(|it| zones.get(it));
                        followed.is_some_and(|it| it.by == By::Configuration)
                    };
                    self.catalogs.update(catalog, is_configured)
                };
                self.take_effects(effects, &spec);
            }
            Err(why) => {
                tracing::error!(catalog = %spec.name, %why, "the zones that it listed before stay");
            }
        }
    }

    /// No longer follows what a catalog listed, which is no longer followed itself.
    pub(super) fn leave_catalog(&mut self, catalog: &FollowedZone) {
        let effects = self.catalogs.remove(&catalog.name);
        self.take_effects(effects, catalog);
    }

    fn take_effects(&mut self, effects: Vec<Effect>, catalog: &FollowedZone) {
        let effects = effects.into_iter();
        effects.for_each(|effect| self.take_effect(effect, catalog));
    }

    fn take_effect(&mut self, effect: Effect, catalog: &FollowedZone) {
        let follow = |name| FollowedZone {
            name,
            primaries: catalog.primaries.clone(),
            is_catalog: false,
        };
        let by = By::catalog(&catalog.name);
        match effect {
            Effect::Added(name) => {
                tracing::info!(zone = %name, catalog = %catalog.name, "listed, and followed from now on");
                // One that was announced as well is the catalog's from now on.
                match self.numbers.contains_key(&name) {
                    true => self.refollow(follow(name), by),
                    false => self.follow(follow(name), by),
                }
                self.keep_announced();
            }
            Effect::Removed(name) => self.unfollow(&name),
            Effect::Reset(name) => {
                self.unfollow(&name);
                self.follow(follow(name), by);
            }
            Effect::Moved(name) => self.refollow(follow(name), by),
            Effect::Regrouped(_) => {}
            Effect::Clash(name) => {
                tracing::warn!(zone = %name, catalog = %catalog.name, "it is followed otherwise already; the catalog is passed over for it");
            }
        }
    }
}
