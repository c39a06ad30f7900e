//! The files of a zone, as its changes will leave them.

use git_store::{Snapshot, TreePath};
use rr::{Class, NameRef};
use wire::Ede;
use zone::{Change, RecordRef};
use zonefile::{AmendError, Amended, Difference, Written, ZoneText, amend_text};

use super::Refusal;
use crate::loading::parts::Parts;
use crate::telling::board::Board;

/// What changes in a zone.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(super) removed: Vec<Written>,
    pub(super) added: Vec<Written>,
}

impl Changes {
    pub(crate) fn of<'z>(changes: impl Iterator<Item = Change<'z>>) -> Changes {
        let mut all = Changes::default();
        for change in changes {
            match change {
                Change::Removed(record) => all.removed.push(written(&record)),
                Change::Added(record) => all.added.push(written(&record)),
            }
        }
        all
    }

    /// As a zone is amended with them.
    pub(super) fn for_zone(&self) -> Vec<Change<'_>> {
        let removed = self.removed.iter().map(of).map(Change::Removed);
        removed
            .chain(self.added.iter().map(of).map(Change::Added))
            .collect()
    }

    /// The files that change, with their new texts.
    pub(crate) fn write(
        &self,
        snapshot: &Snapshot,
        board: &Board,
        (apex, path): (NameRef<'_>, &TreePath),
    ) -> Result<Vec<Amended>, Refusal> {
        let blob = snapshot.find(path.as_str().unwrap_or_default());
        let blob = blob.ok().flatten();
        let text = blob.and_then(|blob| snapshot.file(path, blob).ok());
        let text = text.ok_or_else(|| Refusal::trouble("the file of the zone cannot be read"))?;
        let zone = ZoneText {
            apex,
            path: &path.to_string(),
            text: text.into(),
        };
        let difference = Difference {
            removed: &self.removed,
            added: &self.added,
            is_shared: &|part| board.zones_with(&TreePath::new(part)) > 1,
        };
        amend_text(zone, &mut Parts::of(snapshot), &difference).map_err(|why| refusal(&why))
    }
}

/// What a person has to mend is refused, what should not have been asked for so is trouble.
fn refusal(why: &AmendError) -> Refusal {
    let text = why.to_string();
    match why {
        AmendError::Generated(_) | AmendError::Shared(_) | AmendError::Inherited(_) => {
            Refusal::refused(Ede::PROHIBITED, text)
        }
        _ => Refusal::trouble(text),
    }
}

fn written(record: &RecordRef<'_>) -> Written {
    Written {
        owner: record.owner.to_owned(),
        class: Class::IN,
        ttl: record.ttl,
        rtype: record.rtype,
        rdata: record.rdata.to_vec(),
    }
}

fn of(record: &Written) -> RecordRef<'_> {
    RecordRef {
        owner: record.owner.as_ref(),
        rtype: record.rtype,
        ttl: record.ttl,
        rdata: &record.rdata,
        at: None,
    }
}
