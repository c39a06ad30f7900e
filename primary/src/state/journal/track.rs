//! The versions of each zone, in memory.

use std::collections::{BTreeMap, VecDeque};

use git_store::{CommitId, ZoneName};
use rr::Serial;

use crate::layers::{Layer, Step};

/// Versions of one zone that are known.
pub(crate) const VERSIONS_OF_A_ZONE: usize = 1_024;

/// Versions of all zones together; where there are more zones than these, the newest of each.
pub(crate) const ALL_VERSIONS: usize = 65_536;

/// Steps of layers that are known of one zone, besides those of its newest version.
pub(crate) const STEPS_OF_A_ZONE: usize = 16_384;

/// A new version of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Served(ZoneName, Version),
    /// The zone is served no longer, and what lay above it is gone.
    Gone(ZoneName),
}

/// A version that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) serial: Serial,
    /// What the zone below was read from.
    pub(crate) commit: CommitId,
    /// What has changed above since the version before.
    pub(crate) steps: Vec<Step>,
}

/// A version as it was served.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) commit: CommitId,
    pub(crate) above: Layer,
}

/// What is known of all zones.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    zones: BTreeMap<ZoneName, Track>,
}

/// Versions, the oldest first, and what lies above the newest one.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) above: Layer,
    pub(super) versions: VecDeque<Version>,
    steps: usize,
}

impl Version {
    /// Whether this is the other one, met again.
    fn is(&self, other: &Version) -> bool {
        other.steps.is_empty() && self.serial == other.serial
    }
}

impl Tracks {
    /// Whether there is nothing new in it.
    pub(super) fn know(&self, entry: &Entry) -> bool {
        match entry {
            Entry::Gone(zone) => !self.zones.contains_key(zone),
            Entry::Served(zone, version) => self.newest(zone).is_some_and(|last| last.is(version)),
        }
    }

    pub(crate) fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Gone(zone) => drop(self.zones.remove(&zone)),
            Entry::Served(zone, version) => self.zones.entry(zone).or_default().push(version),
        }
    }

    /// What lies above a zone now.
    pub(crate) fn above(&self, zone: &ZoneName) -> Option<&Layer> {
        let above = self.zones.get(zone).map(|track| &track.above);
        above.filter(|layer| !layer.is_empty())
    }

    fn newest(&self, zone: &ZoneName) -> Option<&Version> {
        self.zones.get(zone)?.versions.back()
    }

    /// What each zone was served with last.
    pub(crate) fn zones(&self) -> impl Iterator<Item = (&ZoneName, Serial)> {
        let zones = self.zones.iter();
        zones.filter_map(|(zone, track)| Some((zone, track.versions.back()?.serial)))
    }

    /// The versions of a zone, the oldest first: what the zone below was read from, and the serial.
    pub(crate) fn served(&self, zone: &ZoneName) -> impl Iterator<Item = (CommitId, Serial)> {
        let versions = self.zones.get(zone).into_iter();
        let versions = versions.flat_map(|track| &track.versions);
        versions.map(|version| (version.commit, version.serial))
    }

    /// The version that had this serial, the newest one if several had it.
    pub(crate) fn past(&self, zone: &ZoneName, serial: Serial) -> Option<Past> {
        let track = self.zones.get(zone)?;
        let mut above = track.above.clone();
        for version in track.versions.iter().rev() {
            if version.serial == serial {
                let commit = version.commit;
                return Some(Past { commit, above });
            }
            above.take_back(&version.steps);
        }
        None
    }

    /// Puts what lies above a zone before its first version.
    pub(super) fn begin(&mut self, zone: ZoneName, above: Layer) {
        self.zones.entry(zone).or_default().above = above;
    }

    pub(super) fn tracks(&self) -> impl Iterator<Item = (&ZoneName, &Track)> {
        self.zones.iter()
    }

    /// Keeps to [`ALL_VERSIONS`]. Which versions go is no matter of correctness: who has one of them gets the whole zone.
    pub(super) fn forget_oldest(&mut self) {
        let all: usize = self.zones.values().map(|track| track.versions.len()).sum();
        if all <= ALL_VERSIONS {
            return;
        }
        let each = (ALL_VERSIONS / self.zones.len()).max(1);
        self.zones.values_mut().for_each(|track| track.keep(each));
    }
}

impl Track {
    fn push(&mut self, version: Version) {
        version.steps.iter().for_each(|step| self.above.take(step));
        if let Some(last) = self.versions.back_mut().filter(|last| last.is(&version)) {
            // The same zone in a later commit, which may be there for longer.
            last.commit = version.commit;
            return;
        }
        self.steps += version.steps.len();
        self.versions.push_back(version);
        self.keep(VERSIONS_OF_A_ZONE);
    }

    /// Forgets the oldest versions.
    fn keep(&mut self, most: usize) {
        while self.versions.len() > most
            || (self.steps > STEPS_OF_A_ZONE && self.versions.len() > 1)
        {
            let oldest = self.versions.pop_front();
            self.steps -= oldest.map_or(0, |oldest| oldest.steps.len());
        }
    }

    /// What lay above before the first version.
    pub(super) fn beginning(&self) -> Layer {
        let mut above = self.above.clone();
        for version in self.versions.iter().rev() {
            above.take_back(&version.steps);
        }
        above
    }
}
