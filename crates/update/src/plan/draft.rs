//! The names that an update touches, as they are so far.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

use rr::{NameRef, Rtype, Serial, Ttl};
use zone::{Node, Zone};

/// Names that were looked at, by name.
///
/// They are kept in maps, so that an update of thousands of records costs as much for each as one of few.
pub(crate) struct Draft<'a, S> {
    zone: &'a Zone<S>,
    serial: Serial,
    spots: BTreeMap<NameRef<'a>, Spot<'a>>,
}

/// A name and what it has.
pub(crate) struct Spot<'a> {
    /// As the zone spells it, or as the update first did.
    pub(crate) owner: NameRef<'a>,
    pub(crate) is_apex: bool,
    pub(crate) node: Option<Node<'a>>,
    pub(crate) sets: Sets<'a>,
}

/// What a name has, by type. No set is empty.
pub(crate) type Sets<'a> = BTreeMap<Rtype, Set<'a>>;

/// Records of a type at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set<'a> {
    pub(crate) ttl: Ttl,
    /// By canonical form (RFC 4034 §6.2), as spelt.
    pub(crate) rdatas: BTreeMap<Vec<u8>, Cow<'a, [u8]>>,
}

impl<'a, S> Draft<'a, S> {
    /// Nothing is changed yet. `serial` is that which the zone is served with, whatever its SOA record says.
    pub(crate) fn new(zone: &'a Zone<S>, serial: Serial) -> Self {
        Self {
            zone,
            serial,
            spots: BTreeMap::new(),
        }
    }

    /// The name, for reading and changing.
    pub(crate) fn spot(&mut self, owner: NameRef<'a>) -> &mut Spot<'a> {
        match self.spots.entry(owner) {
            Entry::Occupied(spot) => spot.into_mut(),
            Entry::Vacant(place) => {
                let node = self
                    .zone
                    .node(owner)
                    .filter(|node| !node.is_empty_non_terminal());
                place.insert(Spot {
                    owner: node.map_or(owner, Node::owner),
                    is_apex: owner == self.zone.apex(),
                    node,
                    sets: node.map_or_else(Sets::new, |node| sets_served(node, self.serial)),
                })
            }
        }
    }

    /// All that was looked at, in canonical order.
    pub(crate) fn into_spots(self) -> impl Iterator<Item = Spot<'a>> {
        self.spots.into_values()
    }
}

/// What a name of the zone has, as it is written. Signatures are one set, whatever they cover.
pub(crate) fn sets_of(node: Node<'_>) -> Sets<'_> {
    let mut sets = Sets::new();
    for set in node.rrsets().chain(node.signatures()) {
        let ttl = set.ttl();
        let kept = sets.entry(set.rtype()).or_insert_with(|| Set::empty(ttl));
        for rdata in set.rdatas() {
            kept.rdatas
                .insert(canonical(set.rtype(), rdata), Cow::Borrowed(rdata));
        }
    }
    sets
}

/// The same as it is served: with the serial that everybody sees.
pub(crate) fn sets_served(node: Node<'_>, serial: Serial) -> Sets<'_> {
    let mut sets = sets_of(node);
    if let Some(soa) = sets.get_mut(&Rtype::SOA) {
        let served = soa
            .rdatas
            .values()
            .map(|rdata| soa_with_serial(rdata, serial));
        let served = served.map(|rdata| (canonical(Rtype::SOA, &rdata), Cow::Owned(rdata)));
        soa.rdatas = served.collect();
    }
    sets
}

/// RFC 1035 §3.3.13: of the five numbers at the end of the data the serial is the first.
pub(crate) fn soa_with_serial(soa: &[u8], serial: Serial) -> Vec<u8> {
    let mut soa = soa.to_vec();
    if let Some(at) = soa.len().checked_sub(20) {
        soa[at..at + 4].copy_from_slice(&serial.0.to_be_bytes());
    }
    soa
}

/// The serial of SOA data.
pub(crate) fn serial_of(soa: &[u8]) -> Option<Serial> {
    let at = soa.len().checked_sub(20)?;
    soa[at..]
        .first_chunk()
        .map(|serial| Serial(u32::from_be_bytes(*serial)))
}

/// What tells two records of one type apart.
pub(crate) fn canonical(rtype: Rtype, rdata: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rdata.len());
    rr::wire::canonical_rdata(rtype, rdata, &mut out);
    out
}

impl<'a> Set<'a> {
    pub(crate) fn empty(ttl: Ttl) -> Self {
        let rdatas = BTreeMap::new();
        Self { ttl, rdatas }
    }

    /// The only record, or the first one.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        self.rdatas.values().next().map(AsRef::as_ref)
    }
}

impl Spot<'_> {
    /// RFC 2136 §2.4.4: whether the name has records; one that has only names below it has none.
    pub(crate) fn is_in_use(&self) -> bool {
        !self.sets.is_empty()
    }
}
