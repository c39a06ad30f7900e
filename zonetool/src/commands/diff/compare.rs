//! The difference of two record lists in canonical order.

use crate::records::{Record, Records, Shown};
use git_store::ZoneName;
use serde::Serialize;
use std::cmp::Ordering;

/// What happened to one zone.
#[derive(Debug, Serialize)]
pub(super) struct ZoneDiff {
    pub(super) zone: String,
    pub(super) status: Status,
    pub(super) serial: Serials,
    pub(super) changes: Vec<Change>,
    /// Mistakes in the text of either side; what they hide is not compared.
    pub(super) unread: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Added,
    Removed,
    Changed,
}

/// Of the SOA record, before and after.
#[derive(Debug, Serialize)]
pub(super) struct Serials {
    pub(super) before: Option<u32>,
    pub(super) after: Option<u32>,
}

/// One record that is on one side only. A changed TTL is the old record going and the new one coming.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) change: Sign,
    #[serde(flatten)]
    pub(super) record: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sign {
    Removed,
    Added,
}

impl ZoneDiff {
    /// `None` where both sides say the same.
    pub(super) fn between(
        zone: &ZoneName,
        before: Option<Records>,
        after: Option<Records>,
    ) -> Option<ZoneDiff> {
        let status = match (&before, &after) {
            (None, None) => return None,
            (None, Some(_)) => Status::Added,
            (Some(_), None) => Status::Removed,
            (Some(_), Some(_)) => Status::Changed,
        };
        let serial = Serials {
            before: before.as_ref().and_then(Records::serial),
            after: after.as_ref().and_then(Records::serial),
        };
        let errors =
            |side: &Option<Records>| side.as_ref().map_or(0, |records| records.text.errors.len());
        let unread = errors(&before) + errors(&after);
        let records = |side: Option<Records>| side.map_or_else(Vec::new, |records| records.records);
        let changes = merge(&records(before), &records(after));
        let says_nothing = status == Status::Changed && changes.is_empty();
        (!says_nothing).then(|| ZoneDiff {
            zone: zone.as_str().to_owned(),
            status,
            serial,
            changes,
            unread,
        })
    }

    pub(super) fn count(&self, sign: Sign) -> usize {
        self.changes
            .iter()
            .filter(|change| change.change == sign)
            .count()
    }
}

/// Both lists are sorted, so one walk is enough.
fn merge(before: &[Record], after: &[Record]) -> Vec<Change> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let mut changes = Vec::new();
    let mut note = |change, record: &Record| {
        changes.push(Change {
            change,
            record: record.shown(),
        });
    };
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.compare(right),
        };
        let (gone, come) = match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        };
        match (gone, come) {
            (Some(left), Some(right)) if left.ttl == right.ttl => {}
            (left, right) => {
                left.into_iter()
                    .for_each(|record| note(Sign::Removed, record));
                right
                    .into_iter()
                    .for_each(|record| note(Sign::Added, record));
            }
        }
    }
    changes
}
