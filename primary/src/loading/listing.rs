//! The catalog (RFC 9432): a zone of ours that lists all others, for secondaries that follow whatever is in it.
//!
//! It lists what the commit has, also a zone that has never been right: secondaries forget what a catalog takes out, with all
//! that they hold of it, and a mistake in a file is no reason for that. Until there is a commit there is no catalog, as an empty
//! one would say the same of all.
//!
//! # Its serial
//! The number of commits that the one it was made for was made on, itself included: it rises with whatever is added to the
//! branch, as the serials of other zones do not fall, and is the same on each machine and after a restart. It is taken on only
//! when zones come or go; and when it would not rise (a rewritten history that an operator accepted, a restart with a state
//! directory that has it already) it is the next one after what was served.
//!
//! # Who gets it
//! Who may transfer it: it is among the zones that are withheld ([`zone::Zones::withholding`]), so nobody else learns whether there is one.

use std::collections::HashSet;

use git_store::{CommitId, Error, Store, ZoneName};
use replication::catalog::{amended, produce};
use rr::{Name, NameRef, Serial};
use zone::{Checked, HashKey, Published, Revision, Unchecked, Zone, Zones, serial_after};

/// What is listed.
#[derive(Debug)]
pub(crate) struct Listing {
    apex: Name,
    /// As the state directory has it.
    name: ZoneName,
    key: HashKey,
    /// Commits that were counted.
    counted: HashSet<CommitId>,
}

impl Listing {
    pub(crate) fn new(apex: &Name, key: HashKey) -> Listing {
        let apex = apex.as_ref().to_lowercase();
        Listing {
            name: ZoneName::from_absolute_text(&apex.to_string()),
            apex,
            key,
            counted: HashSet::new(),
        }
    }

    pub(crate) fn apex(&self) -> NameRef<'_> {
        self.apex.as_ref()
    }

    pub(crate) fn name(&self) -> &ZoneName {
        &self.name
    }

    /// The zones with the catalog of them. `touched` are those that have come, gone or changed since it was made last;
    /// `last` is the serial that a catalog had last.
    ///
    /// # Errors
    /// When history cannot be read.
    pub(crate) fn list(
        &mut self,
        zones: Zones,
        touched: &[Name],
        (store, commit, last): (&Store, CommitId, Option<Serial>),
    ) -> git_store::Result<Zones> {
        let is_taken = touched.contains(&self.apex);
        if is_taken {
            tracing::error!(catalog = %self.apex, "the repository has a zone of this name, which is not served: rename it, or say another --catalog");
        }
        let before = zones
            .zone(self.apex())
            .filter(|it| !is_taken && zones.is_withheld(it));
        let before = before.map(|published| published.zone.clone());
        let changes = before
            .as_ref()
            .map(|it| self.differing(it, &zones, touched));
        if changes
            .as_ref()
            .is_some_and(|(added, removed)| added.is_empty() && removed.is_empty())
        {
            return Ok(zones);
        }
        let count = self.count(store, commit)?;
        let serial = serial_after(last, Some(count)).unwrap_or(count);
        let next = before
            .zip(changes)
            .and_then(|(before, (added, removed))| amended(&before, serial, &added, &removed).ok());
        let next = next.or_else(|| self.whole(&zones, serial));
        let Some((zone, _)) = next.and_then(|next| transfer::accept(next).ok()) else {
            tracing::error!(catalog = %self.apex, "the catalog cannot be made: give it a shorter name with --catalog");
            return Ok(zones);
        };
        // All but the SOA record, the NS record and the version.
        let members = zone.record_count().saturating_sub(3);
        tracing::info!(catalog = %self.apex, serial = serial.0, zones = members, "listed");
        let revision = Revision::new(&commit.to_string());
        let zones = zones.with(Published { zone, revision });
        Ok(zones.withholding(self.apex()))
    }

    fn whole(&self, zones: &Zones, serial: Serial) -> Option<Zone<Unchecked>> {
        let members = zones.iter().map(|it| it.zone.apex());
        let members = members.chain(zones.awaited().map(Name::as_ref));
        let members = members.filter(|member| *member != self.apex());
        produce(&self.apex, serial, members, self.key).ok()
    }

    /// Those of the zones that the catalog has not, and those that it has and that are not there any more.
    fn differing(
        &self,
        catalog: &Zone<Checked>,
        zones: &Zones,
        touched: &[Name],
    ) -> (Vec<Name>, Vec<Name>) {
        let is_listed = |name: &Name| {
            let node = replication::catalog::node_of(name.as_ref(), &self.apex);
            node.is_ok_and(|node| catalog.node(node.as_ref()).is_some())
        };
        let touched = touched.iter().filter(|name| **name != self.apex);
        let differ = touched.map(|name| (name, zones.is_expected(name.as_ref()), is_listed(name)));
        let differ: Vec<_> = differ.collect();
        let of = |wanted: (bool, bool)| {
            let names = differ.iter().filter(|(_, is, was)| (*is, *was) == wanted);
            names.map(|(name, ..)| Name::clone(name)).collect()
        };
        (of((true, false)), of((false, true)))
    }

    /// How many commits this one was made on, itself included. What was counted is not read again.
    fn count(&mut self, store: &Store, commit: CommitId) -> git_store::Result<Serial> {
        let mut left = vec![commit];
        while let Some(id) = left.pop() {
            if self.counted.insert(id) {
                match store.commit(id) {
                    Ok(commit) => left.extend(commit.parents),
                    // A repository that is shallow ends there.
                    Err(Error::Missing { .. }) => {}
                    Err(why) => {
                        self.counted.clear();
                        return Err(why);
                    }
                }
            }
        }
        Ok(Serial(self.counted.len() as u32))
    }
}
