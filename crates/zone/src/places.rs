//! Where in the text each record was written: four octets a record, dropped when a zone is checked.

use crate::node::RrsetRef;
use crate::pages::Location;
use crate::rrsets::Item;
use alloc::vec::Vec;
use zonefile::Pos;

/// The place of records that come from another version of the zone.
pub(crate) const ELSEWHERE: Pos = Pos(u32::MAX);

#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// The number of the first record of each node, ascending by node.
    firsts: Vec<(Location, u32)>,
    records: Vec<Pos>,
}

impl Places {
    /// Notes where the records of a node were written; nodes come in ascending order.
    pub(crate) fn push(&mut self, node: Location, items: &[Item<'_>]) {
        self.firsts.push((node, self.records.len() as u32));
        self.records.extend(items.iter().map(|item| item.at));
    }

    /// Where each record of a set was written, as far as it was in this text.
    pub(crate) fn of(&self, rrset: RrsetRef<'_>) -> impl Iterator<Item = Option<Pos>> {
        let first = self.first(rrset);
        (0..rrset.len()).map(move |number| self.at(first? + number))
    }

    /// Where the record of this number was written.
    pub(crate) fn nth(&self, rrset: RrsetRef<'_>, number: usize) -> Option<Pos> {
        self.at(self.first(rrset)? + number)
    }

    fn first(&self, rrset: RrsetRef<'_>) -> Option<usize> {
        let place = rrset.node().place();
        let node = self
            .firsts
            .binary_search_by_key(&place, |(node, _)| *node)
            .ok()?;
        Some(self.firsts[node].1 as usize + rrset.first_record())
    }

    fn at(&self, number: usize) -> Option<Pos> {
        self.records
            .get(number)
            .copied()
            .filter(|place| *place != ELSEWHERE)
    }
}

impl FromIterator<(Location, Vec<Pos>)> for Places {
    /// Collects the places of nodes, which come in ascending order.
    fn from_iter<I: IntoIterator<Item = (Location, Vec<Pos>)>>(nodes: I) -> Self {
        let mut places = Places::default();
        for (node, records) in nodes {
            places.firsts.push((node, places.records.len() as u32));
            places.records.extend(records);
        }
        places
    }
}
