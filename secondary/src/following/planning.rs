//! What is followed because keys and files say so, and because primaries announce it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use replication::{Event, Failure, Refresh, Standing, Step, ZoneNumber};
use rr::Name;

use super::Follower;
use super::coming_and_going::ways;
use crate::clerk::Knock;
use crate::config::{FollowedZone, Primary};
use crate::keeping::Keeper;
use crate::plan::Plan;
use crate::telling::status::By;

impl Follower {
    /// Follows what is planned, and what was announced before a restart by who may still announce it.
    pub(super) fn begin(&mut self) {
        self.tell_announcers();
        for zone in self.start.plan.zones.clone() {
            self.follow(zone, By::Configuration);
        }
        let announced = self.start.keeper.as_ref().map(Keeper::announced);
        for (zone, from) in announced.unwrap_or_default() {
            if !self.numbers.contains_key(&zone) {
                self.follow_announced(zone, from);
            }
        }
    }

    /// Follows another plan in place of the one before. What is in both goes on without a break.
    pub(super) fn take_on(&mut self, plan: Plan) {
        self.start.plan = plan;
        self.tell_announcers();
        let wanted: BTreeMap<Name, FollowedZone> = {
            let zones = self.start.plan.zones.iter();
            zones
                .map(|zone| (zone.name.clone(), zone.clone()))
                .collect()
        };
        for (name, by) in self.all_followed() {
            match by {
                By::Configuration if !wanted.contains_key(&name) => self.leave(&name),
                By::Announcement if !wanted.contains_key(&name) => self.ask_announcers_again(&name),
                _ => {}
            }
        }
        for zone in wanted.into_values() {
            self.follow_as_planned(zone);
        }
        self.keep_announced();
        tracing::info!(
            zones = self.zones.len(),
            "the zones that are followed were read again"
        );
    }

    fn all_followed(&self) -> Vec<(Name, By)> {
        let all = self.zones.values();
        all.map(|it| (it.spec.name.clone(), it.by.clone()))
            .collect()
    }

    fn leave(&mut self, name: &Name) {
        let number = self.numbers.get(name);
        let spec = number.and_then(|it| Some(self.zones.get(it)?.spec.clone()));
        self.unfollow(name);
        if let Some(spec) = spec.filter(|spec| spec.is_catalog) {
            self.leave_catalog(&spec);
        }
    }

    fn follow_as_planned(&mut self, zone: FollowedZone) {
        let number = self.numbers.get(&zone.name).copied();
        let Some(followed) = number.and_then(|it| self.zones.get_mut(&it)) else {
            return self.follow(zone, By::Configuration);
        };
        let before = &followed.spec;
        match before.is_catalog == zone.is_catalog && ways(before) == ways(&zone) {
            true => {
                // What is under way goes on; what comes next is asked as is written now.
                followed.by = By::Configuration;
                followed.spec = zone;
                let known = (followed.spec.name.clone(), followed.ips());
                self.start.door.known().followed.extend([known]);
            }
            false => {
                if before.is_catalog {
                    let spec = before.clone();
                    self.leave_catalog(&spec);
                }
                self.refollow(zone, By::Configuration);
            }
        }
    }

    /// A zone that is not followed yet was announced from this address, by who may.
    pub(super) fn announced(&mut self, knock: &Knock) {
        let many = self.zones.values().filter(|it| it.by == By::Announcement);
        let most = self.start.most_announced;
        if many.count() >= most {
            tracing::error!(zone = %knock.zone, most, "too many zones are announced; this one is not followed");
            return;
        }
        tracing::info!(zone = %knock.zone, from = %knock.from, "announced, and followed from now on");
        self.follow_announced(knock.zone.clone(), knock.from);
        self.keep_announced();
    }

    fn follow_announced(&mut self, name: Name, from: IpAddr) {
        let primaries = self.announcers_at(&name, from);
        if primaries.is_empty() {
            return;
        }
        let spec = FollowedZone {
            name,
            primaries,
            is_catalog: false,
        };
        self.follow(spec, By::Announcement);
    }

    /// Whether that is the word of a primary, which was verified, that it has no such zone.
    pub(super) fn says_no(&self, zone: ZoneNumber, event: &Event) -> bool {
        let at = self.fleet.zone(zone).and_then(Refresh::is_at);
        matches!(event, Event::Failed(_, Failure::Refused)) && at == Some(Step::Ask)
    }

    /// A zone that was announced, and that its primary says it has not, is followed no longer once it cannot be answered from:
    /// when it has expired, or was not to be had for long enough. Else what was announced once would stay for ever.
    pub(super) fn forget_if_announced(&mut self, number: ZoneNumber) {
        let Some((followed, refresh)) = self.zones.get(&number).zip(self.fleet.zone(number)) else {
            return;
        };
        let waited = Duration::from_millis(self.now().millis_since(followed.since));
        let is_over = match refresh.standing() {
            Standing::Served => false,
            Standing::Expired => true,
            Standing::Missing => waited >= self.start.announced_in_vain,
        };
        if is_over && followed.by == By::Announcement {
            let name = followed.spec.name.clone();
            tracing::warn!(zone = %name, "its primary, which announced it, says that it has no such zone");
            self.unfollow(&name);
            self.keep_announced();
        }
    }

    /// Those at this address whose key is for the zone.
    fn announcers_at(&self, name: &Name, from: IpAddr) -> Vec<Primary> {
        let announcers = self.start.plan.announcers.iter();
        let here = announcers.filter(|primary| {
            let key = primary.key.as_ref();
            let may = key.is_some_and(|key| key.may(tsig::Operation::Transfer, name.as_ref()));
            primary.address.ip() == from && may
        });
        here.cloned().collect()
    }

    /// Follows an announced zone with the keys that are good now; no longer without any.
    fn ask_announcers_again(&mut self, name: &Name) {
        let number = self.numbers.get(name);
        let Some(followed) = number.and_then(|it| self.zones.get(it)) else {
            return;
        };
        let from = followed.ips().first().copied();
        let primaries = from.map_or_else(Vec::new, |from| self.announcers_at(name, from));
        let spec = FollowedZone {
            primaries,
            ..followed.spec.clone()
        };
        match spec.primaries.is_empty() {
            true => self.unfollow(name),
            false => self.follow_as_announced(spec),
        }
    }

    fn follow_as_announced(&mut self, spec: FollowedZone) {
        let number = self.numbers.get(&spec.name).copied();
        match number.and_then(|it| self.zones.get_mut(&it)) {
            Some(followed) if ways(&followed.spec) == ways(&spec) => followed.spec = spec,
            _ => self.refollow(spec, By::Announcement),
        }
    }

    /// Writes down which zones were announced, so that a restart does not forget them.
    pub(super) fn keep_announced(&self) {
        let Some(keeper) = &self.start.keeper else {
            return;
        };
        let announced = self.zones.values().filter(|it| it.by == By::Announcement);
        let kept = announced.filter_map(|it| Some((&it.spec.name, *it.ips().first()?)));
        if let Err(why) = keeper.keep_announced(kept) {
            tracing::error!(%why, "the zones that were announced cannot be written down");
        }
    }

    fn tell_announcers(&self) {
        let announcers = self.start.plan.announcers.iter().filter_map(|primary| {
            let key = primary.key.as_ref()?;
            Some((primary.address.ip(), key.name().to_owned()))
        });
        self.start.door.known().announcers = announcers.collect();
    }
}
