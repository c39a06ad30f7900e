//! From one version of a zone to the next, at the cost of what changed.
//!
//! A changed name gets a new node at the end of the pages, and its place in the index and in the
//! order is set anew. What the change means for other names is then written into their nodes: a
//! cut or DNAME that appears or goes occludes or bares all below it, a wildcard is known to its
//! parent, a name without records lives as long as something is below it.

use crate::assemble::Assembler;
use crate::check::defect::Defect;
use crate::difference::{Change, RecordRef};
use crate::form::Form;
use crate::hash::{HashKey, Path, equals_lower};
use crate::index::Index;
use crate::node::{Flags, NOTHING, Node, RrsetRef, shadow};
use crate::order::{Order, Rank};
use crate::pages::{Location, PageWriter};
use crate::places::{ELSEWHERE, Places};
use crate::rrsets::{Draft, Group, Item, compare_rdata, flags_of, settle};
use crate::{Unchecked, Zone};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::fmt;
use rr::{Name, NameRef};
use zonefile::Pos;

/// Why a patch does not fit a zone. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchError {
    /// The change with this number removes a record that is not there.
    NotThere(usize),
    /// The change with this number is about a name that is not in the zone.
    OutOfZone(usize),
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatchError::NotThere(number) => {
                write!(f, "change {number} removes a record that is not there")
            }
            PatchError::OutOfZone(number) => write!(f, "change {number} is outside the zone"),
        }
    }
}

impl core::error::Error for PatchError {}

impl<State> Zone<State> {
    /// The zone after `changes`, sharing all that they do not touch with this one.
    ///
    /// The order of the changes does not matter but for this: at one name all removals come first.
    /// The TTL of a record to remove is not looked at. A record added twice, or with another TTL
    /// than its set, is noted as a [`Defect`].
    ///
    /// # Errors
    /// [`PatchError`] if the changes were not made for this version.
    pub fn patch(&self, changes: &[Change<'_>]) -> Result<Zone<Unchecked>, PatchError> {
        let mut sorted: Vec<usize> = (0..changes.len()).collect();
        sorted.sort_by(|a, b| changes[*a].record().owner.cmp(&changes[*b].record().owner));
        let mut editor = Editor::new(&self.form);
        for name in sorted.chunk_by(|a, b| changes[*a].record().owner == changes[*b].record().owner)
        {
            editor.edit(changes, name)?;
        }
        Ok(editor.finish())
    }
}

/// A record copied out of the pages, so that they can be written to.
struct Owned {
    group: Group,
    ttl: u32,
    rdata: Vec<u8>,
    at: Pos,
}

impl Owned {
    fn of(record: &RecordRef<'_>) -> Self {
        Owned {
            group: Group::of(record.rtype, record.rdata),
            ttl: record.ttl.as_secs(),
            rdata: record.rdata.to_vec(),
            at: record.at.unwrap_or(ELSEWHERE),
        }
    }

    fn is(&self, record: &RecordRef<'_>) -> bool {
        self.group == Group::of(record.rtype, record.rdata)
            && compare_rdata(record.rtype, &self.rdata, record.rdata).is_eq()
    }

    fn item(&self) -> Item<'_> {
        Item {
            group: self.group,
            ttl: self.ttl,
            rdata: &self.rdata,
            at: self.at,
        }
    }
}

/// A version in the making.
struct Editor {
    key: HashKey,
    apex: Arc<Name>,
    apex_labels: usize,
    apex_place: Location,
    max_labels: usize,
    records: usize,
    pages: PageWriter,
    index: Index,
    order: Order,
    nsec3: Order,
    places: BTreeMap<Location, Vec<Pos>>,
    defects: Vec<Defect>,
}

impl Editor {
    fn new(form: &Form) -> Self {
        Editor {
            key: form.key,
            apex: form.apex.clone(),
            apex_labels: form.apex_labels,
            apex_place: form.apex_place,
            max_labels: form.max_labels,
            records: form.records,
            pages: PageWriter::after(&form.pages),
            index: form.index.clone(),
            order: form.order.clone(),
            nsec3: form.nsec3.clone(),
            places: BTreeMap::new(),
            defects: Vec::new(),
        }
    }

    fn finish(self) -> Zone<Unchecked> {
        let crowded = self.index.is_crowded();
        let form = Form {
            key: self.key,
            apex: self.apex,
            apex_place: self.apex_place,
            apex_labels: self.apex_labels,
            max_labels: self.max_labels,
            records: self.records,
            pages: self.pages.finish(),
            index: self.index,
            order: self.order,
            nsec3: self.nsec3,
        };
        let places: Places = self.places.into_iter().collect();
        let (form, places) = if crowded || form.pages.is_wasteful() {
            compact(&form, &places)
        } else {
            (form, places)
        };
        Zone::unchecked(form, Unchecked::new(self.defects, places))
    }

    /// Makes the changes at one name; `numbers` says which they are.
    fn edit(&mut self, changes: &[Change<'_>], numbers: &[usize]) -> Result<(), PatchError> {
        let name = changes[numbers[0]].record().owner;
        if !name.is_at_or_below(self.apex.as_ref().as_ref()) {
            return Err(PatchError::OutOfZone(numbers[0]));
        }
        let path = Path::new(name, self.key);
        let old = self.find(&path, path.labels());
        let mut owner = old.map_or_else(
            || name.to_owned(),
            |place| self.node(place).owner().to_owned(),
        );
        let mut records = old.map_or_else(Vec::new, |place| copied(self.node(place)));
        for number in numbers {
            if let Change::Removed(record) = &changes[*number] {
                let at = records
                    .iter()
                    .position(|owned| owned.is(record))
                    .ok_or(PatchError::NotThere(*number))?;
                records.remove(at);
            }
        }
        for number in numbers {
            if let Change::Added(record) = &changes[*number] {
                if records.is_empty() {
                    owner = record.owner.to_owned();
                }
                records.push(Owned::of(record));
            }
        }
        let mut items = records.iter().map(Owned::item).collect();
        settle(&mut items, &mut self.defects);
        self.put(owner.as_ref(), &path, &items);
        Ok(())
    }

    /// Gives a name these records, which may be none.
    fn put(&mut self, owner: NameRef<'_>, path: &Path, items: &[Item<'_>]) {
        let labels = path.labels();
        match self.find(path, labels) {
            Some(old)
                if items.is_empty() && labels > self.apex_labels && !self.has_below(owner) =>
            {
                self.remove(owner, path, old);
            }
            Some(old) => self.rewrite(owner, path, old, items),
            None if items.is_empty() => {}
            None => self.create(owner, path, items),
        }
    }

    /// Writes the next content of a name that exists.
    fn rewrite(&mut self, owner: NameRef<'_>, path: &Path, old: Location, items: &[Item<'_>]) {
        let labels = path.labels();
        let (old_shadow, had_nsec3) = (
            shadow_of(self.node(old)),
            self.node(old).flags().has(Flags::NSEC3),
        );
        let new = self.write(owner, path, items);
        self.index.moved(path.hash_at(labels), old, new);
        let rank = self
            .rank(owner)
            .expect("a node in the index is in the order");
        self.order.replace(rank, new);
        if had_nsec3 {
            let rank = self
                .nsec3_rank(owner)
                .expect("a node with NSEC3 is in their order");
            self.nsec3.remove(rank);
        }
        self.enlist_nsec3(owner, new);
        self.forget(old);
        if labels == self.apex_labels {
            self.apex_place = new;
        }
        let new_shadow = shadow_of(self.node(new));
        if new_shadow != old_shadow {
            self.cast_shadow(owner, new_shadow);
        }
    }

    /// Writes a name that did not exist, and the ancestors that it needs.
    fn create(&mut self, owner: NameRef<'_>, path: &Path, items: &[Item<'_>]) {
        let parent = owner
            .parent()
            .expect("the apex exists, and what is below has a parent");
        let above = Path::new(parent, self.key);
        if self.find(&above, above.labels()).is_none() {
            self.create(parent.to_lowercase().as_ref(), &above, &[]);
        }
        let new = self.write(owner, path, items);
        self.index.insert(path.hash_at(path.labels()), new);
        let rank = self.rank(owner).expect_err("a new name");
        self.order.insert(rank, new);
        self.enlist_nsec3(owner, new);
        self.max_labels = self.max_labels.max(path.labels());
        self.reflag(parent, &above);
    }

    /// Takes a name away, and the ancestors that existed for its sake.
    fn remove(&mut self, owner: NameRef<'_>, path: &Path, old: Location) {
        self.index.remove(path.hash_at(path.labels()), old);
        let rank = self
            .rank(owner)
            .expect("a node in the index is in the order");
        self.order.remove(rank);
        if self.node(old).flags().has(Flags::NSEC3) {
            let rank = self
                .nsec3_rank(owner)
                .expect("a node with NSEC3 is in their order");
            self.nsec3.remove(rank);
        }
        self.forget(old);
        let parent = owner.parent().expect("the apex is never removed");
        let above = Path::new(parent, self.key);
        let place = self
            .find(&above, above.labels())
            .expect("every ancestor is a node");
        let for_its_sake =
            above.labels() > self.apex_labels && self.node(place).is_empty_non_terminal();
        if for_its_sake && !self.has_below(parent) {
            self.remove(parent, &above, place);
        } else {
            self.reflag(parent, &above);
        }
    }

    fn write(&mut self, owner: NameRef<'_>, path: &Path, items: &[Item<'_>]) -> Location {
        let apex = self.apex.clone();
        let apex = apex.as_ref().as_ref().as_wire();
        let lower = owner.to_lowercase();
        let owner_octets = if items.is_empty() {
            lower.as_ref().as_wire()
        } else {
            owner.as_wire()
        };
        let draft = Draft {
            relative: &owner_octets[..owner_octets.len() - apex.len()],
            apex,
            labels: path.labels(),
            flags: self.flags(owner, path, items),
            occluder: self.occluder(path),
            items,
        };
        let place = draft.write(&mut self.pages);
        self.records += items.len();
        self.places
            .insert(place, items.iter().map(|item| item.at).collect());
        place
    }

    /// The old node of a name is out of use.
    fn forget(&mut self, old: Location) {
        let node = Node::new(self.pages.at(old), old);
        let (octets, records) = (
            node.octets().len(),
            node.entries().map(RrsetRef::len).sum::<usize>(),
        );
        self.pages.waste(octets);
        self.records -= records;
        self.places.remove(&old);
    }

    fn enlist_nsec3(&mut self, owner: NameRef<'_>, place: Location) {
        if self.node(place).flags().has(Flags::NSEC3) {
            let rank = self.nsec3_rank(owner).expect_err("enlisted once");
            self.nsec3.insert(rank, place);
        }
    }

    /// Sets the flags that depend on the children of a name.
    fn reflag(&mut self, name: NameRef<'_>, path: &Path) {
        let place = self
            .find(path, path.labels())
            .expect("every ancestor is a node");
        let records = copied(self.node(place));
        let items: Vec<_> = records.iter().map(Owned::item).collect();
        let flags = self.flags(name, path, &items);
        if flags != self.node(place).flags() {
            self.pages.at_mut(place)[..2].copy_from_slice(&flags.0.to_le_bytes());
        }
    }

    /// Sets the occluder of all names below one, which occludes them with `shadow` if not with [`NOTHING`].
    fn cast_shadow(&mut self, name: NameRef<'_>, shadow: u8) {
        let mut inner = NOTHING;
        for place in self.below(name) {
            let node = self.node(place);
            if node.label_count() <= usize::from(inner) {
                inner = NOTHING;
            }
            let occluder = if shadow == NOTHING { inner } else { shadow };
            if occluder == NOTHING {
                inner = self::shadow(node.flags(), NOTHING, node.label_count());
            }
            if node.occluder() != occluder {
                self.pages.at_mut(place)[4] = occluder;
            }
        }
    }

    /// All nodes below a node. Every ancestor is a node, so labels alone tell where they end.
    fn below(&self, name: NameRef<'_>) -> Vec<Location> {
        let Ok(rank) = self.rank(name) else {
            return Vec::new();
        };
        let labels = name.label_count();
        let after = self.order.from(rank).skip(1);
        after
            .take_while(|place| self.node(*place).label_count() > labels)
            .collect()
    }

    fn has_below(&self, name: NameRef<'_>) -> bool {
        let next = self
            .rank(name)
            .ok()
            .and_then(|rank| self.order.from(rank).nth(1));
        next.is_some_and(|place| self.node(place).label_count() > name.label_count())
    }

    fn flags(&self, name: NameRef<'_>, path: &Path, items: &[Item<'_>]) -> Flags {
        let relative = name
            .prefix_of(self.apex.as_ref().as_ref())
            .expect("only names of the zone are written");
        let flags = flags_of(relative, items);
        let alone = flags.has(Flags::NSEC3_ONLY) && !self.has_below(name);
        flags
            .with(Flags::NSEC3_ONLY, alone)
            .with(Flags::WILDCARD_BELOW, self.has_wildcard(path))
    }

    /// The occluder of a name, by what its parent casts.
    fn occluder(&self, path: &Path) -> u8 {
        if path.labels() == self.apex_labels {
            return NOTHING;
        }
        let parent = self
            .find(path, path.labels() - 1)
            .expect("ancestors are written first");
        shadow_of(self.node(parent))
    }

    fn has_wildcard(&self, path: &Path) -> bool {
        let hash = self.key.below(path.hash_at(path.labels()), b"\x01*");
        let name = path.suffix(path.labels());
        let is = |place| {
            self.node(place)
                .owner_octets()
                .strip_prefix(b"\x01*")
                .is_some_and(|parent| equals_lower(parent, name))
        };
        self.index.find(hash, is).is_some()
    }

    fn find(&self, path: &Path, labels: usize) -> Option<Location> {
        let name = path.suffix(labels);
        self.index.find(path.hash_at(labels), |place| {
            equals_lower(self.node(place).owner_octets(), name)
        })
    }

    fn rank(&self, name: NameRef<'_>) -> Result<Rank, Rank> {
        self.order.find(|place| self.node(place).owner().cmp(&name))
    }

    fn nsec3_rank(&self, name: NameRef<'_>) -> Result<Rank, Rank> {
        self.nsec3.find(|place| self.node(place).owner().cmp(&name))
    }

    fn node(&self, place: Location) -> Node<'_> {
        Node::new(self.pages.at(place), place)
    }
}

/// What names below a node are occluded by: [`shadow`].
fn shadow_of(node: Node<'_>) -> u8 {
    shadow(node.flags(), node.occluder(), node.label_count())
}

fn copied(node: Node<'_>) -> Vec<Owned> {
    let owned = |set: RrsetRef<'_>, rdata: &[u8]| Owned {
        group: Group::of(set.rtype(), rdata),
        ttl: set.ttl().as_secs(),
        rdata: rdata.to_vec(),
        at: ELSEWHERE,
    };
    node.entries()
        .flat_map(|set| set.rdatas().map(move |rdata| owned(set, rdata)))
        .collect()
}

/// The same zone in fresh pages without waste.
fn compact(form: &Form, places: &Places) -> (Form, Places) {
    let apex = form.apex.as_ref().as_ref().as_wire().len();
    let mut assembler = Assembler::new(form.apex.clone(), form.key, form.order.iter().count());
    let mut items = Vec::new();
    for node in form.nodes().filter(|node| !node.is_empty_non_terminal()) {
        items.clear();
        for set in node.entries() {
            items.extend(set.rdatas().zip(places.of(set)).map(|(rdata, at)| Item {
                group: Group::of(set.rtype(), rdata),
                ttl: set.ttl().as_secs(),
                rdata,
                at: at.unwrap_or(ELSEWHERE),
            }));
        }
        let owner = node.owner_octets();
        assembler.add(&owner[..owner.len() - apex], &items);
    }
    assembler.finish()
}
