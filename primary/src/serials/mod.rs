//! The serials that the zones are served with: a law of the history, and of nothing else.
//!
//! ```text
//!   first commit ──> ... ──> the commits it was made on ──> this commit
//!     stated          newest = the newest serial of the zone at any of those
//!                     a commit in which the zone differs from one with the newest: zone::serial_after(newest, stated)
//!                     any other, as a merge that takes the zone as the newest has it: newest
//! ```
//! A zone differs where its file or one of its parts does, right or not. A zone that goes and comes back goes on where
//! it was. Whoever has the same history comes to the same serials: after a restart, on another machine, without anything
//! written down. The serial rises with each version, whatever the author did with the one in the file: forgot it,
//! lowered it, took a commit back.
//!
//! # Why it never goes back
//! Count the serials on, over the wrap, in whole numbers. A commit never has less than any that it was made on, and
//! more than those from which the zone differs: it has at least the newest, and where it differs from one with just
//! that, `serial_after` gives more. So along any way from a commit to a later one the numbers do not fall, and rise
//! where the zone changes; it makes no difference whether a commit is the first or the second parent of the next, nor
//! which of them a server has seen.
//!
//! A secondary sees the numbers modulo 2^32, and RFC 1982 §3.2 compares them rightly as long as they are less than 2^31
//! apart. More lies between two commits only where files state such jumps: up by half the circle to come to a lower
//! number, as RFC 1982 §7 has it, and a server that has seen none of the commits between. For three branches a third of
//! the circle apart (0, 2^32/3, 2^33/3) there is no number at all that is newer than each. A server that runs, or has a
//! state directory, then goes on from what it has served ([`Numbering`]); one that is started anew may not.
//!
//! A commit that was not made on the one before, because history was rewritten, is the next version of every zone in
//! which it differs from that one. Then the serials depend on what was served, too.

mod above;
mod history;
mod including;
mod numbering;
mod one;
mod order;
mod stated;
mod travel;
mod trunk;

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

    pub(crate) fn told(&self, zone: &ZoneName) -> Option<Told> {
        self.zones.get(zone).copied()
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
    /// The zones that came to something else; `None` if all may have.
    pub(crate) fn changed(&self) -> Option<BTreeSet<ZoneName>> {
        (!self.is_all).then(|| self.zones.keys().cloned().collect())
    }

    /// Those of the zones that came to one.
    pub(crate) fn serials(&self) -> impl Iterator<Item = (&ZoneName, Serial)> {
        let zones = self.zones.iter();
        zones.filter_map(|(zone, told)| Some((zone, told.serial()?)))
    }

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
    /// Takes in the versions of one commit. `layout` is that commit's.
    fn take_in(&mut self, layout: &Layout, touched: &Touched, files: &mut dyn Files) {
        let zones = self.differing(layout, touched, files);
        for zone in &zones {
            let file = layout.zone(zone).and_then(Result::ok);
            let before = self.told(zone).map(|told| (told, true));
            if let Some(told) = self.next(zone, before.as_slice(), file.as_ref(), files) {
                self.news.zones.insert(zone.clone(), told);
            }
        }
    }

    /// The zones of which a file or a part differs.
    fn differing(
        &mut self,
        layout: &Layout,
        touched: &Touched,
        files: &mut dyn Files,
    ) -> BTreeSet<ZoneName> {
        let zones = touched.zones.iter().filter(|zone| self.is_asked(zone));
        let mut zones: BTreeSet<ZoneName> = zones.cloned().collect();
        for zone in &zones {
            self.news.parts.insert(zone.clone(), None);
        }
        if !touched.parts.is_empty() {
            zones.extend(self.including(layout, touched, files));
        }
        zones
    }

    fn is_asked(&self, zone: &ZoneName) -> bool {
        self.only.is_none_or(|only| only == zone)
    }

    fn told(&self, zone: &ZoneName) -> Option<Told> {
        self.news.told(self.before, zone)
    }

    /// What a zone comes to in a commit: `before` is what it came to in those that it was made on, and whether it
    /// differs from there. What is not there, or is claimed by two files, is no version.
    fn next(
        &self,
        zone: &ZoneName,
        before: &[(Told, bool)],
        file: Option<&ZoneFile>,
        files: &mut dyn Files,
    ) -> Option<Told> {
        let Some((first, _)) = before.first() else {
            return file.map(|file| Told::Once(file.blob));
        };
        let is_new = |(_, differs): &(Told, bool)| *differs && file.is_some();
        if before
            .iter()
            .all(|before| before.0 == *first && !is_new(before))
        {
            return Some(*first);
        }
        let mut serial = |told: Told| match told {
            Told::Serial(serial) => serial,
            Told::Once(blob) => stated(zone, &TreePath::default(), blob, files),
        };
        let serials = before
            .iter()
            .map(|before| (serial(before.0), is_new(before)));
        let serials: Vec<_> = serials.collect();
        let newest = newest(serials.iter().filter_map(|(serial, _)| *serial));
        let raising = file.filter(|_| serials.contains(&(newest, true)));
        Some(Told::Serial(match raising {
            Some(file) => serial_after(newest, stated(zone, &file.path, file.blob, files)),
            None => newest,
        }))
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

/// The serial that is farthest ahead of the first one. With two of them it is the newer one in the sense of RFC 1982
/// §3.2, or the first where neither is.
fn newest(mut serials: impl Iterator<Item = Serial>) -> Option<Serial> {
    let first = serials.next()?;
    let ahead = |serial: &Serial| match serial.is_newer_than(first) {
        true => serial.0.wrapping_sub(first.0),
        false => 0,
    };
    let newer = serials.filter(|serial| ahead(serial) > 0);
    Some(newer.max_by_key(ahead).unwrap_or(first))
}

fn stated(zone: &ZoneName, path: &TreePath, blob: BlobId, files: &mut dyn Files) -> Option<Serial> {
    if let known @ Some(_) = files.known(blob) {
        return known;
    }
    let apex = Name::from_text(zone.as_str()).ok()?;
    stated::stated_serial(&apex, files.read(path, blob)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest_of(serials: &[u32]) -> Option<u32> {
        newest(serials.iter().copied().map(Serial)).map(|serial| serial.0)
    }

    #[test]
    fn the_newest_of_several_is_that_on_the_circle() {
        assert_eq!(newest_of(&[]), None);
        for (serials, wanted) in [
            (&[7][..], 7),
            (&[7, 9], 9),
            (&[9, 7], 9),
            (&[7, 9, 8], 9),
            (&[u32::MAX, 3], 3),
            (&[3, u32::MAX], 3),
            (&[3, u32::MAX, 5], 5),
            // RFC 1982 §3.2: which of two half the circle apart is the newer one is not defined.
            (&[0, 1 << 31], 0),
            (&[1 << 31, 0], 1 << 31),
        ] {
            assert_eq!(newest_of(serials), Some(wanted), "{serials:?}");
        }
    }

    /// Why the law has to leave out such jumps: whatever were served after these, to one of them it would be the older.
    #[test]
    fn no_serial_is_newer_than_three_a_third_of_the_circle_apart() {
        let third = u32::MAX / 3 + 1;
        let served = [0, third, 2 * third].map(Serial);
        let corners = served.map(|Serial(serial)| [serial, serial.wrapping_add(1 << 31)]);
        let near = corners
            .iter()
            .flatten()
            .flat_map(|corner| [-2, -1, 0, 1, 2].map(|by| Serial(corner.wrapping_add_signed(by))));
        for serial in near {
            assert!(!served.iter().all(|served| serial.is_newer_than(*served)));
        }
    }
}
