//! The files of a zone, as its changes will leave them.

use git_store::{Snapshot, TreePath};
use rr::{Class, NameRef};
use wire::Ede;
use zone::{Change, RecordRef};
use zonefile::{
    AmendError, Amended, Difference, Known, Written, ZoneText, amend_text, amend_text_along,
};

use super::Refusal;
use crate::loading::parts::Parts;
use crate::loading::trail::{Trail, of};
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

    /// The files that change, with their new texts. Of a zone whose `trail` is known little is read.
    pub(crate) fn write(
        &self,
        snapshot: &Snapshot,
        (board, trail): (&Board, Option<&Trail>),
        (apex, path): (NameRef<'_>, &TreePath),
    ) -> Result<Vec<Amended>, Refusal> {
        let difference = Difference {
            removed: &self.removed,
            added: &self.added,
            is_shared: &|part| board.zones_with(&TreePath::new(part)) > 1,
        };
        let along = trail.and_then(|trail| along((apex, trail), snapshot, &difference));
        if let Some(files) = along {
            return Ok(files);
        }
        let blob = snapshot.find(path.as_str().unwrap_or_default());
        let blob = blob.ok().flatten();
        let text = blob.and_then(|blob| snapshot.file(path, blob).ok());
        let text = text.ok_or_else(|| Refusal::trouble("the file of the zone cannot be read"))?;
        let zone = ZoneText {
            apex,
            path: &path.to_string(),
            text: text.into(),
        };
        amend_text(zone, &mut Parts::of(snapshot), &difference).map_err(|why| refusal(&why))
    }
}

fn along(
    (apex, trail): (NameRef<'_>, &Trail),
    snapshot: &Snapshot,
    difference: &Difference<'_>,
) -> Option<Vec<Amended>> {
    let known = Known {
        trail: &trail.text,
        behind: &|name| trail.behind(name),
    };
    let mut texts = |path: &str| trail.text_in(snapshot, path);
    amend_text_along(apex, known, &mut texts, difference)
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
