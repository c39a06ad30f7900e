//! Pushes, each of which somebody else begins.

use std::sync::mpsc::{Receiver, channel};

use super::pace::Outcome;
use super::run::Run;
use super::{Means, News, Word};

/// What the thread `push` does, without it and without its pace.
pub(crate) struct PusherByHand {
    run: Run,
    word: Word,
    heard: Receiver<News>,
}

impl PusherByHand {
    pub(crate) fn new(means: Means) -> PusherByHand {
        let (news, heard) = channel();
        PusherByHand {
            run: Run::new(means),
            word: Word(news),
            heard,
        }
    }

    pub(crate) fn word(&self) -> Word {
        self.word.clone()
    }

    /// Whether there may be something to push since this was asked last.
    pub(crate) fn is_told(&self) -> bool {
        self.heard.try_iter().count() > 0
    }

    /// Pushes what the remote has not. Gives whether it has all then.
    pub(crate) fn push(&mut self) -> bool {
        self.run.try_once() == Outcome::Done
    }
}
