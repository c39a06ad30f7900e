//! Giving a version the serial that it is served with.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use git_store::{Touched, ZoneName};
use rr::Serial;
use zone::{Checked, SignedSerial, Zone};

use super::{News, Serials, Walk};
use crate::loading::verdict::Version;

/// The serials before a commit, what is new at it, and those that are served.
pub(crate) struct Numbering<'a> {
    pub(crate) before: &'a Serials,
    pub(crate) news: &'a News,
    /// What is new at the newest commit, where the version is of an older one.
    pub(crate) newest: &'a News,
    pub(crate) served: &'a dyn Fn(&ZoneName) -> Option<Serial>,
    /// How the newest commit differs from the one taken in before.
    pub(crate) touched: &'a Touched,
}

impl Numbering<'_> {
    /// The version as it is served, and the serial that it states if that is another.
    ///
    /// # Errors
    /// [`SignedSerial`] if it is signed with a serial that it cannot be served with.
    pub(crate) fn number(
        &self,
        name: &ZoneName,
        zone: &Zone<Checked>,
    ) -> Result<(Zone<Checked>, Option<Serial>), SignedSerial> {
        let Some(stated) = zone.serial() else {
            return Ok((zone.clone(), None));
        };
        let serial = self.serial(name, stated);
        let differs = Some(stated).filter(|stated| *stated != serial);
        Ok((zone.with_serial(serial)?, differs))
    }

    /// The same for versions of older commits.
    pub(crate) fn number_older<'v>(
        &self,
        versions: impl Iterator<Item = (&'v ZoneName, &'v mut Version)>,
        walk: &Walk<'_>,
    ) -> git_store::Result<()> {
        let mut older = BTreeMap::new();
        for (name, version) in versions {
            let news = match older.entry(version.commit) {
                Entry::Vacant(entry) => entry.insert(walk.news_at(version.commit)?),
                Entry::Occupied(entry) => entry.into_mut(),
            };
            let numbering = Numbering { news, ..*self };
            // One that is signed was right with the serial it has.
            if let Ok((numbered, stated)) = numbering.number(name, &version.zone) {
                (version.zone, version.stated) = (numbered, stated);
            }
        }
        Ok(())
    }

    /// What the law says; but never less than what is served, whatever became of history meanwhile.
    fn serial(&self, name: &ZoneName, stated: Serial) -> Serial {
        let law = self.news.of(self.before, name);
        let wanted = law.unwrap_or(stated);
        let Some(served) = (self.served)(name) else {
            return wanted;
        };
        // Of a zone in which nothing is new, the older version is the one that was served before.
        let told = self.newest.told(self.before, name);
        let is_same = told.is_some() && told.as_ref() == self.before.zones.get(name);
        // Where all of history was gone through anew, what was rewritten before counts for nothing, so another version may come
        // to what the one before had come to.
        let is_same = is_same && !(self.newest.is_all && self.is_touched(name));
        match wanted.is_newer_than(served) {
            true => wanted,
            false if is_same => served,
            false => served.next(),
        }
    }

    fn is_touched(&self, name: &ZoneName) -> bool {
        self.touched.zones.contains(name) || !self.touched.parts.is_empty()
    }
}
