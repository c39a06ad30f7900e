//! Who stands before a name: what denials of existence need (RFC 4035 §3.1.3, RFC 5155 §7.2).

use crate::Zone;
use crate::form::Form;
use crate::node::Node;
use crate::order::Rank;
use core::cmp::Ordering;
use rr::{NameRef, Rtype};

/// The parameters of an NSEC3 chain (RFC 5155 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nsec3Parameters<'z> {
    /// The hash algorithm; 1 is SHA-1.
    pub algorithm: u8,
    /// How often the hash is applied again.
    pub iterations: u16,
    /// Appended to the name before each hash.
    pub salt: &'z [u8],
}

impl<State> Zone<State> {
    /// The owner of the NSEC that covers `name` or stands at it: the last name with an NSEC that is
    /// not after `name` in canonical order.
    #[must_use]
    pub fn predecessor(&self, name: NameRef<'_>) -> Option<Node<'_>> {
        let Form { chains, .. } = &self.form;
        let place = match chains
            .nsec
            .find(|place| self.form.node(place).owner().cmp(&name))
        {
            Ok(rank) => chains.nsec.from(rank).next(),
            Err(rank) => chains.nsec.before(rank).next(),
        };
        place.map(|place| self.form.node(place))
    }

    /// The last name with records that comes before `name` in canonical order (RFC 4034 §6.1).
    #[must_use]
    pub fn named_before(&self, name: NameRef<'_>) -> Option<NameRef<'_>> {
        let order = &self.form.order;
        let (Ok(rank) | Err(rank)) = order.find(|place| self.form.node(place).owner().cmp(&name));
        let nodes = order.before(rank).map(|place| self.form.node(place));
        let mut named = nodes.filter(|node| !node.is_empty_non_terminal());
        named.next().map(Node::owner)
    }

    /// The parameters of the NSEC3 chain, if the apex has an NSEC3PARAM that may be used.
    #[must_use]
    pub fn nsec3_parameters(&self) -> Option<Nsec3Parameters<'_>> {
        let sets = self.apex_node().rrset(Rtype::NSEC3PARAM)?;
        // RFC 5155 §4.1.2: a record with other flags than zero is to be ignored.
        sets.rdatas()
            .filter(|rdata| rdata.get(1) == Some(&0))
            .find_map(parameters)
    }

    /// The NSEC3 node whose owner is this hash.
    #[must_use]
    pub fn nsec3_match(&self, hash: &[u8]) -> Option<Node<'_>> {
        let rank = self.nsec3_rank(hash).ok()?;
        let place = self.form.chains.nsec3.from(rank).next()?;
        Some(self.form.node(place))
    }

    /// The NSEC3 node whose owner comes right before this hash; the last one if none does, for the
    /// chain is a ring (RFC 5155 §7.1).
    #[must_use]
    pub fn nsec3_cover(&self, hash: &[u8]) -> Option<Node<'_>> {
        let nsec3 = &self.form.chains.nsec3;
        let (Ok(rank) | Err(rank)) = self.nsec3_rank(hash);
        let place = nsec3
            .before(rank)
            .next()
            .or_else(|| nsec3.backwards().next())?;
        Some(self.form.node(place))
    }

    fn nsec3_rank(&self, hash: &[u8]) -> Result<Rank, Rank> {
        let Form { chains, .. } = &self.form;
        chains
            .nsec3
            .find(|place| compare_hash(self.form.node(place), hash))
    }
}

fn parameters(rdata: &[u8]) -> Option<Nsec3Parameters<'_>> {
    let ([algorithm, _, high, low, length], salt) = rdata.split_first_chunk()?;
    let salt = salt.get(..usize::from(*length))?;
    Some(Nsec3Parameters {
        algorithm: *algorithm,
        iterations: u16::from_be_bytes([*high, *low]),
        salt,
    })
}

/// Compares the first label of an owner, base32hex (RFC 4648 §7), with a hash.
fn compare_hash(node: Node<'_>, hash: &[u8]) -> Ordering {
    let owner = node.owner_octets();
    let label = &owner[1..1 + usize::from(owner[0])];
    label
        .iter()
        .map(u8::to_ascii_lowercase)
        .cmp(base32hex(hash))
}

/// The digits of `hash` in base32hex, small letters, no padding: it keeps the order of octets.
fn base32hex(hash: &[u8]) -> impl Iterator<Item = u8> {
    (0..(hash.len() * 8).div_ceil(5)).map(move |digit| {
        let bit = digit * 5;
        let octet = |at: usize| u16::from(hash.get(at).copied().unwrap_or(0));
        let pair = octet(bit / 8) << 8 | octet(bit / 8 + 1);
        b"0123456789abcdefghijklmnopqrstuv"[usize::from(pair >> (11 - bit % 8) & 31)]
    })
}
