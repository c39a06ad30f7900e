//! What is told of the zones that are followed.

use replication::{Failure, News, Refresh, Step, ZoneNumber};
use zone::Zone;

use super::{Followed, Follower, doubt};
use crate::telling::status::{By, Doing, LastFailure, Standing, ZoneStatus};

impl Follower {
    /// How each zone fares, by name.
    pub(super) fn report(&self) -> Vec<ZoneStatus> {
        let numbers = self.numbers.values();
        numbers
            .filter_map(|number| self.report_of(*number))
            .collect()
    }

    fn report_of(&self, number: ZoneNumber) -> Option<ZoneStatus> {
        let (followed, refresh) = (self.zones.get(&number)?, self.fleet.zone(number)?);
        let (now, held) = (self.now(), followed.held.as_ref());
        let next = refresh.next_timeout();
        let primaries = followed.spec.primaries.iter();
        Some(ZoneStatus {
            zone: followed.spec.name.to_string(),
            standing: standing(refresh),
            serial: held.and_then(Zone::serial).map(|serial| serial.0),
            records: held.map(Zone::record_count),
            octets: held.map(Zone::octets),
            primary: followed.from.map(|address| address.to_string()),
            primaries: primaries.map(|it| it.address.to_string()).collect(),
            by: followed.by.clone(),
            confirmed_secs_ago: refresh.confirmed().map(|at| now.millis_since(at) / 1000),
            expires_in_secs: refresh.expires_in_secs(now),
            doing: doing(refresh),
            next_in_secs: next.map(|next| next.millis_since(now) / 1000),
            last_failure: followed
                .failure
                .as_ref()
                .map(|(at, primary, why)| LastFailure {
                    primary: primary.clone(),
                    why: why.clone(),
                    secs_ago: now.millis_since(*at) / 1000,
                }),
        })
    }

    /// Tells the log, and keeps what an operator will ask for.
    pub(super) fn tell(&mut self, number: ZoneNumber, news: News) {
        let now = self.now();
        let Some(followed) = self.zones.get_mut(&number) else {
            return;
        };
        let zone = &followed.spec.name;
        let (place, why) = match news {
            News::Failed { primary, failure } => (primary, followed.why(primary, failure)),
            News::Behind {
                primary,
                theirs,
                ours,
            } => {
                let (theirs, ours) = (theirs.0, ours.0);
                let why =
                    format!("its serial {theirs} is not newer than {ours}; what we have stays");
                (primary, why)
            }
        };
        let primary = followed.address(place);
        tracing::warn!(%zone, %primary, "{why}");
        followed.failure = Some((now, primary, why));
    }
}

impl Followed {
    /// What a primary failed in, and what to look at.
    fn why(&self, place: usize, failure: Failure) -> String {
        let primary = self.spec.primaries.get(place);
        let key = primary.and_then(|primary| primary.key.as_deref());
        match failure {
            Failure::NotTrusted(doubt) => format!("{doubt}; {}", doubt::next_step(doubt, key)),
            other => other.to_string(),
        }
    }

    /// The primary of this place, for people.
    pub(super) fn address(&self, place: usize) -> String {
        let primary = self.spec.primaries.get(place);
        primary.map_or_else(String::new, |primary| primary.address.to_string())
    }
}

fn standing(refresh: &Refresh) -> Standing {
    match refresh.standing() {
        replication::Standing::Served => Standing::Served,
        replication::Standing::Expired => Standing::Expired,
        replication::Standing::Missing => Standing::Missing,
    }
}

fn doing(refresh: &Refresh) -> Doing {
    match (refresh.is_at(), refresh.wants()) {
        (Some(Step::Ask), _) => Doing::Asking,
        (Some(Step::Transfer), _) => Doing::Transferring,
        (None, Some(_)) => Doing::Queued,
        (None, None) => Doing::Waiting,
    }
}

impl By {
    /// A catalog lists it.
    pub(super) fn catalog(name: &rr::Name) -> By {
        By::Catalog(name.to_string())
    }
}
