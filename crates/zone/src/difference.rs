//! What changed between two versions of a zone, record by record.

use crate::Zone;
use crate::form::Form;
use crate::node::{Node, RrsetRef};
use crate::pages::Location;
use alloc::sync::Arc;
use core::cmp::Ordering;
use rr::{NameRef, Rtype, Ttl};
use zonefile::Pos;

/// A record as a zone holds it.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// The owner.
    pub owner: NameRef<'a>,
    /// The type.
    pub rtype: Rtype,
    /// The TTL of the set.
    pub ttl: Ttl,
    /// Uncompressed wire form.
    pub rdata: &'a [u8],
    /// Where it was written, if that is known.
    pub at: Option<Pos>,
}

/// One step from a version of a zone to another.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// The record is no longer there.
    Removed(RecordRef<'a>),
    /// The record was not there before.
    Added(RecordRef<'a>),
}

impl<'a> Change<'a> {
    /// The record that was removed or added.
    #[must_use]
    pub fn record(&self) -> &RecordRef<'a> {
        let (Change::Removed(record) | Change::Added(record)) = self;
        record
    }
}

/// The changes that lead from `old` to `new`, name by name in canonical order; within a name what
/// was removed comes before what was added.
///
/// A record whose TTL or whose spelling (capitals in a name) changed is removed and added. Parts
/// that both versions share, as they do after a [patch](Zone::patch), are passed over unread.
pub fn difference<'z, A, B>(
    old: &'z Zone<A>,
    new: &'z Zone<B>,
) -> impl Iterator<Item = Change<'z>> {
    let mut merge = Merge {
        old: Side::new(&old.form),
        new: Side::new(&new.form),
    };
    core::iter::from_fn(move || merge.next_name()).flat_map(|(old, new)| changes(old, new))
}

/// A walk over both versions at once.
struct Merge<'z> {
    old: Side<'z>,
    new: Side<'z>,
}

impl<'z> Merge<'z> {
    /// The next name that is not the same node on both sides.
    fn next_name(&mut self) -> Option<(Option<Node<'z>>, Option<Node<'z>>)> {
        loop {
            self.pass_shared_runs();
            let (old, new) = (self.old.node(), self.new.node());
            let order = match (old, new) {
                (None, None) => return None,
                (Some(old), Some(new)) => old.owner().cmp(&new.owner()),
                (old, _) => {
                    if old.is_some() {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
            };
            let (old, new) = (old.filter(|_| order.is_le()), new.filter(|_| order.is_ge()));
            old.inspect(|_| self.old.step());
            new.inspect(|_| self.new.step());
            if old.map(start) != new.map(start) {
                return Some((old, new));
            }
        }
    }

    /// At the start of a run that both versions share, neither has anything new to say in it.
    fn pass_shared_runs(&mut self) {
        while let (0, 0, Some(old), Some(new)) =
            (self.old.at, self.new.at, self.old.run(), self.new.run())
        {
            if !Arc::ptr_eq(old, new) {
                return;
            }
            self.old.run += 1;
            self.new.run += 1;
        }
    }
}

/// Where a node lies in memory: the same for two versions that share it.
fn start(node: Node<'_>) -> *const u8 {
    node.octets().as_ptr()
}

/// A place in the canonical order of one version.
struct Side<'z> {
    form: &'z Form,
    run: usize,
    at: usize,
}

impl<'z> Side<'z> {
    fn new(form: &'z Form) -> Self {
        Side {
            form,
            run: 0,
            at: 0,
        }
    }

    fn run(&self) -> Option<&'z Arc<[Location]>> {
        self.form.order.runs().get(self.run)
    }

    fn node(&self) -> Option<Node<'z>> {
        self.run().map(|run| self.form.node(run[self.at]))
    }

    fn step(&mut self) {
        self.at += 1;
        if self.run().is_some_and(|run| run.len() == self.at) {
            (self.run, self.at) = (self.run + 1, 0);
        }
    }
}

/// The changes at one name, which may be in one version only.
fn changes<'z>(old: Option<Node<'z>>, new: Option<Node<'z>>) -> impl Iterator<Item = Change<'z>> {
    let respelt = old
        .zip(new)
        .is_some_and(|(old, new)| old.owner_octets() != new.owner_octets());
    let removed = missing(old, new.filter(|_| !respelt)).map(Change::Removed);
    removed.chain(missing(new, old.filter(|_| !respelt)).map(Change::Added))
}

/// The records of `from` that `other` has not.
fn missing<'z>(
    from: Option<Node<'z>>,
    other: Option<Node<'z>>,
) -> impl Iterator<Item = RecordRef<'z>> {
    let sets = from.into_iter().flat_map(Node::entries);
    sets.flat_map(move |set| {
        let twin = other.and_then(|other| other.entries().find(|twin| are_twins(set, *twin)));
        set.rdatas()
            .filter(move |rdata| !has(twin, rdata))
            .map(move |rdata| RecordRef {
                owner: set.node().owner(),
                rtype: set.rtype(),
                ttl: set.ttl(),
                rdata,
                at: None,
            })
    })
}

/// Whether two sets hold the same type, or signatures over the same type, with the same TTL.
fn are_twins(a: RrsetRef<'_>, b: RrsetRef<'_>) -> bool {
    a.rtype() == b.rtype() && a.covers() == b.covers() && a.ttl() == b.ttl()
}

fn has(set: Option<RrsetRef<'_>>, rdata: &[u8]) -> bool {
    set.is_some_and(|set| set.rdatas().any(|other| other == rdata))
}
