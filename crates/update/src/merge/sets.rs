//! One name in three versions.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use rr::{NameRef, Rtype, Serial};
use zone::{Node, Zone};

use super::Lost;
use crate::plan::{Set, Sets, canonical, serial_of, sets_of, soa_with_serial};
use crate::policy::{Policy, Winner};

/// The names that differ between two versions.
pub(super) fn changed_names<'a, A, B>(
    base: &'a Zone<A>,
    other: &'a Zone<B>,
) -> BTreeSet<NameRef<'a>> {
    zone::difference(base, other)
        .map(|change| change.record().owner)
        .collect()
}

/// What a name has in each version.
pub(super) struct Three<'a> {
    pub(super) base: Sets<'a>,
    pub(super) ours: Sets<'a>,
    pub(super) theirs: Sets<'a>,
}

/// Who has changed a set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Nobody,
    Ours,
    Theirs,
    /// Both, to the same.
    Same,
    /// Both, to something else.
    Both,
}

impl<'a> Three<'a> {
    pub(super) fn of(nodes: [Option<Node<'a>>; 3]) -> Self {
        let [base, ours, theirs] = nodes.map(|node| node.map(sets_of).unwrap_or_default());
        Self { base, ours, theirs }
    }

    /// What the name is to have, and what is lost by that.
    pub(super) fn merge(
        &self,
        name: NameRef<'_>,
        policy: &Policy,
        lost: &mut Vec<Lost>,
    ) -> Sets<'a> {
        let (mut merged, mut vain) = (Sets::new(), Vec::new());
        for rtype in self.types() {
            let winner = policy.winner(name, rtype);
            let set = match self.changed(rtype) {
                Changed::Both if rtype == Rtype::SOA => {
                    let soa = self.soa(winner);
                    let is_dispute = soa.as_ref().is_some_and(|(_, is_dispute)| *is_dispute);
                    vain.extend(is_dispute.then_some((rtype, winner)));
                    soa.map(|(set, _)| set)
                }
                Changed::Both => {
                    vain.push((rtype, winner));
                    self.of_side(winner).get(&rtype).cloned()
                }
                Changed::Ours => self.ours.get(&rtype).cloned(),
                Changed::Nobody | Changed::Theirs | Changed::Same => {
                    self.theirs.get(&rtype).cloned()
                }
            };
            merged.extend(set.map(|set| (rtype, set)));
        }
        if has_company(&merged) {
            let winner = policy.winner(name, Rtype::CNAME);
            merged = self.of_side(winner).clone();
            vain = self.vain_under(winner);
        }
        let owner = || name.to_owned();
        lost.extend(vain.into_iter().map(|(rtype, winner)| Lost {
            owner: owner(),
            rtype,
            winner,
        }));
        merged
    }

    fn types(&self) -> BTreeSet<Rtype> {
        let all = self
            .base
            .keys()
            .chain(self.ours.keys())
            .chain(self.theirs.keys());
        all.copied().collect()
    }

    fn changed(&self, rtype: Rtype) -> Changed {
        let [base, ours, theirs] =
            [&self.base, &self.ours, &self.theirs].map(|sets| sets.get(&rtype));
        match (is_same(base, ours), is_same(base, theirs)) {
            (true, true) => Changed::Nobody,
            (false, true) => Changed::Ours,
            (true, false) => Changed::Theirs,
            (false, false) if is_same(ours, theirs) => Changed::Same,
            (false, false) => Changed::Both,
        }
    }

    fn of_side(&self, winner: Winner) -> &Sets<'a> {
        match winner {
            Winner::Update => &self.ours,
            Winner::Human => &self.theirs,
        }
    }

    /// What the other side has changed, where one side is right for the whole name.
    fn vain_under(&self, winner: Winner) -> Vec<(Rtype, Winner)> {
        let is_vain = |rtype: &Rtype| match self.changed(*rtype) {
            Changed::Both => true,
            Changed::Ours => winner == Winner::Human,
            Changed::Theirs => winner == Winner::Update,
            Changed::Nobody | Changed::Same => false,
        };
        self.types()
            .into_iter()
            .filter(is_vain)
            .map(|rtype| (rtype, winner))
            .collect()
    }

    /// The SOA record that both have changed, and whether they disagree about more than its serial.
    fn soa(&self, winner: Winner) -> Option<(Set<'a>, bool)> {
        let [base, ours, theirs] =
            [&self.base, &self.ours, &self.theirs].map(|sets| sets.get(&Rtype::SOA));
        let (ours, theirs) = (ours?, theirs?);
        let rest = |set: &Set<'_>| with_serial(set, Serial(0));
        let [was, our_rest, their_rest] = [base.map(rest), Some(rest(ours)), Some(rest(theirs))];
        let is_dispute = our_rest != was && their_rest != was && our_rest != their_rest;
        let right = match is_dispute {
            true if winner == Winner::Update => ours,
            false if their_rest == was => ours,
            _ => theirs,
        };
        let serials = [ours, theirs].map(|set| set.first().and_then(serial_of));
        let newer = match serials {
            [Some(ours), Some(theirs)] if ours.is_newer_than(theirs) => Some(ours),
            [Some(ours), Some(theirs)] if theirs.is_newer_than(ours) => Some(theirs),
            // The same, or half the circle apart (RFC 1982 §3.2), where the one that comes with the rest is as good.
            _ => right.first().and_then(serial_of),
        };
        let merged = newer.map_or_else(|| right.clone(), |serial| with_serial(right, serial));
        Some((merged, is_dispute))
    }
}

/// The SOA record with another serial.
fn with_serial<'a>(set: &Set<'_>, serial: Serial) -> Set<'a> {
    let rdatas = set
        .rdatas
        .values()
        .map(|rdata| soa_with_serial(rdata, serial));
    let rdatas = rdatas.map(|rdata| (canonical(Rtype::SOA, &rdata), Cow::Owned(rdata)));
    Set {
        ttl: set.ttl,
        rdatas: rdatas.collect(),
    }
}

/// Whether two sets are the same: TTL, and data whatever their spelling.
fn is_same(a: Option<&Set<'_>>, b: Option<&Set<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.ttl == b.ttl && a.rdatas.keys().eq(b.rdatas.keys()),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// RFC 2181 §10.1: whether an alias stands beside something else (RFC 4035 §2.5: but what is about signing).
fn has_company(sets: &Sets<'_>) -> bool {
    let stands_alone = |rtype: &Rtype| !matches!(*rtype, Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC);
    sets.contains_key(&Rtype::CNAME) && sets.keys().any(stands_alone)
}
