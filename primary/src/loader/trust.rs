//! Which commits may follow the one that is served.
//!
//! A branch only goes forward, unless somebody forces it: by mistake, or because the repository is no longer theirs
//! alone. What was served would be gone without a trace, and secondaries would be told to go back. So a commit that was
//! not made on the one served last is not taken in until an operator accepts it.

use std::collections::BTreeSet;

use git_store::{CommitId, Heard, ZoneName};
use rr::Serial;

use super::Loader;
use crate::event::{Event, Refusal};
use crate::state::{HighWater, Kept, StateDir};
use crate::verdict::{Judged, Verdict};

impl Loader {
    /// Goes on where the process before this one ended.
    pub(crate) fn remember(&mut self, state: StateDir, kept: Option<Kept>) {
        self.state = Some(state);
        if let Some(Kept { serials, served }) = kept {
            self.high_water = serials.at;
            (self.serials, self.served) = (serials, served);
        }
    }

    /// Writes down what is about to be served. That it was not served in the end does no harm. `changed` are the zones of
    /// which history says something else than before; `None` for all.
    pub(super) fn promise(
        &mut self,
        id: CommitId,
        judged: &[Judged],
        changed: Option<BTreeSet<ZoneName>>,
    ) -> git_store::Result<()> {
        let mut changed = changed;
        for judged in judged {
            if let Verdict::Publish(version) = &judged.verdict
                && let Some(Serial(serial)) = version.zone.serial()
            {
                self.served.insert(judged.name.clone(), Serial(serial));
                if let Some(changed) = &mut changed {
                    changed.insert(judged.name.clone());
                }
            }
        }
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        let water = HighWater {
            commit: id,
            serials: &self.serials,
            served: &self.served,
        };
        state.keep(&water, changed.as_ref())
    }

    /// Takes in the commit if it may follow the one that is served.
    pub(super) fn hear_commit(&mut self, id: CommitId) -> Heard {
        match self.admits(id) {
            Ok(true) => self.hear_admitted(id),
            Ok(false) => self.refuse(id),
            Err(why) => self.hear_unreadable(id, why),
        }
    }

    pub(super) fn admits(&self, id: CommitId) -> git_store::Result<bool> {
        let Some(served) = self.high_water else {
            return Ok(true);
        };
        let accepted = self.board().accepted;
        for older in [Some(served), accepted].into_iter().flatten() {
            if self.store.is_ancestor(older, id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is served stays. The commit is told again and again, as it may have been accepted by then.
    fn refuse(&mut self, tip: CommitId) -> Heard {
        let Some(served) = self.high_water else {
            return Heard::Again;
        };
        if self.taken.is_none() {
            // It may be gone: then nothing is served until somebody accepts the new one.
            if let Err(why) = self.take_in(served) {
                tracing::error!(commit = %served, error = %why, "what was served last cannot be read");
            }
        }
        let refusal = Refusal { served, tip };
        let is_after_trouble = self.told.take().is_some();
        if is_after_trouble || self.board().refused != Some(refusal) {
            let mut board = self.board();
            board.trouble = Some(refusal.to_string());
            board.refused = Some(refusal);
            drop(board);
            self.tell(&Event::Refused(refusal));
        }
        Heard::Again
    }
}
