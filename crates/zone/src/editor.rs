//! A version of a zone in the making, out of the one before.
//!
//! A changed name gets a new node at the end of the pages, and its place in the index and in the
//! order is set anew. What the change means for other names is written into their nodes: a cut or
//! DNAME that appears or goes occludes or bares all below it, a wildcard is known to its parent, a
//! name without records lives as long as something is below it.

use crate::assemble::Assembler;
use crate::form::Form;
use crate::hash::{Path, equals_lower};
use crate::node::{Flags, NOTHING, Node, RrsetRef, shadow};
use crate::order::Rank;
use crate::pages::{Location, PageWriter};
use crate::places::{ELSEWHERE, Places};
use crate::rrsets::{Draft, Group, Item, flags_of};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use rr::NameRef;
use zonefile::Pos;

/// A form that can be changed name by name, ancestors before what is below them.
pub(crate) struct Editor {
    /// All but the pages is of the new version.
    form: Form,
    pages: PageWriter,
    places: BTreeMap<Location, Vec<Pos>>,
}

impl Editor {
    pub(crate) fn new(form: &Form) -> Self {
        Editor {
            form: Form {
                in_order: false,
                ..form.clone()
            },
            pages: PageWriter::after(&form.pages),
            places: BTreeMap::new(),
        }
    }

    /// The new version, and where the added records were written.
    pub(crate) fn finish(mut self) -> (Form, Places) {
        self.form.pages = self.pages.finish();
        let places: Places = self.places.into_iter().collect();
        if self.form.index.is_crowded() || self.form.pages.is_wasteful() {
            return compact(&self.form, &places);
        }
        (self.form, places)
    }

    pub(crate) fn apex(&self) -> NameRef<'_> {
        self.form.apex.as_ref().as_ref()
    }

    pub(crate) fn find_node(&self, name: NameRef<'_>) -> Option<Node<'_>> {
        let path = self.path(name);
        self.find(&path, path.labels())
            .map(|place| self.node(place))
    }

    /// Gives a name these settled records, which may be none.
    pub(crate) fn put(&mut self, owner: NameRef<'_>, items: &[Item<'_>]) {
        let path = self.path(owner);
        match self.find(&path, path.labels()) {
            Some(old) if items.is_empty() && !self.must_stay(owner, &path) => {
                self.remove(owner, &path, old);
            }
            Some(old) => self.rewrite(owner, &path, old, items),
            None if items.is_empty() => {}
            None => self.create(owner, &path, items),
        }
    }

    /// Whether a name is there even without records (RFC 4592 §2.2.2).
    fn must_stay(&self, name: NameRef<'_>, path: &Path) -> bool {
        path.labels() == self.form.apex_labels || self.has_below(name)
    }

    /// Writes the next content of a name that exists.
    fn rewrite(&mut self, owner: NameRef<'_>, path: &Path, old: Location, items: &[Item<'_>]) {
        let old_shadow = shadow_of(self.node(old));
        let new = self.write(owner, path, items);
        self.form.index.moved(path.hash_at(path.labels()), old, new);
        let rank = self
            .rank(owner)
            .expect("a node in the index is in the order");
        self.form.order.replace(rank, new);
        self.delist(old);
        self.enlist(new);
        self.forget(old);
        if old == self.form.apex_place {
            self.form.apex_place = new;
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
        let above = self.path(parent);
        if self.find(&above, above.labels()).is_none() {
            self.create(parent.to_lowercase().as_ref(), &above, &[]);
        }
        let new = self.write(owner, path, items);
        self.form.index.insert(path.hash_at(path.labels()), new);
        let rank = self.rank(owner).expect_err("a new name");
        self.form.order.insert(rank, new);
        self.enlist(new);
        self.form.max_labels = self.form.max_labels.max(path.labels());
        self.reflag(parent, &above);
    }

    /// Takes a name away, and the ancestors that existed for its sake.
    fn remove(&mut self, owner: NameRef<'_>, path: &Path, old: Location) {
        self.form.index.remove(path.hash_at(path.labels()), old);
        let rank = self
            .rank(owner)
            .expect("a node in the index is in the order");
        self.form.order.remove(rank);
        self.delist(old);
        self.forget(old);
        let parent = owner.parent().expect("the apex is never removed");
        let above = self.path(parent);
        let place = self
            .find(&above, above.labels())
            .expect("every ancestor is a node");
        if self.node(place).is_empty_non_terminal() && !self.must_stay(parent, &above) {
            self.remove(parent, &above, place);
        } else {
            self.reflag(parent, &above);
        }
    }

    fn write(&mut self, owner: NameRef<'_>, path: &Path, items: &[Item<'_>]) -> Location {
        // Names that nobody wrote are in lower case.
        let lower = owner.to_lowercase();
        let written = if items.is_empty() {
            lower.as_ref()
        } else {
            owner
        };
        let apex = Arc::clone(&self.form.apex);
        let draft = Draft {
            relative: self.relative(written),
            apex: apex.as_wire(),
            labels: path.labels(),
            flags: self.flags(owner, path, flags_of(self.relative(owner), items)),
            occluder: self.occluder(path),
            items,
        };
        let place = draft.write(&mut self.pages);
        self.form.records += items.len();
        self.places
            .insert(place, items.iter().map(|item| item.at).collect());
        place
    }

    /// The old node of a name is out of use.
    fn forget(&mut self, old: Location) {
        let node = self.node(old);
        let (octets, records) = (
            node.octets().len(),
            node.entries().map(RrsetRef::len).sum::<usize>(),
        );
        self.pages.waste(octets);
        self.form.records -= records;
        self.places.remove(&old);
    }

    fn enlist(&mut self, place: Location) {
        let node = Node::new(self.pages.at(place), place);
        let pages = &self.pages;
        self.form
            .chains
            .enlist(node, |place| Node::new(pages.at(place), place));
    }

    fn delist(&mut self, place: Location) {
        let node = Node::new(self.pages.at(place), place);
        let pages = &self.pages;
        self.form
            .chains
            .delist(node, |place| Node::new(pages.at(place), place));
    }

    /// Sets the flags of a name that depend on what is below it.
    fn reflag(&mut self, name: NameRef<'_>, path: &Path) {
        let place = self
            .find(path, path.labels())
            .expect("every ancestor is a node");
        let own = flags_of(
            self.relative(name),
            &items_of(self.node(place), &Places::default()),
        );
        let flags = self.flags(name, path, own);
        if flags != self.node(place).flags() {
            self.pages.at_mut(place)[..2].copy_from_slice(&flags.0.to_le_bytes());
        }
    }

    /// The flags of a name whose own records give `own`.
    fn flags(&self, name: NameRef<'_>, path: &Path, own: Flags) -> Flags {
        let nsec3_only = own.has(Flags::NSEC3_ONLY) && !self.has_below(name);
        own.with(Flags::NSEC3_ONLY, nsec3_only)
            .with(Flags::WILDCARD_BELOW, self.has_wildcard(path))
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
                self.delist(place);
                self.pages.at_mut(place)[4] = occluder;
                self.enlist(place);
            }
        }
    }

    /// All nodes below a node. Every ancestor is a node, so labels alone tell where they end.
    fn below(&self, name: NameRef<'_>) -> Vec<Location> {
        let Ok(rank) = self.rank(name) else {
            return Vec::new();
        };
        let labels = name.label_count();
        let after = self.form.order.from(rank).skip(1);
        after
            .take_while(|place| self.node(*place).label_count() > labels)
            .collect()
    }

    fn has_below(&self, name: NameRef<'_>) -> bool {
        let next = self
            .rank(name)
            .ok()
            .and_then(|rank| self.form.order.from(rank).nth(1));
        next.is_some_and(|place| self.node(place).label_count() > name.label_count())
    }

    fn has_wildcard(&self, path: &Path) -> bool {
        let hash = self.form.key.below(path.hash_at(path.labels()), b"\x01*");
        let name = path.suffix(path.labels());
        let is = |place| {
            let owner = self.node(place).owner_octets().strip_prefix(b"\x01*");
            owner
                .is_some_and(|parent| equals_lower(parent, name))
                .then_some(())
        };
        self.form.index.find(hash, is).is_some()
    }

    /// The occluder of a name, by what its parent casts.
    fn occluder(&self, path: &Path) -> u8 {
        if path.labels() == self.form.apex_labels {
            return NOTHING;
        }
        let parent = self
            .find(path, path.labels() - 1)
            .expect("ancestors are written first");
        shadow_of(self.node(parent))
    }

    fn find(&self, path: &Path, labels: usize) -> Option<Location> {
        let name = path.suffix(labels);
        let is = |place| equals_lower(self.node(place).owner_octets(), name).then_some(place);
        self.form.index.find(path.hash_at(labels), is)
    }

    fn rank(&self, name: NameRef<'_>) -> Result<Rank, Rank> {
        self.form
            .order
            .find(|place| self.node(place).owner().cmp(&name))
    }

    fn relative<'n>(&self, name: NameRef<'n>) -> &'n [u8] {
        name.prefix_of(self.apex())
            .expect("only names of the zone are edited")
    }

    fn path(&self, name: NameRef<'_>) -> Path {
        Path::new(name, self.form.key)
    }

    fn node(&self, place: Location) -> Node<'_> {
        Node::new(self.pages.at(place), place)
    }
}

/// What names below a node are occluded by.
fn shadow_of(node: Node<'_>) -> u8 {
    shadow(node.flags(), node.occluder(), node.label_count())
}

/// The records of a node, as far as is known with their places.
fn items_of<'z>(node: Node<'z>, places: &Places) -> Vec<Item<'z>> {
    let item = |set: RrsetRef<'z>, (rdata, at): (&'z [u8], Option<Pos>)| Item {
        group: Group::of(set.rtype(), rdata),
        ttl: set.ttl().as_secs(),
        rdata,
        at: at.unwrap_or(ELSEWHERE),
    };
    let sets = node.entries();
    sets.flat_map(|set| {
        set.rdatas()
            .zip(places.of(set))
            .map(move |record| item(set, record))
    })
    .collect()
}

/// The same zone in fresh pages without waste.
fn compact(form: &Form, places: &Places) -> (Form, Places) {
    let apex = form.apex.as_wire().len();
    let mut assembler = Assembler::new(Arc::clone(&form.apex), form.key, form.order.iter().count());
    for node in form.nodes().filter(|node| !node.is_empty_non_terminal()) {
        let owner = node.owner_octets();
        assembler.add(&owner[..owner.len() - apex], &items_of(node, places));
    }
    assembler.finish()
}
