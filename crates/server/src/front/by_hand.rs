//! What answers without threads and sockets.

use std::sync::Arc;

use stack_os::{Clock, Handler, Message, Service};

use crate::requests::Desk;
use crate::service::{Answerer, Answering};
use crate::telling::health::Engine;

/// What each thread that answers has, for whoever has no threads: a simulation, or a machine without them.
pub struct ByHand(Answerer);

impl ByHand {
    /// Requests that are no plain questions go to the desk, or are refused without one.
    #[must_use]
    pub fn new(engine: &Engine, desk: Option<Arc<Desk>>, clock: Clock) -> ByHand {
        let answering = Answering::plain(engine, desk, clock);
        ByHand(answering.handler())
    }

    /// Writes the answer to the front of `answer` and gives its length. None: there is silence, or the answer comes later.
    pub fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        self.0.begin_batch();
        let length = self.0.handle_message(message, answer);
        self.0.end_batch();
        length
    }
}

impl std::fmt::Debug for ByHand {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ByHand")
    }
}
