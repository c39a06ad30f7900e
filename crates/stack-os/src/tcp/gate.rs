//! The ways into a thread's table of connections, and out of it.

use super::{
    Worker,
    beginnings::Phase,
    channel::{Channel, Door, OnSocket},
    clients::Admission,
    connection::{Closed, Connection},
};
use kernel_calls::out_of_descriptors;
use mio::{Interest, Token, net::TcpStream};
use socket2::SockRef;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// Connections accepted before the open ones have their turn again.
const ACCEPTS_PER_TURN: usize = 64;

impl<D: Door> Worker<D> {
    pub(super) fn accept(&mut self, listener: usize) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.listeners[listener].accept() {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if out_of_descriptors(&error) => return self.pause_accepting(),
                // The peer has gone again, or a signal came.
                Err(_) => {}
            }
        }
        self.accept_at = Some(self.now);
    }

    /// The connections wait in the kernel's queue. One descriptor is made free so that the next attempt gets further.
    fn pause_accepting(&mut self) {
        self.shared.counts.accept_pauses.add(1);
        self.accept_at = Some(self.now + self.limits.accept_pause);
        if let Some(number) = self.connections.least_useful(|_| true) {
            self.close(number, Closed::ForRoom);
        }
    }

    pub(super) fn accept_again(&mut self) {
        if self.accept_at.is_some_and(|at| at <= self.now) {
            self.accept_at = None;
            (0..self.listeners.len()).for_each(|listener| self.accept(listener));
        }
    }

    /// Takes a new connection in, at the cost of the least useful one if there is no room. The victim is sought among this
    /// thread's; if it has none, the new one is turned away.
    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        self.shared.counts.accepted.add(1);
        let client = self.limits.client(peer.ip());
        let mut admission = self.shared.clients.admit(client);
        let victim = match admission {
            Admission::Admitted => None,
            Admission::ClientIsFull => self
                .connections
                .least_useful(|connection| connection.client == client),
            Admission::Full => self.connections.least_useful(|_| true),
        };
        if let Some(victim) = victim {
            self.close(victim, Closed::ForRoom);
            admission = self.shared.clients.admit(client);
        }
        match admission {
            Admission::Admitted => match self.door.enter(stream) {
                Ok(channel) => self.open(Connection::new(channel, peer, client, self.now)),
                Err(_) => self.forget(client),
            },
            Admission::ClientIsFull | Admission::Full => {
                self.shared.counts.closed.add(1);
                self.shared.counts.closed_for_room.add(1);
            }
        }
    }

    /// How often limits of time are looked at.
    pub(super) fn sweep_interval(&self) -> Duration {
        let later = &self.post.ledger().limits;
        self.limits.sweep_interval(later)
    }

    fn open(&mut self, mut connection: Connection<D::Channel>) {
        let client = connection.client;
        let opened = connection.channel.socket().local_addr().and_then(|local| {
            connection.local = local;
            let token = Token(self.connections.next_number() + self.listeners.len());
            let both = Interest::READABLE | Interest::WRITABLE;
            self.poll
                .registry()
                .register(connection.channel.socket(), token, both)
        });
        match opened {
            Ok(()) => {
                self.connections.insert(connection);
                self.sweep_at
                    .get_or_insert(self.now + self.sweep_interval());
            }
            // The peer has gone again, or the kernel has no memory to watch it.
            Err(_) => self.forget(client),
        }
    }

    /// A connection that was admitted comes to nothing.
    fn forget(&mut self, client: IpAddr) {
        self.shared.clients.leave(client);
        self.shared.counts.closed.add(1);
    }

    pub(super) fn close(&mut self, number: usize, reason: Closed) {
        let Some(mut connection) = self.connections.remove(number) else {
            return;
        };
        connection.leave();
        let has_unread = connection.has_unread_answers();
        let channel = &mut connection.channel;
        channel.count_beginning(&self.shared.handshakes, true);
        if has_unread {
            // A reset: the kernel must not keep answers for a peer that does not read them.
            let _ = SockRef::from(&*channel.socket()).set_linger(Some(Duration::ZERO));
        } else if connection.phase == Phase::Begun {
            channel.say_goodbye();
        }
        let client = connection.client;
        // Whoever sees that it is closed finds that all it had is free again.
        drop(connection);
        self.shared.clients.leave(client);
        let counts = &self.shared.counts;
        counts.closed.add(1);
        match reason {
            Closed::ByPeer => {}
            Closed::Idle => counts.closed_idle.add(1),
            Closed::Handshake => counts.closed_handshake.add(1),
            Closed::Slow => counts.closed_slow.add(1),
            Closed::Unread => counts.closed_unread.add(1),
            Closed::Old => counts.closed_old.add(1),
            Closed::ForRoom => counts.closed_for_room.add(1),
            Closed::Failed => counts.closed_failed.add(1),
        }
    }
}
