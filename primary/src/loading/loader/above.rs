//! What lies above the zones that were read, and versions in which nothing else changes.

use std::collections::BTreeMap;
use std::io;

use git_store::{CommitId, Snapshot, ZoneName};
use rr::{Name, Serial};
use zone::check::Policy;
use zone::{Checked, Published, Zone, Zones};

use super::stepping::Ready;
use super::{Loader, Settled};
use crate::layers::{Above, Rising};
use crate::loading::attempt::read_policy;
use crate::loading::verdict::Judged;
use crate::state::journal::{Damage, Journaled};

impl Loader {
    /// What was served by the process before this one has the serials that its layers had. Where these are not known for
    /// certain, each zone takes one that is newer than any that it may have had.
    pub(super) fn remember_layers(&mut self, damage: Option<Damage>) {
        self.take_serials();
        if let Some(damage) = damage {
            crate::telling::log::journal_damaged(damage.why);
            for Serial(serial) in self.served.values_mut() {
                *serial = serial.wrapping_add(damage.most_versions);
            }
        }
    }

    /// Before the first commit: what was promised with a commit counts if the branch has that.
    pub(super) fn begin_layers(&mut self, tip: CommitId) {
        let store = &self.store;
        let has = |commit| store.is_ancestor(commit, tip).unwrap_or(false);
        if self.layers.begin(has) {
            self.take_serials();
        }
    }

    fn take_serials(&mut self) {
        for (zone, serial) in self.layers.serials() {
            let served = self.served.entry(zone).or_insert(serial);
            if serial.is_newer_than(*served) {
                *served = serial;
            }
        }
    }

    /// The zones with what lies above them, and whether that was promised.
    pub(super) fn laid(
        &mut self,
        promised: Option<Rising>,
        judged: &mut [Judged],
        snapshot: &Snapshot,
    ) -> Option<Rising> {
        if let Some(rising) = promised {
            // The branch has the commit, whatever becomes of serving it.
            self.layers.keep(rising, true);
            return None;
        }
        let policy = read_policy(snapshot);
        Some(self.layers.lay(judged, &Above::new(), &policy))
    }

    pub(super) fn note_laid(&mut self, rising: Option<Rising>) {
        let noted = rising.map_or(Ok(()), |rising| self.layers.note(rising));
        if let Err(why) = noted {
            crate::telling::log::journal_behind(&why);
        }
    }

    /// Writes down how many records lie above zones.
    pub(super) fn note_above<'n>(&self, names: impl Iterator<Item = &'n ZoneName>) {
        let mut board = self.board();
        for name in names {
            let above = self.layers.above(name).len();
            let zones = self.zones.load();
            let zone = find(&zones, name).map(|published| &published.zone);
            board.note_above(name, zone, above);
        }
    }

    /// Promises what a prepared commit changes above, together with it. The branch is to be moved to it then, or it is given
    /// up.
    ///
    /// # Errors
    /// What the system refused.
    pub(crate) fn promise_above(
        &mut self,
        ready: &mut Ready,
        above: &Above,
    ) -> io::Result<Journaled> {
        let policy = read_policy(&ready.step.snapshot);
        let mut rising = self.layers.lay(&mut ready.judged, above, &policy);
        let others = above
            .iter()
            .filter(|(name, _)| !ready.judged.iter().any(|judged| judged.name == **name));
        let others = others.map(|(name, steps)| (name.clone(), steps.clone()));
        let zones = self.rise(&mut rising, others.collect(), &policy);
        let promised = self.layers.promise(&rising, Some(ready.commit()));
        ready.rising = Some(rising);
        ready.beside = zones;
        promised
    }

    /// Serves versions that are of no commit.
    ///
    /// # Errors
    /// What the system refused: nothing is changed then.
    pub(crate) fn serve_above(&mut self, above: Above, policy: &Policy) -> io::Result<Journaled> {
        let mut rising = Rising::default();
        let zones = self.rise(&mut rising, above, policy);
        let promised = self.layers.promise(&rising, None)?;
        self.layers.keep(rising, false);
        self.publish_beside(&zones);
        Ok(promised)
    }

    /// Has records go that nobody took away for long.
    pub(crate) fn forget_old(&mut self, now_secs: u64) {
        let above = self.layers.expired(now_secs);
        let snapshot = self.taken.and_then(|taken| self.store.snapshot(taken).ok());
        let (false, Some(snapshot)) = (above.is_empty(), snapshot) else {
            return;
        };
        let counts: Vec<_> = above
            .iter()
            .map(|(zone, steps)| (zone.clone(), steps.len()))
            .collect();
        match self.serve_above(above, &read_policy(&snapshot)) {
            Ok(_) => counts
                .iter()
                .for_each(|(zone, records)| crate::telling::log::forgotten(zone, *records)),
            Err(why) => crate::telling::log::journal_behind(&why),
        }
    }

    /// The next versions of zones of which only what lies above changes.
    fn rise(&self, rising: &mut Rising, above: Above, policy: &Policy) -> Beside {
        let zones = self.zones.load();
        let mut risen = BTreeMap::new();
        for (name, steps) in above {
            let commit = self.commit_of(&name);
            let (Some(published), Some(commit)) = (find(&zones, &name), commit) else {
                continue;
            };
            let serial = published.zone.serial().map_or(Serial(0), Serial::next);
            let below = self.layers.below(&name, &published.zone);
            // A zone that is signed has nothing above it.
            let Ok(below) = below.with_serial(serial) else {
                continue;
            };
            let zone = self
                .layers
                .rise(rising, &name, (&below, commit), steps, policy);
            risen.insert(name, zone);
        }
        risen
    }

    /// Serves versions that were promised.
    pub(super) fn publish_beside(&mut self, beside: &Beside) {
        if beside.is_empty() {
            return;
        }
        let mut zones = Zones::clone(&self.zones.load());
        let mut names = Vec::new();
        for (name, zone) in beside {
            let Some(revision) = find(&zones, name).map(|before| before.revision.clone()) else {
                continue;
            };
            names.push(zone.apex().to_owned());
            if let Some(serial) = zone.serial() {
                self.served.insert(name.clone(), serial);
            }
            zones = zones.with(Published {
                zone: zone.clone(),
                revision,
            });
        }
        self.publish(Settled { zones, names });
        self.note_above(beside.keys());
    }

    fn commit_of(&self, name: &ZoneName) -> Option<CommitId> {
        let board = self.board();
        Some(board.zones.get(name)?.served.as_ref()?.commit)
    }
}

/// Zones that change beside a commit: only what lies above them does.
pub(super) type Beside = BTreeMap<ZoneName, Zone<Checked>>;

fn find<'z>(zones: &'z Zones, name: &ZoneName) -> Option<&'z Published> {
    let apex = Name::from_text(name.as_str()).ok()?;
    zones.zone(apex.as_ref())
}
