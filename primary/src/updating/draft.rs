//! A zone as the updates of a round leave it.

use git_store::{TreePath, ZoneName};
use rr::{Name, Rtype};
use wire::Ede;
use zone::check::Policy;
use zone::{Change, Checked, Unchecked, Zone, difference};

use super::text::Changes;
use super::{Planned, Refusal};
use crate::loading::loader::Loader;

/// A zone of which something changes.
pub(super) struct Draft {
    pub(super) name: ZoneName,
    pub(super) path: TreePath,
    /// As it is served.
    before: Zone<Checked>,
    now: Now,
}

/// What it is to be.
enum Now {
    Checked(Zone<Checked>),
    /// Only the whole text tells whether it is right.
    Doubtful(Zone<Unchecked>),
}

/// How a plan fits.
pub(super) enum Fit {
    /// The zone is right with it, and all is as it was planned.
    Good,
    /// It has to be looked at alone.
    Doubtful,
}

impl Draft {
    /// The zone as it is served, which must be what the newest commit says.
    pub(super) fn of(loader: &Loader, apex: &Name) -> Result<Draft, Refusal> {
        let zones = loader.zones.load();
        let published = zones.zone(apex.as_ref());
        let published = published.ok_or_else(Refusal::no_such_zone)?;
        let name = ZoneName::from_absolute_text(&apex.to_string());
        let board = loader.board();
        let held = board.zones.get(&name);
        if held.is_some_and(|held| held.broken.is_some()) {
            return Err(Refusal {
                info: Ede::INVALID_DATA,
                ..Refusal::trouble(
                    "the newest commit has mistakes in this zone; mend them first (zonetool check)",
                )
            });
        }
        let served = held.and_then(|held| held.served.as_ref());
        let served = served.ok_or_else(Refusal::no_such_zone)?;
        Ok(Draft {
            name,
            path: served.path.clone(),
            before: published.zone.clone(),
            now: Now::Checked(published.zone.clone()),
        })
    }

    /// As it is so far; none if that is doubtful.
    pub(super) fn zone(&self) -> Option<&Zone<Checked>> {
        match &self.now {
            Now::Checked(zone) => Some(zone),
            Now::Doubtful(_) => None,
        }
    }

    /// Adds what an update changes, if the zone is certainly right with it. Where that is doubtful nothing is added, unless
    /// it is `alone`.
    pub(super) fn add(
        &mut self,
        planned: Planned,
        policy: &Policy,
        is_alone: bool,
    ) -> Result<Fit, Refusal> {
        let Some(zone) = self.zone() else {
            return Ok(Fit::Doubtful);
        };
        let changes = Changes {
            removed: planned.removed,
            added: planned.added,
        };
        match zone.amend(&changes.for_zone(), policy) {
            Ok(next) => self.now = Now::Checked(next),
            Err(_) if !is_alone => return Ok(Fit::Doubtful),
            Err(_) => {
                let patched = zone.patch(&changes.for_zone());
                let patched = patched.map_err(|why| Refusal::trouble(why.to_string()))?;
                self.now = Now::Doubtful(patched);
            }
        }
        Ok(Fit::Good)
    }

    /// What changes in all, which may be nothing.
    pub(super) fn changes(&self) -> Changes {
        match &self.now {
            Now::Checked(now) => Changes::of(difference(&self.before, now)),
            Now::Doubtful(zone) => Changes::of(difference(&self.before, zone)),
        }
    }

    /// Whether what was read from the commit is what was planned; the serial may be another.
    pub(super) fn is_met_by(&self, read: &Zone<Checked>) -> bool {
        match &self.now {
            Now::Checked(now) => is_serial_only(difference(now, read)),
            Now::Doubtful(zone) => is_serial_only(difference(zone, read)),
        }
    }
}

/// Whether the changes, at most, give the zone another serial.
pub(super) fn is_serial_only<'z>(changes: impl Iterator<Item = Change<'z>>) -> bool {
    let but_serial = |change: Change<'z>| {
        let record = change.record();
        let mut soa = record.rdata.to_vec();
        // RFC 1035 §3.3.13: of the five numbers at the end of the data the serial is the first.
        let at = soa
            .len()
            .checked_sub(20)
            .filter(|_| record.rtype == Rtype::SOA)?;
        soa[at..at + 4].fill(0);
        Some((record.ttl, soa))
    };
    let rest: Option<Vec<_>> = changes.map(but_serial).collect();
    rest.is_some_and(|rest| rest.windows(2).all(|pair| pair[0] == pair[1]))
}
