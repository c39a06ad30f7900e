//! The difference of two record lists in canonical order.

use crate::changes::{self, Line, Sign};
use crate::records::Records;
use git_store::ZoneName;
use serde::Serialize;

/// What happened to one zone.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct ZoneDiff {
    pub(super) zone: String,
    pub(super) status: Status,
    pub(super) serial: Serials,
    pub(super) changes: Vec<Line>,
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
        let (before, after) = (records(before), records(after));
        let changes = changes::lines(changes::between(&before, &after));
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
