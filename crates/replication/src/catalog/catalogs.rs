//! What follows from several catalogs together.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rr::{Name, NameRef};

use super::{Catalog, Member};

/// What is to be done for a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is to be followed from now on.
    Added(Name),
    /// It is to be forgotten, with all that was kept of it.
    Removed(Name),
    /// It is another zone of the same name (RFC 9432 §5.4): forget it, and follow it anew.
    Reset(Name),
    /// Another catalog has it now (§4.4.1); its data stay.
    Moved(Name),
    /// Its groups have changed.
    Regrouped(Name),
    /// A second catalog lists it, or it is configured here: that one is passed over (§5.2), and should be told.
    Clash(Name),
}

/// All catalogs that are followed, and which of them each zone belongs to.
#[derive(Debug, Default)]
pub struct Catalogs {
    catalogs: BTreeMap<Name, Catalog>,
    /// The catalog that a zone belongs to, and what it says of it.
    owners: BTreeMap<Name, (Name, Member)>,
}

impl Catalogs {
    /// No catalogs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many zones follow from all of them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether no zone follows from them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The catalog that a zone belongs to, and what it says of it.
    #[must_use]
    pub fn owner(&self, zone: &Name) -> Option<(NameRef<'_>, &Member)> {
        let (catalog, member) = self.owners.get(zone)?;
        Some((catalog.as_ref(), member))
    }

    /// Takes in a new version of a catalog. `is_configured` says which zones are followed whatever catalogs say.
    pub fn update(
        &mut self,
        catalog: Catalog,
        is_configured: impl Fn(&Name) -> bool,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let apex = catalog.apex.clone();
        let before = self.catalogs.insert(apex.clone(), catalog);
        let gone = before.into_iter().flat_map(|before| before.members);
        for (name, _) in gone {
            if !self.lists(&apex, &name) {
                self.leave(&apex, &name, &mut effects);
            }
        }
        let members = self.catalogs.get(&apex).map(|it| it.members.clone());
        for (name, member) in members.unwrap_or_default() {
            match is_configured(&name) {
                true => effects.push(Effect::Clash(name)),
                false => self.join(&apex, name, member, &mut effects),
            }
        }
        effects
    }

    /// Forgets a catalog, and the zones that no other one lists.
    pub fn remove(&mut self, apex: &Name) -> Vec<Effect> {
        let mut effects = Vec::new();
        let before = self.catalogs.remove(apex);
        for (name, _) in before.into_iter().flat_map(|before| before.members) {
            self.leave(apex, &name, &mut effects);
        }
        effects
    }

    fn lists(&self, apex: &Name, zone: &Name) -> bool {
        let catalog = self.catalogs.get(apex);
        catalog.is_some_and(|catalog| catalog.members.contains_key(zone))
    }

    /// A catalog lists a zone.
    fn join(&mut self, apex: &Name, name: Name, member: Member, effects: &mut Vec<Effect>) {
        let effect = match self.owners.get(&name) {
            None => Some(Effect::Added(name.clone())),
            Some((owner, before)) if owner == apex => match () {
                () if before.label != member.label => Some(Effect::Reset(name.clone())),
                () if before.groups != member.groups => Some(Effect::Regrouped(name.clone())),
                () => None,
            },
            // §4.4.1: the one that has it must have said so; another label is a zone that begins anew.
            Some((owner, before)) => match self.moves_to(owner, &name).as_ref() == Some(apex) {
                true if before.label == member.label => Some(Effect::Moved(name.clone())),
                true => Some(Effect::Reset(name.clone())),
                false => {
                    effects.push(Effect::Clash(name));
                    return;
                }
            },
        };
        effects.extend(effect);
        self.owners.insert(name, (apex.clone(), member));
    }

    fn moves_to(&self, owner: &Name, zone: &Name) -> Option<Name> {
        let catalog = self.catalogs.get(owner)?;
        catalog.members.get(zone)?.moves_to.clone()
    }

    /// A catalog no longer lists a zone: another one that does may have it now.
    fn leave(&mut self, apex: &Name, name: &Name, effects: &mut Vec<Effect>) {
        let is_owner = self
            .owners
            .get(name)
            .is_some_and(|(owner, _)| owner == apex);
        if !is_owner {
            return;
        }
        let heirs = self.catalogs.values();
        let heir = heirs
            .filter(|catalog| catalog.apex != *apex)
            .find_map(|catalog| {
                let member = catalog.members.get(name)?;
                Some((catalog.apex.clone(), member.clone()))
            });
        self.owners.remove(name);
        effects.push(match heir {
            Some(heir) => {
                self.owners.insert(name.clone(), heir);
                Effect::Reset(name.clone())
            }
            None => Effect::Removed(name.clone()),
        });
    }
}
