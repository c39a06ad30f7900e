//! How far a change reaches: whose targets lead elsewhere after it.
//!
//! What a check says of a target turns on which of its ancestors exist, on the wildcard below the closest one, on the
//! topmost cut or DNAME above, and on the addresses and the alias where it ends (RFC 1034 §4.3.2, RFC 4592 §3.3.1).
//! A change of
//!
//! - whether a name exists: reaches that name and all below it;
//! - a cut or a DNAME: the same;
//! - addresses or an alias: reaches that name;
//! - any of these at a wildcard: reaches all that is below its parent.
//!
//! What makes nothing worse counts for nothing: a new name with addresses, an address more.
//! Names that exist for a name below them begin and end with it, and count as changed too. Few changes do any of it, and
//! then the names in the data of all records are looked through: nobody keeps a list of who points where.

use crate::check::names;
use crate::node::{Flags, Node};
use crate::rules::{Rule, Severity};
use crate::subtree::at_and_below;
use crate::{Checked, Lookup, Unchecked, Zone};
use alloc::vec::Vec;
use rr::{NameRef, Rtype};

/// The names where targets may end otherwise in `new` than in `old`.
pub(crate) struct Reach<'a> {
    old: &'a Zone<Checked>,
    new: &'a Zone<Unchecked>,
    /// Reached alone, or with all below; ascending.
    alone: Vec<NameRef<'a>>,
    whole: Vec<NameRef<'a>>,
    marks: Marks,
}

impl<'a> Reach<'a> {
    /// The reach of a change at `names`.
    pub(crate) fn of(
        old: &'a Zone<Checked>,
        new: &'a Zone<Unchecked>,
        names: &[NameRef<'a>],
    ) -> Reach<'a> {
        let mut reach = Reach {
            old,
            new,
            alone: Vec::new(),
            whole: Vec::new(),
            marks: Marks([0; 256]),
        };
        names.iter().for_each(|name| reach.add(*name));
        for list in [&mut reach.alone, &mut reach.whole] {
            list.sort_unstable();
            list.dedup();
            list.iter().for_each(|name| reach.marks.add(*name));
        }
        reach
    }

    /// The names with a record whose target ends otherwise, or ends nowhere where more may have been known.
    pub(crate) fn pointing(self) -> impl Iterator<Item = Node<'a>> {
        let is_far = !self.alone.is_empty() || !self.whole.is_empty();
        let zone = Some(self.new).filter(|_| is_far);
        let nodes = zone.into_iter().flat_map(Zone::nodes);
        nodes.filter(move |node| self.is_pointing(*node))
    }

    fn add(&mut self, name: NameRef<'a>) {
        let top = self.topmost(name);
        if self.is_hidden(top.unwrap_or(name)) {
            return;
        }
        let (was, is) = (self.old.node(name), self.new.node(name));
        match top {
            Some(top) if self.is_harmless(top) => {}
            Some(top) => self.whole.push(beside(top)),
            None if has(was, HIDING) != has(is, HIDING) => self.whole.push(beside(name)),
            None if ends(was) != ends(is) && !is_address(is) => self.add_end(name),
            None => {}
        }
    }

    fn add_end(&mut self, name: NameRef<'a>) {
        self.alone.push(name);
        self.whole
            .extend(Some(beside(name)).filter(|_| name.is_wildcard()));
    }

    /// The highest ancestor that begins or ends to exist with a name, to a question or at all.
    fn topmost(&self, name: NameRef<'a>) -> Option<NameRef<'a>> {
        let (old, new) = (self.old, self.new);
        let apex = new.apex();
        let inside = name.ancestors().take_while(|name| name.is_below(apex));
        let changed = |name: &NameRef<'_>| existence(old.node(*name)) != existence(new.node(*name));
        inside.filter(changed).last()
    }

    /// Whether a name that begins to exist, with all below it, makes nothing worse. Nothing was there and nothing stood
    /// in for it: who pointed there pointed to a missing name. The names that are there now may have addresses or be
    /// delegated, and are no better and no worse than missing if they are not. An alias may be worse than nothing.
    fn is_harmless(&self, top: NameRef<'_>) -> bool {
        let is_new = matches!(self.old.lookup(top), Lookup::Missing { .. });
        let severities = &self.old.state().severities;
        // Of a misread name nothing else is said, unless it exists.
        let is_read = [Rule::MissingFinalDot, Rule::TargetIsAddress]
            .iter()
            .all(|rule| severities.of(*rule) == Severity::Error);
        let mut nodes = at_and_below(&self.new.form, top).peekable();
        is_new && is_read && nodes.peek().is_some() && !nodes.any(may_be_worse)
    }

    /// Whether a cut or a DNAME above a name hides it, before and after: then no target gets there.
    fn is_hidden(&self, name: NameRef<'_>) -> bool {
        let above = |lookup| match lookup {
            Lookup::Delegation { cut } => Some((Rtype::NS, cut)),
            Lookup::Dname(node) => Some((Rtype::DNAME, node)),
            _ => None,
        };
        let by = |lookup| {
            let (rtype, node): (_, Node<'_>) = above(lookup)?;
            (node.label_count() < name.label_count()).then_some(rtype)
        };
        let old = by(self.old.lookup(name));
        old.is_some() && old == by(self.new.lookup(name))
    }

    fn is_pointing(&self, node: Node<'a>) -> bool {
        !node.is_occluded()
            && node
                .rrsets()
                .flat_map(names)
                .any(|target| self.is_reached(target) && self.ends_otherwise(target))
    }

    fn is_reached(&self, target: NameRef<'_>) -> bool {
        let known = |list: &[NameRef<'_>], name: NameRef<'_>| {
            self.marks.may_have(name) && list.binary_search(&name).is_ok()
        };
        known(&self.alone, target) || target.ancestors().any(|name| known(&self.whole, name))
    }

    fn ends_otherwise(&self, target: NameRef<'_>) -> bool {
        let end = End::of(self.new, target);
        end.may_differ() || end != End::of(self.old, target)
    }
}

/// Whether a target may end here whatever points to it: a name with an address and no alias.
fn is_address(node: Option<Node<'_>>) -> bool {
    node.map(kind)
        .is_some_and(|kind| kind.address && !kind.alias)
}

fn may_be_worse(node: Node<'_>) -> bool {
    kind(node).alias || node.flags().has(Flags::DNAME) || node.owner().is_wildcard()
}

/// A wildcard stands for all names beside it.
fn beside(name: NameRef<'_>) -> NameRef<'_> {
    let parent = name.parent().filter(|_| name.is_wildcard());
    parent.unwrap_or(name)
}

/// What is quickly seen of a list of names: by its length in wire form and the last octet of its first label most
/// others are told from them.
struct Marks([u64; 256]);

impl Marks {
    fn add(&mut self, name: NameRef<'_>) {
        self.0[name.as_wire().len()] |= Marks::bit(name);
    }

    fn may_have(&self, name: NameRef<'_>) -> bool {
        self.0[name.as_wire().len()] & Marks::bit(name) != 0
    }

    fn bit(name: NameRef<'_>) -> u64 {
        let wire = name.as_wire();
        1 << (wire[usize::from(wire[0])].to_ascii_lowercase() & 63)
    }
}

const HIDING: Flags = Flags(Flags::CUT.0 | Flags::DNAME.0);

fn has(node: Option<Node<'_>>, flags: Flags) -> u16 {
    node.map_or(0, |node| node.flags().0 & flags.0)
}

/// Whether a name has a node, and whether a question finds it.
fn existence(node: Option<Node<'_>>) -> (bool, bool) {
    (
        node.is_some(),
        node.is_some_and(|node| !node.flags().has(Flags::NSEC3_ONLY)),
    )
}

/// Where a target ends, as far as a check asks.
#[derive(PartialEq, Eq)]
enum End {
    /// Where the zone has nothing to say.
    Elsewhere,
    Redirected,
    Missing,
    At {
        kind: Kind,
        by_wildcard: bool,
    },
}

/// What a name has that a target may want.
#[derive(PartialEq, Eq)]
struct Kind {
    address: bool,
    alias: bool,
}

impl End {
    fn of<State>(zone: &Zone<State>, target: NameRef<'_>) -> End {
        let at = |node, by_wildcard| End::At {
            kind: kind(node),
            by_wildcard,
        };
        match zone.lookup(target) {
            Lookup::Exact(node) => at(node, false),
            Lookup::Wildcard { node, .. } => at(node, true),
            Lookup::Dname(_) => End::Redirected,
            Lookup::Missing { .. } => End::Missing,
            Lookup::Delegation { .. } | Lookup::Outside => End::Elsewhere,
        }
    }

    /// Whether more than this is asked: of a missing name what else is missing, of an alias where it leads.
    fn may_differ(&self) -> bool {
        matches!(
            self,
            End::Missing
                | End::At {
                    kind: Kind { alias: true, .. },
                    ..
                }
        )
    }
}

fn ends(node: Option<Node<'_>>) -> Option<Kind> {
    node.map(kind)
}

fn kind(node: Node<'_>) -> Kind {
    let has = |rtype| node.rrset(rtype).is_some();
    Kind {
        address: has(Rtype::A) || has(Rtype::AAAA),
        alias: has(Rtype::CNAME),
    }
}
