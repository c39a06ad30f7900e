//! What an update comes to.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rr::{Name, NameRef, Rtype, Ttl};
use zone::{Change, RecordRef};

use crate::plan::Set;
use crate::policy::Actions;

/// What is to be done about an update that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Nothing: all is as the sender wants it. There is nothing to commit, and the serial stays.
    Nothing,
    /// These records come and go.
    Changes(Changes),
    /// The zone is to be removed.
    Removal,
}

/// Records that come and go, relative to one version of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    zone: Name,
    sets: Vec<SetChange>,
}

/// What becomes of the records of one type at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetChange {
    owner: Name,
    rtype: Rtype,
    before: Side,
    after: Side,
    /// Records that are there before and after, whatever their TTL.
    kept: usize,
}

/// A set before or after: its TTL, how many records it has, and those of them that come or go, as spelt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Side {
    ttl: Ttl,
    len: usize,
    rdatas: Vec<Vec<u8>>,
}

impl Changes {
    pub(crate) fn new(zone: Name, sets: Vec<SetChange>) -> Self {
        Self { zone, sets }
    }

    /// The name of the zone.
    #[must_use]
    pub fn zone(&self) -> NameRef<'_> {
        self.zone.as_ref()
    }

    /// Set by set, in canonical order of their owners.
    #[must_use]
    pub fn sets(&self) -> &[SetChange] {
        &self.sets
    }

    /// Record by record, for [`zone::Zone::amend`]: within a set what goes comes before what comes.
    #[must_use]
    pub fn records(&self) -> Vec<Change<'_>> {
        self.sets.iter().flat_map(SetChange::records).collect()
    }

    /// One line for each set: `replace TLSA of _443._tcp.www (1 removed, 1 added)`. Names are relative to the zone.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.sets.iter().map(|set| set.line(self.zone.as_ref()))
    }
}

impl SetChange {
    /// What leads from one set to the other; none if they are the same.
    pub(crate) fn between(
        owner: NameRef<'_>,
        rtype: Rtype,
        before: Option<&Set<'_>>,
        after: Option<&Set<'_>>,
    ) -> Option<Self> {
        let is_other_ttl = before
            .zip(after)
            .is_some_and(|(before, after)| before.ttl != after.ttl);
        let side = |this: Option<&Set<'_>>, other: Option<&Set<'_>>| {
            let stays = |key: &Vec<u8>| {
                !is_other_ttl && other.is_some_and(|other| other.rdatas.contains_key(key))
            };
            this.map_or_else(Side::default, |set| Side {
                ttl: set.ttl,
                len: set.rdatas.len(),
                rdatas: set
                    .rdatas
                    .iter()
                    .filter(|(key, _)| !stays(key))
                    .map(|(_, rdata)| rdata.to_vec())
                    .collect(),
            })
        };
        let kept = before.zip(after).map_or(0, |(before, after)| {
            before
                .rdatas
                .keys()
                .filter(|key| after.rdatas.contains_key(*key))
                .count()
        });
        let change = Self {
            owner: owner.to_owned(),
            rtype,
            before: side(before, after),
            after: side(after, before),
            kept,
        };
        let is_change = !change.before.rdatas.is_empty() || !change.after.rdatas.is_empty();
        is_change.then_some(change)
    }

    /// The owner, as the zone spells it.
    #[must_use]
    pub fn owner(&self) -> NameRef<'_> {
        self.owner.as_ref()
    }

    /// The type.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        self.rtype
    }

    /// How many records are no longer there.
    #[must_use]
    pub fn removed(&self) -> usize {
        self.before.len - self.kept
    }

    /// How many records were not there.
    #[must_use]
    pub fn added(&self) -> usize {
        self.after.len - self.kept
    }

    /// The TTL before and after, if records stay and theirs becomes another.
    #[must_use]
    pub fn ttls(&self) -> Option<(Ttl, Ttl)> {
        (self.kept > 0 && self.before.ttl != self.after.ttl)
            .then_some((self.before.ttl, self.after.ttl))
    }

    /// Record by record, what goes first. If the TTL changes all records go and come.
    pub fn records(&self) -> impl Iterator<Item = Change<'_>> {
        let of = |side: &'_ Side| side.ttl;
        let record = move |ttl, rdata| RecordRef {
            owner: self.owner.as_ref(),
            rtype: self.rtype,
            ttl,
            rdata,
            at: None,
        };
        let (old, new) = (of(&self.before), of(&self.after));
        let removed = self
            .before
            .rdatas
            .iter()
            .map(move |rdata| Change::Removed(record(old, rdata)));
        removed.chain(
            self.after
                .rdatas
                .iter()
                .map(move |rdata| Change::Added(record(new, rdata))),
        )
    }

    /// The verb of the policy for it.
    fn verb(&self) -> &'static str {
        match (self.comes(), self.goes()) {
            (true, true) => "replace",
            (true, false) => "add",
            (false, _) => "delete",
        }
    }

    fn comes(&self) -> bool {
        !self.after.rdatas.is_empty()
    }

    fn goes(&self) -> bool {
        !self.before.rdatas.is_empty()
    }

    /// What would have been needed, if that is not among these.
    pub(crate) fn missing_right(&self, allowed: Actions) -> Option<&'static str> {
        let one_by_one = (!self.comes() || allowed.include(Actions::ADD))
            && (!self.goes() || allowed.include(Actions::DELETE));
        let is_replacement =
            self.goes() && self.comes() && self.after.rdatas.len() <= self.before.rdatas.len();
        let may = one_by_one || (is_replacement && allowed.include(Actions::REPLACE));
        // Who may replace, and would have one record grow to two, is told that this is to add.
        let grows = allowed.include(Actions::REPLACE) && self.goes() && self.comes();
        (!may).then_some(if grows { "add" } else { self.verb() })
    }

    fn line(&self, zone: NameRef<'_>) -> String {
        let owner = relative(self.owner.as_ref(), zone);
        let rtype = self.rtype;
        let ttls = self
            .ttls()
            .map(|(old, new)| alloc::format!("TTL {old} to {new}"));
        let counts = [(self.removed(), "removed"), (self.added(), "added")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let told = counts
            .map(|(count, word)| alloc::format!("{count} {word}"))
            .chain(ttls);
        let told: Vec<String> = told.collect();
        alloc::format!("{} {rtype} of {owner} ({})", self.verb(), told.join(", "))
    }
}

/// The type, the owner and how many records go and come, in a form that a program can read: `TLSA www.example.org. -1 +1`.
impl fmt::Display for SetChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (removed, added) = (self.removed(), self.added());
        write!(f, "{} {} -{removed} +{added}", self.rtype, self.owner)
    }
}

/// A name as a zone file would have it below its `$ORIGIN`.
fn relative(name: NameRef<'_>, zone: NameRef<'_>) -> String {
    let whole = alloc::format!("{name}");
    let labels = match name.prefix_of(zone) {
        Some([]) => return String::from("@"),
        Some(labels) if !zone.is_root() => labels,
        _ => return whole,
    };
    let alone = Name::from_wire(&[labels, &[0]].concat());
    let alone = alone.map(|name| alloc::format!("{name}")).unwrap_or(whole);
    String::from(alone.strip_suffix('.').unwrap_or(&alone))
}
