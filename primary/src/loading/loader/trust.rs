//! Which commits may follow the one that is served.
//!
//! A branch only goes forward, unless somebody forces it: by mistake, or because the repository is no longer theirs
//! alone. What was served would be gone without a trace, and secondaries would be told to go back. So a commit that was
//! not made on the one served last is not taken in until an operator accepts it.
//!
//! Where there is a list of signers, each state that the branch went through since must be signed by one of them:
//!
//! ```text
//!   o --- o --- S --- a --- M --- T      S: taken in last. a, M and T must be signed well.
//!                \         /
//!                 x --- y              x and y need not: who signed M vouches for what it brought in.
//! ```
//! Without an S, as at a first start, T must be; where an operator accepted a commit of another history, that one and what
//! was made on it. Nobody can accept a commit that is not signed: whoever can reach the socket is not who may sign.

use std::collections::BTreeSet;

use git_store::{CommitId, Heard, ZoneName};
use rr::Serial;

use super::Loader;
use crate::event::{Distrust, Event, Refusal};
use crate::failure::Failure;
use crate::layers::Layers;
use crate::loading::verdict::{Judged, Verdict};
use crate::serials::Told;
use crate::state::{HighWater, Kept, StateDir};

impl Loader {
    /// Goes on where the process before this one ended.
    ///
    /// # Errors
    /// [`Failure::State`]
    pub(crate) fn remember(
        &mut self,
        (state, kept): (StateDir, Option<Kept>),
    ) -> Result<(), Failure> {
        let (layers, damage) = Layers::open(state.dir())?;
        (self.state, self.layers) = (Some(state), layers);
        if let Some(Kept { serials, served }) = kept {
            self.high_water = serials.at;
            (self.serials, self.served) = (serials, served);
        }
        self.remember_layers(damage);
        Ok(())
    }

    /// Writes down what is about to be served. That it was not served in the end does no harm. `changed` are the zones of
    /// which history says something else than before; `None` for all.
    pub(super) fn promise(
        &mut self,
        id: CommitId,
        (judged, listed): (&[Judged], Option<(ZoneName, Serial)>),
        changed: Option<BTreeSet<ZoneName>>,
    ) -> git_store::Result<()> {
        let mut changed = changed;
        if let Some((name, serial)) = listed {
            // History has nothing to say of it, so it is said here.
            self.serials.put(name.clone(), Told::Serial(Some(serial)));
            self.served.insert(name.clone(), serial);
            changed
                .iter_mut()
                .for_each(|it| _ = it.insert(name.clone()));
        }
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
        if self.heard() == Some(id) && self.board().trouble.is_none() {
            // A commit of ours, which is served since it was made.
            return Heard::Done;
        }
        match self.reopen().and_then(|()| self.admits(id)) {
            Ok(Ok(())) => self.hear_admitted(id),
            Ok(Err(why)) => self.refuse(id, why),
            Err(why) => self.hear_unreadable(id, why),
        }
    }

    /// The law.
    pub(super) fn admits(&self, id: CommitId) -> git_store::Result<Result<(), Distrust>> {
        if !self.follows(id)? {
            return Ok(Err(Distrust::Rewritten));
        }
        for commit in self.new_states(id)? {
            if let Err(why) = self.signature_of(commit)? {
                return Ok(Err(Distrust::Unsigned { commit, why }));
            }
        }
        Ok(Ok(()))
    }

    fn follows(&self, id: CommitId) -> git_store::Result<bool> {
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

    /// The states of the branch that must be signed before this one is taken in, the newest first; none if nothing must.
    fn new_states(&self, id: CommitId) -> git_store::Result<Vec<CommitId>> {
        let (Some(_), Some(served)) = (&self.signers, self.high_water) else {
            return Ok(self.signers.iter().map(|_| id).collect());
        };
        let accepted = self.board().accepted;
        let accepted = accepted.map(|accepted| self.store.commit(accepted));
        let mut known = accepted.transpose()?.map_or_else(Vec::new, |it| it.parents);
        known.push(served);
        self.store.first_parents_since(id, &known)
    }

    /// Whether zones may be served from a commit that was passed over for a newer one.
    pub(in crate::loading) fn is_signed(&self, id: CommitId) -> bool {
        self.signature_of(id) == Ok(Ok(()))
    }

    fn signature_of(&self, id: CommitId) -> git_store::Result<Result<(), signers::Refusal>> {
        let Some(signers) = &self.signers else {
            return Ok(Ok(()));
        };
        let octets = self.store.commit_octets(id)?;
        Ok(signers
            .judge(&octets)
            .map(|signer| crate::telling::log::signed(id, &signer)))
    }

    /// What is served stays. The commit is told again and again, as it may have been accepted by then.
    fn refuse(&mut self, tip: CommitId, why: Distrust) -> Heard {
        let mut unread = None;
        match (self.taken, self.high_water) {
            (Some(_), _) => {}
            (None, None) => self.take_in_older(tip),
            // It may be gone: then nothing is served until somebody accepts the new one.
            (None, Some(served)) => unread = self.take_in(served).err().map(|why| (served, why)),
        }
        let refusal = Refusal {
            tip,
            served: self.high_water,
            why,
        };
        let is_after_trouble = self.told.take().is_some();
        if is_after_trouble || self.board().refused.as_ref() != Some(&refusal) {
            let mut board = self.board();
            board.trouble = Some(refusal.to_string());
            board.refused = Some(refusal.clone());
            drop(board);
            if let Some((served, why)) = unread {
                crate::telling::log::served_last_is_unreadable(served, &why);
            }
            self.tell(&Event::Refused(Box::new(refusal)));
        }
        Heard::Again
    }
}
