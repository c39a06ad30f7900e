//! The steps of an update, done to a draft (RFC 2136 §3.4.2).

use alloc::borrow::Cow;

use rr::{Rtype, Serial, Ttl};

use super::draft::{Draft, Set, Spot, canonical, serial_of};
use crate::ignored::Ignored;
use crate::message::Step;

/// A well-known service (RFC 1035 §3.4.2), which is told apart by address and protocol alone.
const WKS: Rtype = Rtype(11);

/// Does one step. What §3.4.2 says is ignored is no error, and given back.
pub(super) fn apply<'a, S>(step: &'a Step, draft: &mut Draft<'a, S>) -> Option<Ignored> {
    let spot = draft.spot(step.owner());
    match step {
        Step::Add {
            rtype, ttl, rdata, ..
        } => spot.add(*rtype, *ttl, rdata),
        Step::DeleteRrset { rtype, .. } => spot.delete_set(*rtype),
        Step::DeleteName(_) => {
            spot.delete_all();
            None
        }
        Step::DeleteRecord { rtype, rdata, .. } => spot.delete_one(*rtype, rdata),
    }
}

impl<'a> Spot<'a> {
    /// RFC 2136 §3.4.2.2.
    fn add(&mut self, rtype: Rtype, ttl: Ttl, rdata: &'a [u8]) -> Option<Ignored> {
        let refuses_soa = || match rtype {
            Rtype::SOA => self.refuses_soa(rdata),
            _ => None,
        };
        let ignored = self.forbids(rtype).or_else(refuses_soa);
        if ignored.is_some() {
            return ignored;
        }
        let set = self.sets.entry(rtype).or_insert_with(|| Set::empty(ttl));
        // RFC 2181 §5.2: a set has one TTL. The last one is the one that somebody wants.
        set.ttl = ttl;
        let same = |other: &[u8]| match rtype {
            // RFC 2136 §1.1.5 and §3.4.2.2: there is one of these at most, so a new one takes its place; RFC 6672 §5.2.
            Rtype::SOA | Rtype::CNAME | Rtype::DNAME => true,
            // §1.1.5: address and protocol.
            WKS => other.first_chunk::<5>() == rdata.first_chunk::<5>(),
            _ => false,
        };
        let key = canonical(rtype, rdata);
        // A record that is there is left as it is spelt: in another case it is the same (RFC 4343 §3).
        if !set.rdatas.contains_key(&key) {
            set.rdatas.retain(|_, other| !same(other));
            set.rdatas.insert(key, Cow::Borrowed(rdata));
        }
        None
    }

    /// RFC 2136 §3.4.2.2: nothing comes beside an alias, and no alias comes beside anything. Who wants one in place of the
    /// other deletes first.
    fn forbids(&self, rtype: Rtype) -> Option<Ignored> {
        // RFC 4035 §2.5: these two stand beside an alias.
        let stands_alone =
            |there: &Rtype| !matches!(*there, Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC);
        let is_alias = self.sets.contains_key(&Rtype::CNAME);
        let has_others = self.sets.keys().any(stands_alone);
        let owner = || self.owner.to_owned();
        match rtype {
            Rtype::CNAME => has_others.then(|| Ignored::AliasBesideOthers { owner: owner() }),
            _ => is_alias.then(|| {
                let owner = owner();
                Ignored::BesideAlias { rtype, owner }
            }),
        }
    }

    /// RFC 2136 §3.4.2.2: an SOA record takes the place of one whose serial is lower, by RFC 1982 §3.2. One that is equal,
    /// or half the circle away, is as old. There is none but at the apex, where only a zone that is being made has none yet.
    fn refuses_soa(&self, rdata: &[u8]) -> Option<Ignored> {
        let served = self
            .sets
            .get(&Rtype::SOA)
            .and_then(Set::first)
            .and_then(serial_of);
        let sent = serial_of(rdata).unwrap_or(Serial(0));
        match served {
            Some(served) if sent.is_newer_than(served) => None,
            Some(served) => Some(Ignored::OldSerial { sent, served }),
            None if self.is_apex => None,
            None => Some(Ignored::SoaBelowApex {
                owner: self.owner.to_owned(),
            }),
        }
    }

    /// RFC 2136 §3.4.2.3: the apex keeps its SOA record and its name servers.
    fn delete_set(&mut self, rtype: Rtype) -> Option<Ignored> {
        if self.is_kept(rtype) {
            return Some(Ignored::KeptAtApex { rtype });
        }
        self.sets.remove(&rtype);
        None
    }

    /// RFC 2136 §3.4.2.3.
    fn delete_all(&mut self) {
        let is_apex = self.is_apex;
        self.sets
            .retain(|rtype, _| is_apex && is_kept_at_apex(*rtype));
    }

    /// RFC 2136 §3.4.2.4: never the SOA record, nor the last name server of the apex.
    fn delete_one(&mut self, rtype: Rtype, rdata: &[u8]) -> Option<Ignored> {
        let record = canonical(rtype, rdata);
        let is_kept = self.is_kept(rtype);
        let set = self.sets.get_mut(&rtype)?;
        if !set.rdatas.contains_key(&record) {
            return None;
        }
        if is_kept && set.rdatas.len() == 1 {
            return Some(Ignored::KeptAtApex { rtype });
        }
        set.rdatas.remove(&record);
        self.sets.retain(|_, set| !set.rdatas.is_empty());
        None
    }

    fn is_kept(&self, rtype: Rtype) -> bool {
        self.is_apex && is_kept_at_apex(rtype)
    }
}

fn is_kept_at_apex(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::SOA | Rtype::NS)
}
