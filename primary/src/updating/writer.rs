//! From updates to answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use git_store::CommitId;
use wire::Ede;

use super::above::{self, Proofs};
use super::durability::{Keeping, Unkept};
use super::round::{Fault, Round};
use super::{Answer, Answered, Refusal, Update};
use crate::branch::{Head, Line};
use crate::loading::loader::{Loader, lock};
use crate::milestone::Milestone;

/// How often a commit is made anew because another one came between.
const TRIES: usize = 8;
/// After so many refusals one behind the other of the remote all others that wait are refused with the same words.
const REFUSALS: usize = 3;

/// Owns the branch and what is served while it is at work.
pub(crate) struct Writer {
    pub(crate) loader: Arc<Mutex<Loader>>,
    pub(crate) line: Arc<Line>,
    pub(crate) keeping: Keeping,
}

impl Writer {
    /// Answers all of them, in their order as far as they depend on each other.
    pub(super) fn serve(&self, updates: Vec<Update>) {
        let mut loader = lock(&self.loader);
        let settled = catch_unwind(AssertUnwindSafe(|| self.settle(&mut loader, &updates)));
        let answers = settled.unwrap_or_else(|_| {
            loader.forget();
            let text = "the server failed while it was at the update; please report this";
            vec![Answer::Refused(Refusal::trouble(text)).into(); updates.len()]
        });
        drop(loader);
        for (update, answer) in updates.into_iter().zip(answers) {
            crate::telling::log::updated(&update, &answer);
            (update.answer)(answer);
        }
    }

    /// Has ephemeral records go that nobody took away.
    pub(super) fn forget_old(&self) {
        let mut loader = lock(&self.loader);
        let now_secs = loader.clock.wall().as_secs();
        loader.forget_old(now_secs);
    }

    fn settle(&self, loader: &mut Loader, updates: &[Update]) -> Vec<Answered> {
        let mut answers = Vec::with_capacity(updates.len());
        while answers.len() < updates.len() {
            let rest = &updates[answers.len()..];
            answers.extend(self.settle_some(loader, rest));
        }
        answers
    }

    /// At least the first of them.
    fn settle_some(&self, loader: &mut Loader, updates: &[Update]) -> Vec<Answered> {
        for _ in 0..TRIES {
            match self.try_round(loader, updates) {
                Ok(Some(answers)) => return answers,
                Ok(None) => {}
                Err((looked_at, Fault::Content(_))) if looked_at > 1 => {
                    // One of them is at fault: which?
                    let (first, second) = updates[..looked_at].split_at(looked_at / 2);
                    let mut answers = self.settle(loader, first);
                    answers.extend(self.settle(loader, second));
                    return answers;
                }
                Err((looked_at, Fault::Unwanted(why))) if looked_at > 1 => {
                    return self.settle_alone(loader, &updates[..looked_at], why);
                }
                Err((
                    looked_at,
                    Fault::Content(why) | Fault::Unwanted(why) | Fault::Trouble(why),
                )) => {
                    return vec![Answer::Refused(why).into(); looked_at];
                }
            }
        }
        let why = Refusal::trouble("others push to the branch all the time; send it again later");
        vec![Answer::Refused(why).into(); updates.len()]
    }

    /// Each in a commit of its own, as the remote does not want all of them together. Who does not want the first few wants none.
    fn settle_alone(
        &self,
        loader: &mut Loader,
        updates: &[Update],
        mut why: Refusal,
    ) -> Vec<Answered> {
        let (mut answers, mut refused) = (Vec::new(), 0);
        for update in updates {
            if refused == REFUSALS {
                answers.push(Answer::Refused(why.clone()).into());
                continue;
            }
            let answer = self.settle_some(loader, std::slice::from_ref(update));
            match answer.first().map(|it| &it.answer) {
                Some(Answer::Refused(again)) => (refused, why) = (refused + 1, again.clone()),
                _ => refused = 0,
            }
            answers.extend(answer);
        }
        answers
    }

    /// Answers for as many updates as shared a round; none if the branch was moved meanwhile. With a fault comes how many
    /// of them it is about.
    fn try_round(
        &self,
        loader: &mut Loader,
        updates: &[Update],
    ) -> Result<Option<Vec<Answered>>, (usize, Fault)> {
        let all = |why: Refusal| (updates.len(), Fault::Trouble(why));
        let (branch, parent) = self.newest(loader).map_err(all)?;
        let round = Round::plan(loader, parent, updates).map_err(|why| all(why.into()))?;
        let updates = &updates[..round.looked.len()];
        let made = match round.changes_anything() {
            false => Made::All(Proofs::default()),
            true => {
                let made = self.commit(loader, &branch, &round, updates);
                made.map_err(|fault| (updates.len(), fault))?
            }
        };
        let looked = round.looked.into_iter();
        Ok(match made {
            Made::Late => None,
            Made::All(proofs) => Some(looked.map(|it| it.answer(&proofs)).collect()),
        })
    }

    /// The branch and its newest commit, which is the one that is served.
    fn newest(&self, loader: &mut Loader) -> Result<(String, CommitId), Refusal> {
        if loader.wants_signatures() {
            return Err(Refusal::refused(
                Ede::PROHIBITED,
                "commits must be signed here, and those of updates are not",
            ));
        }
        let Head { branch, commit } = self.line.head(loader)?;
        match commit {
            None => Err(Refusal::nothing_yet(&branch)),
            Some(tip) if loader.taken() == Some(tip) => Ok((branch, tip)),
            Some(_) => Err(Refusal::trouble(
                "the newest commit is not served; primary --status says why",
            )),
        }
    }

    /// Makes the commit, moves the branch and serves what is there then.
    fn commit(
        &self,
        loader: &mut Loader,
        branch: &str,
        round: &Round,
        updates: &[Update],
    ) -> Result<Made, Fault> {
        let now = i64::try_from(loader.clock.wall().as_secs()).unwrap_or_default();
        let aim = (now, self.keeping.is_local().then_some(branch));
        let Some((durable, mut ready)) = round.prepare(loader, updates, aim)? else {
            return above::serve(loader, round).map(Made::All);
        };
        let above = match above::promise(loader, &mut ready, &round.above()) {
            Ok(promised) => promised,
            Err(fault) => {
                loader.give_up(ready);
                return Err(fault);
            }
        };
        loader.reach(Milestone::Stored);
        let ends = (branch, round.parent);
        match self.keeping.keep(&self.line, &loader.store, ends, &durable) {
            Ok(acknowledged) => {
                loader.reach(Milestone::Moved);
                // It is kept, whatever becomes of serving it.
                loader.serve_own(ready);
                let committed = Some(acknowledged);
                Ok(Made::All(Proofs { committed, above }))
            }
            Err(why) => {
                loader.give_up(ready);
                match why {
                    Unkept::Late => Ok(Made::Late),
                    Unkept::Fault(fault) => Err(fault),
                }
            }
        }
    }
}

/// What came of a round.
enum Made {
    All(Proofs),
    /// The branch was moved by somebody else.
    Late,
}
