//! From a new commit to the zones that are served.
//!
//! ```text
//!   tip ──> what differs from the commit before ──> zones concerned
//!                                                       │ read and checked, on all workers
//!                        not right <────────────────────┤
//!                            │                          │ right
//!                 look back in history                  │
//!                            └─────────────────────────>┴──> one swap of all zones ──> event, log
//! ```
//! A zone that is not concerned costs nothing. Whatever fails, what is served stays.

mod above;
mod judging;
pub(crate) mod stepping;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use git_store::{BlobId, CommitId, Heard, Known, Layout, Place, Store, Touched, ZoneName};
use rr::{Name, Serial};
use server::{Archive, Herald};
use stack_os::Clock;
use zone::{HashKey, Revision, Zones};

use crate::config::Config;
use crate::event::{Distrust, Event, ZoneEvent};
use crate::layers::Layers;
use crate::loading::attempt::Trails;
use crate::loading::key_files::KeyFiles;
use crate::loading::listing::Listing;
use crate::loading::memory::Gatherer;
use crate::loading::signers::SignersFile;
use crate::loading::trail::Trail;
use crate::loading::verdict::{Judged, Verdict};
use crate::milestone::{Milestone, OnMilestone};
use crate::serials::Serials;
use crate::state::StateDir;
use crate::telling::board::Board;
use stepping::Step;

/// Follows the branch. It is shared by the thread that is told of new tips and the one that makes commits of updates:
/// whoever has it is alone with the branch and with what is served.
pub(crate) struct Loader {
    pub(crate) store: Store,
    pub(crate) key: HashKey,
    pub(crate) workers: usize,
    pub(crate) look_back: usize,
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    pub(crate) board: Arc<Mutex<Board>>,
    pub(crate) on_event: Box<dyn Fn(&Event) + Send + Sync>,
    pub(crate) on_milestone: OnMilestone,
    pub(crate) clock: Clock,
    /// The commit that was served last, whatever became of it: others must have been made on it.
    high_water: Option<CommitId>,
    /// The commit that the watch need not tell of.
    pub(crate) known: Known,
    /// The commit that was taken in last; what is in it, and what its policy is.
    taken: Option<CommitId>,
    pub(super) layout: Layout,
    policy: Option<BlobId>,
    /// What the zones are served with at the commit taken in last.
    serials: Serials,
    /// The serial that each zone was served with last, by this process or the ones before it.
    served: BTreeMap<ZoneName, Serial>,
    /// Where that outlives the process.
    state: Option<StateDir>,
    /// What lies above what is read.
    pub(crate) layers: Layers,
    /// Those who may sign commits; none if commits need no signature.
    signers: Option<Arc<SignersFile>>,
    /// What is kept of the large zones that are served.
    trails: Trails,
    pub(crate) gatherer: Gatherer,
    pub(crate) archive: Archive,
    pub(crate) herald: Herald,
    /// Lists all zones, where they are to be listed.
    pub(super) listing: Option<Listing>,
    /// What keys the repository has, if any of it are taken.
    pub(crate) key_files: Option<KeyFiles>,
    /// Zones that could not be read for a reason that may pass.
    retry: BTreeSet<ZoneName>,
    told: Option<git_store::Error>,
    /// Whether it was told that the branch has no commit yet.
    is_known_empty: bool,
}

/// What is about to be published, and the zones that may be others than before.
struct Settled {
    zones: Zones,
    names: Vec<Name>,
}

impl Loader {
    pub(crate) fn new(
        store: Store,
        config: &Config,
        key: HashKey,
        signers: Option<Arc<SignersFile>>,
    ) -> Loader {
        let zones = match config.location.repository {
            Place::Local(_) => Zones::new(key, Revision::new("")),
            // What is not here yet is not refused.
            Place::Remote(_) => Zones::pending(key),
        };
        Loader {
            store: store.remembering(),
            key,
            workers: config.server.worker_count(),
            look_back: config.look_back,
            zones: Arc::new(ArcSwap::from_pointee(zones)),
            board: Arc::default(),
            on_event: Box::new(|_| {}),
            on_milestone: Box::new(|_| {}),
            clock: Clock::default(),
            high_water: None,
            known: Known::default(),
            taken: None,
            layout: Layout::default(),
            policy: None,
            serials: Serials::default(),
            served: BTreeMap::new(),
            state: None,
            layers: Layers::default(),
            signers,
            trails: Trails::new(),
            gatherer: Gatherer::default(),
            archive: Archive::default(),
            herald: Herald::default(),
            listing: config.catalog.as_ref().map(|it| Listing::new(it, key)),
            key_files: None,
            retry: BTreeSet::new(),
            told: None,
            is_known_empty: false,
        }
    }

    /// The tip that need not be told again.
    pub(crate) fn heard(&self) -> Option<CommitId> {
        let is_done = self.told.is_none() && self.retry.is_empty();
        self.taken.filter(|_| is_done)
    }

    /// Whether commits must be signed.
    pub(crate) fn wants_signatures(&self) -> bool {
        self.signers.is_some()
    }

    /// The commit that was taken in last.
    pub(crate) fn taken(&self) -> Option<CommitId> {
        self.taken
    }

    /// Whether no commit was ever served, by this process or the ones before it.
    pub(crate) fn has_served_nothing(&self) -> bool {
        self.taken.is_none() && self.high_water.is_none()
    }

    /// The way to the next version of a zone, if it is large.
    pub(crate) fn trail(&self, zone: &ZoneName) -> Option<&Trail> {
        self.trails.get(zone).map(|trail| &**trail)
    }

    /// Takes in what the watch tells. A mistake of ours on the way costs this commit, not the next.
    pub(crate) fn hear(&mut self, tip: git_store::Result<Option<CommitId>>) -> Heard {
        let heard = catch_unwind(AssertUnwindSafe(|| self.hear_tip(tip))).unwrap_or_else(|_| {
            self.forget();
            let why = "the server failed while reading it; please report this".into();
            self.hear_trouble(git_store::Error::Refused { why }, Heard::Done)
        });
        self.note_known();
        heard
    }

    /// The watch is to tell of everything but what is served well.
    fn note_known(&self) {
        let is_well = self.board().trouble.is_none();
        self.known.set(self.heard().filter(|_| is_well));
    }

    fn hear_tip(&mut self, tip: git_store::Result<Option<CommitId>>) -> Heard {
        match tip {
            Ok(Some(id)) => self.hear_commit(id),
            Ok(None) if self.taken.is_some() => {
                let why = "the branch is no longer there; push it again, or serve another".into();
                self.hear_trouble(git_store::Error::Refused { why }, Heard::Done)
            }
            Ok(None) => {
                if !std::mem::replace(&mut self.is_known_empty, true) {
                    self.tell(&Event::NoCommit);
                }
                Heard::Done
            }
            Err(why) => self.hear_trouble(why, Heard::Done),
        }
    }

    fn hear_admitted(&mut self, id: CommitId) -> Heard {
        match self.take_in(id) {
            Ok(()) => {
                self.told = None;
                if self.retry.is_empty() {
                    Heard::Done
                } else {
                    Heard::Again
                }
            }
            Err(why) => self.hear_unreadable(id, why),
        }
    }

    fn hear_unreadable(&mut self, id: CommitId, why: git_store::Error) -> Heard {
        if self.taken.is_none() {
            self.take_in_older(id);
        }
        self.hear_trouble(why, Heard::Again)
    }

    fn hear_trouble(&mut self, why: git_store::Error, heard: Heard) -> Heard {
        if self.told.as_ref() != Some(&why) {
            self.board().trouble = Some(why.to_string());
            self.tell(&Event::Unreadable(why.clone()));
            self.told = Some(why);
        }
        heard
    }

    /// At the start, with a tip that cannot be read or is not signed: the newest commit before it that can be taken in.
    fn take_in_older(&mut self, tip: CommitId) {
        let older = self.store.first_parents(tip).skip(1).take(self.look_back);
        for commit in older.map_while(Result::ok) {
            let is_passed_over = match self.admits(commit.id) {
                Ok(Ok(())) => self.take_in(commit.id).is_err(),
                Ok(Err(Distrust::Unsigned { .. })) => true,
                Ok(Err(Distrust::Rewritten)) | Err(_) => false,
            };
            if !is_passed_over {
                return;
            }
        }
    }

    pub(crate) fn forget(&mut self) {
        self.taken = None;
        self.known.set(None);
        self.layout = Layout::default();
    }

    fn concerned_by(&self, touched: &Touched) -> BTreeSet<ZoneName> {
        let mut concerned = touched.zones.clone();
        concerned.extend(self.retry.iter().cloned());
        concerned.extend(self.board().concerned_by(touched).cloned());
        concerned
    }

    fn all_zones(&self) -> BTreeSet<ZoneName> {
        let new = self.layout.zones().map(|(name, _)| name.clone());
        new.chain(self.board().zones.keys().cloned()).collect()
    }

    /// The zones as the commit has them, with the catalog of them.
    fn settled(&mut self, id: CommitId, judged: &[Judged]) -> git_store::Result<Settled> {
        let newest = Revision::new(&id.to_string());
        let revision = |commit: CommitId| match commit == id {
            true => newest.clone(),
            false => Revision::new(&commit.to_string()),
        };
        let before = Zones::clone(&self.zones.load_full());
        let settle = |zones, judged: &Judged| judged.settle(zones, revision);
        let mut after = judged.iter().fold(before, settle);
        let names = judged.iter();
        let names = names.map(|judged| Name::from_text(judged.name.as_str()));
        let mut names: Vec<Name> = names.filter_map(Result::ok).collect();
        if let Some(listing) = &mut self.listing {
            let last = self.served.get(listing.name()).copied();
            after = listing.list(after, &names, (&self.store, id, last))?;
            names.push(listing.apex().to_owned());
        }
        let zones = after.at_revision(newest);
        Ok(Settled { zones, names })
    }

    /// The catalog that is about to be published, and its serial.
    fn listing_serial(&self, settled: &Settled) -> Option<(ZoneName, Serial)> {
        let listing = self.listing.as_ref()?;
        let published = settled.zones.zone(listing.apex())?;
        Some((listing.name().clone(), published.zone.serial()?))
    }

    /// The one swap: whoever answers a question has either all of a commit, or of updates, or nothing of it.
    fn publish(&self, settled: Settled) {
        let Settled { zones, names } = settled;
        let before = self.zones.load_full();
        for name in &names {
            self.archive.note(&before, &zones, name.as_ref());
        }
        self.zones.store(Arc::new(zones));
        self.herald.changed(names);
    }

    /// A trail belongs to the version that is served.
    fn keep_trail(&mut self, judged: &mut Judged) {
        match (&judged.verdict, judged.trail.take()) {
            (Verdict::Keep, _) => {}
            (Verdict::Publish(_), Some(trail)) => {
                self.trails.insert(judged.name.clone(), trail);
            }
            (Verdict::Publish(_) | Verdict::Withdraw, _) => {
                self.trails.remove(&judged.name);
            }
        }
    }

    /// Writes down what became of the zones; gives what is worth telling.
    fn note(&mut self, step: &Step, judged: Vec<Judged>) -> Vec<ZoneEvent> {
        self.retry.clear();
        let mut events = Vec::new();
        let board = Arc::clone(&self.board);
        let mut board = lock(&board);
        board.commit = Some(step.snapshot.commit().clone());
        if !step.is_beside || board.refused.is_none() {
            board.trouble = None;
            (board.refused, board.accepted) = (None, None);
        }
        for judged in judged {
            if judged
                .broken
                .as_ref()
                .is_some_and(|broken| broken.is_worth_retrying)
            {
                self.retry.insert(judged.name.clone());
            }
            events.extend(board.note(judged));
        }
        events
    }

    fn note_layout(&self) -> Vec<git_store::Finding> {
        let findings: Vec<_> = self.layout.refused().collect();
        let mut board = self.board();
        if board.layout == findings {
            return Vec::new();
        }
        board.layout.clone_from(&findings);
        findings
    }

    fn tell(&self, event: &Event) {
        crate::telling::log::event(event);
        (self.on_event)(event);
    }

    /// Whoever wants to know learns how far it has come.
    pub(crate) fn reach(&self, milestone: Milestone) {
        (self.on_milestone)(milestone);
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
