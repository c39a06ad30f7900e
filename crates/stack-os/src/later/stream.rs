//! An answer of many messages, which are made one by one.

use super::{
    Next,
    ledger::{Awaited, Streaming},
};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Makes the next message of an answer at the end of what it is given, and says whether there are more.
pub type Pull = Box<dyn FnMut(&mut Vec<u8>) -> Next + Send>;

/// A stream that has begun, with what it is counted by.
pub(crate) struct Stream {
    pub(crate) next: Pull,
    pub(crate) awaited: Awaited,
    pub(crate) streaming: Streaming,
}

/// What became of a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulled {
    /// What the stream said, which makes sense.
    Next(Next),
    /// It panicked.
    Panicked,
}

impl Stream {
    /// Has the next message written into `message`.
    pub(crate) fn pull(&mut self, message: &mut Vec<u8>) -> Pulled {
        message.clear();
        let next = &mut self.next;
        // A stream that panicked is dropped with its connection: that is why asserting unwind safety is right.
        let Ok(next) = catch_unwind(AssertUnwindSafe(|| next(message))) else {
            return Pulled::Panicked;
        };
        let is_message = (1..=usize::from(u16::MAX)).contains(&message.len());
        Pulled::Next(match next {
            Next::Last if message.is_empty() => Next::Last,
            Next::More | Next::Last if is_message => next,
            Next::More | Next::Last | Next::Fail => Next::Fail,
        })
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stream {
            awaited, streaming, ..
        } = self;
        write!(f, "Stream({awaited:?}, {streaming:?})")
    }
}
