//! The published set of zones.
//!
//! A set never changes: [`Zones::with`] and [`Zones::without`] give a new one that shares nearly
//! everything with the old, so that a server can swap one pointer and let readers finish.

use crate::form::Form;
use crate::hash::{HashKey, Path};
use crate::index::Index;
use crate::lookup::{Lookup, lookup_inside};
use crate::name_set::NameSet;
use crate::pages::Location;
use crate::{Checked, Zone};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use rr::{Name, NameRef};

/// Zones on one shelf: so many pointers are copied when one of them changes.
const SHELF: usize = 128;
/// Labels of the longest name, and one for the root.
const DEPTHS: usize = 128;

/// Which state of its source something was made from: opaque text such as a commit id.
#[derive(Clone, PartialEq, Eq)]
pub struct Revision(Arc<str>);

impl Revision {
    /// Keeps the text, usually hexadecimal digits.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Revision(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A zone in service, and where it came from.
#[derive(Clone, Debug)]
pub struct Published {
    /// The zone.
    pub zone: Zone<Checked>,
    /// The revision it was read from: older than that of the set when a newer one was refused or
    /// did not touch this zone.
    pub revision: Revision,
}

type Shelf = Arc<[Option<Arc<Published>>]>;

/// All zones that are served, found by name. Cheap to clone.
#[derive(Clone)]
pub struct Zones {
    key: HashKey,
    revision: Revision,
    /// From the hash of an apex to a place on the shelves.
    index: Index,
    shelves: Arc<Vec<Shelf>>,
    free: Arc<Vec<u32>>,
    /// How many zones have an apex of so many labels.
    depths: [u32; DEPTHS],
    /// Bit `n` is set if `depths[n]` is not zero.
    depths_used: u128,
    len: usize,
    /// Zones that are to be served and have no good version yet, in canonical order.
    awaited: NameSet,
    /// Zones that are not for everybody, in canonical order.
    withheld: NameSet,
    /// Nobody knows yet which zones are to be served.
    is_pending: bool,
}

impl Zones {
    /// No zone yet. Zones built with the same key are looked up with one hash of the question.
    #[must_use]
    pub fn new(key: HashKey, revision: Revision) -> Self {
        Zones {
            key,
            revision,
            index: Index::build([].into_iter()),
            shelves: Arc::default(),
            free: Arc::default(),
            depths: [0; DEPTHS],
            depths_used: 0,
            len: 0,
            awaited: NameSet::default(),
            withheld: NameSet::default(),
            is_pending: false,
        }
    }

    /// No zone yet, and that is not for want of zones: until it is [at a revision](Zones::at_revision), nobody knows which
    /// there are.
    #[must_use]
    pub fn pending(key: HashKey) -> Self {
        Zones {
            is_pending: true,
            ..Zones::new(key, Revision::new(""))
        }
    }

    /// Whether it is not known yet which zones there are.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// The same zones, with another revision for the set.
    #[must_use]
    pub fn at_revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self.is_pending = false;
        self
    }

    /// The newest revision that this set reflects.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// How many zones there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no zone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All zones, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Published> {
        self.shelves
            .iter()
            .flat_map(|shelf| shelf.iter())
            .flatten()
            .map(|published| &**published)
    }

    /// The zone with this apex.
    #[must_use]
    pub fn zone(&self, apex: NameRef<'_>) -> Option<&Published> {
        let path = Path::new(apex, self.key);
        let (_, published) = self.place(&path, path.labels())?;
        Some(published)
    }

    /// The zone that `qname` belongs to: the one with the longest apex at or above it (RFC 1034 §4.3.2 step 2).
    #[must_use]
    pub fn find(&self, qname: NameRef<'_>) -> Option<&Published> {
        let path = Path::new(qname, self.key);
        self.closest(&path, path.labels())
    }

    /// The zone in which `apex` may be a cut: the closest one whose apex is strictly above it.
    /// DS is asked there (RFC 4035 §3.1.4.1).
    #[must_use]
    pub fn find_above(&self, apex: NameRef<'_>) -> Option<&Published> {
        let path = Path::new(apex, self.key);
        self.closest(&path, path.labels().checked_sub(1)?)
    }

    /// [`Zones::find`] and [`Zone::lookup`] in one pass over the name.
    #[must_use]
    #[inline]
    pub fn lookup(&self, qname: NameRef<'_>) -> Option<(&Published, Lookup<'_>)> {
        let mut path = Path::nowhere(self.key);
        path.lead_to(qname);
        let published = self.closest(&path, path.labels())?;
        let found = match published.zone.form.key == self.key {
            true => lookup_inside(&published.zone.form, &path),
            false => published.zone.lookup(qname),
        };
        Some((published, found))
    }

    /// A set with this zone, in place of the one with the same apex if there was one.
    #[must_use]
    pub fn with(mut self, published: Published) -> Self {
        self.insert(published);
        self
    }

    /// A set that is to serve the zone of this apex and has no good version of it yet: questions for its names must
    /// not be answered from a zone above it. Nothing changes if the zone is there.
    #[must_use]
    pub fn awaiting(mut self, apex: NameRef<'_>) -> Self {
        if self.zone(apex).is_none() {
            self.awaited.insert(apex);
        }
        self
    }

    /// Whether `qname` belongs to a zone that is [awaited](Zones::awaiting): its apex is nearer than that of any zone
    /// that is there.
    #[must_use]
    #[inline]
    pub fn is_awaited(&self, qname: NameRef<'_>) -> bool {
        !self.awaited.is_empty() && self.is_nearest_awaited(qname)
    }

    /// All zones that are [awaited](Zones::awaiting), in canonical order.
    pub fn awaited(&self) -> impl Iterator<Item = &Name> {
        self.awaited.iter()
    }

    /// Whether the zone of this apex is there, or [awaited](Zones::awaiting).
    #[must_use]
    pub fn is_expected(&self, apex: NameRef<'_>) -> bool {
        self.zone(apex).is_some() || self.awaited.contains(apex)
    }

    /// A set in which the zone of this apex is not for everybody, such as a catalog (RFC 9432 §7). It is there as any other; who
    /// answers asks [`Zones::withheld`].
    #[must_use]
    pub fn withholding(mut self, apex: NameRef<'_>) -> Self {
        self.withheld.insert(apex);
        self
    }

    /// A set in which it is for everybody again.
    #[must_use]
    pub fn sharing(mut self, apex: NameRef<'_>) -> Self {
        self.withheld.remove(apex);
        self
    }

    /// The apex of the zone that `qname` belongs to, if that is [withheld](Zones::withholding), be it there or awaited.
    #[must_use]
    #[inline]
    pub fn withheld(&self, qname: NameRef<'_>) -> Option<&Name> {
        match self.withheld.is_empty() {
            true => None,
            false => self.nearest_withheld(qname),
        }
    }

    /// Whether this zone is [withheld](Zones::withholding).
    #[must_use]
    #[inline]
    pub fn is_withheld(&self, published: &Published) -> bool {
        !self.withheld.is_empty() && self.withheld.contains(published.zone.apex())
    }

    /// A set without the zone of this apex.
    #[must_use]
    pub fn without(mut self, apex: NameRef<'_>) -> Self {
        let path = Path::new(apex, self.key);
        if let Some((place, _)) = self.place(&path, path.labels()) {
            self.index.remove(path.hash_at(path.labels()), place);
            *self.slot(place) = None;
            Arc::make_mut(&mut self.free).push(place.to_bits());
            self.count(path.labels(), -1);
        }
        self.awaited.remove(apex);
        self
    }

    fn is_nearest_awaited(&self, qname: NameRef<'_>) -> bool {
        let served = self
            .find(qname)
            .map_or(0, |found| found.zone.apex().as_wire().len());
        let nearer = qname
            .ancestors()
            .take_while(|name| name.as_wire().len() > served);
        nearer.into_iter().any(|name| self.awaited.contains(name))
    }

    fn nearest_withheld(&self, qname: NameRef<'_>) -> Option<&Name> {
        let above = self
            .withheld
            .iter()
            .filter(|apex| qname.is_at_or_below(apex.as_ref()));
        let nearest = above.max_by_key(|apex| apex.as_wire().len())?;
        let mut inside = qname
            .ancestors()
            .take_while(|name| name.is_below(nearest.as_ref()));
        let belongs_to_another = inside.any(|name| self.is_expected(name));
        (!belongs_to_another && self.is_expected(nearest.as_ref())).then_some(nearest)
    }

    fn insert(&mut self, published: Published) {
        self.awaited.remove(published.zone.apex());
        let path = Path::new(published.zone.apex(), self.key);
        let known = self.place(&path, path.labels()).map(|(place, _)| place);
        let place = known.unwrap_or_else(|| self.room());
        *self.slot(place) = Some(Arc::new(published));
        if known.is_none() {
            self.count(path.labels(), 1);
            self.index.insert(path.hash_at(path.labels()), place);
            self.spread();
        }
    }

    /// Builds the index anew when its parts have become too large to copy for one change.
    fn spread(&mut self) {
        if self.index.is_crowded() {
            let shelved = self
                .shelves
                .iter()
                .flat_map(|shelf| shelf.iter())
                .enumerate();
            let entry = |(at, slot): (usize, &Option<Arc<Published>>)| {
                let hash = self.key.of(slot.as_ref()?.zone.apex());
                Some((hash, Location::from_bits(at as u32)))
            };
            let entries: Vec<_> = shelved.filter_map(entry).collect();
            self.index = Index::build(entries.into_iter());
        }
    }

    #[inline]
    fn closest(&self, path: &Path, labels: usize) -> Option<&Published> {
        let mut left = self.depths_used & (u128::MAX >> (DEPTHS - 1 - labels));
        while left != 0 {
            let labels = DEPTHS - 1 - left.leading_zeros() as usize;
            if let Some((_, published)) = self.place(path, labels) {
                return Some(published);
            }
            left ^= 1 << labels;
        }
        None
    }

    /// The key that names are hashed with here.
    #[inline]
    pub(crate) fn key(&self) -> HashKey {
        self.key
    }

    /// The form of the zone that a name most likely belongs to, by the hashes of its ancestors, the root first.
    #[inline]
    pub(crate) fn nearest(&self, hashes: &[u64], labels: usize) -> Option<&Form> {
        let mut left = self.depths_used & (u128::MAX >> (DEPTHS - 1 - labels));
        while left != 0 {
            let labels = DEPTHS - 1 - left.leading_zeros() as usize;
            if let Some(place) = self.index.first_with_tag(hashes[labels]) {
                return Some(&self.at(place)?.zone.form);
            }
            left ^= 1 << labels;
        }
        None
    }

    /// The zone whose apex is the ancestor of `path` that has `labels` labels, and where it is kept.
    #[inline]
    fn place(&self, path: &Path, labels: usize) -> Option<(Location, &Published)> {
        let apex = path.suffix(labels);
        self.index.find(path.hash_at(labels), |place| {
            let published = self.at(place)?;
            let is_it = published.zone.form.has_apex(apex);
            is_it.then_some((place, published))
        })
    }

    fn at(&self, place: Location) -> Option<&Published> {
        let at = place.to_bits() as usize;
        self.shelves[at / SHELF][at % SHELF].as_deref()
    }

    fn slot(&mut self, place: Location) -> &mut Option<Arc<Published>> {
        let at = place.to_bits() as usize;
        let shelf = &mut Arc::make_mut(&mut self.shelves)[at / SHELF];
        &mut Arc::make_mut(shelf)[at % SHELF]
    }

    /// A free place; a new shelf gives many.
    fn room(&mut self) -> Location {
        if self.free.is_empty() {
            let first = (self.shelves.len() * SHELF) as u32;
            Arc::make_mut(&mut self.shelves).push(Arc::from([const { None }; SHELF]));
            Arc::make_mut(&mut self.free).extend((first..first + SHELF as u32).rev());
        }
        let place = Arc::make_mut(&mut self.free).pop();
        Location::from_bits(place.expect("a new shelf has room"))
    }

    fn count(&mut self, labels: usize, change: isize) {
        self.len = self.len.saturating_add_signed(change);
        self.depths[labels] = self.depths[labels].saturating_add_signed(change as i32);
        self.depths_used &= !(1 << labels);
        self.depths_used |= u128::from(self.depths[labels] > 0) << labels;
    }
}

impl Extend<Published> for Zones {
    fn extend<I: IntoIterator<Item = Published>>(&mut self, zones: I) {
        zones
            .into_iter()
            .for_each(|published| self.insert(published));
    }
}

impl fmt::Debug for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zones({} at {:?})", self.len, self.revision)
    }
}
