//! The serials of one zone, for whoever asks without a server.

use std::path::Path;

use git_store::{CommitId, Layout, Snapshot, Store, Touched, ZoneFile, ZoneName};
use rr::Serial;
use zone::{HashKey, serial_after};

use super::history::{Passed, Stated};
use super::order::Order;
use super::trunk::Trunk;
use super::{Ahead, News, Serials, Told, Walk, Way, stated};
use crate::failure::Failure;
use crate::loading::attempt::{Bench, Trails, read_policy};
use crate::state::{self, Kept};

/// The versions of one zone up to a commit, and the serials they are served with.
///
/// What is served follows from history alone, so this is what a server on that history serves, has served or would
/// have served. A state directory adds what does not follow: serials that had to rise because history was rewritten.
#[derive(Debug)]
pub struct ZoneSerials {
    store: Store,
    pub(super) zone: ZoneName,
    pub(super) versions: Vec<ZoneVersion>,
    aside: Vec<ZoneVersion>,
    is_of_another_history: bool,
    is_awaited: bool,
    cut: Option<CommitId>,
}

/// A commit in which the zone differs from the commit before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneVersion {
    /// The commit.
    pub commit: CommitId,
    /// The serial that it is served with, if it is right; none where no version up to it states one.
    pub serial: Option<Serial>,
    /// The newest serial that it was served with, where a state directory knows of records above it (`_acme-challenge`) that
    /// took some.
    pub until: Option<Serial>,
    pub(super) held: Held,
}

impl ZoneVersion {
    /// Whether it was served with this serial.
    #[must_use]
    pub fn was_served_with(&self, serial: Serial) -> bool {
        self.serial.is_some_and(|first| {
            let until = self.until.unwrap_or(first);
            // RFC 1982 §3.2: both ends of a stretch of the circle.
            serial == first || (serial.is_newer_than(first) && !serial.is_newer_than(until))
        })
    }
}

/// Where a commit has the zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    In(ZoneFile),
    /// In a file that is refused, or in several.
    Wrongly,
    Nowhere,
}

impl Held {
    fn of(layout: &Layout, zone: &ZoneName) -> Held {
        match layout.zone(zone) {
            Some(Ok(file)) => Held::In(file),
            Some(Err(_)) => Held::Wrongly,
            None => Held::Nowhere,
        }
    }

    pub(super) fn file(&self) -> Option<&ZoneFile> {
        match self {
            Held::In(file) => Some(file),
            Held::Wrongly | Held::Nowhere => None,
        }
    }
}

impl ZoneSerials {
    /// Goes through the history of `tip`; `state_dir` is that of a server on this branch, which may
    /// be running.
    ///
    /// # Errors
    /// [`Failure::Repository`] if a commit cannot be read, [`Failure::State`] if the state directory is damaged.
    pub fn read(
        store: &Store,
        tip: CommitId,
        zone: &ZoneName,
        state_dir: Option<&Path>,
    ) -> Result<ZoneSerials, Failure> {
        let kept = state_dir.map(state::read).transpose()?.flatten();
        let mut serials = ZoneSerials {
            store: store.clone(),
            zone: zone.clone(),
            versions: Vec::new(),
            aside: Vec::new(),
            is_of_another_history: false,
            is_awaited: false,
            cut: None,
        };
        let Some((dir, kept)) = state_dir.zip(kept) else {
            serials.go(tip)?;
            return Ok(serials);
        };
        let at = kept.serials.at.unwrap_or(tip);
        // What was served may be gone, where history was rewritten.
        let trunk = Trunk::read(store, at).unwrap_or_default();
        let merged = trunk.first_with(store, tip);
        // What was served of a commit is told by all that came after it.
        let top = if merged.is_some() { at } else { tip };
        serials.go(top)?;
        if trunk.has(at) {
            serials.raise(top, &kept)?;
        }
        let is_known = match serials.is_of_another_history {
            // It may be merged with that yet.
            true => false,
            false => {
                let tracks = state::journal::read_tracks(dir)?;
                serials.rise(&Trunk::read(store, top)?, &tracks)?
            }
        };
        serials.is_awaited = merged.is_none() && !is_known;
        if let Some(merged) = merged {
            let versions = &mut serials.versions;
            versions.retain(|version| trunk.is_older(version.commit, merged));
        }
        Ok(serials)
    }

    /// All versions along first parents, the oldest first. None if the zone never was in a commit.
    #[must_use]
    pub fn versions(&self) -> &[ZoneVersion] {
        &self.versions
    }

    /// Those on branches that were merged, as a server on such a branch would serve them.
    #[must_use]
    pub fn aside(&self) -> &[ZoneVersion] {
        &self.aside
    }

    /// Whether the state directory is of a server that served another history, and says nothing about this one.
    #[must_use]
    pub fn is_of_another_history(&self) -> bool {
        self.is_of_another_history
    }

    /// Whether there is a server with the state directory that has not taken the newest commit in yet: which serial it will
    /// have is not certain then.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.is_awaited
    }

    /// The first commit that is gone through, if the repository lacks what was before it (a shallow clone): a server with
    /// all of history may come to other serials.
    #[must_use]
    pub fn cut(&self) -> Option<CommitId> {
        self.cut
    }

    /// The version that is served at the newest commit: the last one that is right, if the zone is there.
    ///
    /// # Errors
    /// As [`Self::is_right`].
    pub fn served(&self) -> git_store::Result<Option<&ZoneVersion>> {
        for version in self.versions.iter().rev() {
            if self.is_gone(version) {
                return Ok(None);
            }
            if self.is_right(version)? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// Whether a version can be served: as the server finds it, with the checks and the policy of its commit. One that is
    /// signed with another serial cannot.
    ///
    /// # Errors
    /// [`git_store::Error`] if its commit cannot be read.
    pub fn is_right(&self, version: &ZoneVersion) -> git_store::Result<bool> {
        let (Held::In(file), Some(serial)) = (&version.held, version.serial) else {
            return Ok(false);
        };
        // The layout is not read again: with many zones it is most of a commit, and what it says of this one is known.
        let snapshot = self.store.snapshot(version.commit)?;
        let bench = Bench {
            store: &self.store,
            snapshot: &snapshot,
            policy: &read_policy(&snapshot),
            // Nobody chooses names to make this slow: it is done once.
            key: HashKey::new([0, 0]),
            trails: &Trails::new(),
            since: None,
        };
        let zone = bench.attempt(Ok(file.clone())).zone;
        Ok(zone.is_some_and(|zone| zone.with_serial(serial).is_ok()))
    }

    /// Whether the zone is not in the commit of this version.
    #[must_use]
    pub fn is_gone(&self, version: &ZoneVersion) -> bool {
        version.held == Held::Nowhere
    }

    /// The serial in the file of a version.
    ///
    /// # Errors
    /// [`git_store::Error`] if its commit cannot be read.
    pub fn stated(&self, version: &ZoneVersion) -> git_store::Result<Option<Serial>> {
        let snapshot = self.store.snapshot(version.commit)?;
        Ok(stated_in(version.held.file(), &snapshot))
    }

    fn go(&mut self, tip: CommitId) -> git_store::Result<()> {
        let order = Order::anew(&self.store, tip)?;
        if let Some(first) = order.legs.iter().find(|leg| leg.is_trunk) {
            let is_cut = !self.store.commit(first.id)?.parents.is_empty();
            self.cut = Some(first.id).filter(|_| is_cut);
        }
        let walk = WalkOfOne::to(&self.store, tip)?;
        let found = walk.go(&Serials::default(), Way::Anew(order), &self.zone)?;
        (self.versions, self.aside) = found;
        Ok(())
    }

    /// From the commit on that the server has served last, the serials are those it came to.
    fn raise(&mut self, tip: CommitId, kept: &Kept) -> git_store::Result<()> {
        let (Some(at), Some(served)) = (kept.serials.at, kept.served.get(&self.zone)) else {
            return Ok(());
        };
        let Ok(Way::Through(after, from)) = Way::find(&self.store, Some(at), None, tip) else {
            return Ok(());
        };
        let is_after = |commit: &CommitId| after.legs.iter().any(|leg| leg.id == *commit);
        let leads_there = after.legs.is_empty() || self.store.is_ancestor(at, tip)?;
        if !leads_there {
            self.is_of_another_history = !self.store.is_ancestor(tip, at).unwrap_or(false);
            return Ok(());
        }
        let until = self
            .versions
            .partition_point(|version| !is_after(&version.commit));
        self.versions.truncate(until);
        if let Some(last) = self.last_right()? {
            self.versions[last].serial = Some(*served);
        }
        let walk = WalkOfOne::to(&self.store, tip)?;
        let (newer, _) = walk.go(&kept.serials, Way::Through(after, from), &self.zone)?;
        let mut served = *served;
        for mut version in newer {
            let wanted = version.serial;
            version.serial = wanted.filter(|wanted| wanted.is_newer_than(served));
            version.serial = version.serial.or(serial_after(Some(served), None));
            if self.is_right(&version)? {
                served = version.serial.unwrap_or(served);
            }
            self.versions.push(version);
        }
        Ok(())
    }

    pub(super) fn last_right(&self) -> git_store::Result<Option<usize>> {
        let served = self.served()?;
        Ok(served.and_then(|served| self.versions.iter().position(|version| version == served)))
    }
}

/// A walk that looks at one zone.
struct WalkOfOne<'a> {
    store: &'a Store,
    tip: Snapshot,
    layout: Layout,
}

impl WalkOfOne<'_> {
    fn to(store: &Store, tip: CommitId) -> git_store::Result<WalkOfOne<'_>> {
        let tip = store.snapshot(tip)?;
        let layout = tip.layout()?;
        Ok(WalkOfOne { store, tip, layout })
    }

    fn go(
        &self,
        before: &Serials,
        way: Way,
        zone: &ZoneName,
    ) -> git_store::Result<(Vec<ZoneVersion>, Vec<ZoneVersion>)> {
        let file = self.layout.zone(zone).and_then(Result::ok);
        // A server has read the newest file, whatever its size.
        let known = file.and_then(|file| Some((file.blob, stated_in(Some(&file), &self.tip)?)));
        let stated: Stated = known.into_iter().collect();
        let walk = Walk {
            store: self.store,
            tip: &self.tip,
            layout: &self.layout,
            touched: &Touched::default(),
            stated: &stated,
        };
        let mut ahead = Ahead {
            before,
            news: News::default(),
            only: Some(zone),
        };
        let mut found = Found::default();
        let mut tell = |passed: &Passed<'_>| found.note(passed, zone);
        if !walk.go(&mut ahead, way, &mut tell)? {
            found = Found::default();
            let anew = Way::Anew(Order::anew(self.store, self.tip.commit().id)?);
            walk.go(&mut ahead, anew, &mut |passed| found.note(passed, zone))?;
        }
        let numbered = |found: Vec<(Option<Told>, ZoneVersion)>| {
            let found = found.into_iter();
            found.map(|found| self.numbered(found)).collect()
        };
        Ok((numbered(found.trunk), numbered(found.aside)))
    }

    /// The first version is served with what it states.
    fn numbered(&self, (told, version): (Option<Told>, ZoneVersion)) -> ZoneVersion {
        let serial = match told {
            Some(Told::Serial(serial)) => serial,
            _ => stated_in(version.held.file(), &self.tip),
        };
        ZoneVersion { serial, ..version }
    }
}

/// The versions on the way.
#[derive(Default)]
struct Found {
    trunk: Vec<(Option<Told>, ZoneVersion)>,
    aside: Vec<(Option<Told>, ZoneVersion)>,
}

impl Found {
    fn note(&mut self, passed: &Passed<'_>, zone: &ZoneName) {
        if !passed.zones.contains(zone) {
            return;
        }
        let told = (passed.told)(zone);
        let version = ZoneVersion {
            commit: passed.leg.id,
            serial: None,
            until: None,
            held: Held::of(passed.layout, zone),
        };
        let found = match passed.leg.is_trunk {
            true => &mut self.trunk,
            false => &mut self.aside,
        };
        // A merge that leaves the zone as it was.
        let is_same = |(before, last): &(Option<Told>, ZoneVersion)| {
            *before == told && last.held.file().is_some() && last.held == version.held
        };
        if !found.last().is_some_and(is_same) {
            found.push((told, version));
        }
    }
}

/// Whatever the size of the file; blobs can be read beside any commit.
fn stated_in(file: Option<&ZoneFile>, snapshot: &Snapshot) -> Option<Serial> {
    let file = file?;
    let apex = rr::Name::from_text(file.zone.as_str()).ok()?;
    stated::stated_serial(&apex, snapshot.file(&file.path, file.blob).ok()?)
}
