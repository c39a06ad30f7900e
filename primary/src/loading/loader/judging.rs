//! What a commit makes of the zones it concerns: read, checked, numbered, or an older version in their place.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{BlobId, ZoneName};
use rr::Serial;

use super::Loader;
use super::stepping::Step;
use crate::loading::attempt::{Attempt, read_policy};
use crate::loading::crew::{Attempted, Crew};
use crate::loading::look_back::{LookBack, Wanted};
use crate::loading::verdict::{Judged, want};
use crate::serials::{News, Numbering, Walk, Way};

impl Loader {
    /// Reads and checks the zones concerned; those that are not right are looked for in history.
    pub(super) fn judge(&self, step: &mut Step) -> git_store::Result<(Vec<Judged>, News)> {
        let way = std::mem::replace(&mut step.way, Way::Next);
        let policy = read_policy(&step.snapshot);
        let crew = Crew {
            store: &self.store,
            commit: step.snapshot.commit().id,
            layout: &self.layout,
            policy: &policy,
            key: self.key,
            workers: self.workers,
            trails: &self.trails,
            since: self.taken.map(|taken| (taken, &step.changes[..])),
        };
        let mut attempts = crew.attempt_all(&step.concerned, &step.snapshot)?;
        for (name, attempt) in attempts.iter_mut().filter(|(_, attempt)| attempt.is_none()) {
            *attempt = self.hidden(name);
        }
        let stated = attempts
            .iter()
            .filter_map(|attempted| self.stated(attempted));
        let walk = Walk {
            store: &self.store,
            tip: &step.snapshot,
            layout: &self.layout,
            touched: &step.touched,
            stated: &stated.collect(),
        };
        let serials = walk.news(&self.serials, way)?;
        let renumbered = self.renumbered(&serials, &step.concerned);
        attempts.extend(crew.attempt_all(&renumbered, &step.snapshot)?);
        let numbering = Numbering {
            before: &self.serials,
            news: &serials,
            newest: &serials,
            served: &|name| self.served.get(name).copied(),
            touched: &step.touched,
        };
        for (name, attempt) in &mut attempts {
            attempt
                .iter_mut()
                .for_each(|attempt| attempt.number(name, &numbering));
        }
        let mut wanted: BTreeMap<ZoneName, Wanted> = attempts.iter().filter_map(want).collect();
        let look_back = LookBack {
            store: &self.store,
            key: self.key,
            until: self.taken,
            limit: self.look_back,
            is_trusted: &|id| self.is_signed(id),
        };
        look_back.search(&step.snapshot, &self.layout, &mut wanted)?;
        let found = wanted.iter_mut();
        let found = found.filter_map(|(name, wanted)| Some((name, wanted.good()?)));
        numbering.number_older(found, &walk)?;
        let id = step.snapshot.commit().id;
        let judged = attempts
            .into_iter()
            .map(|(name, attempt)| Judged::new(id, wanted.remove(&name), name, attempt));
        Ok((judged.collect(), serials))
    }

    /// Zones that are as they were, and have a newer serial all the same: on a branch that was merged they had it.
    fn renumbered(&self, news: &News, concerned: &BTreeSet<ZoneName>) -> BTreeSet<ZoneName> {
        let board = self.board();
        let others = news
            .serials()
            .filter(|(zone, _)| !concerned.contains(*zone));
        let is_newer = |(zone, serial): &(&ZoneName, Serial)| {
            let held = board.zones.get(*zone);
            held.is_some_and(|held| held.broken.is_none())
                && self
                    .served
                    .get(*zone)
                    .is_some_and(|served| serial.is_newer_than(*served))
        };
        others
            .filter(is_newer)
            .map(|(zone, _)| zone.clone())
            .collect()
    }

    /// A file that was just read, and the serial in it.
    fn stated(&self, (name, attempt): &Attempted) -> Option<(BlobId, Serial)> {
        let blob = self.layout.zone(name)?.ok()?.blob;
        Some((blob, attempt.as_ref()?.zone.as_ref()?.serial()?))
    }

    /// A served zone whose file cannot be seen has not been removed.
    fn hidden(&self, name: &ZoneName) -> Option<Attempt> {
        let board = self.board();
        let path = &board.zones.get(name)?.served.as_ref()?.path;
        let finding = self.layout.hidden_by(path)?;
        Some(Attempt {
            is_hidden: true,
            ..Attempt::refused(&finding)
        })
    }
}
