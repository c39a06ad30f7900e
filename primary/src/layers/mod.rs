//! What is served of a zone lies in layers, each of which knows nothing of the one above.
//!
//! ```text
//!   digests      those that the zone has of itself (RFC 8976), made anew     nowhere: they follow from all below
//!   ──────────────────────────────── made over ────────────────────────────────────────────────────────
//!   ephemeral    Layer: records that are served and never committed      journal of the state directory
//!   ──────────────────────────────── laid over ────────────────────────────────────────────────────────
//!   below        Zone<Checked>, as the loader has read it: what people have pushed and updates committed
//! ```
//! [`Layers::lay`] is where one comes over the other, for every version that is published, whoever made it. A set that both
//! have is their union: the text may say such records too, and an update that takes one away takes it from wherever
//! it is (RFC 2136 speaks of the zone as it is served, and knows no layers). What a person commits is right where both cannot
//! be: the record above leaves its layer then, as by an update, so that it does not come back by itself. A zone that is
//! signed, or has a digest that cannot be made here, has nothing above it. A zone that goes takes what lay above along.
//!
//! Without a journal nothing is ephemeral, and all updates are commits: what is forgotten by a restart would have been
//! acknowledged, and its serials would come a second time, for other versions.

mod lay;
pub(crate) mod layer;
mod split;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use git_store::{CommitId, ZoneName};
use rr::Serial;
use zone::check::Policy;
use zone::{Checked, Zone};

use lay::has_digests;
pub(crate) use lay::{finish, lay};
pub(crate) use layer::{Layer, Record, Step};
pub(crate) use split::split;

use crate::failure::Failure;
use crate::loading::verdict::{Judged, Verdict};
use crate::state::journal::track::{Entry, Tracks, Version};
use crate::state::journal::{Damage, Journal, Journaled};

/// Ephemeral records of a zone at most.
pub(crate) const MOST_RECORDS: usize = 1_000;

/// For so long an ephemeral record is kept that nobody takes away: longer than authorities wait for a challenge, which is a
/// week at most.
pub(crate) const KEPT_SECS: u64 = 30 * 24 * 60 * 60;

/// What becomes of the layers of some zones.
pub(crate) type Above = BTreeMap<ZoneName, Vec<Step>>;

/// The layers of all zones.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// None if nothing is ephemeral.
    journal: Option<Journal>,
    /// What lies below, of the zones that have something above.
    below: BTreeMap<ZoneName, Zone<Checked>>,
}

/// Versions that were laid, and are not served yet.
#[derive(Debug, Default)]
pub(crate) struct Rising {
    entries: Vec<Entry>,
    below: BTreeMap<ZoneName, Option<Zone<Checked>>>,
}

impl Layers {
    /// Those that the process before this one has served, and what was wrong with their file, if it was damaged.
    ///
    /// # Errors
    /// [`Failure::State`]
    pub(crate) fn open(dir: &Path) -> Result<(Layers, Option<Damage>), Failure> {
        let (journal, damage) = Journal::open(dir)?;
        let layers = Layers {
            journal: Some(journal),
            below: BTreeMap::new(),
        };
        Ok((layers, damage))
    }

    /// Whether anything can be ephemeral.
    pub(crate) fn are_kept(&self) -> bool {
        self.journal.is_some()
    }

    /// What is known of versions that were served; none without a journal.
    pub(crate) fn tracks(&self) -> Option<Arc<Mutex<Tracks>>> {
        self.journal.as_ref().map(Journal::shared)
    }

    /// The serials that zones were served with last.
    pub(crate) fn serials(&self) -> Vec<(ZoneName, Serial)> {
        let Some(journal) = &self.journal else {
            return Vec::new();
        };
        let tracks = journal.tracks();
        let zones = tracks.zones();
        zones.map(|(zone, serial)| (zone.clone(), serial)).collect()
    }

    /// What lies above a zone.
    pub(crate) fn above(&self, zone: &ZoneName) -> Layer {
        let above = self
            .journal
            .as_ref()
            .and_then(|journal| journal.tracks().above(zone).cloned());
        above.unwrap_or_default()
    }

    /// Whether anything lies above a zone that is served.
    pub(crate) fn has_above(&self, zone: &ZoneName) -> bool {
        self.below.contains_key(zone)
    }

    /// What lies below, of a zone that is served so.
    pub(crate) fn below(&self, name: &ZoneName, served: &Zone<Checked>) -> Zone<Checked> {
        self.below.get(name).unwrap_or(served).clone()
    }

    /// What is too old in all zones.
    pub(crate) fn expired(&self, now_secs: u64) -> Above {
        let oldest = now_secs.saturating_sub(KEPT_SECS);
        let zones = self.below.keys();
        let steps = zones.map(|zone| (zone.clone(), self.above(zone).before(oldest)));
        steps.filter(|(_, steps)| !steps.is_empty()).collect()
    }

    /// Puts what lies above over the versions that a commit has brought, with what changes above at the same time.
    pub(crate) fn lay(&self, judged: &mut [Judged], above: &Above, policy: &Policy) -> Rising {
        let mut rising = Rising::default();
        for Judged { name, verdict, .. } in judged {
            match verdict {
                Verdict::Publish(version) => {
                    let steps = above.get(name).cloned().unwrap_or_default();
                    let laid = self.rise(
                        &mut rising,
                        name,
                        (&version.zone, version.commit),
                        steps,
                        policy,
                    );
                    version.zone = laid;
                }
                Verdict::Withdraw => rising.forget(name),
                Verdict::Keep => {}
            }
        }
        rising
    }

    /// Lays one zone; gives what is served of it.
    pub(crate) fn rise(
        &self,
        rising: &mut Rising,
        name: &ZoneName,
        (below, commit): (&Zone<Checked>, CommitId),
        mut steps: Vec<Step>,
        policy: &Policy,
    ) -> Zone<Checked> {
        let mut above = self.above(name);
        steps.iter().for_each(|step| above.take(step));
        let laid = finish(below, &above, policy);
        let is_plain = above.len() == laid.dropped.len() && !has_digests(below);
        steps.extend(laid.dropped);
        let version = Version {
            serial: laid.zone.serial().unwrap_or(Serial(0)),
            commit,
            steps,
        };
        rising.entries.push(Entry::Served(name.clone(), version));
        let below = (!is_plain).then(|| below.clone());
        rising.below.insert(name.clone(), below);
        laid.zone
    }

    /// Keeps what is about to be served, durably; `with` is the commit that the branch is about to move to.
    ///
    /// # Errors
    /// What the system refused.
    pub(crate) fn promise(
        &mut self,
        rising: &Rising,
        with: Option<CommitId>,
    ) -> io::Result<Journaled> {
        let none = || io::Error::other("there is no state directory");
        let journal = self.journal.as_mut().ok_or_else(none)?;
        journal.promise(&rising.entries, with)
    }

    /// What was promised with a commit will not be.
    pub(crate) fn give_up(&mut self) {
        self.journal.iter_mut().for_each(Journal::give_up);
    }

    /// What was promised is served: alone, or with a commit that the branch has now.
    pub(crate) fn keep(&mut self, rising: Rising, with_commit: bool) {
        if let Some(journal) = self.journal.as_mut().filter(|_| with_commit) {
            journal.made(rising.entries);
        }
        self.settle(rising.below);
    }

    /// What was not promised is served.
    ///
    /// # Errors
    /// What the system refused: it is written with the next version.
    pub(crate) fn note(&mut self, rising: Rising) -> io::Result<()> {
        let journal = self.journal.as_mut();
        let noted = journal.map_or(Ok(()), |journal| journal.note(rising.entries));
        self.settle(rising.below);
        noted
    }

    /// At the start: asks whether the branch has the commit with which something was promised last, if it does not say so
    /// itself. Whether it was promised, and counts.
    pub(crate) fn begin(&mut self, has: impl FnOnce(CommitId) -> bool) -> bool {
        let Some(journal) = &mut self.journal else {
            return false;
        };
        let counts = journal.awaits().is_some_and(has);
        journal.settle(counts);
        counts
    }

    fn settle(&mut self, below: BTreeMap<ZoneName, Option<Zone<Checked>>>) {
        for (name, zone) in below {
            match zone {
                Some(zone) => self.below.insert(name, zone),
                None => self.below.remove(&name),
            };
        }
    }
}

impl Rising {
    fn forget(&mut self, name: &ZoneName) {
        self.entries.push(Entry::Gone(name.clone()));
        self.below.insert(name.clone(), None);
    }
}
