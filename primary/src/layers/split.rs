//! Which changes of an update belong to which layer.

use rr::{NameRef, Rtype};
use zone::{Checked, Zone};
use zonefile::Written;

use super::lay::is_sealed;
use super::layer::{Layer, Record, Step, canonical};
use crate::updating::Planned;

/// The changes of an update to what is served, by where they are made.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// In the text: records as it has them.
    pub(crate) removed: Vec<Written>,
    pub(crate) added: Vec<Written>,
    pub(crate) above: Vec<Step>,
}

/// Parts the changes to what is served of a zone. A record is taken away from wherever it is; one that comes is ephemeral
/// if that is what is wanted of its name and type, unless it is there below, with another TTL.
pub(crate) fn split(
    planned: &Planned,
    below: &Zone<Checked>,
    layer: &Layer,
    is_ephemeral: impl Fn(NameRef<'_>, Rtype) -> bool,
    now_secs: u64,
) -> Split {
    let mut split = Split::default();
    let is_open = !is_sealed(below);
    for record in &planned.removed {
        let held = layer.find(record.owner.as_ref(), record.rtype, &record.rdata);
        split.above.extend(held.cloned().map(Step::Went));
        // What is nowhere is for the zone below to refuse.
        if held.is_none() || has(below, record) {
            split.removed.push(record.clone());
        }
    }
    for record in &planned.added {
        let wanted = is_open && is_ephemeral(record.owner.as_ref(), record.rtype);
        match wanted && !has(below, record) {
            true => split.above.push(Step::Came(Record {
                owner: record.owner.clone(),
                rtype: record.rtype,
                ttl: record.ttl,
                rdata: record.rdata.clone(),
                since_secs: now_secs,
            })),
            false => split.added.push(record.clone()),
        }
    }
    split
}

/// Whether a zone has the record, with any TTL.
fn has(zone: &Zone<Checked>, record: &Written) -> bool {
    let set = zone
        .node(record.owner.as_ref())
        .and_then(|node| node.rrset(record.rtype));
    let wanted = canonical(record.rtype, &record.rdata);
    set.is_some_and(|set| {
        set.rdatas()
            .any(|rdata| canonical(record.rtype, rdata) == wanted)
    })
}
