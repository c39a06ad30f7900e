//! Ways of answers that are not of this crate: somebody else has received the message.

use std::fmt;

use super::Pull;

/// Carries one answer, for a message that no socket of this crate has received ([`Message::carried`](crate::Message::carried)).
/// Dropped without an answer it is silence.
pub trait Carrier: Send {
    /// Sends the one message of the answer.
    fn answer(self: Box<Self>, octets: &[u8]);

    /// Sends an answer of many messages, each made by a call of `next` when there is room for it.
    fn stream(self: Box<Self>, next: Pull);
}

/// Who has received a message, and can carry answers that come later.
pub trait Carriers: fmt::Debug {
    /// A way for one answer; none if as many are awaited as may be.
    fn carrier(&self) -> Option<Box<dyn Carrier>>;
}
