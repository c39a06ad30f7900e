//! The nodes that deny: those with an NSEC that questions may see, and those with an NSEC3.
//!
//! They have an order of their own, so that the one before a name is found by halving, however many
//! names between have no such record.

use crate::node::{Flags, Node};
use crate::order::{Order, Rank};
use crate::pages::Location;

#[derive(Clone, Debug)]
pub(crate) struct Chains {
    pub(crate) nsec: Order,
    pub(crate) nsec3: Order,
}

impl Chains {
    /// Adds a node to the chains it belongs to; `node` reads any node of the zone.
    pub(crate) fn enlist<'z>(&mut self, new: Node<'_>, node: impl Fn(Location) -> Node<'z> + Copy) {
        for (chain, belongs) in self.chains(new) {
            if let (true, Err(rank)) = (belongs, rank_in(chain, new, node)) {
                chain.insert(rank, new.place());
            }
        }
    }

    /// Takes a node out of the chains it belongs to.
    pub(crate) fn delist<'z>(&mut self, old: Node<'_>, node: impl Fn(Location) -> Node<'z> + Copy) {
        for (chain, belongs) in self.chains(old) {
            if let (true, Ok(rank)) = (belongs, rank_in(chain, old, node)) {
                chain.remove(rank);
            }
        }
    }

    /// Octets held, those shared with other versions included.
    pub(crate) fn octets(&self) -> usize {
        self.nsec.octets() + self.nsec3.octets()
    }

    fn chains(&mut self, node: Node<'_>) -> [(&mut Order, bool); 2] {
        let (nsec, nsec3) = memberships(node.flags(), node.is_occluded());
        [(&mut self.nsec, nsec), (&mut self.nsec3, nsec3)]
    }
}

/// Whether a node belongs to the chain of NSEC and to that of NSEC3.
pub(crate) fn memberships(flags: Flags, occluded: bool) -> (bool, bool) {
    (flags.has(Flags::NSEC) && !occluded, flags.has(Flags::NSEC3))
}

fn rank_in<'z>(
    chain: &Order,
    of: Node<'_>,
    node: impl Fn(Location) -> Node<'z>,
) -> Result<Rank, Rank> {
    chain.find(|place| node(place).owner().cmp(&of.owner()))
}
