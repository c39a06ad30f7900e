//! Going through the history of a branch, from the oldest commit to the newest.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{BlobId, CommitId, Layout, Result, Snapshot, Store, Touched, TreePath, ZoneName};
use rr::Serial;

use super::order::{Leg, Order};
use super::travel::Travel;
use super::{Ahead, Files, News, Serials, Told};

/// Octets that are read at most for what files state, all together...
const MOST_OCTETS: u64 = 256 << 20;

/// ... and of one file. A larger one states nothing, unless it was read for being served.
const MOST_OCTETS_OF_A_FILE: u64 = 4 << 20;

/// What files state that were read for being served.
pub(crate) type Stated = BTreeMap<BlobId, Serial>;

/// How a commit is come to from the one that the serials are of.
#[derive(Debug)]
pub(crate) enum Way {
    /// It is the next one after the commit that was taken in last.
    Next,
    /// These commits come after it.
    Through(Order, From),
    /// There was none. These are all commits, from the first one on.
    Anew(Order),
}

/// A commit and its layout; none if it is no longer there.
#[derive(Debug, Default)]
pub(crate) struct From(Option<CommitId>, Layout);

impl Way {
    /// The way from `at` to `to`; of a commit that was `taken` in the layout is known.
    pub(crate) fn find(
        store: &Store,
        at: Option<CommitId>,
        taken: Option<(CommitId, &Layout)>,
        to: CommitId,
    ) -> Result<Way> {
        let Some(at) = at else {
            return Ok(Way::Anew(Order::anew(store, to)?));
        };
        let after = Order::after(store, at, to)?;
        let from = match taken.filter(|(taken, _)| *taken == at) {
            Some(_) if after.as_ref().is_some_and(Order::is_one) => return Ok(Way::Next),
            Some((_, layout)) => Some(From(Some(at), layout.clone())),
            None => From::read(store, at).ok(),
        };
        // One that was not made on it is followed by `to` all the same.
        let followed = from.is_some().then_some(at);
        let order = after.unwrap_or_else(|| Order::of_one(followed, to));
        Ok(Way::Through(order, from.unwrap_or_default()))
    }
}

impl From {
    fn read(store: &Store, at: CommitId) -> Result<From> {
        Ok(From(Some(at), store.snapshot(at)?.layout()?))
    }
}

/// A commit that was gone through.
pub(super) struct Passed<'a> {
    pub(super) leg: &'a Leg,
    pub(super) layout: &'a Layout,
    /// The zones that differ from a commit that it was made on.
    pub(super) zones: &'a BTreeSet<ZoneName>,
    /// What a zone came to there.
    pub(super) told: &'a dyn Fn(&ZoneName) -> Option<Told>,
}

/// The walk to one commit.
pub(crate) struct Walk<'a> {
    pub(crate) store: &'a Store,
    /// The commit, its layout, and how that differs from the one taken in before.
    pub(crate) tip: &'a Snapshot,
    pub(crate) layout: &'a Layout,
    pub(crate) touched: &'a Touched,
    /// What its files state, as far as they were read.
    pub(crate) stated: &'a Stated,
}

impl Walk<'_> {
    /// What is new at the commit; `before` are the serials where the way begins.
    pub(crate) fn news(&self, before: &Serials, way: Way) -> Result<News> {
        let mut ahead = Ahead {
            before,
            news: News::default(),
            only: None,
        };
        if !self.go(&mut ahead, way, &mut |_| ())? {
            let anew = Order::anew(self.store, self.tip.commit().id)?;
            self.go(&mut ahead, Way::Anew(anew), &mut |_| ())?;
        }
        for zone in &self.touched.zones {
            ahead.learn(zone, self.stated);
        }
        Ok(ahead.news)
    }

    /// The serials at a commit, from the beginning of its history.
    pub(crate) fn news_at(&self, commit: CommitId) -> Result<News> {
        let way = Way::Anew(Order::anew(self.store, commit)?);
        let walk = Walk {
            touched: &Touched::default(),
            ..*self
        };
        walk.news(&Serials::default(), way)
    }

    /// Goes the way, and tells of each commit that was gone through. False if it has to be gone anew.
    pub(super) fn go(
        &self,
        ahead: &mut Ahead<'_>,
        way: Way,
        tell: &mut dyn FnMut(&Passed<'_>),
    ) -> Result<bool> {
        let mut budget = MOST_OCTETS;
        let (order, From(from, layout)) = match way {
            Way::Next => {
                let mut reading = Reading::new(self, self.tip, &mut budget);
                ahead.take_in(self.layout, self.touched, &mut reading);
                return Ok(true);
            }
            Way::Through(order, from) => (order, from),
            Way::Anew(order) => {
                ahead.news = News {
                    is_all: true,
                    ..News::default()
                };
                (order, From::default())
            }
        };
        let from = from.map(|from| self.store.snapshot(from)).transpose()?;
        Travel::new(self, budget, (from, layout)).go(ahead, &order, tell)
    }
}

/// The files of one commit on the way, as long as the budget lasts.
pub(super) struct Reading<'a> {
    snapshot: &'a Snapshot,
    stated: &'a Stated,
    budget: &'a mut u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        walk: &'a Walk<'_>,
        snapshot: &'a Snapshot,
        budget: &'a mut u64,
    ) -> Reading<'a> {
        Reading {
            snapshot,
            stated: walk.stated,
            budget,
        }
    }
}

impl Files for Reading<'_> {
    fn read(&mut self, path: &TreePath, blob: BlobId) -> Option<Vec<u8>> {
        let octets = self.snapshot.size(blob)?;
        if octets > MOST_OCTETS_OF_A_FILE {
            return None;
        }
        *self.budget = self.budget.checked_sub(octets)?;
        self.snapshot.file(path, blob).ok()
    }

    fn known(&self, blob: BlobId) -> Option<Serial> {
        self.stated.get(&blob).copied()
    }

    fn find(&mut self, path: &str) -> Option<BlobId> {
        self.snapshot.find(path).ok()?
    }

    fn zone_root(&self) -> &str {
        self.snapshot.zone_root().as_str().unwrap_or_default()
    }
}
