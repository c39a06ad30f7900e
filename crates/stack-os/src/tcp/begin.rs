//! How a connection gets its first turn, where that is the costly one.

use super::{
    Worker,
    beginnings::{Phase, says_it_resumes},
    channel::{Door, OnSocket},
    connection::{Closed, Desk},
};
use crate::{Service, service::Guard};

/// Sessions begun before the open ones have their turn again.
const BEGUN_PER_TURN: usize = 8;
/// Octets of a client's greeting that are looked at while it waits: most have some hundred.
const GREETING_OCTETS: usize = 2048;

impl<D: Door> Worker<D> {
    /// Whether a connection has had its first turn, or needs none; a client that speaks waits for it from now on.
    pub(super) fn has_begun(&mut self, number: usize, is_readable: bool) -> bool {
        let Some(connection) = self.connections.entry(number) else {
            return false;
        };
        // Whoever has said the last word already has none for a session; its place is for another one.
        if connection.phase != Phase::Begun && connection.read_closed {
            self.close(number, Closed::ByPeer);
            return false;
        }
        if connection.phase == Phase::Unheard && is_readable {
            connection.phase = Phase::Waiting(self.now);
            let network = self.limits.handshake_network(connection.peer.ip());
            let mut greeting = [0; GREETING_OCTETS];
            let peeked = connection.channel.socket().peek(&mut greeting);
            let resumes = says_it_resumes(&greeting[..peeked.unwrap_or_default()]);
            self.beginnings.push(number, network, resumes);
        }
        connection.phase == Phase::Begun
    }

    /// Gives connections their first turn, as many as may have it now.
    pub(super) fn begin_some<S: Service>(&mut self, guard: &mut Guard<'_, S>, desk: &mut Desk) {
        let mut begun = 0;
        while begun < BEGUN_PER_TURN && self.pace.next() <= self.now {
            let Some(number) = self.beginnings.pop() else {
                return;
            };
            // Who has gone meanwhile takes no turn; another one may have the number.
            let Some(connection) = self.connections.entry(number) else {
                continue;
            };
            let Phase::Waiting(since) = connection.phase else {
                continue;
            };
            connection.phase = Phase::Begun;
            begun += 1;
            self.pace.take(self.now);
            let is_late = since < self.now;
            self.shared.handshakes.delayed.add(u64::from(is_late));
            self.turn(number, guard, desk);
        }
    }
}
