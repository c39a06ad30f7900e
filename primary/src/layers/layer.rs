//! Records that lie above the Git tree.

use std::collections::BTreeMap;

use rr::{Name, NameRef, Rtype, Ttl};

/// Records of one zone that are served and not committed. No two of them have the same owner, type and data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layer(BTreeMap<Key, Record>);

/// What tells records apart: data in canonical form (RFC 4034 §6.2).
type Key = (Name, Rtype, Vec<u8>);

/// A record of class IN, and since when it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) owner: Name,
    pub(crate) rtype: Rtype,
    pub(crate) ttl: Ttl,
    /// Uncompressed wire form.
    pub(crate) rdata: Vec<u8>,
    /// Seconds since 1970.
    pub(crate) since_secs: u64,
}

/// What happens to a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Came(Record),
    Went(Record),
}

impl Layer {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// In canonical order of their owners.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.0.values()
    }

    pub(crate) fn find(&self, owner: NameRef<'_>, rtype: Rtype, rdata: &[u8]) -> Option<&Record> {
        self.0.get(&key(owner, rtype, rdata))
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Came(record) => self.put(record),
            Step::Went(record) => self.remove(record),
        }
    }

    /// The layer is as it was before these steps, which were the last ones.
    pub(crate) fn take_back(&mut self, steps: &[Step]) {
        for step in steps.iter().rev() {
            match step {
                Step::Came(record) => self.remove(record),
                Step::Went(record) => self.put(record),
            }
        }
    }

    /// What leads from this layer to another one: what goes comes first.
    pub(crate) fn steps_to(&self, other: &Layer) -> Vec<Step> {
        let only = |here: &Layer, there: &Layer| -> Vec<Record> {
            let records = here.0.iter();
            let others = records.filter(|(key, record)| there.0.get(*key) != Some(*record));
            others.map(|(_, record)| record.clone()).collect()
        };
        let went = only(self, other).into_iter().map(Step::Went);
        went.chain(only(other, self).into_iter().map(Step::Came))
            .collect()
    }

    /// Those that came before this second.
    pub(crate) fn before(&self, secs: u64) -> Vec<Step> {
        let old = self.0.values().filter(|record| record.since_secs < secs);
        old.cloned().map(Step::Went).collect()
    }

    fn put(&mut self, record: &Record) {
        self.0.insert(record.key(), record.clone());
    }

    fn remove(&mut self, record: &Record) {
        self.0.remove(&record.key());
    }
}

impl Record {
    fn key(&self) -> Key {
        key(self.owner.as_ref(), self.rtype, &self.rdata)
    }
}

fn key(owner: NameRef<'_>, rtype: Rtype, rdata: &[u8]) -> Key {
    (owner.to_owned(), rtype, canonical(rtype, rdata))
}

pub(super) fn canonical(rtype: Rtype, rdata: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rdata.len());
    rr::wire::canonical_rdata(rtype, rdata, &mut out);
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn record(owner: &str, ttl: u32, data: &str, since_secs: u64) -> Record {
        Record {
            owner: Name::from_text(owner).expect("a name"),
            rtype: Rtype::TXT,
            ttl: Ttl::from_secs(ttl),
            rdata: [&[data.len() as u8], data.as_bytes()].concat(),
            since_secs,
        }
    }

    #[test]
    fn steps_lead_there_and_back() {
        let (mut one, mut other) = (Layer::default(), Layer::default());
        for number in 0..4 {
            one.put(&record("a.example", 60, &number.to_string(), 1));
        }
        for number in 2..6 {
            // Of those that both have, one has another TTL.
            let ttl = if number == 3 { 30 } else { 60 };
            other.put(&record("A.example", ttl, &number.to_string(), 1));
        }
        let steps = one.steps_to(&other);
        let mut there = one.clone();
        steps.iter().for_each(|step| there.take(step));
        assert_eq!(there, other);
        there.take_back(&steps);
        assert_eq!(there, one);
        assert!(one.steps_to(&one).is_empty());
    }

    #[test]
    fn old_ones_are_told() {
        let mut layer = Layer::default();
        for since in [5, 6, 7] {
            layer.put(&record("a.example", 60, &since.to_string(), since));
        }
        assert_eq!(layer.before(5), []);
        assert_eq!(layer.before(7).len(), 2);
    }
}
