//! Which zones are followed.

use std::net::IpAddr;

use replication::{Refresh, Standing, Way};
use rr::Name;
use zone::{Checked, Zone};

use super::{Followed, Follower, version_of};
use crate::config::{FollowedZone, Primary};
use crate::telling::status::By;

impl Follower {
    /// Begins to follow a zone, with what was kept of it.
    pub(super) fn follow(&mut self, spec: FollowedZone, by: By) {
        let kept = self.read_kept(&spec.name);
        self.follow_with(spec, by, kept);
    }

    /// Begins to follow a zone of which this version may be answered from for so many seconds.
    fn follow_with(&mut self, spec: FollowedZone, by: By, kept: Option<(Zone<Checked>, u32)>) {
        let (now, pace) = (self.now(), self.start.pace);
        let name = spec.name.clone();
        let ways = ways(&spec);
        let version = kept
            .as_ref()
            .and_then(|(zone, left)| Some((version_of(zone)?, *left)));
        let refresh = match version {
            Some(version) => Refresh::kept(pace, ways, now, version),
            None => Refresh::missing(pace, ways, now),
        };
        let is_served = refresh.standing() == Standing::Served;
        let number = self.fleet.insert(now, refresh);
        let followed = Followed {
            spec,
            held: kept.map(|(zone, _)| zone),
            kept_until: None,
            by,
            from: None,
            asked: None,
            since: now,
            failure: None,
        };
        let known = (name.clone(), followed.ips());
        self.zones.insert(number, followed);
        self.numbers.insert(name.clone(), number);
        match is_served {
            true => self.serve(number),
            false => self.serve_not(&name),
        }
        self.start.door.known().followed.extend([known]);
        // What it listed when it was kept it lists still.
        self.read_catalog(number);
    }

    fn read_kept(&self, name: &Name) -> Option<(Zone<Checked>, u32)> {
        let keeper = self.start.keeper.as_ref()?;
        keeper.read(name, self.start.key).unwrap_or_else(|why| {
            tracing::warn!(zone = %name, %why, "what was kept cannot be read; it is fetched anew");
            None
        })
    }

    /// Stops to follow a zone, and forgets what was kept.
    pub(super) fn unfollow(&mut self, name: &Name) {
        if self.let_go(name).is_none() {
            return;
        }
        self.swap(name, |zones| zones.without(name.as_ref()));
        if let Some(keeper) = &self.start.keeper
            && let Err(why) = keeper.forget(name.as_ref())
        {
            tracing::warn!(zone = %name, %why, "what was kept cannot be removed");
        }
        self.start.door.known().followed.remove(name);
        tracing::info!(zone = %name, "no longer followed");
    }

    /// Follows a zone from other primaries, with what there is of it.
    pub(super) fn refollow(&mut self, spec: FollowedZone, by: By) {
        let held = self.let_go(&spec.name);
        let kept = held.and_then(|(held, left)| Some((held?, left)));
        self.follow_with(spec, by, kept);
    }

    /// Ends all that goes on for a zone; gives what was held of it, and for how many seconds it is good.
    fn let_go(&mut self, name: &Name) -> Option<(Option<Zone<Checked>>, u32)> {
        let number = self.numbers.remove(name)?;
        let left = self.left_secs(number);
        self.fleet.remove(self.now(), number);
        self.arrived.retain(|(zone, _), _| *zone != number);
        let open = self.open.extract_if(.., |(zone, _), _| *zone == number);
        open.for_each(|(_, cutter)| cutter.cut());
        let followed = self.zones.remove(&number)?;
        Some((followed.held, left))
    }
}

impl Followed {
    pub(super) fn ips(&self) -> Vec<IpAddr> {
        let primaries = self.spec.primaries.iter();
        primaries.map(|primary| primary.address.ip()).collect()
    }
}

/// RFC 9103 §7.2: over TLS, not a word in the clear. Knot answers questions about a catalog over connections only, and over
/// UDP refuses without a signature, which nobody should believe.
pub(super) fn ways(spec: &FollowedZone) -> Vec<Way> {
    let way = |primary: &Primary| match (&primary.tls, spec.is_catalog) {
        (None, false) => Way::Datagrams,
        _ => Way::Connections,
    };
    spec.primaries.iter().map(way).collect()
}
