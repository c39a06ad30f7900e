//! Going from commit to commit, with what is known of the sides that were not merged yet.
//!
//! The serials of the trunk are in one map that goes on from commit to commit. A commit of a side is known by the zones
//! that differ on it from the commit of the trunk that the side left: a side is gone through while that is the newest
//! one, so nothing older has to be kept. At a merge only those zones are looked at, and those that differ from the trunk.
//! All others have the serial of the trunk: what the other side says of them, it has from an older commit of the trunk.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{CommitId, Layout, Result, Snapshot, ZoneName};

use super::history::{Passed, Reading, Walk};
use super::order::{Leg, Order};
use super::{Ahead, Told};

/// Commits of the trunk since a side left it, before the way began. Beyond it all is gone through anew.
const MOST_SINCE_FORK: usize = 1_000;

/// Where the walk is.
pub(super) struct Travel<'w> {
    walk: &'w Walk<'w>,
    budget: u64,
    /// The commit gone to last, and its layout.
    here: Option<Snapshot>,
    layout: Layout,
    /// The newest commit of the trunk, and how many there were; at first the one where the way begins.
    trunk: Option<CommitId>,
    position: usize,
    sides: BTreeMap<CommitId, Side>,
    forks: BTreeSet<CommitId>,
    /// Zones that differ on any side.
    aside: BTreeSet<ZoneName>,
}

/// The serials at a commit of a side.
#[derive(Debug, Default, Clone)]
struct Side {
    /// Which commit of the trunk the others are as at; none for a history of its own.
    base: Option<usize>,
    zones: BTreeMap<ZoneName, Told>,
    /// Commits made on it that are still to come.
    children: usize,
}

/// The zones in which a commit differs from one that it was made on.
type Differing = BTreeMap<CommitId, BTreeSet<ZoneName>>;

impl<'w> Travel<'w> {
    pub(super) fn new(
        walk: &'w Walk<'w>,
        budget: u64,
        (here, layout): (Option<Snapshot>, Layout),
    ) -> Travel<'w> {
        Travel {
            walk,
            budget,
            trunk: here.as_ref().map(|here| here.commit().id),
            here,
            layout,
            position: 0,
            sides: BTreeMap::new(),
            forks: BTreeSet::new(),
            aside: BTreeSet::new(),
        }
    }

    /// Goes the way. False if a side left the trunk before it began, and what happened to its zones since then is not
    /// known here: then all has to be gone through anew.
    pub(super) fn go(
        mut self,
        ahead: &mut Ahead<'_>,
        order: &Order,
        tell: &mut dyn FnMut(&Passed<'_>),
    ) -> Result<bool> {
        let begins = self.trunk;
        self.forks.clone_from(&order.forks);
        for leg in order.legs.iter().filter(|leg| !leg.is_trunk) {
            self.sides.insert(leg.id, Side::default());
        }
        for parent in order.legs.iter().flat_map(|leg| &leg.parents) {
            if let Some(side) = self.sides.get_mut(parent) {
                side.children += 1;
            }
        }
        for leg in &order.legs {
            self.pass(ahead, leg, tell)?;
        }
        Ok(begins.is_none_or(|at| self.is_sure(at).unwrap_or(false)))
    }

    fn pass(
        &mut self,
        ahead: &mut Ahead<'_>,
        leg: &Leg,
        tell: &mut dyn FnMut(&Passed<'_>),
    ) -> Result<()> {
        let differing = self.compare(ahead, leg)?;
        // The one whose serials are gone on from.
        let from = match leg.is_trunk {
            true => self.trunk.filter(|trunk| leg.parents.contains(trunk)),
            false => leg.parents.iter().max_by_key(|id| self.base(**id)).copied(),
        };
        let mut zones = match from.and_then(|from| differing.get(&from)) {
            Some(zones) => zones.clone(),
            None => self.all_zones(ahead),
        };
        for other in leg.parents.iter().filter(|id| Some(**id) != from) {
            let side = self.sides.get(other).into_iter();
            zones.extend(side.flat_map(|side| side.zones.keys().cloned()));
        }
        let told = self.told_all(ahead, leg, &zones, &differing);
        let base = from.and_then(|from| self.base(from));
        match leg.is_trunk {
            true => {
                ahead.news.zones.extend(told);
                self.trunk = Some(leg.id);
                self.position += 1;
            }
            false => self.put_aside(leg.id, (from, base), told),
        }
        self.let_go(leg);
        tell(&Passed {
            leg,
            layout: &self.layout,
            zones: &zones,
            told: &|zone| match self.sides.get(&leg.id) {
                Some(side) => side.zones.get(zone).copied(),
                None => ahead.told(zone),
            },
        });
        Ok(())
    }

    /// Goes to the commit, by way of all that it was made on.
    fn compare(&mut self, ahead: &mut Ahead<'_>, leg: &Leg) -> Result<Differing> {
        let mut differing = Differing::new();
        let here = self.here.as_ref().map(|here| here.commit().id);
        let mut parents = leg.parents.clone();
        // Most often it is the next one.
        parents.sort_by_key(|id| Some(*id) != here);
        for (number, parent) in parents.into_iter().enumerate() {
            let (there, back) = (self.go_to(ahead, parent)?, self.go_to(ahead, leg.id)?);
            differing.insert(parent, if number == 0 { back } else { there });
        }
        self.go_to(ahead, leg.id)?;
        Ok(differing)
    }

    fn all_zones(&self, ahead: &Ahead<'_>) -> BTreeSet<ZoneName> {
        let zones = self.layout.zones().map(|(zone, _)| zone);
        zones.filter(|zone| ahead.is_asked(zone)).cloned().collect()
    }

    /// The zones that differ from the commit that the walk was at.
    fn go_to(&mut self, ahead: &mut Ahead<'_>, id: CommitId) -> Result<BTreeSet<ZoneName>> {
        let there = match &self.here {
            Some(here) if here.commit().id == id => return Ok(BTreeSet::new()),
            Some(here) => here.beside(id)?,
            None => self.walk.store.snapshot(id)?,
        };
        let touched = self.layout.apply(&there.changes_since(self.here.as_ref())?);
        let mut reading = Reading::new(self.walk, &there, &mut self.budget);
        let zones = ahead.differing(&self.layout, &touched, &mut reading);
        self.here = Some(there);
        Ok(zones)
    }

    fn told_all(
        &mut self,
        ahead: &Ahead<'_>,
        leg: &Leg,
        zones: &BTreeSet<ZoneName>,
        differing: &Differing,
    ) -> Vec<(ZoneName, Told)> {
        let mut all = Vec::new();
        for zone in zones {
            let bound = |parent: &CommitId| {
                let differs = differing[parent].contains(zone);
                Some((self.told(ahead, *parent, zone)?, differs))
            };
            let mut bounds: Vec<(Told, bool)> = leg.parents.iter().filter_map(bound).collect();
            if leg.is_trunk && leg.parents.is_empty() {
                // The commit before is no longer there to be compared with.
                bounds.extend(ahead.told(zone).map(|told| (told, true)));
            }
            let file = self.layout.zone(zone).and_then(std::result::Result::ok);
            let Some(here) = &self.here else { continue };
            let mut reading = Reading::new(self.walk, here, &mut self.budget);
            let told = ahead.next(zone, &bounds, file.as_ref(), &mut reading);
            all.extend(told.map(|told| (zone.clone(), told)));
        }
        all
    }

    /// What a zone came to at a commit that others are made on, as far as that is not less than what it came to on the
    /// trunk.
    fn told(&self, ahead: &Ahead<'_>, at: CommitId, zone: &ZoneName) -> Option<Told> {
        let aside = self.sides.get(&at).and_then(|side| side.zones.get(zone));
        let is_as_trunk = || self.base(at) == Some(self.position);
        aside
            .copied()
            .or_else(|| is_as_trunk().then(|| ahead.told(zone)).flatten())
    }

    fn base(&self, at: CommitId) -> Option<usize> {
        match self.sides.get(&at) {
            Some(side) => side.base,
            None if Some(at) == self.trunk => Some(self.position),
            // Whether nothing has happened since is looked at in the end.
            None if self.forks.contains(&at) => Some(0),
            None => None,
        }
    }

    fn put_aside(
        &mut self,
        id: CommitId,
        (from, base): (Option<CommitId>, Option<usize>),
        told: Vec<(ZoneName, Told)>,
    ) {
        let before = from.and_then(|from| self.sides.get_mut(&from));
        let mut zones = before.map_or_else(BTreeMap::new, |before| match before.children {
            1 => std::mem::take(&mut before.zones),
            _ => before.zones.clone(),
        });
        self.aside.extend(told.iter().map(|(zone, _)| zone.clone()));
        zones.extend(told);
        if let Some(side) = self.sides.get_mut(&id) {
            (side.base, side.zones) = (base, zones);
        }
    }

    /// Forgets sides that nothing more is made on.
    fn let_go(&mut self, leg: &Leg) {
        for parent in &leg.parents {
            let Some(side) = self.sides.get_mut(parent) else {
                continue;
            };
            side.children = side.children.saturating_sub(1);
            if side.children == 0 {
                self.sides.remove(parent);
            }
        }
    }

    /// Whether the zones of the sides were on the trunk, where the way begins, as they were where the sides left it.
    fn is_sure(&self, at: CommitId) -> Result<bool> {
        let store = self.walk.store;
        for fork in &self.forks {
            let since = store.commits_between(*fork, at)?;
            let Some(since) = since.filter(|since| since.len() <= MOST_SINCE_FORK) else {
                return Ok(false);
            };
            for commit in since {
                let newer = store.snapshot(commit.id)?;
                for parent in commit.parents {
                    let changes = newer.changes_since(Some(&newer.beside(parent)?))?;
                    let touched = Layout::default().apply(&changes);
                    if !touched.parts.is_empty() || !touched.zones.is_disjoint(&self.aside) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }
}
