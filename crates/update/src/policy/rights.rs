//! What a key may, when somebody asks.

use rr::{Name, NameRef, Rtype};
use tsig::{KeyName, Operation, Time};

use super::{Actions, Grant, Policy};
use crate::Refusal;

/// What a key may do to the records of one zone: what its name says, narrowed by its lines of the policy.
pub(crate) struct Rights<'p> {
    key: &'p Name,
    /// None if the policy has no line for the key.
    grants: Option<&'p [Grant]>,
    now: Time,
}

impl<'p> Rights<'p> {
    /// Looks at the name of the key, and at the policy.
    ///
    /// # Errors
    /// When it may change nothing at all in this zone (RFC 2136 §3.3).
    pub(crate) fn of(
        key: &'p Name,
        name: Option<&KeyName>,
        zone: NameRef<'_>,
        policy: &'p Policy,
        now: Time,
    ) -> Result<Self, Refusal> {
        if !name.is_some_and(|name| name.may(Operation::Update, zone)) {
            let (key, zone) = (key.clone(), zone.to_owned());
            return Err(Refusal::NotInKeyName { key, zone });
        }
        if let Some(mistake) = policy.mistake() {
            let (line, column) = (mistake.line, mistake.column);
            return Err(Refusal::BadPolicy { line, column });
        }
        let grants = Some(policy.grants(key.as_ref())).filter(|grants| !grants.is_empty());
        Ok(Self { key, grants, now })
    }

    /// What it may do to the records of this type at this name; ANY for what it may do to some type there.
    pub(crate) fn actions(&self, owner: NameRef<'_>, rtype: Rtype) -> Actions {
        let Some(grants) = self.grants else {
            return Actions::ALL;
        };
        let valid = |grant: &&Grant| {
            !grant.until.is_some_and(|until| until.is_past(self.now))
                && grant.is_about(owner, rtype)
        };
        let fitting = grants.iter().filter(valid);
        fitting.fold(Actions::NONE, |actions, grant| actions.and(grant.actions))
    }

    /// The refusal of an action, or of all if there is none.
    pub(crate) fn refusal(
        &self,
        owner: NameRef<'_>,
        rtype: Rtype,
        action: Option<&'static str>,
    ) -> Refusal {
        Refusal::NotInPolicy {
            key: self.key.clone(),
            action,
            rtype,
            owner: owner.to_owned(),
        }
    }
}
