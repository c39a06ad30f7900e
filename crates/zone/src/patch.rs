//! From one version of a zone to the next, at the cost of what changed.

use crate::check::defect::Defect;
use crate::difference::{Change, RecordRef};
use crate::editor::Editor;
use crate::node::{Node, RrsetRef};
use crate::places::ELSEWHERE;
use crate::rrsets::{Group, Item, MAX_RDATA, compare_rdata, settle};
use crate::{Unchecked, Zone};
use alloc::vec::Vec;
use core::fmt;
use zonefile::Pos;

/// Why a patch does not fit a zone. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchError {
    /// The change with this number removes a record that is not there.
    NotThere(usize),
    /// The change with this number is about a name that is not in the zone.
    OutOfZone(usize),
    /// The change with this number adds a record that fits in no message.
    TooLarge(usize),
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatchError::NotThere(number) => {
                write!(f, "change {number} removes a record that is not there")
            }
            PatchError::OutOfZone(number) => write!(f, "change {number} is outside the zone"),
            PatchError::TooLarge(number) => {
                write!(f, "change {number} adds more than fits in a message")
            }
        }
    }
}

impl core::error::Error for PatchError {}

impl<State> Zone<State> {
    /// The zone after `changes`, sharing all that they do not touch with this one.
    ///
    /// The order of the changes does not matter but for this: at one name all removals come first.
    /// The TTL of a record to remove is not looked at. A record added twice, or with another TTL
    /// than its set, is noted as a [`Defect`]. The new version knows the place of added records only.
    ///
    /// # Errors
    /// [`PatchError`] if the changes were not made for this version.
    pub fn patch(&self, changes: &[Change<'_>]) -> Result<Zone<Unchecked>, PatchError> {
        let owner = |number: &usize| changes[*number].record().owner;
        let mut sorted: Vec<usize> = (0..changes.len()).collect();
        sorted.sort_by(|a, b| owner(a).cmp(&owner(b)));
        let (mut editor, mut defects) = (Editor::new(&self.form), Vec::new());
        // Ancestors first: what a name occludes is known before the names below are written.
        for name in sorted.chunk_by(|a, b| owner(a) == owner(b)) {
            edit(&mut editor, changes, name, &mut defects)?;
        }
        let (form, places) = editor.finish();
        let defects = defects.into_iter().map(placed).collect();
        Ok(Zone::unchecked(form, Unchecked::new(defects, places)))
    }
}

/// Makes the changes at one name; `numbers` says which they are.
fn edit(
    editor: &mut Editor,
    changes: &[Change<'_>],
    numbers: &[usize],
    defects: &mut Vec<Defect>,
) -> Result<(), PatchError> {
    let name = changes[numbers[0]].record().owner;
    if !name.is_at_or_below(editor.apex()) {
        return Err(PatchError::OutOfZone(numbers[0]));
    }
    let added = added(changes, numbers)?;
    let old = editor.find_node(name);
    let mut records = old.map_or_else(Vec::new, copied);
    remove(&mut records, changes, numbers)?;
    // The spelling of the owner is that of the records that stay, or else of the first new one.
    let kept = old.filter(|_| !records.is_empty()).map(Node::owner);
    let new = added.first().map(|record| record.owner);
    let owner = kept.or(new).unwrap_or(name).to_owned();
    records.extend(added.into_iter().map(Owned::of));
    let mut items = records.iter().map(Owned::item).collect();
    settle(&mut items, defects);
    editor.put(owner.as_ref(), &items);
    Ok(())
}

/// The records to add.
fn added<'c>(
    changes: &'c [Change<'c>],
    numbers: &[usize],
) -> Result<Vec<&'c RecordRef<'c>>, PatchError> {
    let fits = |record: &RecordRef<'_>| record.rdata.len() <= MAX_RDATA;
    let added = numbers.iter().filter_map(|number| match &changes[*number] {
        Change::Added(record) if fits(record) => Some(Ok(record)),
        Change::Added(_) => Some(Err(PatchError::TooLarge(*number))),
        Change::Removed(_) => None,
    });
    added.collect()
}

fn remove(
    records: &mut Vec<Owned>,
    changes: &[Change<'_>],
    numbers: &[usize],
) -> Result<(), PatchError> {
    for number in numbers {
        if let Change::Removed(record) = &changes[*number] {
            let at = records.iter().position(|owned| owned.is(record));
            records.remove(at.ok_or(PatchError::NotThere(*number))?);
        }
    }
    Ok(())
}

/// A defect whose places are known or are the start of the text, and not [`ELSEWHERE`].
fn placed(defect: Defect) -> Defect {
    let known = |pos| (pos != ELSEWHERE).then_some(pos);
    let at = known(defect.at).unwrap_or_default();
    Defect {
        at,
        first: known(defect.first).unwrap_or(at),
        ..defect
    }
}

/// A record copied out of the pages, so that they can be written to.
struct Owned {
    group: Group,
    ttl: u32,
    rdata: Vec<u8>,
    at: Pos,
}

impl Owned {
    fn of(record: &RecordRef<'_>) -> Self {
        Owned {
            group: Group::of(record.rtype, record.rdata),
            ttl: record.ttl.as_secs(),
            rdata: record.rdata.to_vec(),
            at: record.at.unwrap_or(ELSEWHERE),
        }
    }

    fn is(&self, record: &RecordRef<'_>) -> bool {
        self.group == Group::of(record.rtype, record.rdata)
            && compare_rdata(record.rtype, &self.rdata, record.rdata).is_eq()
    }

    fn item(&self) -> Item<'_> {
        Item {
            group: self.group,
            ttl: self.ttl,
            rdata: &self.rdata,
            at: self.at,
        }
    }
}

fn copied(node: Node<'_>) -> Vec<Owned> {
    let owned = |set: RrsetRef<'_>, rdata: &[u8]| Owned {
        group: Group::of(set.rtype(), rdata),
        ttl: set.ttl().as_secs(),
        rdata: rdata.to_vec(),
        at: ELSEWHERE,
    };
    node.entries()
        .flat_map(|set| set.rdatas().map(move |rdata| owned(set, rdata)))
        .collect()
}
