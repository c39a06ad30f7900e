//! Two changes of one zone become one (not of its text: of its records).
//!
//! A push loses its race when somebody else was there first. Then there are three versions: the one that both began with, ours
//! with the updates that were acknowledged in between, theirs with what a person has pushed. What only one side has changed is
//! taken from that side; what both have made the same is so; where both have changed the records of one type at one name, the
//! [`Policy`] says who is right, and what the other had is [`Lost`]: told, and kept in history, as a merge commit has both for
//! parents.
//!
//! The SOA record is no reason to disagree: its serial is the newer of both (RFC 1982 §3.2), and what is served follows from
//! history. Nothing stands beside an alias in what comes out (RFC 2181 §10.1): where what is right for each type would be wrong for
//! the name, one side is right for all of it. In names, capitals are no difference (RFC 4343 §3).

mod sets;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rr::{Name, NameRef, Rtype};
use zone::Zone;

use crate::planned::{Changes, SetChange};
use crate::policy::{Policy, Winner};
use sets::{Three, changed_names};

/// The three versions of a zone that a merge is about; none where a side does not have it.
#[derive(Debug)]
pub struct Versions<'a, A, B, C> {
    /// What both sides began with.
    pub base: &'a Zone<A>,
    /// With our updates.
    pub ours: Option<&'a Zone<B>>,
    /// With what was pushed.
    pub theirs: Option<&'a Zone<C>>,
}

/// What comes of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// What is to be done to their version.
    pub outcome: Outcome,
    /// What one side has changed in vain, in canonical order.
    pub lost: Vec<Lost>,
}

/// What is to be done to their version, so that ours is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing: it has all of ours.
    Nothing,
    /// These records come and go.
    Changes(Changes),
    /// The zone is removed.
    Removal,
    /// The zone comes back as it is in our version.
    Return,
}

/// Records that one side has changed in vain, because the other has changed them too, or has removed the zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Their owner.
    pub owner: Name,
    /// Their type; ANY for all of the zone.
    pub rtype: Rtype,
    /// Who was right.
    pub winner: Winner,
}

/// Brings our version together with theirs.
#[must_use]
pub fn merge<A, B, C>(versions: &Versions<'_, A, B, C>, policy: &Policy) -> Merged {
    let base = versions.base;
    match (versions.ours, versions.theirs) {
        (Some(ours), Some(theirs)) => merge_records(base, ours, theirs, policy),
        (None, None) => Merged::plain(Outcome::Nothing),
        (None, Some(theirs)) => match is_changed(base, theirs) {
            false => Merged::plain(Outcome::Removal),
            true => about_presence(base.apex(), Outcome::Removal, policy),
        },
        (Some(ours), None) => match is_changed(base, ours) {
            false => Merged::plain(Outcome::Nothing),
            true => about_presence(base.apex(), Outcome::Return, policy),
        },
    }
}

fn is_changed<A, B>(base: &Zone<A>, other: &Zone<B>) -> bool {
    zone::difference(base, other).next().is_some()
}

/// One side has removed the zone and the other has changed it. `update_right` is what is done if the update is right; else
/// their version stays as it is.
fn about_presence(apex: NameRef<'_>, update_right: Outcome, policy: &Policy) -> Merged {
    let winner = policy.winner(apex, Rtype::SOA);
    let lost = Lost {
        owner: apex.to_owned(),
        rtype: Rtype::ANY,
        winner,
    };
    let outcome = match winner {
        Winner::Update => update_right,
        Winner::Human => Outcome::Nothing,
    };
    Merged {
        outcome,
        lost: [lost].into(),
    }
}

fn merge_records<A, B, C>(
    base: &Zone<A>,
    ours: &Zone<B>,
    theirs: &Zone<C>,
    policy: &Policy,
) -> Merged {
    let (mut changes, mut lost) = (Vec::new(), Vec::new());
    let names: BTreeSet<_> = changed_names(base, ours);
    for name in names {
        let three = Three::of([base.node(name), ours.node(name), theirs.node(name)]);
        let merged = three.merge(name, policy, &mut lost);
        let owner = theirs
            .node(name)
            .filter(|node| !node.is_empty_non_terminal());
        let owner = owner.map_or(name, zone::Node::owner);
        let types: BTreeSet<_> = merged.keys().chain(three.theirs.keys()).collect();
        changes.extend(types.into_iter().filter_map(|rtype| {
            SetChange::between(owner, *rtype, three.theirs.get(rtype), merged.get(rtype))
        }));
    }
    let outcome = match changes.is_empty() {
        true => Outcome::Nothing,
        false => Outcome::Changes(Changes::new(Name::from(theirs.apex()), changes)),
    };
    Merged { outcome, lost }
}

impl Merged {
    fn plain(outcome: Outcome) -> Self {
        let lost = Vec::new();
        Self { outcome, lost }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, rtype, .. } = self;
        let (loser, winner) = match self.winner {
            Winner::Human => ("an update", "a commit"),
            Winner::Update => ("a commit", "an update"),
        };
        match *rtype {
            Rtype::ANY => write!(
                f,
                "{loser} of the zone {owner} is lost to {winner}: one has changed what the other removed"
            ),
            rtype => write!(
                f,
                "{loser} of {rtype} of {owner} is lost to {winner} that changed it too"
            ),
        }
    }
}
