//! Where the names stand that are to change, and where new ones would stand.

use alloc::{vec, vec::Vec};

use rr::{Class, NameRef, Rtype, Ttl};

use super::{Difference, ZoneText};
use crate::{
    Written,
    reader::Sink,
    source_map::{Pos, Span},
};

/// A record in the text.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) at: Pos,
    pub(super) class: Class,
    pub(super) rtype: Rtype,
    pub(super) rdata: Vec<u8>,
    /// By which it is found.
    pub(super) key: Vec<u8>,
}

/// What was found of one name.
#[derive(Debug, Default)]
pub(super) struct Stand {
    pub(super) sites: Vec<Site>,
    /// The last record of the name before it in canonical order.
    pub(super) behind: Option<Pos>,
}

/// All names of the difference, in canonical order, and what was found of each.
pub(super) struct Located<'d> {
    names: Vec<NameRef<'d>>,
    stands: Vec<Stand>,
    /// The last record of the zone's own file.
    pub(super) last: Option<Pos>,
}

impl Located<'_> {
    pub(super) fn of(&self, name: NameRef<'_>) -> &Stand {
        let at = self.names.binary_search_by(|known| known.cmp(&name));
        &self.stands[at.expect("all names of the difference were looked for")]
    }
}

/// Takes the records of the zone one by one.
pub(super) struct Finder<'d> {
    apex: NameRef<'d>,
    own_octets: usize,
    located: Located<'d>,
    /// The nearest name before each, in wire form; empty before there is one.
    nearest: Vec<Vec<u8>>,
    /// The owner of the record before, and what it is.
    owner: Vec<u8>,
    owner_is: Whose,
}

/// Whose name an owner is.
#[derive(Clone, Copy)]
enum Whose {
    /// One that changes.
    Changing(usize),
    /// The nearest one so far before one that changes.
    Before(usize),
    Other,
}

impl<'d> Finder<'d> {
    pub(super) fn new(zone: &ZoneText<'d>, difference: &Difference<'d>) -> Finder<'d> {
        let all = difference.removed.iter().chain(difference.added);
        let mut names: Vec<NameRef<'d>> = all.map(|record| record.owner.as_ref()).collect();
        names.sort_unstable();
        names.dedup();
        Finder {
            apex: zone.apex,
            own_octets: zone.text.len(),
            nearest: vec![Vec::new(); names.len()],
            located: Located {
                stands: names.iter().map(|_| Stand::default()).collect(),
                names,
                last: None,
            },
            owner: Vec::new(),
            owner_is: Whose::Other,
        }
    }

    pub(super) fn located(self) -> Located<'d> {
        let mut located = self.located;
        // What is before a name is before the next one too, unless something nearer was found.
        for number in 1..located.stands.len() {
            let before = match located.names[number - 1] == self.apex {
                true => None,
                false => located.stands[number - 1].last(),
            };
            let here = &mut located.stands[number];
            here.behind = here.behind.or(before);
        }
        located
    }

    fn turn_to(&mut self, owner: NameRef<'_>) {
        if self.owner == owner.as_wire() {
            return;
        }
        self.owner.clear();
        self.owner.extend_from_slice(owner.as_wire());
        self.owner_is = match self.located.names.binary_search_by(|name| name.cmp(&owner)) {
            Ok(number) => Whose::Changing(number),
            // New names are not written among those of the zone itself.
            Err(number) if number < self.nearest.len() && owner != self.apex => {
                self.come_near(number, owner)
            }
            Err(_) => Whose::Other,
        };
    }

    fn come_near(&mut self, number: usize, owner: NameRef<'_>) -> Whose {
        let nearest = &mut self.nearest[number];
        if NameRef::from_wire(nearest).is_ok_and(|nearest| nearest > owner) {
            return Whose::Other;
        }
        nearest.clear();
        nearest.extend_from_slice(owner.as_wire());
        Whose::Before(number)
    }
}

impl Stand {
    fn last(&self) -> Option<Pos> {
        self.sites.last().map(|site| site.at).or(self.behind)
    }
}

impl Sink for Finder<'_> {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        _: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        self.turn_to(owner);
        if (at.start.0 as usize) < self.own_octets {
            self.located.last = Some(at.start);
        }
        match self.owner_is {
            Whose::Other => {}
            Whose::Before(number) => self.located.stands[number].behind = Some(at.start),
            Whose::Changing(number) => self.located.stands[number].sites.push(Site {
                at: at.start,
                class,
                rtype,
                rdata: rdata.to_vec(),
                key: key(rtype, rdata),
            }),
        }
    }
}

/// What tells a record from the others of its set. There is only one SOA, and its serial may be raised on the way to
/// who asks for a change.
pub(super) fn key(rtype: Rtype, rdata: &[u8]) -> Vec<u8> {
    let mut key = Vec::new();
    if rtype != Rtype::SOA {
        rr::wire::canonical_rdata(rtype, rdata, &mut key);
    }
    key
}

/// The same of a record that comes or goes.
pub(super) fn key_of(record: &Written) -> Vec<u8> {
    key(record.rtype, &record.rdata)
}
