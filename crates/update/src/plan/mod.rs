//! From a verified update and a zone to what would change (RFC 2136 §3).
//!
//! ```text
//!  Update ── may the key (§3.3)? ── whose names (§3.2.5)? ── prerequisites (§3.2) ── steps (§3.4.2) ──┐
//!                                                                                             Draft   │
//!  Planned <── may the key do what this amounts to? ── what it amounts to: sets before, sets after <──┘
//! ```
//! Rights come first, where §3 has them behind the prerequisites, so that nobody learns by a key what it is not for.

mod apply;
mod draft;
mod prerequisites;

use alloc::vec::Vec;

use rr::{Name, NameRef, Rtype, Serial};
use tsig::Time;
use zone::{Zone, Zones};

use draft::sets_served;
pub(crate) use draft::{Set, Sets, canonical, serial_of, sets_of, soa_with_serial};

use crate::ignored::Ignored;
use crate::message::Step;
use crate::planned::{Changes, Planned, SetChange};
use crate::policy::{Actions, Policy, Rights};
use crate::refusal::Refusal;
use crate::update::Update;
use draft::{Draft, Spot};

/// Where an update is to be made, and what is to be respected.
#[derive(Debug)]
pub struct Scene<'a, S> {
    /// The zone so far: the last version that was amended, updates of the same batch included, with the SOA record as it is
    /// written. One without any record is not there, and may be made.
    pub zone: &'a Zone<S>,
    /// The serial that the zone so far is or would be served with: what a sender sees, and what an SOA record that he sends
    /// has to exceed (§3.4.2.2).
    pub serial: Serial,
    /// All zones of this server: names that belong to one below are not of this zone.
    pub zones: &'a Zones,
    /// What the repository says of updates.
    pub policy: &'a Policy,
    /// The time by which rights expire.
    pub now: Time,
}

/// What an update comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done.
    pub planned: Planned,
    /// What of it is not, in the order of the message.
    pub ignored: Vec<Ignored>,
}

/// What an update comes to in a zone: changes that follow from each other for [`Zone::amend`], or nothing. The zone's own
/// rules are not looked at here.
///
/// # Errors
/// Why nothing may be changed.
pub fn plan<S>(update: &Update, scene: &Scene<'_, S>) -> Result<Plan, Refusal> {
    let message = update.message();
    if message.zone.as_ref() != scene.zone.apex() {
        return Err(Refusal::NoSuchZone(message.zone.clone()));
    }
    let apex = scene.zone.apex();
    let rights = Rights::of(
        update.key(),
        update.key_name(),
        apex,
        scene.policy,
        scene.now,
    )?;
    message
        .steps
        .iter()
        .try_for_each(|step| may_touch(step, &rights))?;
    let named = message
        .prerequisites
        .iter()
        .map(|one| (one.owner(), one.rtype()));
    let named = named.chain(
        message
            .steps
            .iter()
            .map(|step| (step.owner(), step.rtype())),
    );
    for (owner, rtype) in named {
        is_of_zone(owner, rtype, scene)?;
    }
    if scene.zone.serial().is_none() && !makes_zone(&message.steps, apex, &rights) {
        return Err(Refusal::NoSuchZone(message.zone.clone()));
    }
    let mut draft = Draft::new(scene.zone, scene.serial);
    prerequisites::check(&message.prerequisites, &mut draft)?;
    if message
        .steps
        .iter()
        .any(|step| removes_zone(step, apex, &rights))
    {
        return Ok(Plan {
            planned: Planned::Removal,
            ignored: Vec::new(),
        });
    }
    let steps = message.steps.iter();
    let ignored = steps.filter_map(|step| apply::apply(step, &mut draft));
    let ignored = ignored.collect();
    let sets = draft
        .into_spots()
        .flat_map(|spot| amounts_to(&spot, scene.serial))
        .collect();
    let planned = judged(sets, scene, &rights)?;
    Ok(Plan { planned, ignored })
}

/// RFC 2136 §3.3, by name and type: what it comes to is judged later.
fn may_touch(step: &Step, rights: &Rights<'_>) -> Result<(), Refusal> {
    let (owner, rtype) = (step.owner(), step.rtype());
    if rights.actions(owner, rtype) == Actions::NONE {
        return Err(rights.refusal(owner, rtype, None));
    }
    // RFC 3007 §4.3: what proves that zone data are whole is made by whoever signs, which is nobody here.
    match rtype {
        Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM => {
            let owner = owner.to_owned();
            Err(Refusal::SignersType { rtype, owner })
        }
        _ => Ok(()),
    }
}

/// RFC 2136 §3.2.5 and §3.4.1.3: NOTZONE for names of a zone below that this server has too, but for what its parent has to
/// say: the delegation, and addresses of its name servers (RFC 1034 §4.2.1).
fn is_of_zone<S>(owner: NameRef<'_>, rtype: Rtype, scene: &Scene<'_, S>) -> Result<(), Refusal> {
    let Some(child) = child_of(owner, scene) else {
        return Ok(());
    };
    match rtype {
        Rtype::NS | Rtype::DS | Rtype::ANY if owner == child => Ok(()),
        Rtype::A | Rtype::AAAA => Ok(()),
        _ => Err(Refusal::OtherZone {
            owner: owner.to_owned(),
            zone: child.to_owned(),
        }),
    }
}

/// The zone below that the name belongs to, be it served or still awaited.
fn child_of<'n, S>(owner: NameRef<'n>, scene: &'n Scene<'_, S>) -> Option<NameRef<'n>> {
    let zones = scene.zones;
    let awaited = owner
        .ancestors()
        .take_while(|name| zones.is_awaited(*name))
        .last();
    let nearest = || zones.find(owner).map(|found| found.zone.apex());
    awaited
        .or_else(nearest)
        .filter(|child| child.is_below(scene.zone.apex()))
}

/// To delete the SOA record is ignored by RFC 2136 §3.4.2.3, and MirageOS' ocaml-dns removes the zone. Here it does so for a
/// key of which the policy says that.
fn removes_zone(step: &Step, apex: NameRef<'_>, rights: &Rights<'_>) -> bool {
    let deletes_soa =
        matches!(step, Step::DeleteRrset { owner, rtype: Rtype::SOA } if owner.as_ref() == apex);
    deletes_soa
        && rights
            .actions(apex, Rtype::SOA)
            .include(Actions::REMOVE_ZONE)
}

/// RFC 2136 §3.1.2 knows no update of a zone that is not there, and MirageOS' ocaml-dns makes it. Here it is made by its SOA
/// record, for a key of which the policy says that.
fn makes_zone(steps: &[Step], apex: NameRef<'_>, rights: &Rights<'_>) -> bool {
    let is_soa = |step: &Step| matches!(step, Step::Add { owner, rtype: Rtype::SOA, .. } if owner.as_ref() == apex);
    steps.iter().any(is_soa) && rights.actions(apex, Rtype::SOA).include(Actions::MAKE_ZONE)
}

/// What has become of a name, set by set.
fn amounts_to(spot: &Spot<'_>, serial: Serial) -> Vec<SetChange> {
    let served = spot
        .node
        .map(|node| sets_served(node, serial))
        .unwrap_or_default();
    if served == spot.sets {
        return Vec::new();
    }
    let written = spot.node.map(sets_of).unwrap_or_default();
    let mut types: Vec<&Rtype> = written.keys().chain(spot.sets.keys()).collect();
    types.sort_unstable();
    types.dedup();
    // Of the SOA record what is served differs from what is written, and it is the latter that changes.
    let changed = types
        .into_iter()
        .filter(|rtype| served.get(rtype) != spot.sets.get(rtype));
    changed
        .filter_map(|rtype| {
            SetChange::between(spot.owner, *rtype, written.get(rtype), spot.sets.get(rtype))
        })
        .collect()
}

/// Whether the key may do what it has come to.
fn judged<S>(
    sets: Vec<SetChange>,
    scene: &Scene<'_, S>,
    rights: &Rights<'_>,
) -> Result<Planned, Refusal> {
    for set in &sets {
        let (owner, rtype) = (set.owner(), set.rtype());
        if let Some(missing) = set.missing_right(rights.actions(owner, rtype)) {
            return Err(rights.refusal(owner, rtype, Some(missing)));
        }
    }
    match sets.is_empty() {
        true => Ok(Planned::Nothing),
        // RFC 3007 §4.3: no update without new signatures.
        false if is_signed(scene.zone) => Err(Refusal::SignedZone(scene.zone.apex().to_owned())),
        false => Ok(Planned::Changes(Changes::new(
            Name::from(scene.zone.apex()),
            sets,
        ))),
    }
}

fn is_signed<S>(zone: &Zone<S>) -> bool {
    let soa = zone.apex_node().rrset(Rtype::SOA);
    soa.is_some_and(|soa| soa.signatures().is_some())
}
