//! What a round changes above the commits, and the proofs that what it changes is kept.

use std::io;

use super::round::{Fate, Fault, Looked, Round};
use super::{Acknowledged, Answer, Answered, Refusal};
use crate::layers::Above;
use crate::loading::loader::Loader;
use crate::loading::loader::stepping::Ready;
use crate::state::journal::Journaled;

/// What is kept of a round; nothing if all is as it was.
#[derive(Default)]
pub(super) struct Proofs {
    pub(super) committed: Option<Acknowledged>,
    pub(super) above: Option<Journaled>,
}

/// Serves what changes above, where there is no commit.
pub(super) fn serve(loader: &mut Loader, round: &Round) -> Result<Proofs, Fault> {
    let above = round.above();
    if above.is_empty() {
        return Ok(Proofs::default());
    }
    let served = loader.serve_above(above, &round.policy);
    Ok(Proofs {
        committed: None,
        above: Some(served.map_err(|why| not_kept(&why))?),
    })
}

/// What changes above together with the commit, before the branch moves to it.
pub(super) fn promise(
    loader: &mut Loader,
    ready: &mut Ready,
    above: &Above,
) -> Result<Option<Journaled>, Fault> {
    if above.is_empty() {
        return Ok(None);
    }
    let promised = loader.promise_above(ready, above);
    promised.map(Some).map_err(|why| not_kept(&why))
}

fn not_kept(why: &io::Error) -> Fault {
    Fault::Trouble(Refusal::trouble(format!(
        "ephemeral records cannot be written to the state directory: {why}"
    )))
}

impl Looked {
    pub(super) fn answer(self, proofs: &Proofs) -> Answered {
        Answered {
            answer: self.fate.answer(proofs),
            ignored: self.ignored,
        }
    }
}

impl Fate {
    /// Without a proof nothing has changed.
    fn answer(self, proofs: &Proofs) -> Answer {
        match (self, proofs.committed, proofs.above) {
            (Fate::Part(_), Some(made), _) => Answer::Acknowledged(made),
            (Fate::Part(_) | Fate::Above, _, Some(journaled)) => Answer::Ephemeral(journaled),
            (Fate::Part(_) | Fate::Above, _, None) | (Fate::Unchanged, _, _) => Answer::Unchanged,
            (Fate::Refused(why), _, _) => Answer::Refused(why),
        }
    }
}
