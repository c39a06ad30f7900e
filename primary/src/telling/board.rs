//! What is known of each zone: written by the loader, read for the status.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{Commit, CommitId, Finding, Touched, TreePath, ZoneName};

use zone::{Checked, Zone};

use crate::event::{Outcome, Refusal, Report, ZoneEvent};
use crate::loading::verdict::{Judged, Verdict, Version};
use crate::telling::status::Standing;

/// What is known of the branch and its zones.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// The newest commit that was taken in.
    pub(crate) commit: Option<Commit>,
    /// Why a newer one is not, if there is one.
    pub(crate) trouble: Option<String>,
    /// The newer one, if it is because it is not trusted.
    pub(crate) refused: Option<Refusal>,
    /// A commit that may follow all the same.
    pub(crate) accepted: Option<CommitId>,
    pub(crate) zones: BTreeMap<ZoneName, Held>,
    /// What is wrong with files and folders that are not a zone's.
    pub(crate) layout: Vec<Finding>,
    /// What is wrong with keys, where the repository has some that are taken.
    pub(crate) key_files: Vec<Report>,
    dependents: Dependents,
}

/// The few zones that a commit may concern without touching a file of theirs, found without a look at the others.
#[derive(Debug, Default)]
struct Dependents {
    /// Those whose file is in a folder that is not looked into.
    hidden: BTreeSet<ZoneName>,
    by_part: BTreeMap<TreePath, BTreeSet<ZoneName>>,
}

/// A zone of the newest commit, or one that is served still.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) served: Option<Served>,
    /// The parts that the newest version asks for.
    pub(crate) parts: Vec<TreePath>,
    /// Why the newest version is not served.
    pub(crate) broken: Option<Broken>,
}

/// The version in service.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) commit: CommitId,
    pub(crate) path: TreePath,
    pub(crate) serial: u32,
    /// The serial in the file, if that is another.
    pub(crate) stated: Option<u32>,
    pub(crate) records: usize,
    pub(crate) octets: usize,
    /// Of the records, those that lie above the commit.
    pub(crate) ephemeral: usize,
}

/// A version that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) reports: Vec<Report>,
    /// The commit that brought it in, if it was not too far back.
    pub(crate) brought_by: Option<Box<Commit>>,
    /// Its file is in a folder that is not looked into.
    pub(crate) is_hidden: bool,
    /// It may be right after all: the repository could not be read.
    pub(crate) is_worth_retrying: bool,
}

impl Held {
    pub(crate) fn is_hidden(&self) -> bool {
        self.broken.as_ref().is_some_and(|broken| broken.is_hidden)
    }

    /// How the zone fares, in one word.
    pub(crate) fn standing(&self) -> Standing {
        match (&self.served, &self.broken) {
            (Some(_), None) => Standing::Good,
            (Some(_), Some(_)) => Standing::Kept,
            (None, _) => Standing::NotServed,
        }
    }

    /// How the zone fares in the newest commit.
    pub(crate) fn outcome(&self) -> Outcome {
        match (&self.served, &self.broken) {
            (Some(served), None) => Outcome::Served {
                serial: served.serial,
                stated: served.stated,
                records: served.records,
            },
            (Some(served), Some(_)) => Outcome::Kept {
                serial: served.serial,
                commit: served.commit,
            },
            (None, Some(_)) => Outcome::NotServed,
            (None, None) => Outcome::Removed,
        }
    }
}

impl Board {
    /// Writes down what became of a zone; gives what is worth telling, if anything is.
    pub(crate) fn note(&mut self, judged: Judged) -> Option<ZoneEvent> {
        let held = self.zones.entry(judged.name.clone()).or_default();
        let was_known = (held.outcome(), held.broken.take());
        let is_published = matches!(judged.verdict, Verdict::Publish(_));
        match judged.verdict {
            Verdict::Publish(version) => held.served = Some(Served::new(*version)),
            Verdict::Withdraw => held.served = None,
            Verdict::Keep => {}
        }
        self.dependents.forget(&judged.name, &held.parts);
        held.parts = judged.parts;
        held.broken = judged.broken;
        let is_news = is_published || was_known != (held.outcome(), held.broken.clone());
        let event = ZoneEvent::new(judged.name.clone(), held);
        if held.served.is_none() && held.broken.is_none() {
            self.zones.remove(&judged.name);
        } else {
            self.dependents.note(&judged.name, held);
        }
        is_news.then_some(event)
    }

    /// Writes down what a zone is served as, with so many ephemeral records.
    pub(crate) fn note_above(
        &mut self,
        name: &ZoneName,
        zone: Option<&Zone<Checked>>,
        ephemeral: usize,
    ) {
        let held = self.zones.get_mut(name);
        let served = held.and_then(|held| held.served.as_mut());
        if let (Some(served), Some(zone)) = (served, zone) {
            served.serial = zone.serial().map_or(0, |serial| serial.0);
            (served.records, served.octets) = (zone.record_count(), zone.octets());
            served.ephemeral = ephemeral;
        }
    }

    /// How many zones ask for a part.
    pub(crate) fn zones_with(&self, part: &TreePath) -> usize {
        self.dependents.by_part.get(part).map_or(0, BTreeSet::len)
    }

    /// The zones, besides those whose own file was touched, that may be others now.
    pub(crate) fn concerned_by(&self, touched: &Touched) -> impl Iterator<Item = &ZoneName> {
        let parts = touched.parts.iter();
        let including = parts.filter_map(|part| self.dependents.by_part.get(part));
        self.dependents.hidden.iter().chain(including.flatten())
    }
}

impl Dependents {
    fn note(&mut self, zone: &ZoneName, held: &Held) {
        if held.is_hidden() {
            self.hidden.insert(zone.clone());
        }
        for part in &held.parts {
            let zones = self.by_part.entry(part.clone()).or_default();
            zones.insert(zone.clone());
        }
    }

    fn forget(&mut self, zone: &ZoneName, parts: &[TreePath]) {
        self.hidden.remove(zone);
        for part in parts {
            let Some(zones) = self.by_part.get_mut(part) else {
                continue;
            };
            zones.remove(zone);
            if zones.is_empty() {
                self.by_part.remove(part);
            }
        }
    }
}

impl Served {
    fn new(
        Version {
            zone,
            stated,
            path,
            commit,
        }: Version,
    ) -> Served {
        Served {
            commit,
            path,
            serial: zone.serial().map_or(0, |serial| serial.0),
            stated: stated.map(|serial| serial.0),
            records: zone.record_count(),
            octets: zone.octets(),
            ephemeral: 0,
        }
    }
}

impl ZoneEvent {
    fn new(zone: ZoneName, held: &Held) -> ZoneEvent {
        let broken = held.broken.as_ref();
        ZoneEvent {
            zone,
            outcome: held.outcome(),
            reports: broken.map_or_else(Vec::new, |broken| broken.reports.clone()),
            brought_by: broken.and_then(|broken| broken.brought_by.clone()),
        }
    }
}
