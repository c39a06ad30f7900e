//! What a merge is to be, and what it says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use git_store::{Draft, Edit, Person, Trailer, TreePath, ZoneName};

use super::zones::Made;
use crate::branch::Apart;
use crate::loading::loader::stepping::Ready;
use crate::updating::COMMITTER;

/// The key of the lines that programs read: what was changed in vain.
const TRAILER: &str = "Stemma-Lost";
/// So many of these are told at most.
const MOST_TOLD: usize = 100;

/// What one side has changed in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InVain {
    pub(crate) zone: ZoneName,
    /// In words.
    pub(crate) what: String,
}

/// What the merge is to be.
#[derive(Default)]
pub(super) struct Plan {
    /// What differs from theirs.
    pub(super) edits: BTreeMap<TreePath, Edit>,
    /// Zones that were put together, so that they may be wrong.
    pub(super) made: BTreeSet<ZoneName>,
    pub(super) lost: Vec<InVain>,
}

impl Plan {
    pub(super) fn take(&mut self, zone: &ZoneName, made: Made) {
        let lost = made.lost.into_iter().map(|what| InVain {
            zone: zone.clone(),
            what,
        });
        self.lost.extend(lost);
        if made.is_put_together {
            self.made.insert(zone.clone());
        }
        self.edits.extend(made.edits);
    }

    /// Zones that were put together, and are wrong.
    pub(super) fn made_wrong(&self, ready: &Ready) -> Vec<ZoneName> {
        let judged = ready.judged().iter();
        let wrong = judged.filter(|judged| judged.broken.is_some());
        let made = wrong.filter(|judged| self.made.contains(&judged.name));
        made.map(|judged| judged.name.clone()).collect()
    }

    pub(super) fn draft(&self, apart: Apart, now: Duration) -> Draft {
        let person = Person {
            name: COMMITTER.into(),
            email: String::new(),
            time_secs: i64::try_from(now.as_secs()).unwrap_or_default(),
            offset_secs: 0,
        };
        Draft {
            parent: Some(apart.ours),
            merged: Some(apart.theirs),
            changes: self.edits.clone(),
            author: person.clone(),
            committer: person,
            message: self.message(apart),
            trailers: self.lost.iter().take(MOST_TOLD).map(trailer).collect(),
        }
    }

    fn message(&self, apart: Apart) -> String {
        let subject = "Merge what was pushed with updates";
        let mut message = format!(
            "{subject}\n\nUpdates up to {}, commits up to {}, since {}\n",
            apart.ours.short(),
            apart.theirs.short(),
            apart.base.short()
        );
        for lost in self.lost.iter().take(MOST_TOLD) {
            message += &format!("\n{lost}");
        }
        match self.lost.len().saturating_sub(MOST_TOLD) {
            0 => message,
            more => format!("{message}\nand {more} more"),
        }
    }
}

fn trailer(lost: &InVain) -> Trailer {
    Trailer {
        key: TRAILER.into(),
        value: lost.to_string(),
    }
}

impl fmt::Display for InVain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.zone, self.what)
    }
}

#[cfg(test)]
mod tests {
    use git_store::CommitId;

    use super::*;

    #[test]
    fn what_is_lost_is_told_up_to_a_limit() {
        let id = |number: u8| CommitId::from_hex(&format!("{number:040x}")).expect("an id");
        let apart = Apart {
            base: id(1),
            ours: id(2),
            theirs: id(3),
        };
        let lost = |count: usize| Plan {
            lost: (0..count)
                .map(|n| InVain {
                    zone: ZoneName::from_absolute_text("a.example."),
                    what: format!("change {n}"),
                })
                .collect(),
            ..Plan::default()
        };
        let all = lost(MOST_TOLD).draft(apart, Duration::ZERO);
        assert_eq!(all.trailers.len(), MOST_TOLD);
        assert!(
            all.message.ends_with("a.example.: change 99"),
            "{}",
            all.message
        );
        let more = lost(MOST_TOLD + 50).draft(apart, Duration::ZERO);
        assert_eq!(more.trailers.len(), MOST_TOLD);
        assert!(more.message.ends_with("\nand 50 more"), "{}", more.message);
    }
}
