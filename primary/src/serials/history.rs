//! Going through the history of a branch, along first parents, from the oldest commit to the newest.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{BlobId, CommitId, Layout, Result, Snapshot, Store, Touched, TreePath, ZoneName};
use rr::Serial;

use super::{Ahead, Files, News, Serials};

/// Commits that are gone through at most. Where history is longer the law begins later.
const MOST_COMMITS: usize = 100_000;

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
    /// These commits come after it, the oldest first.
    Through(Vec<CommitId>, From),
    /// There was none. These are all commits, from the first one on.
    Anew(Vec<CommitId>),
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
            return Ok(Way::Anew(all_until(store, to)?));
        };
        let taken = taken.filter(|(taken, _)| *taken == at);
        // One that does not lie on the way is followed by `to`.
        let commits = between(store, at, to)?.unwrap_or_else(|| vec![to]);
        Ok(match (commits.len(), taken) {
            (1, Some(_)) => Way::Next,
            (_, Some((_, layout))) => Way::Through(commits, From(Some(at), layout.clone())),
            (_, None) => Way::Through(commits, From::read(store, at).unwrap_or_default()),
        })
    }
}

impl From {
    fn read(store: &Store, at: CommitId) -> Result<From> {
        Ok(From(Some(at), store.snapshot(at)?.layout()?))
    }
}

pub(super) fn all_until(store: &Store, to: CommitId) -> Result<Vec<CommitId>> {
    let commits = store.first_parents(to).take(MOST_COMMITS);
    let mut commits: Vec<CommitId> = commits
        .map(|commit| Ok(commit?.id))
        .collect::<Result<_>>()?;
    if commits.len() == MOST_COMMITS {
        tracing::warn!(
            commits = MOST_COMMITS,
            "history is longer than is gone through for the serials: they rise from there"
        );
    }
    commits.reverse();
    Ok(commits)
}

/// The commits after `from`, if it is a first parent of `to` or of one of its first parents.
fn between(store: &Store, from: CommitId, to: CommitId) -> Result<Option<Vec<CommitId>>> {
    let mut commits = Vec::new();
    for commit in store.first_parents(to).take(MOST_COMMITS) {
        let id = commit?.id;
        if id == from {
            commits.reverse();
            return Ok(Some(commits));
        }
        commits.push(id);
    }
    Ok(None)
}

/// A commit that was gone through.
pub(super) struct Passed<'a> {
    pub(super) commit: CommitId,
    pub(super) layout: &'a Layout,
    /// The zones that differ from the commit before.
    pub(super) zones: &'a BTreeSet<ZoneName>,
    pub(super) news: &'a News,
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
        self.go(&mut ahead, way, &mut |_| ())?;
        for zone in &self.touched.zones {
            ahead.learn(zone, self.stated);
        }
        Ok(ahead.news)
    }

    /// The serials at a commit, from the beginning of its history.
    pub(crate) fn news_at(&self, commit: CommitId) -> Result<News> {
        let way = Way::Anew(all_until(self.store, commit)?);
        let walk = Walk {
            touched: &Touched::default(),
            ..*self
        };
        walk.news(&Serials::default(), way)
    }

    /// Goes the way, and tells of each commit that was gone through.
    pub(super) fn go(
        &self,
        ahead: &mut Ahead<'_>,
        way: Way,
        tell: &mut dyn FnMut(&Passed<'_>),
    ) -> Result<()> {
        let mut budget = MOST_OCTETS;
        let (commits, From(from, mut layout)) = match way {
            Way::Next => {
                let mut reading = self.reading(self.tip, &mut budget);
                ahead.take_in(self.layout, self.touched, &mut reading);
                return Ok(());
            }
            Way::Through(commits, from) => (commits, from),
            Way::Anew(commits) => {
                ahead.news.is_all = true;
                (commits, From::default())
            }
        };
        let mut older = from.map(|from| self.store.snapshot(from)).transpose()?;
        for commit in commits {
            let newer = self.store.snapshot(commit)?;
            let touched = layout.apply(&newer.changes_since(older.as_ref())?);
            let mut reading = self.reading(&newer, &mut budget);
            let zones = ahead.take_in(&layout, &touched, &mut reading);
            tell(&Passed {
                commit,
                layout: &layout,
                zones: &zones,
                news: &ahead.news,
            });
            older = Some(newer);
        }
        Ok(())
    }

    fn reading<'s>(&'s self, snapshot: &'s Snapshot, budget: &'s mut u64) -> Reading<'s> {
        Reading {
            snapshot,
            stated: self.stated,
            budget,
        }
    }
}

/// The files of one commit on the way, as long as the budget lasts.
struct Reading<'a> {
    snapshot: &'a Snapshot,
    stated: &'a Stated,
    budget: &'a mut u64,
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
