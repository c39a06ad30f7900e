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

#[cfg(test)]
mod tests {
    use super::*;
    use arc_swap::ArcSwap;
    use authority::Authority;
    use stack_os::Transport;
    use zone::{HashKey, Revision, Zones};

    #[test]
    fn it_answers_with_what_is_served_now_and_refuses_what_wants_a_desk() {
        let key = HashKey::new([1, 2]);
        let zones = Zones::new(key, Revision::new("none"));
        let engine = Engine {
            zones: Arc::new(ArcSwap::from_pointee(Zones::pending(key))),
            authority: Arc::new(ArcSwap::from_pointee(Authority::new(
                authority::Config::default(),
            ))),
        };
        let mut by_hand = ByHand::new(&engine, None, Clock::default());
        let addresses = ["192.0.2.1:5353", "192.0.2.2:53"];
        let [peer, local] = addresses.map(|it| it.parse().expect("an address"));
        let mut rcode = |message: &[u8]| {
            let message = Message::new(message, peer, local, Transport::Udp);
            let mut answer = [0; 512];
            let length = by_hand.handle_message(message, &mut answer)?;
            (length >= 12).then_some(answer[3] & 15)
        };
        let question = |opcode: u8, qtype: u8| {
            let head = [0, 7, opcode << 3, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            [&head[..], b"\x01a\0\0", &[qtype, 0, 1]].concat()
        };
        assert_eq!(rcode(&question(0, 1)), Some(2), "nothing has come yet");
        engine.zones.store(Arc::new(zones));
        assert_eq!(rcode(&question(0, 1)), Some(5), "there are no zones");
        assert_eq!(rcode(&question(5, 6)), Some(4), "updates are not taken");
        assert_eq!(rcode(b"\0\x07\x80"), None, "silence");
    }
}
