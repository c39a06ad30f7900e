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
        let node = self
            .firsts
            .binary_search_by_key(&rrset.node().place(), |(node, _)| *node);
        let first = node
            .ok()
            .map(|at| self.firsts[at].1 as usize + rrset.first_record());
        (0..rrset.len()).map(move |number| {
            let place = *self.records.get(first? + number)?;
            (place != ELSEWHERE).then_some(place)
        })
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
