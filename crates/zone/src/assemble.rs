//! From names in canonical order to the served form, in one pass.
//!
//! Ancestors come before what is below them, so a stack of the ancestors of the last name is all
//! that is needed to see empty non-terminals, to know what is occluded, and to hash a name by its
//! first label alone.

use crate::chains::{Chains, memberships};
use crate::form::Form;
use crate::hash::HashKey;
use crate::index::Index;
use crate::node::{Flags, NOTHING, shadow};
use crate::order::Order;
use crate::pages::{Location, PageWriter};
use crate::places::Places;
use crate::rrsets::{Draft, Item, flags_of};
use alloc::{sync::Arc, vec::Vec};
use rr::Name;

/// Builds a form from names handed over in canonical order.
pub(crate) struct Assembler {
    key: HashKey,
    apex: Arc<Name>,
    apex_labels: usize,
    pages: PageWriter,
    order: Vec<Location>,
    nsec: Vec<Location>,
    nsec3: Vec<Location>,
    /// The hash of each name in `order`.
    hashes: Vec<u64>,
    /// The last name and its ancestors up to the apex, the apex first.
    path: Vec<Level>,
    last: Relative,
    next: Relative,
    records: usize,
    max_labels: usize,
    places: Places,
}

/// A name on the path from the apex.
#[derive(Clone, Copy)]
struct Level {
    hash: u64,
    place: Location,
    flags: Flags,
    /// The occluder of the names below.
    shadow: u8,
}

impl Assembler {
    pub(crate) fn new(apex: Arc<Name>, key: HashKey, names: usize) -> Self {
        Assembler {
            key,
            apex_labels: apex.as_ref().as_ref().label_count(),
            apex,
            pages: PageWriter::new(),
            order: Vec::with_capacity(names),
            nsec: Vec::new(),
            nsec3: Vec::new(),
            hashes: Vec::with_capacity(names),
            path: Vec::new(),
            last: Relative::default(),
            next: Relative::default(),
            records: 0,
            max_labels: 0,
            places: Places::default(),
        }
    }

    /// Takes the next name: its labels up to the apex, and its settled records.
    pub(crate) fn add(&mut self, relative: &[u8], items: &[Item<'_>]) {
        self.next.set(relative);
        let labels = self.next.starts.len();
        if self.path.is_empty() && labels > 0 {
            self.enter(0, None, &[]);
        }
        let shared = self.next.shared_with(&self.last);
        self.path.truncate(shared + 1);
        for ancestor in shared + 1..labels {
            self.enter(ancestor, None, &[]);
        }
        self.enter(labels, Some(relative), items);
        core::mem::swap(&mut self.last, &mut self.next);
    }

    /// Ends the zone. The apex is there even if nothing was added.
    pub(crate) fn finish(mut self) -> (Form, Places) {
        if self.path.is_empty() {
            self.enter(0, None, &[]);
        }
        let apex_place = self.path[0].place;
        let form = Form {
            key: self.key,
            apex: self.apex,
            apex_place,
            apex_labels: self.apex_labels,
            max_labels: self.max_labels,
            records: self.records,
            in_order: true,
            pages: self.pages.finish(),
            order: Order::build(&self.order),
            chains: Chains {
                nsec: Order::build(&self.nsec),
                nsec3: Order::build(&self.nsec3),
            },
            index: Index::build(self.hashes.iter().copied().zip(self.order.iter().copied())),
        };
        (form, self.places)
    }

    /// Writes the node of the ancestor of `next` that has `depth` labels below the apex; `written`
    /// is its name if somebody wrote it, others are in lower case.
    fn enter(&mut self, depth: usize, written: Option<&[u8]>, items: &[Item<'_>]) {
        let labels = self.apex_labels + depth;
        let parent = depth.checked_sub(1).map(|parent| self.path[parent]);
        let relative = written.unwrap_or_else(|| self.next.suffix(depth));
        let draft = Draft {
            relative,
            apex: self.apex.as_ref().as_ref().as_wire(),
            labels,
            flags: flags_of(relative, items),
            occluder: parent.map_or(NOTHING, |parent| parent.shadow),
            items,
        };
        let place = draft.write(&mut self.pages);
        let level = Level {
            hash: self.hash(depth, parent),
            place,
            flags: draft.flags,
            shadow: shadow(draft.flags, draft.occluder, labels),
        };
        self.note(level, draft.occluder != NOTHING, items);
        self.tell_parent(depth);
        self.path.push(level);
        self.max_labels = self.max_labels.max(labels);
    }

    fn hash(&self, depth: usize, parent: Option<Level>) -> u64 {
        match parent {
            Some(parent) => self.key.below(parent.hash, self.next.label(depth)),
            None => self.key.of(self.apex.as_ref().as_ref()),
        }
    }

    fn note(&mut self, level: Level, occluded: bool, items: &[Item<'_>]) {
        self.order.push(level.place);
        self.hashes.push(level.hash);
        let (nsec, nsec3) = memberships(level.flags, occluded);
        if nsec {
            self.nsec.push(level.place);
        }
        if nsec3 {
            self.nsec3.push(level.place);
        }
        self.records += items.len();
        self.places.push(level.place, items);
    }

    /// Tells the parent of the name with `depth` labels that it has this child.
    fn tell_parent(&mut self, depth: usize) {
        let Some(parent) = depth.checked_sub(1) else {
            return;
        };
        let (parent, wildcard) = (&mut self.path[parent], self.next.is_wildcard(depth));
        let flags = parent.flags.with(Flags::NSEC3_ONLY, false);
        let flags = if wildcard {
            flags.with(Flags::WILDCARD_BELOW, true)
        } else {
            flags
        };
        if flags != parent.flags {
            parent.flags = flags;
            self.pages.at_mut(parent.place)[..2].copy_from_slice(&flags.0.to_le_bytes());
        }
    }
}

/// A name up to the apex, in lower case.
#[derive(Default)]
struct Relative {
    lower: Vec<u8>,
    starts: Vec<u8>,
}

impl Relative {
    fn set(&mut self, relative: &[u8]) {
        self.lower.clear();
        self.lower.extend_from_slice(relative);
        self.lower.make_ascii_lowercase();
        self.starts.clear();
        let mut at = 0;
        while at < relative.len() {
            self.starts.push(at as u8);
            at += usize::from(relative[at]) + 1;
        }
    }

    /// The ancestor with `depth` labels.
    fn suffix(&self, depth: usize) -> &[u8] {
        &self.lower[self.start(depth)..]
    }

    /// The first label of the ancestor with `depth` labels, with its length.
    fn label(&self, depth: usize) -> &[u8] {
        &self.lower[self.start(depth)..self.start(depth - 1)]
    }

    fn is_wildcard(&self, depth: usize) -> bool {
        self.label(depth) == b"\x01*"
    }

    fn start(&self, depth: usize) -> usize {
        match depth {
            0 => self.lower.len(),
            _ => usize::from(self.starts[self.starts.len() - depth]),
        }
    }

    fn shared_with(&self, other: &Relative) -> usize {
        let most = self.starts.len().min(other.starts.len());
        (1..=most)
            .take_while(|depth| self.label(*depth) == other.label(*depth))
            .count()
    }
}
