//! The next version of a checked zone, patched and checked at the cost of what changed.

use crate::check::{Near, Policy};
use crate::node::{Flags, Node};
use crate::pages::Location;
use crate::reach::Reach;
use crate::subtree::at_and_below;
use crate::{Change, Checked, Doubt, Limits, Unchecked, Zone};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use rr::{NameRef, Rtype};
use zonefile::SourceMap;

/// Names that are looked at for one amendment.
const MOST_NAMES: usize = 10_000;

impl Zone<Checked> {
    /// The zone after `changes`, if it certainly is what building and checking its whole text would give, without a
    /// clock and without a version before. `policy` is that of the check of this version.
    ///
    /// New names and other data cost microseconds. What ends a name or makes an alias or a wildcard costs a look at all
    /// names that records point to.
    ///
    /// All changes are of class IN. The text of the next version must be that of this one but for the changed records; one
    /// that is only written otherwise is among them, removed and added. Comments that allow something must be the same.
    ///
    /// # Errors
    /// [`Doubt`] if there is an error or may be one. Nobody knows then where in the text, and what to say about it.
    pub fn amend(&self, changes: &[Change<'_>], policy: &Policy) -> Result<Zone<Checked>, Doubt> {
        let room = self.may_be_amended(policy)?;
        let room = room_after(room, changes).ok_or(Doubt::TooLarge)?;
        let names = changed(changes);
        check_spelling(self, changes)?;
        let next = self.patch(changes).map_err(Doubt::Patch)?;
        check_whole(self, &next)?;
        check_near(self, &next, &names, policy)?;
        Ok(next.into_amended(self.state().severities.clone(), room))
    }

    fn may_be_amended(&self, policy: &Policy) -> Result<Limits, Doubt> {
        let state = self.state();
        let room = state.room.ok_or(Doubt::NotPlain)?;
        let same = policy.in_zone(self.apex()) == state.severities;
        match same && !Near::is_too_near(&state.severities) {
            true => Ok(room),
            false => Err(Doubt::Policy),
        }
    }
}

/// What a builder of the text may still take after the changes. Nothing is said of what those take away.
fn room_after(room: Limits, changes: &[Change<'_>]) -> Option<Limits> {
    let added = changes.iter().filter_map(|change| match change {
        Change::Added(record) => Some(record.rdata.len()),
        Change::Removed(_) => None,
    });
    room.after(added.clone().count(), added.sum())
}

/// The names that change, in canonical order.
fn changed<'c>(changes: &[Change<'c>]) -> Vec<NameRef<'c>> {
    let mut names: Vec<_> = changes.iter().map(|change| change.record().owner).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The served spelling of an owner is the first in the text. It is known if there is one spelling only.
fn check_spelling(zone: &Zone<Checked>, changes: &[Change<'_>]) -> Result<(), Doubt> {
    let relative = |name: NameRef<'_>| {
        let prefix = name.prefix_of(zone.apex());
        prefix.map(<[u8]>::to_vec)
    };
    let mut seen: Vec<NameRef<'_>> = changes.iter().map(|change| change.record().owner).collect();
    let there = changes.iter().filter_map(|change| {
        let node = zone.node(change.record().owner)?;
        (!node.is_empty_non_terminal()).then_some(node.owner())
    });
    seen.extend(there);
    seen.sort_unstable();
    let respelt = |pair: &[NameRef<'_>]| {
        pair[0] == pair[1]
            && pair[0].as_wire() != pair[1].as_wire()
            && relative(pair[0]) != relative(pair[1])
    };
    match seen.windows(2).any(respelt) {
        true => Err(Doubt::Spelling),
        false => Ok(()),
    }
}

/// What is known of the zone as a whole.
fn check_whole(old: &Zone<Checked>, new: &Zone<Unchecked>) -> Result<(), Doubt> {
    if !new.defects().is_empty() {
        return Err(Doubt::Defect);
    }
    match is_signed(old.apex_node()) == is_signed(new.apex_node()) {
        true => Ok(()),
        false => Err(Doubt::Signed),
    }
}

fn is_signed(apex: Node<'_>) -> bool {
    let soa = apex.rrset(Rtype::SOA);
    soa.is_some_and(|soa| soa.signatures().is_some())
}

/// Looks at all names that may be wrong now and were not before.
fn check_near(
    old: &Zone<Checked>,
    new: &Zone<Unchecked>,
    names: &[NameRef<'_>],
    policy: &Policy,
) -> Result<(), Doubt> {
    let map = SourceMap::new();
    let mut look = Look {
        near: Near::new(new, policy, &map),
        seen: BTreeSet::new(),
    };
    let roots: BTreeSet<Root<'_>> = names.iter().map(|name| root(old, new, *name)).collect();
    for root in roots {
        let nodes = at_and_below(&new.form, root.name);
        look.at(nodes.take(if root.is_whole { usize::MAX } else { 1 }))?;
    }
    for node in Reach::of(old, new, names).pointing() {
        look.at([node])?;
    }
    look.near.finish()
}

/// The names that were looked at.
struct Look<'z> {
    near: Near<'z>,
    seen: BTreeSet<Location>,
}

impl<'z> Look<'z> {
    /// Looks at names in one place.
    fn at(&mut self, nodes: impl IntoIterator<Item = Node<'z>>) -> Result<(), Doubt> {
        for node in nodes {
            if self.seen.len() == MOST_NAMES {
                return Err(Doubt::TooMany);
            }
            if self.seen.insert(node.place()) {
                self.near.visit(node)?;
            }
        }
        self.near.leave();
        Ok(())
    }
}

/// Where something is to be looked at: a name, or it and all below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Root<'n> {
    name: NameRef<'n>,
    is_whole: bool,
}

/// The topmost cut or DNAME at or above a name, now or before, with all that it hides; or the name alone.
fn root<'n>(old: &Zone<Checked>, new: &Zone<Unchecked>, name: NameRef<'n>) -> Root<'n> {
    let hides = |name: &NameRef<'n>| is_hiding(old.node(*name)) || is_hiding(new.node(*name));
    let up = name
        .ancestors()
        .take_while(|name| name.is_at_or_below(new.apex()));
    let top = up.filter(hides).last();
    Root {
        name: top.unwrap_or(name),
        is_whole: top.is_some(),
    }
}

fn is_hiding(node: Option<Node<'_>>) -> bool {
    node.is_some_and(|node| node.flags().has(Flags::CUT) || node.flags().has(Flags::DNAME))
}
