//! The UDP thread: receive a batch, answer each, send the batch.

use crate::{
    Message, Service, Transport,
    counters::UdpCounts,
    later::Datagrams,
    service::{Guard, Way},
};
use kernel_calls::{Batch, Received, out_of_buffers};
use std::{
    io,
    net::SocketAddr,
    os::fd::AsFd,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Batches answered after the stop; a flood must not keep the thread alive.
const LAST_BATCHES: u32 = 16;

/// How long a thread waits after an error of the system, so that a lasting one does not make it spin.
const ERROR_PAUSE: Duration = Duration::from_millis(10);

/// What the thread has in common with the server.
pub(crate) struct Shared<'s, S: Service> {
    pub(crate) service: &'s S,
    pub(crate) counts: &'s UdpCounts,
    pub(crate) stopping: &'s AtomicBool,
}

pub(crate) struct Worker<'s, S: Service> {
    /// The socket, and the way of answers that come later.
    datagrams: Datagrams,
    address: SocketAddr,
    batch: Batch,
    guard: Guard<'s, S>,
    shared: Shared<'s, S>,
    /// Nothing is left in a socket that was shut down.
    exhausted: bool,
    batches_after_stop: u32,
}

impl<'s, S: Service> Worker<'s, S> {
    pub(crate) fn new(
        datagrams: Datagrams,
        address: SocketAddr,
        answer_octets: usize,
        shared: Shared<'s, S>,
    ) -> Self {
        let (batch, guard) = (Batch::new(answer_octets), Guard::new(shared.service));
        Worker {
            datagrams,
            address,
            batch,
            guard,
            shared,
            exhausted: false,
            batches_after_stop: 0,
        }
    }

    pub(crate) fn run(mut self) {
        self.guard.begin_thread(Transport::Udp);
        loop {
            match self.batch.receive(self.datagrams.socket().as_fd()) {
                Ok(count) => self.answer_batch(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A socket that is not shut down has a limit of time instead, and nothing in it now.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.exhausted = self.shared.stopping.load(Ordering::Relaxed);
                }
                Err(_) => self.pause(),
            }
            if self.finished() {
                return;
            }
        }
    }

    fn answer_batch(&mut self, count: usize) {
        self.guard.begin_batch();
        let (mut messages, mut bad_sources, mut silent, mut later) = (0, 0, 0, 0);
        let mut foreseen = 0;
        for index in 0..count {
            if index == foreseen {
                let taken = self.guard.foresee(self.batch.questions(index));
                foreseen = index.saturating_add(taken);
            }
            let (received, answer) = self.batch.slot(index);
            let Some(peer) = received.peer else {
                self.exhausted = true;
                continue;
            };
            messages += 1;
            let message = message(self.address, peer, &received, &self.datagrams);
            if !is_answerable(&message) {
                bad_sources += 1;
                continue;
            }
            let answered = self.guard.handle_message(message, answer);
            let is_later = self.datagrams.was_taken();
            match answered {
                Some(len) => self.batch.queue(index, len),
                None if is_later => later += 1,
                None => silent += 1,
            }
        }
        self.shared.counts.later.add(later);
        self.count(messages, bad_sources, silent);
        self.send();
        self.guard.end_batch();
    }

    fn count(&mut self, messages: u64, bad_sources: u64, silent: u64) {
        let counts = self.shared.counts;
        counts.messages.add(messages);
        counts.bad_sources.add(bad_sources);
        counts.silent.add(silent);
        counts.panics.add(self.guard.take_panics());
    }

    fn send(&mut self) {
        while self.batch.unsent() > 0 {
            match self.batch.send(self.datagrams.socket().as_fd()) {
                Ok(sent) => self.shared.counts.answers.add(sent as u64),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.give_up(&error),
            }
        }
    }

    /// When the system has no room, it has none for the rest of the batch either; any other error (no route, a firewall)
    /// is about one answer.
    fn give_up(&mut self, error: &io::Error) {
        let lost = if out_of_buffers(error) {
            self.batch.unsent()
        } else {
            1
        };
        self.batch.give_up(lost);
        self.shared.counts.unsent.add(lost as u64);
    }

    fn pause(&self) {
        self.shared.counts.receive_errors.add(1);
        thread::sleep(ERROR_PAUSE);
    }

    /// After the stop the socket no longer blocks: it yields what has arrived, then datagrams from nobody.
    fn finished(&mut self) -> bool {
        if !self.shared.stopping.load(Ordering::Relaxed) {
            return false;
        }
        self.batches_after_stop += 1;
        self.batches_after_stop >= LAST_BATCHES || self.exhausted
    }
}

#[inline]
fn message<'m>(
    address: SocketAddr,
    peer: SocketAddr,
    received: &Received<'m>,
    datagrams: &'m Datagrams,
) -> Message<'m> {
    let local = received
        .destination
        .map_or(address, |ip| SocketAddr::new(ip, address.port()));
    Message {
        octets: received.octets,
        peer,
        local,
        transport: Transport::Udp,
        way: Way::Datagram(datagrams),
    }
}

/// Whether an answer could do any good: port 0 cannot be answered, and a datagram that claims to come from the very socket
/// it was sent to would have the server talk to itself for ever.
#[inline]
fn is_answerable(message: &Message<'_>) -> bool {
    let Message { peer, local, .. } = message;
    peer.port() != 0 && (peer.port() != local.port() || peer.ip() != local.ip())
}
