//! From one commit to the next: prepared first, then served or given up.

use std::collections::BTreeSet;
use std::time::Instant;

use git_store::{BlobId, Change, CommitId, Heard, Snapshot, Touched, ZoneName};

use super::Loader;
use super::above::Beside;
use crate::event::{CommitEvent, Event};
use crate::layers::Rising;
use crate::loading::attempt::find_policy;
use crate::loading::verdict::Judged;
use crate::milestone::Milestone;
use crate::serials::{News, Way};

/// A commit on its way in. The layout is its own already.
pub(super) struct Step {
    pub(super) snapshot: Snapshot,
    /// From the commit taken in last, or from nothing.
    pub(super) changes: Vec<Change>,
    pub(super) touched: Touched,
    pub(super) way: Way,
    policy: Option<BlobId>,
    pub(super) concerned: BTreeSet<ZoneName>,
    /// It is made on what is served, whatever else is refused, and still is.
    pub(super) is_beside: bool,
}

/// A commit that was read and judged, and is not served yet. It is to be served or given up before the next one.
#[must_use = "the loader is on its way to it"]
pub(crate) struct Ready {
    pub(super) step: Step,
    pub(super) judged: Vec<Judged>,
    serials: News,
    /// The zones with what lies above them, if that changes with the commit and was promised.
    pub(super) rising: Option<Rising>,
    /// Zones of which nothing changes but what lies above them.
    pub(super) beside: Beside,
    started: Instant,
}

impl Ready {
    pub(super) fn commit(&self) -> CommitId {
        self.step.snapshot.commit().id
    }

    /// What becomes of each zone that it concerns.
    pub(crate) fn judged(&self) -> &[Judged] {
        &self.judged
    }
}

impl Loader {
    pub(super) fn take_in(&mut self, id: CommitId) -> git_store::Result<()> {
        self.begin_layers(id);
        let ready = self.prepare(id)?;
        self.serve(ready)
    }

    /// Reads and judges a commit. Nobody sees anything of it.
    pub(crate) fn prepare(&mut self, id: CommitId) -> git_store::Result<Ready> {
        self.reopen()?;
        self.prepare_now(id)
    }

    /// The same for who has [opened](Self::reopen) the repository anew just now.
    pub(crate) fn prepare_now(&mut self, id: CommitId) -> git_store::Result<Ready> {
        let started = Instant::now();
        let snapshot = self.store.snapshot(id)?;
        let mut step = self.step_to(snapshot)?;
        match self.judge(&mut step) {
            Ok((judged, serials)) => Ok(Ready {
                step,
                judged,
                serials,
                rising: None,
                beside: Beside::new(),
                started,
            }),
            Err(why) => {
                self.step_back(step);
                Err(why)
            }
        }
    }

    /// All is as before the commit was prepared.
    pub(crate) fn give_up(&mut self, ready: Ready) {
        if ready.rising.is_some() {
            self.layers.give_up();
        }
        self.step_back(ready.step);
    }

    /// Serves it from now on.
    pub(crate) fn serve(&mut self, ready: Ready) -> git_store::Result<()> {
        let Ready {
            step,
            mut judged,
            serials,
            rising,
            beside,
            started,
        } = ready;
        let id = step.snapshot.commit().id;
        let rising = self.laid(rising, &mut judged, &step.snapshot);
        self.publish_beside(&beside);
        let changed = serials.changed();
        self.serials.take_in(id, serials);
        let settled = self.settled(id, &judged).and_then(|settled| {
            let listed = self.listing_serial(&settled);
            self.promise(id, (&judged, listed), changed)?;
            Ok(settled)
        });
        match settled {
            Ok(settled) => {
                self.reach(Milestone::Promised);
                self.publish(settled);
                self.reach(Milestone::Published);
            }
            Err(why) => {
                self.step_back(step);
                return Err(why);
            }
        }
        self.note_laid(rising);
        self.take_in_keys(&step.snapshot);
        judged.iter_mut().for_each(|judged| self.keep_trail(judged));
        judged
            .iter()
            .filter_map(Judged::published)
            .for_each(|zone| self.gatherer.note(zone));
        let names = judged.iter().map(|judged| judged.name.clone());
        let names: Vec<ZoneName> = names.filter(|name| self.layers.has_above(name)).collect();
        let zones = self.note(&step, judged);
        self.note_above(names.iter());
        let layout = self.note_layout();
        (self.taken, self.policy) = (Some(id), step.policy);
        self.high_water = Some(id);
        let event = CommitEvent {
            commit: step.snapshot.commit().clone(),
            zones,
            layout,
            took: started.elapsed(),
        };
        self.tell(&Event::Commit(Box::new(event)));
        Ok(())
    }

    /// Serves a commit that the branch was moved to. If it cannot be written down, it is tried again with the next look.
    pub(crate) fn serve_own(&mut self, mut ready: Ready) {
        ready.step.is_beside = true;
        self.serve_merge(ready);
    }

    /// The same, of one that has what was refused.
    pub(crate) fn serve_merge(&mut self, ready: Ready) {
        if let Err(why) = self.serve(ready) {
            self.hear_trouble(why, Heard::Again);
        }
        self.note_known();
    }

    fn step_to(&mut self, snapshot: Snapshot) -> git_store::Result<Step> {
        let older = self.taken.and_then(|taken| self.store.snapshot(taken).ok());
        let since = older.map(|older| snapshot.changes_since(Some(&older)));
        let (is_anew, changes) = match since {
            Some(Ok(changes)) => (false, changes),
            // The first commit, or the one before is no longer there, or not all of it (rewritten and collected).
            Some(Err(_)) | None => (true, snapshot.changes_since(None)?),
        };
        if is_anew {
            self.forget();
        }
        let taken = self.taken.map(|taken| (taken, &self.layout));
        let way = Way::find(&self.store, self.serials.at, taken, snapshot.commit().id)?;
        let touched = self.layout.apply(&changes);
        let policy = find_policy(&snapshot);
        let concerned = match is_anew || policy != self.policy {
            true => self.all_zones(),
            false => self.concerned_by(&touched),
        };
        Ok(Step {
            snapshot,
            changes,
            touched,
            way,
            policy,
            concerned,
            is_beside: false,
        })
    }

    /// The layout is again that of the commit taken in last.
    fn step_back(&mut self, step: Step) {
        let undo = |change: Change| Change {
            path: change.path,
            before: change.after,
            after: change.before,
        };
        let undone: Vec<Change> = step.changes.into_iter().map(undo).collect();
        self.layout.apply(&undone);
    }

    /// Packs come and go; of a copy of which nothing was fetched yet, even how objects are named is not known.
    pub(crate) fn reopen(&mut self) -> git_store::Result<()> {
        self.store = self.store.reopened()?;
        Ok(())
    }
}
