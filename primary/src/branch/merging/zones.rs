//! A zone that both sides have changed.

use std::collections::BTreeMap;

use git_store::{Edit, TreePath, ZoneName};
use rr::Name;
use update::{Outcome, Policy, Versions, merge};
use zone::{Checked, Zone, difference};

use super::{Care, Side, Table};
use crate::loading::attempt::{Bench, Trails, read_policy};
use crate::loading::loader::Loader;
use crate::updating::{Changes, read_rights};

/// What becomes of it.
#[derive(Default)]
pub(super) struct Made {
    /// What differs from theirs.
    pub(super) edits: BTreeMap<TreePath, Edit>,
    /// Whether it is neither theirs nor ours.
    pub(super) is_put_together: bool,
    /// What was changed in vain, in words.
    pub(super) lost: Vec<String>,
}

/// A zone in one of the versions.
enum Seen {
    Absent,
    Right(Box<(Zone<Checked>, TreePath)>),
    Wrong,
}

impl Made {
    /// It is as they have it.
    pub(super) fn theirs(why: &str) -> Made {
        Made {
            lost: vec![format!(
                "updates are lost to a commit that changed it too: {why}"
            )],
            ..Made::default()
        }
    }

    fn ours(edits: BTreeMap<TreePath, Edit>, why: &str) -> Made {
        Made {
            edits,
            is_put_together: false,
            lost: vec![format!("a commit is lost to updates: {why}")],
        }
    }
}

impl Seen {
    fn zone(&self) -> Option<&Zone<Checked>> {
        match self {
            Seen::Right(seen) => Some(&seen.0),
            Seen::Absent | Seen::Wrong => None,
        }
    }
}

impl Table {
    pub(super) fn put_together(
        &self,
        loader: &Loader,
        name: &ZoneName,
        care: Care,
    ) -> git_store::Result<Made> {
        let see = |side: &Side| side.see(loader, name);
        let (base, ours, theirs) = (see(&self.base), see(&self.ours), see(&self.theirs));
        match (&base, &ours, &theirs) {
            (_, _, Seen::Wrong) => self.beside_mistakes(loader, name, &base, &ours),
            (Seen::Right(base), Seen::Right(_) | Seen::Absent, _) => {
                let versions = Versions {
                    base: &base.0,
                    ours: ours.zone(),
                    theirs: theirs.zone(),
                };
                self.by_records((loader, care), name, &versions, &theirs)
            }
            (_, Seen::Right(_), Seen::Absent) => Ok(Made {
                edits: self.our_files(loader, name)?,
                ..Made::default()
            }),
            _ => Ok(Made::theirs("both have made it")),
        }
    }

    fn by_records(
        &self,
        (loader, care): (&Loader, Care),
        name: &ZoneName,
        versions: &Versions<'_, Checked, Checked, Checked>,
        theirs: &Seen,
    ) -> git_store::Result<Made> {
        let policy: Policy = read_rights(&self.theirs.snapshot);
        let merged = merge(versions, &policy);
        let mut made = Made {
            lost: merged.lost.iter().map(ToString::to_string).collect(),
            ..Made::default()
        };
        match (merged.outcome, theirs) {
            (Outcome::Changes(changes), Seen::Right(seen)) => {
                let changes = match care {
                    Care::None => Changes::of(changes.records().into_iter()),
                    _ => self.as_far_as_right(&seen.0, &changes, &mut made.lost),
                };
                match self.write(loader, name, &changes, &seen.1) {
                    Ok(edits) => (made.edits, made.is_put_together) = (edits, true),
                    Err(why) => made.lost.extend(Made::theirs(&why).lost),
                }
            }
            (Outcome::Return, _) => made.edits = self.our_files(loader, name)?,
            (Outcome::Removal, Seen::Right(seen)) => {
                made.edits.insert(seen.1.clone(), Edit::Remove);
            }
            _ => {}
        }
        Ok(made)
    }

    /// Those of the changes that leave their zone right, one set after the other.
    fn as_far_as_right(
        &self,
        theirs: &Zone<Checked>,
        changes: &update::Changes,
        lost: &mut Vec<String>,
    ) -> Changes {
        let policy = read_policy(&self.theirs.snapshot);
        let mut zone = theirs.clone();
        let mut left: Vec<_> = changes.sets().iter().collect();
        // One may need another that comes behind it.
        for _ in 0..2 {
            left.retain(|set| {
                let records: Vec<_> = set.records().collect();
                match zone.amend(&records, &policy) {
                    Ok(next) => zone = next,
                    Err(_) => return true,
                }
                false
            });
        }
        lost.extend(left.iter().map(|set| {
            let (rtype, owner) = (set.rtype(), set.owner());
            format!("an update of {rtype} of {owner} is lost to commits: beside them it would be a mistake")
        }));
        Changes::of(difference(theirs, &zone))
    }

    /// What they have pushed is not right. It stays theirs to mend, with our changes in it, if its text can be read.
    fn beside_mistakes(
        &self,
        loader: &Loader,
        name: &ZoneName,
        base: &Seen,
        ours: &Seen,
    ) -> git_store::Result<Made> {
        if let (Some(base), Some(ours)) = (base.zone(), ours.zone())
            && let Some(Ok(file)) = self.theirs.layout.zone(name)
        {
            let changes = Changes::of(difference(base, ours));
            if let Ok(edits) = self.write(loader, name, &changes, &file.path) {
                return Ok(Made {
                    edits,
                    ..Made::default()
                });
            }
        }
        let why = "it has mistakes, and could not be read; push it again without them";
        Ok(Made::ours(self.our_files(loader, name)?, why))
    }

    /// Their text, amended.
    fn write(
        &self,
        loader: &Loader,
        name: &ZoneName,
        changes: &Changes,
        path: &TreePath,
    ) -> Result<BTreeMap<TreePath, Edit>, String> {
        let apex = Name::from_text(name.as_str()).map_err(|why| format!("{why:?}"))?;
        let zone = (apex.as_ref(), path);
        let files = changes.write(&self.theirs.snapshot, (&loader.board(), None), zone);
        let files = files.map_err(|why| why.text)?;
        let edits = files.into_iter();
        Ok(edits
            .map(|file| (TreePath::new(file.path), Edit::Put(file.text)))
            .collect())
    }
}

impl Side {
    /// Read as a whole: what is served has another serial than its text.
    fn see(&self, loader: &Loader, name: &ZoneName) -> Seen {
        let Some(found) = self.layout.zone(name) else {
            return Seen::Absent;
        };
        let bench = Bench {
            store: &loader.store,
            snapshot: &self.snapshot,
            policy: &read_policy(&self.snapshot),
            key: loader.key,
            trails: &Trails::new(),
            since: None,
        };
        let attempt = bench.attempt(found);
        match (attempt.zone, attempt.path) {
            (Some(zone), Some(path)) => Seen::Right(Box::new((zone, path))),
            _ => Seen::Wrong,
        }
    }
}
