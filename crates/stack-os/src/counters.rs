//! What the threads count. Each thread owns its counters and is their only writer; a reader sums them up.

use crate::later::LateCounts;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What has happened since the start, all threads together. A snapshot: the figures need not belong to one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Over UDP.
    pub udp: UdpTotals,
    /// Over TCP.
    pub tcp: TcpTotals,
    /// Over TLS, from the accepted connection on.
    pub tls: TcpTotals,
    /// How connections over TLS began.
    pub handshakes: HandshakeTotals,
}

impl UdpTotals {
    pub(crate) fn add_late(&mut self, counts: &LateCounts) {
        self.answers += counts.answers.load(Relaxed);
        self.unsent += counts.unsent.load(Relaxed);
        self.silent += counts.silent.load(Relaxed);
    }
}

impl TcpTotals {
    /// Answers that came later are counted by the thread that sends them.
    pub(crate) fn add_late(&mut self, counts: &LateCounts) {
        self.silent += counts.silent.load(Relaxed);
    }
}

counters! {
    /// What has happened over UDP.
    UdpTotals counted by UdpCounts:
    /// Datagrams received.
    messages,
    /// Answers that the kernel took.
    answers,
    /// Messages that were met with silence, also after a panic or where an answer was to come later and did not.
    silent,
    /// Messages whose answers were to come later.
    later,
    /// Datagrams dropped unread: from port 0, or from the very address they were sent to (a packet loop).
    bad_sources,
    /// Answers that could not be sent.
    unsent,
    /// Failed attempts to receive.
    receive_errors,
    /// Messages at which the handler panicked.
    panics,
}

counters! {
    /// What has happened over TCP, or over TLS.
    TcpTotals counted by TcpCounts:
    /// Connections accepted.
    accepted,
    /// Connections closed, for whatever reason. The difference to `accepted` are the open ones.
    closed,
    /// Whole messages received.
    messages,
    /// Answers handed to the kernel or waiting for the peer to read.
    answers,
    /// Messages that were met with silence, also after a panic or where an answer was to come later and did not.
    silent,
    /// Messages whose answers were to come later.
    later,
    /// Connections closed: no question was answered for too long.
    closed_idle,
    /// Connections closed: the TLS handshake took too long.
    closed_handshake,
    /// Connections closed: a message took too long to arrive.
    closed_slow,
    /// Connections closed: answers were not read for too long.
    closed_unread,
    /// Connections closed: open too long, or too many messages.
    closed_old,
    /// Connections closed to make room for another one.
    closed_for_room,
    /// Connections closed: an answer of many messages could not go on.
    closed_failed,
    /// Times that no connection could be accepted, for want of descriptors or memory.
    accept_pauses,
    /// Messages at which the handler panicked, and answers of many messages that did.
    panics,
}

counters! {
    /// How connections over TLS began.
    HandshakeTotals counted by HandshakeCounts:
    /// Done, with TLS 1.2.
    tls12,
    /// Done, with TLS 1.3.
    tls13,
    /// Of both, those that went on with the session of a connection before.
    resumed,
    /// Begun later than at once, as others had their turn first ([`TcpLimits::handshake_interval`](crate::TcpLimits)).
    delayed,
    /// Failed: what the client sent is not TLS.
    not_tls,
    /// Failed: the client knows none of our versions of TLS.
    version,
    /// Failed: the client wants to speak protocols only that we do not (ALPN).
    protocol,
    /// Failed: the client refused us, as it may not trust the certificate.
    refused,
    /// Failed: anything else that was wrong with what the client sent.
    other,
    /// Ended before: the client went away, or the connection was closed for a limit.
    abandoned,
}

macro_rules! counters {
    ($(#[$doc:meta])* $totals:ident counted by $counts:ident: $($(#[$field_doc:meta])* $field:ident,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $totals { $($(#[$field_doc])* pub $field: u64,)* }

        impl $totals {
            pub(crate) fn add(&mut self, counts: &$counts) {
                $(self.$field += counts.$field.0.load(Relaxed);)*
            }
        }

        // Alone on its cache lines, two of which are fetched together.
        #[derive(Debug, Default)]
        #[repr(align(128))]
        pub(crate) struct $counts { $(pub(crate) $field: Count,)* }
    };
}
use counters;

/// A number with one writer.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds without a locked instruction, which the one writer does not need.
    pub(crate) fn add(&self, more: u64) {
        self.0.store(self.0.load(Relaxed) + more, Relaxed);
    }
}
