//! What becomes of each entry.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use rr::NameRef;

use super::{
    AmendError, Difference, Files,
    locate::{Located, Site, Stand, key_of},
    named,
};
use crate::{Written, source_map::Pos};

/// By where they are.
pub(super) type Spots<'d> = BTreeMap<Place, Spot<'d>>;

/// The number of the reading, and the offset of the entry's first word.
type Place = (usize, usize);

/// An entry at which something changes, or the end of a text.
#[derive(Debug, Default)]
pub(super) struct Spot<'d> {
    pub(super) at: usize,
    pub(super) act: Act<'d>,
    /// What is written behind it.
    pub(super) behind: Vec<&'d Written>,
}

/// What becomes of a record.
#[derive(Debug, Default)]
pub(super) enum Act<'d> {
    #[default]
    Stay,
    Go,
    /// It has these data, and another TTL or other data from now on.
    Become(&'d [u8], &'d Written),
}

/// What changes in one set.
#[derive(Debug, Default)]
struct Change<'d> {
    removed: Vec<&'d Written>,
    added: Vec<&'d Written>,
}

/// Owner, type and class.
type SetName<'d> = (NameRef<'d>, u16, u16);

pub(super) fn decide<'d>(
    located: &'d Located<'d>,
    difference: &Difference<'d>,
    files: &Files,
) -> Result<Spots<'d>, AmendError> {
    let mut decision = Decision {
        located,
        difference,
        files,
        spots: Spots::new(),
    };
    for change in sets(difference)?.into_values() {
        decision.change(change)?;
    }
    Ok(decision.spots)
}

fn sets<'d>(difference: &Difference<'d>) -> Result<BTreeMap<SetName<'d>, Change<'d>>, AmendError> {
    let mut sets: BTreeMap<SetName<'d>, Change<'d>> = BTreeMap::new();
    let name = |record: &'d Written| (record.owner.as_ref(), record.rtype.0, record.class.0);
    for record in difference.removed {
        sets.entry(name(record)).or_default().removed.push(record);
    }
    for record in difference.added {
        if rr::wire::check_rdata(record.rtype, &record.rdata).is_err() {
            return Err(AmendError::BadData(named(record)));
        }
        sets.entry(name(record)).or_default().added.push(record);
    }
    Ok(sets)
}

struct Decision<'d, 'f> {
    located: &'d Located<'d>,
    difference: &'f Difference<'d>,
    files: &'f Files,
    spots: Spots<'d>,
}

impl<'d> Decision<'d, '_> {
    /// A record that comes takes the place of one that goes: first of that which differs in its TTL only.
    fn change(&mut self, change: Change<'d>) -> Result<(), AmendError> {
        let mut removed: BTreeMap<Vec<u8>, &Written> = BTreeMap::new();
        for record in change.removed {
            removed.insert(key_of(record), record);
        }
        let mut new = BTreeMap::new();
        for (number, record) in change.added.into_iter().enumerate() {
            match removed.remove(&key_of(record)) {
                Some(old) => self.become_other(old, record)?,
                None => {
                    self.check_is_new(record)?;
                    new.insert((number, key_of(record)), record);
                }
            }
        }
        check_no_twice(&new)?;
        let mut new = new.into_values();
        for old in removed.into_values() {
            match new.next() {
                Some(record) => self.become_other(old, record)?,
                None => self.go(old)?,
            }
        }
        new.for_each(|record| self.come(record));
        Ok(())
    }

    fn check_is_new(&self, record: &Written) -> Result<(), AmendError> {
        match sites(self.located, record).next() {
            Some(_) => Err(AmendError::Exists(named(record))),
            None => Ok(()),
        }
    }

    /// Where the record stands, each time it does.
    fn places(&self, record: &Written) -> Result<Vec<(&'d Site, Place)>, AmendError> {
        let mut places = Vec::new();
        for site in sites(self.located, record) {
            let place = self.files.place(site.at);
            if self.files.is_directive(site.at) {
                return Err(AmendError::Generated(self.files.line(site.at)));
            }
            if self.files.is_shared(place.0, self.difference) {
                return Err(AmendError::Shared(self.files.path(place.0).into()));
            }
            places.push((site, place));
        }
        match places.is_empty() {
            true => Err(AmendError::NotFound(named(record))),
            false => Ok(places),
        }
    }

    fn go(&mut self, old: &'d Written) -> Result<(), AmendError> {
        for (_, place) in self.places(old)? {
            self.spot(place).act = Act::Go;
        }
        Ok(())
    }

    /// The first of them is changed; if the text says the same again, that goes.
    fn become_other(&mut self, old: &'d Written, new: &'d Written) -> Result<(), AmendError> {
        for (number, (site, place)) in self.places(old)?.into_iter().enumerate() {
            self.spot(place).act = match number {
                0 => Act::Become(&site.rdata, new),
                _ => Act::Go,
            };
        }
        Ok(())
    }

    fn come(&mut self, record: &'d Written) {
        let anchor = self.anchor(record);
        let place = anchor.map_or((0, self.files.text(0).len()), |pos| self.files.place(pos));
        self.spot(place).behind.push(record);
    }

    /// Behind which record, or `$GENERATE`, it goes.
    fn anchor(&self, record: &Written) -> Option<Pos> {
        let Stand { sites, behind } = self.located.of(record.owner.as_ref());
        let may_change = |pos: &Pos| {
            let (visit, _) = self.files.place(*pos);
            !self.files.is_shared(visit, self.difference)
        };
        let of_set = sites.iter().filter(|site| site.rtype == record.rtype);
        let last = |mut of: Vec<Pos>| {
            of.retain(may_change);
            of.pop()
        };
        last(of_set.map(|site| site.at).collect())
            .or_else(|| last(sites.iter().map(|site| site.at).collect()))
            .or_else(|| behind.filter(may_change))
            .or(self.located.last)
    }

    fn spot(&mut self, place: Place) -> &mut Spot<'d> {
        let spot = self.spots.entry(place).or_default();
        spot.at = place.1;
        spot
    }
}

fn sites<'d>(located: &'d Located<'d>, record: &Written) -> impl Iterator<Item = &'d Site> {
    let (rtype, class, key) = (record.rtype, record.class, key_of(record));
    let sites = located.of(record.owner.as_ref()).sites.iter();
    sites.filter(move |site| site.rtype == rtype && site.class == class && site.key == key)
}

/// What is to come must not be there twice.
fn check_no_twice(new: &BTreeMap<(usize, Vec<u8>), &Written>) -> Result<(), AmendError> {
    let mut seen = BTreeSet::new();
    for ((_, key), record) in new {
        if !seen.insert(key) {
            return Err(AmendError::Exists(named(record)));
        }
    }
    Ok(())
}
