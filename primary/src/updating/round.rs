//! One commit of updates that come one behind the other.

use std::collections::BTreeMap;
use std::mem;

use git_store::{CommitId, Durable, Edit, Snapshot, TreePath};
use rr::{Name, Serial};
use tsig::Time;
use update::Scene;
use zone::check::Policy;

use super::commit::{Part, draft};
use super::draft::{Draft, Fit, Law};
use super::whole::Whole;
use super::{Refusal, Update};
use crate::layers::Above;
use crate::loading::attempt::read_policy;
use crate::loading::loader::Loader;
use crate::loading::loader::stepping::Ready;
use crate::loading::verdict::Judged;

/// What becomes of the first of the updates that wait, if the commit is made.
pub(super) struct Round {
    pub(super) parent: CommitId,
    pub(super) snapshot: Snapshot,
    pub(super) policy: Policy,
    /// What the repository says of updates.
    pub(super) rights: update::Policy,
    zones: BTreeMap<Name, Draft>,
    /// The one zone that is made or removed, with nothing else.
    pub(super) whole: Option<Whole>,
    /// Of each update that was looked at.
    pub(super) looked: Vec<Looked>,
}

/// One update that was looked at.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) fate: Fate,
    /// What of it is left out, in words.
    pub(super) ignored: String,
}

impl From<Fate> for Looked {
    fn from(fate: Fate) -> Looked {
        let ignored = String::new();
        Looked { fate, ignored }
    }
}

/// What becomes of one update.
#[derive(Debug)]
pub(super) enum Fate {
    /// It changes this.
    Part(String),
    /// It changes something, of which nothing is committed.
    Above,
    Unchanged,
    Refused(Refusal),
}

/// Why a round comes to nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// What one of the updates asks for cannot be.
    Content(Refusal),
    /// The remote looked at it and does not want it.
    Unwanted(Refusal),
    /// Nothing can be done for any of them now.
    Trouble(Refusal),
}

impl Round {
    /// Plans as many of the updates as can share a commit, at least the first.
    pub(super) fn plan(
        loader: &Loader,
        parent: CommitId,
        updates: &[Update],
    ) -> git_store::Result<Round> {
        let snapshot = loader.store.snapshot(parent)?;
        let mut round = Round {
            parent,
            policy: read_policy(&snapshot),
            rights: read_rights(&snapshot),
            snapshot,
            zones: BTreeMap::new(),
            whole: None,
            looked: Vec::new(),
        };
        for update in updates {
            match round.look_at(loader, update) {
                Ok(Some(looked)) => round.looked.push(looked),
                Ok(None) => break,
                Err(why) => round.looked.push(Fate::Refused(why).into()),
            }
            if round.whole.is_some() || round.zones.values().any(|zone| zone.zone().is_none()) {
                break;
            }
        }
        Ok(round)
    }

    /// None if it is for the next round.
    fn look_at(&mut self, loader: &Loader, update: &Update) -> Result<Option<Looked>, Refusal> {
        let is_alone = !self.changes_anything();
        if !self.zones.contains_key(&update.zone) {
            let zone = match Draft::of(loader, &update.zone) {
                Err(why) if why == Refusal::no_such_zone() => {
                    return Ok(self.make(loader, update)?.map(Looked::from));
                }
                zone => zone?,
            };
            self.zones.insert(update.zone.clone(), zone);
        }
        let zone = self.zones.get_mut(&update.zone);
        let Some((zone, now)) = zone.and_then(|zone| Some((zone.zone()?.clone(), zone))) else {
            return Ok(None);
        };
        let now_secs = loader.clock.wall().as_secs();
        let mut planned = update.plan.plan(&Scene {
            zone: &zone,
            serial: zone.serial().unwrap_or(Serial(0)),
            zones: &loader.zones.load(),
            policy: &self.rights,
            now: Time::from_secs(now_secs),
        })?;
        let ignored = mem::take(&mut planned.ignored);
        if planned.is_nothing() {
            let fate = Fate::Unchanged;
            return Ok(Some(Looked { fate, ignored }));
        }
        if planned.is_removal {
            let fate = self.remove(loader, &update.zone, planned);
            return Ok(fate.map(Looked::from));
        }
        let law = Law {
            policy: &self.policy,
            rights: &self.rights,
            now_secs,
        };
        let fate = match now.add(&planned, &law, is_alone)? {
            Fit::Good => Fate::Part(planned.summary),
            Fit::Above => Fate::Above,
            Fit::Doubtful => return Ok(None),
        };
        Ok(Some(Looked { fate, ignored }))
    }

    pub(super) fn changes_anything(&self) -> bool {
        let mut looked = self.looked.iter();
        looked.any(|it| matches!(it.fate, Fate::Part(_) | Fate::Above))
    }

    /// What changes above the commits.
    pub(super) fn above(&self) -> Above {
        let zones = self.zones.values();
        let steps = zones.map(|zone| (zone.name.clone(), zone.steps()));
        steps.filter(|(_, steps)| !steps.is_empty()).collect()
    }

    /// The commit, durable, and judged as any other; its `branch` is known if it is moved there right then. None if one update takes back what the other does.
    pub(super) fn prepare(
        &self,
        loader: &mut Loader,
        updates: &[Update],
        (time_secs, branch): (i64, Option<&str>),
    ) -> Result<Option<(Durable, Ready)>, Fault> {
        let changes = self.files(loader)?;
        if changes.is_empty() {
            return Ok(None);
        }
        let parts: Vec<Part<'_>> = updates
            .iter()
            .zip(&self.looked)
            .filter_map(|(update, looked)| match &looked.fate {
                Fate::Part(summary) => Some((update, summary.as_str())),
                Fate::Above | Fate::Unchanged | Fate::Refused(_) => None,
            })
            .collect();
        let draft = draft(self.parent, changes, &parts, time_secs);
        let underway = match branch {
            Some(branch) => loader.store.begin_on(branch, &draft),
            None => loader.store.begin_now(&draft),
        };
        let underway = underway.map_err(|why| Fault::Trouble(why.into()))?;
        // The disk is waited for when all that can be done meanwhile is done.
        let ready = loader.prepare_now(underway.commit());
        let ready = ready.map_err(|why| Fault::Trouble(why.into()))?;
        let finish = || underway.finish().map_err(|why| Fault::Trouble(why.into()));
        match self.check(&ready).and_then(|()| finish()) {
            Ok(durable) => Ok(Some((durable, ready))),
            Err(fault) => {
                loader.give_up(ready);
                Err(fault)
            }
        }
    }

    fn files(&self, loader: &Loader) -> Result<BTreeMap<TreePath, Edit>, Fault> {
        let whole = self.whole.as_ref();
        let mut files = whole.map_or_else(BTreeMap::new, |whole| whole.files.clone());
        let board = loader.board();
        for (apex, zone) in &self.zones {
            let changes = zone.changes();
            if changes.removed.is_empty() && changes.added.is_empty() {
                continue;
            }
            let known = (&*board, loader.trail(&zone.name));
            let written = changes.write(&self.snapshot, known, (apex.as_ref(), &zone.path));
            for file in written.map_err(Fault::Content)? {
                files.insert(TreePath::new(file.path), Edit::Put(file.text));
            }
        }
        Ok(files)
    }

    /// Whether the commit says what was planned, and is right.
    fn check(&self, ready: &Ready) -> Result<(), Fault> {
        if let Some(whole) = &self.whole {
            return whole.check(ready);
        }
        for zone in self.zones.values() {
            let judged = ready
                .judged()
                .iter()
                .find(|judged| judged.name == zone.name);
            let Some(judged) = judged else {
                continue;
            };
            is_right(judged)?;
            if !judged.published().is_some_and(|read| zone.is_met_by(read)) {
                let text = "the text would not say what was asked for; please report this";
                return Err(Fault::Content(Refusal::trouble(text)));
            }
        }
        Ok(())
    }
}

/// What is not right would not be served.
pub(super) fn is_right(judged: &Judged) -> Result<(), Fault> {
    let broken = judged.broken.as_ref();
    let Some(report) = broken.and_then(|it| it.reports.first()) else {
        return Ok(());
    };
    let text = format!("{}: {} ({})", report.place, report.message, report.rule);
    let why = Refusal::refused(wire::Ede::INVALID_DATA, text);
    Err(Fault::Content(why))
}

/// A file that is there and cannot be read allows nothing: an octet that is no policy stands in its place.
pub(crate) fn read_rights(snapshot: &Snapshot) -> update::Policy {
    let path = update::Policy::FILE_NAME;
    let text = match snapshot.find(path) {
        Ok(None) => Some(Vec::new()),
        Ok(Some(blob)) => snapshot.file(&TreePath::new(path), blob).ok(),
        Err(_) => None,
    };
    update::Policy::read(&text.unwrap_or_else(|| b"?".to_vec())).0
}
