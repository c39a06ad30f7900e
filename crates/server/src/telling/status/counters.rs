//! What was answered so far.

use std::fmt;

use authority::Limiter;
use serde::{Deserialize, Serialize};
use stack_os::Totals;

/// What was answered so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Datagrams received.
    pub udp_messages: u64,
    /// Answers to them that were sent.
    pub udp_answers: u64,
    /// Connections accepted.
    pub tcp_connections: u64,
    /// Messages received over TCP.
    pub tcp_messages: u64,
    /// Answers to them.
    pub tcp_answers: u64,
    /// Connections accepted for TLS.
    #[serde(default)]
    pub tls_connections: u64,
    /// Messages received over TLS.
    #[serde(default)]
    pub tls_messages: u64,
    /// Answers to them.
    #[serde(default)]
    pub tls_answers: u64,
    /// Answers over UDP that were sent empty, as their network was sent too much.
    pub udp_limited_truncated: u64,
    /// Answers over UDP that were not sent for that reason.
    pub udp_limited_dropped: u64,
    /// Messages at which the server failed. Please report if it is not 0.
    pub panics: u64,
}

impl Counters {
    pub(crate) fn new(totals: &Totals, limiter: Option<&Limiter>) -> Counters {
        let held_back = limiter.map(Limiter::held_back).into_iter().flatten();
        let (truncated, dropped) = held_back.fold((0, 0), |(truncated, dropped), class| {
            (truncated + class.truncated, dropped + class.dropped)
        });
        Counters {
            udp_limited_truncated: truncated,
            udp_limited_dropped: dropped,
            udp_messages: totals.udp.messages,
            udp_answers: totals.udp.answers,
            tcp_connections: totals.tcp.accepted,
            tcp_messages: totals.tcp.messages,
            tcp_answers: totals.tcp.answers,
            tls_connections: totals.tls.accepted,
            tls_messages: totals.tls.messages,
            tls_answers: totals.tls.answers,
            panics: totals.udp.panics + totals.tcp.panics + totals.tls.panics,
        }
    }

    /// Writes them as rows of a status that a person reads; that of TLS where it is spoken.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_rows(&self, out: &mut fmt::Formatter<'_>, has_tls: bool) -> fmt::Result {
        let Counters {
            udp_messages,
            udp_answers,
            udp_limited_truncated,
            udp_limited_dropped,
            tcp_connections,
            tcp_messages,
            tcp_answers,
            tls_connections,
            tls_messages,
            tls_answers,
            ..
        } = self;
        writeln!(
            out,
            "UDP         {udp_messages} messages, {udp_answers} answers, rate limited: {udp_limited_truncated} truncated, {udp_limited_dropped} dropped"
        )?;
        writeln!(
            out,
            "TCP         {tcp_connections} connections, {tcp_messages} messages, {tcp_answers} answers"
        )?;
        if !has_tls {
            return Ok(());
        }
        writeln!(
            out,
            "TLS         {tls_connections} connections, {tls_messages} messages, {tls_answers} answers"
        )
    }
}
