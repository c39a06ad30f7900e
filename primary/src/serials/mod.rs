//! The serials that the zones are served with: a law of the history, and of nothing else.
//!
//! ```text
//!   first commit ──> ... ──> the commit before ──> this commit       along first parents
//!     stated          each version of a zone: zone::serial_after(the one before, what its file states)
//! ```
//! A version is a commit in which the zone's file or one of its parts differs, right or not. A zone that goes and comes
//! back goes on where it was. Whoever has the same history comes to the same serials: after a restart, on another
//! machine, without anything written down. The serial never goes back, and it rises with each version, whatever the
//! author did with the one in the file: forgot it, lowered it, took a commit back.
//!
//! A commit that does not lie on that way, because history was rewritten or merged the other way round, is the next
//! version of every zone in which it differs from the one before. Then the serials depend on what was served, too.

mod history;
mod including;
mod numbering;
mod one;
mod stated;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use git_store::{BlobId, CommitId, Layout, Touched, TreePath, ZoneFile, ZoneName};
use rr::{Name, Serial};
use zone::serial_after;

pub(crate) use history::{Stated, Walk, Way};
use including::Parts;
pub(crate) use numbering::Numbering;
pub use one::{ZoneSerials, ZoneVersion};

/// The serials at one commit.
#[derive(Debug, Default)]
pub(crate) struct Serials {
    /// The commit, once there is one.
    pub(crate) at: Option<CommitId>,
    zones: BTreeMap<ZoneName, Told>,
    /// The parts of each zone, as far as anybody wanted to know.
    parts: BTreeMap<ZoneName, Parts>,
}

/// What the versions of a zone came to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// There is one version, in this file, and nobody asked yet what it states.
    Once(BlobId),
    /// The serial, if any version stated one.
    Serial(Option<Serial>),
}

/// What is new at a later commit.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Nothing of before holds.
    is_all: bool,
    zones: BTreeMap<ZoneName, Told>,
    /// None where they have to be looked up again.
    parts: BTreeMap<ZoneName, Option<Parts>>,
}

/// Where files are read while history is gone through.
trait Files {
    /// What is in a file, unless it cannot or should not be read.
    fn read(&mut self, path: &TreePath, blob: BlobId) -> Option<Vec<u8>>;
    /// The serial in a file that somebody else has read.
    fn known(&self, blob: BlobId) -> Option<Serial>;
    /// The part at this path.
    fn find(&mut self, path: &str) -> Option<BlobId>;
    /// The folder of all zones.
    fn zone_root(&self) -> &str;
}

impl Serials {
    pub(crate) fn zones(&self) -> impl Iterator<Item = (&ZoneName, Told)> {
        self.zones.iter().map(|(zone, told)| (zone, *told))
    }

    pub(crate) fn put(&mut self, zone: ZoneName, told: Told) {
        self.zones.insert(zone, told);
    }

    /// Goes on to the commit of the news.
    pub(crate) fn take_in(&mut self, at: CommitId, news: News) {
        if news.is_all {
            *self = Serials::default();
        }
        self.at = Some(at);
        self.zones.extend(news.zones);
        for (zone, parts) in news.parts {
            match parts {
                Some(parts) => self.parts.insert(zone, parts),
                None => self.parts.remove(&zone),
            };
        }
    }
}

/// As the state directory has it.
impl fmt::Display for Told {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Once(blob) => write!(out, "once:{blob}"),
            Told::Serial(None) => out.write_str("-"),
            Told::Serial(Some(serial)) => write!(out, "{}", serial.0),
        }
    }
}

impl Told {
    pub(crate) fn read(text: &str) -> Option<Told> {
        match (text, text.strip_prefix("once:")) {
            ("-", _) => Some(Told::Serial(None)),
            (_, Some(blob)) => BlobId::from_hex(blob).map(Told::Once),
            (serial, None) => Some(Told::Serial(Some(Serial(serial.parse().ok()?)))),
        }
    }

    fn serial(self) -> Option<Serial> {
        match self {
            Told::Serial(serial) => serial,
            Told::Once(_) => None,
        }
    }
}

/// The serials on the way to a later commit.
struct Ahead<'a> {
    before: &'a Serials,
    news: News,
    /// The zone that is asked about; `None` for all.
    only: Option<&'a ZoneName>,
}

impl News {
    /// The serial of a zone at the commit; none if no version states one.
    fn of(&self, before: &Serials, zone: &ZoneName) -> Option<Serial> {
        self.told(before, zone)?.serial()
    }

    fn told(&self, before: &Serials, zone: &ZoneName) -> Option<Told> {
        let before = || before.zones.get(zone).filter(|_| !self.is_all);
        self.zones.get(zone).or_else(before).copied()
    }
}

impl Ahead<'_> {
    /// Takes in the versions of one commit, and gives the zones that differ. `layout` is that commit's.
    fn take_in(
        &mut self,
        layout: &Layout,
        touched: &Touched,
        files: &mut dyn Files,
    ) -> BTreeSet<ZoneName> {
        let zones = self.differing(layout, touched, files);
        for zone in &zones {
            // What is not there, or is claimed by two files, is no version.
            if let Some(Ok(file)) = layout.zone(zone) {
                let told = self.version(&file, files);
                self.news.zones.insert(file.zone, told);
            }
        }
        zones
    }

    /// The zones of which a file or a part differs.
    fn differing(
        &mut self,
        layout: &Layout,
        touched: &Touched,
        files: &mut dyn Files,
    ) -> BTreeSet<ZoneName> {
        let only = self.only;
        let is_asked = |zone: &&ZoneName| only.is_none_or(|only| only == *zone);
        let mut zones: BTreeSet<ZoneName> =
            touched.zones.iter().filter(is_asked).cloned().collect();
        for zone in &zones {
            self.news.parts.insert(zone.clone(), None);
        }
        if !touched.parts.is_empty() {
            zones.extend(self.including(layout, touched, files));
        }
        zones
    }

    fn version(&self, file: &ZoneFile, files: &mut dyn Files) -> Told {
        let before = match self.news.told(self.before, &file.zone) {
            None => return Told::Once(file.blob),
            Some(Told::Serial(before)) => before,
            Some(Told::Once(blob)) => {
                let first = ZoneFile {
                    blob,
                    ..file.clone()
                };
                stated(&first, files)
            }
        };
        Told::Serial(serial_after(before, stated(file, files)))
    }

    /// Notes what a zone's only version states, which somebody else has read.
    fn learn(&mut self, zone: &ZoneName, stated: &Stated) {
        if let Some(Told::Once(blob)) = self.news.told(self.before, zone)
            && let Some(serial) = stated.get(&blob)
        {
            let told = Told::Serial(Some(*serial));
            self.news.zones.insert(zone.clone(), told);
        }
    }
}

fn stated(file: &ZoneFile, files: &mut dyn Files) -> Option<Serial> {
    if let known @ Some(_) = files.known(file.blob) {
        return known;
    }
    let apex = Name::from_text(file.zone.as_str()).ok()?;
    stated::stated_serial(&apex, files.read(&file.path, file.blob)?)
}
