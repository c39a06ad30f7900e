//! A zone as the updates of a round leave it.

use git_store::{TreePath, ZoneName};
use rr::{Name, NameRef, Rtype};
use wire::Ede;
use zone::check::Policy;
use zone::{Change, Checked, Unchecked, Zone, difference};

use super::text::Changes;
use super::{Planned, Refusal};
use crate::layers::{Layer, MOST_RECORDS, Step, lay, split};
use crate::loading::loader::Loader;

/// A zone of which something changes.
pub(super) struct Draft {
    pub(super) name: ZoneName,
    pub(super) path: TreePath,
    /// What the commit says.
    before: Zone<Checked>,
    now: Now,
    above: Above,
}

/// What lies above the commit.
struct Above {
    before: Layer,
    now: Layer,
    /// Both together, as they are to be served.
    served: Zone<Checked>,
    /// Whether anything can be ephemeral.
    is_kept: bool,
}

/// What a round respects.
pub(super) struct Law<'a> {
    /// Of the rules of zones.
    pub(super) policy: &'a Policy,
    /// Of updates.
    pub(super) rights: &'a update::Policy,
    pub(super) now_secs: u64,
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
    /// So it is, and there is nothing of it to be committed.
    Above,
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
        let layers = &loader.layers;
        let (below, above) = (layers.below(&name, &published.zone), layers.above(&name));
        Ok(Draft {
            path: served.path.clone(),
            before: below.clone(),
            now: Now::Checked(below),
            above: Above {
                before: above.clone(),
                now: above,
                served: published.zone.clone(),
                is_kept: layers.are_kept(),
            },
            name,
        })
    }

    /// As it would be served so far; none if that is doubtful.
    pub(super) fn zone(&self) -> Option<&Zone<Checked>> {
        match &self.now {
            Now::Checked(_) => Some(&self.above.served),
            Now::Doubtful(_) => None,
        }
    }

    /// Adds what an update changes, if the zone is certainly right with it. Where that is doubtful nothing is added, unless
    /// it is `alone`.
    pub(super) fn add(
        &mut self,
        planned: &Planned,
        law: &Law<'_>,
        is_alone: bool,
    ) -> Result<Fit, Refusal> {
        let Now::Checked(below) = &self.now else {
            return Ok(Fit::Doubtful);
        };
        let is_ephemeral = |owner: NameRef<'_>, rtype| {
            self.above.is_kept && law.rights.layer(owner, rtype) == update::Layer::Ephemeral
        };
        let parts = split(planned, below, &self.above.now, is_ephemeral, law.now_secs);
        let changes = Changes {
            removed: parts.removed,
            added: parts.added,
        };
        let is_above = changes.removed.is_empty() && changes.added.is_empty();
        let next = match below.amend(&changes.for_zone(), law.policy) {
            Ok(next) => next,
            Err(_) if !is_alone => return Ok(Fit::Doubtful),
            Err(_) => {
                let patched = below.patch(&changes.for_zone());
                let patched = patched.map_err(|why| Refusal::trouble(why.to_string()))?;
                self.now = Now::Doubtful(patched);
                parts
                    .above
                    .iter()
                    .for_each(|step| self.above.now.take(step));
                return Ok(Fit::Good);
            }
        };
        self.above.lay(&next, &parts.above, law.policy)?;
        self.now = Now::Checked(next);
        Ok(if is_above { Fit::Above } else { Fit::Good })
    }

    /// What changes above in all, which may be nothing.
    pub(super) fn steps(&self) -> Vec<Step> {
        self.above.before.steps_to(&self.above.now)
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

impl Above {
    /// Takes steps over the zone below. A record that cannot be served there is refused; one that cannot any more leaves.
    fn lay(
        &mut self,
        below: &Zone<Checked>,
        steps: &[Step],
        policy: &Policy,
    ) -> Result<(), Refusal> {
        let mut above = self.now.clone();
        steps.iter().for_each(|step| above.take(step));
        if above.len() > MOST_RECORDS && above.len() > self.now.len() {
            let text = format!("the zone has {MOST_RECORDS} ephemeral records; remove old ones");
            return Err(Refusal::refused(Ede::PROHIBITED, text));
        }
        let laid = lay(below, &above, policy);
        for gone in &laid.dropped {
            if let Step::Went(record) = gone
                && steps.contains(&Step::Came(record.clone()))
            {
                let (owner, rtype) = (&record.owner, record.rtype);
                let text = format!("{rtype} of {owner} cannot be served beside what is committed");
                return Err(Refusal::refused(Ede::INVALID_DATA, text));
            }
            above.take(gone);
        }
        (self.now, self.served) = (above, laid.zone);
        Ok(())
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
