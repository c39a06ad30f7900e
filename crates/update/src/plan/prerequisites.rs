//! Whether what an update takes for granted is so (RFC 2136 §3.2).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use rr::{NameRef, Rtype};

use super::draft::{Draft, canonical};
use crate::message::Prerequisite;
use crate::refusal::{Refusal, Unmet};

/// Sets that must be exactly so, as canonical data.
type Wanted<'a> = BTreeMap<(NameRef<'a>, Rtype), BTreeSet<Vec<u8>>>;

/// Looks at each in turn, and at sets that must be exactly so in the end, when all their records are known (§3.2.3).
///
/// # Errors
/// The first that does not hold.
pub(super) fn check<'a, S>(
    prerequisites: &'a [Prerequisite],
    draft: &mut Draft<'a, S>,
) -> Result<(), Refusal> {
    let mut wanted = Wanted::new();
    for prerequisite in prerequisites {
        if let Prerequisite::RecordOfRrset {
            owner,
            rtype,
            rdata,
        } = prerequisite
        {
            let records = wanted.entry((owner.as_ref(), *rtype)).or_default();
            records.insert(canonical(*rtype, rdata));
        } else {
            check_one(prerequisite, draft)?;
        }
    }
    wanted
        .into_iter()
        .try_for_each(|((owner, rtype), records)| check_set(owner, rtype, &records, draft))
}

/// RFC 2136 §3.2.1 and §3.2.2.
fn check_one<'a, S>(
    prerequisite: &'a Prerequisite,
    draft: &mut Draft<'a, S>,
) -> Result<(), Refusal> {
    let (owner, rtype) = (prerequisite.owner(), prerequisite.rtype());
    let spot = draft.spot(owner);
    let has_set = spot.sets.contains_key(&rtype);
    let kind = match prerequisite {
        Prerequisite::NameInUse(_) if !spot.is_in_use() => Unmet::NameNotInUse,
        Prerequisite::NameNotInUse(_) if spot.is_in_use() => Unmet::NameInUse,
        Prerequisite::RrsetExists { .. } if !has_set => Unmet::RrsetMissing,
        Prerequisite::RrsetMissing { .. } if has_set => Unmet::RrsetExists,
        _ => return Ok(()),
    };
    Err(unmet(kind, owner, rtype))
}

/// RFC 2136 §2.4.2 and §3.2.3: the same records, whatever their order and TTL.
fn check_set<'a, S>(
    owner: NameRef<'a>,
    rtype: Rtype,
    records: &BTreeSet<Vec<u8>>,
    draft: &mut Draft<'a, S>,
) -> Result<(), Refusal> {
    let set = draft.spot(owner).sets.get(&rtype);
    match set.is_some_and(|set| set.rdatas.keys().eq(records)) {
        true => Ok(()),
        false => Err(unmet(Unmet::RrsetMissing, owner, rtype)),
    }
}

fn unmet(kind: Unmet, owner: NameRef<'_>, rtype: Rtype) -> Refusal {
    let owner = owner.to_owned();
    Refusal::Unmet { kind, owner, rtype }
}
