//! What an update must have become before it is acknowledged.

use clap::ValueEnum;
use git_remote::{Pushed, RemoteError};
use git_store::{CommitId, Durable, Receipt, Store, WriteError};
use wire::Ede;

use super::pushing::Word;
use super::round::Fault;
use super::{Acknowledged, Refusal};
use crate::branch::Line;
use crate::config::Config;
use crate::following::origin::Origin;
use crate::following::{Exchange, Unsure};
use crate::loading::loader::lock;

/// What an update must have become before it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// A commit on the disk of this machine, synced; pushed then.
    Local,
    /// A commit that the remote has.
    Pushed,
}

/// How commits of updates are kept.
pub(crate) enum Keeping {
    /// On this disk; who is told of each commit where there is a remote.
    Local(Option<Word>),
    /// Elsewhere.
    Pushed(Exchange),
}

/// Why a commit is not kept.
pub(super) enum Unkept {
    /// Somebody else was faster: it is to be made anew on what they have made.
    Late,
    Fault(Fault),
}

impl Keeping {
    /// As it is configured.
    pub(crate) fn of(config: &Config, origin: &Origin, word: Option<Word>) -> Keeping {
        match (config.durability(), &origin.exchange) {
            (Durability::Pushed, Some(exchange)) => Keeping::Pushed(exchange.clone()),
            _ => Keeping::Local(word),
        }
    }

    /// Whether it is the branch here that moves, as soon as there is a commit.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Keeping::Local(_))
    }

    /// Moves the branch to the commit, and makes sure that it is kept. Nothing of it is served before.
    pub(super) fn keep(
        &self,
        line: &Line,
        store: &Store,
        (branch, parent): (&str, CommitId),
        durable: &Durable,
    ) -> Result<Acknowledged, Unkept> {
        match self {
            Keeping::Local(word) => {
                let receipt = store.advance_now(branch, Some(parent), durable);
                let receipt: Receipt = receipt.map_err(Unkept::of)?;
                word.iter().for_each(Word::ahead);
                Ok(Acknowledged::of(&receipt))
            }
            Keeping::Pushed(exchange) => {
                let pushed = push(exchange, line, store, durable.commit())?;
                // From now on it is never taken back, whatever our own disk says.
                line.note_pushed(pushed.commit());
                Ok(Acknowledged::of_pushed(&pushed))
            }
        }
    }
}

fn push(
    exchange: &Exchange,
    line: &Line,
    store: &Store,
    commit: CommitId,
) -> Result<Pushed, Unkept> {
    let Some(mirror) = line.mirror() else {
        return Err(Unkept::trouble("there is no other machine to push to"));
    };
    let theirs = lock(mirror)
        .fetched()
        .map_err(|why| Unkept::of(why.into()))?;
    match exchange.push(store, (theirs, commit), true) {
        Ok(pushed) => Ok(pushed),
        Err(Unsure { why, .. }) if is_late(&why) => {
            fetch(exchange, line, store, theirs)?;
            Err(Unkept::Late)
        }
        Err(unsure) => Err(Unkept::Fault(unsure.fault())),
    }
}

/// What somebody else has pushed.
fn fetch(
    exchange: &Exchange,
    line: &Line,
    store: &Store,
    known: Option<CommitId>,
) -> Result<(), Unkept> {
    let fetched = exchange.fetch(store, known);
    let fetched = fetched.map_err(|why| Unkept::trouble(why.to_string()))?;
    match (fetched, line.mirror()) {
        (Some(fetched), Some(mirror)) => {
            let noted = lock(mirror).note_fetched(fetched.commit);
            noted.map(drop).map_err(Unkept::of)
        }
        _ => Err(Unkept::trouble("the remote has no such branch any more")),
    }
}

fn is_late(why: &RemoteError) -> bool {
    matches!(
        why,
        RemoteError::Moved { .. } | RemoteError::Diverged { .. }
    )
}

impl Unkept {
    fn of(why: WriteError) -> Unkept {
        match why {
            WriteError::Lost { .. } => Unkept::Late,
            why => Unkept::Fault(Fault::Trouble(why.into())),
        }
    }

    fn trouble(text: impl Into<String>) -> Unkept {
        Unkept::Fault(Fault::Trouble(Refusal::trouble(text)))
    }
}

impl Unsure {
    /// Who refuses has looked at it; whoever asks for something else may fare better.
    fn fault(&self) -> Fault {
        match (&self.why, self.is_open) {
            (RemoteError::Refused { .. }, _) => {
                let text = format!("the remote does not take it: {}", self.why);
                Fault::Unwanted(Refusal::refused(Ede::PROHIBITED, text))
            }
            (why, false) => {
                Fault::Trouble(Refusal::unreachable(format!("it cannot be pushed: {why}")))
            }
            (why, true) => Fault::Trouble(Refusal::unreachable(format!(
                "nobody knows whether the remote has it: {why}"
            ))),
        }
    }
}
