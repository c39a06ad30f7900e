//! Connections over TCP and TLS, how those over TLS began, and the certificate.

use stack_os::{HandshakeTotals, TcpTotals, Totals};

use super::text::Page;
use crate::front::Front;
use crate::tls::Keeper;

pub(super) fn write(page: &mut Page, front: &Front, stack: &Totals) {
    let each = [("tcp", &stack.tcp), ("tls", &stack.tls)];
    write_numbers(page, each);
    write_closed(page, each);
    write_handshakes(page, &stack.handshakes);
    if let Some(keeper) = &front.tls {
        write_certificate(page, keeper);
    }
}

/// Of TCP and of TLS.
type Each<'t> = [(&'static str, &'t TcpTotals); 2];

fn write_numbers(page: &mut Page, each: Each<'_>) {
    page.counter("stemma_tcp_connections_total", "Connections accepted.");
    for (transport, totals) in each {
        page.sample(&[("transport", transport)], totals.accepted);
    }
    page.gauge("stemma_tcp_connections_open", "Connections that are open.");
    for (transport, totals) in each {
        let open = totals.accepted.saturating_sub(totals.closed);
        page.sample(&[("transport", transport)], open);
    }
    page.counter(
        "stemma_tcp_accept_pauses_total",
        "Times that no connection could be accepted, for want of descriptors or memory.",
    );
    for (transport, totals) in each {
        page.sample(&[("transport", transport)], totals.accept_pauses);
    }
}

fn write_closed(page: &mut Page, each: Each<'_>) {
    page.counter(
        "stemma_tcp_connections_closed_total",
        "Connections closed: idle, handshake (it took too long), slow (a message did), unread (answers were not read), old \
         (time or messages), room (for another one), failed (an answer of many messages could not go on), peer (its end, or an error).",
    );
    for (transport, totals) in each {
        let ours = [
            ("idle", totals.closed_idle),
            ("handshake", totals.closed_handshake),
            ("slow", totals.closed_slow),
            ("unread", totals.closed_unread),
            ("old", totals.closed_old),
            ("room", totals.closed_for_room),
            ("failed", totals.closed_failed),
        ];
        let by_us: u64 = ours.iter().map(|(_, count)| count).sum();
        let by_peers = ("peer", totals.closed.saturating_sub(by_us));
        for (reason, count) in ours.into_iter().chain([by_peers]) {
            page.sample(&[("transport", transport), ("reason", reason)], count);
        }
    }
}

fn write_handshakes(page: &mut Page, totals: &HandshakeTotals) {
    page.counter("stemma_tls_handshakes_total", "TLS handshakes done.")
        .sample(&[("version", "1.2")], totals.tls12)
        .sample(&[("version", "1.3")], totals.tls13);
    page.counter(
        "stemma_tls_resumed_total",
        "Of them, those that went on with a session of before.",
    )
    .sample(&[], totals.resumed);
    page.counter(
        "stemma_tls_handshakes_delayed_total",
        "TLS handshakes that waited for their turn, as more came than may begin in a second.",
    )
    .sample(&[], totals.delayed);
    page.counter(
        "stemma_tls_handshake_failures_total",
        "TLS handshakes that were not done: not-tls, version (older than 1.2), protocol (ALPN without dot), refused (by the \
         client), abandoned (ended before: it left, or a limit), other.",
    );
    for (reason, count) in [
        ("not-tls", totals.not_tls),
        ("version", totals.version),
        ("protocol", totals.protocol),
        ("refused", totals.refused),
        ("abandoned", totals.abandoned),
        ("other", totals.other),
    ] {
        page.sample(&[("reason", reason)], count);
    }
}

fn write_certificate(page: &mut Page, keeper: &Keeper) {
    page.gauge(
        "stemma_tls_certificate_expiry_timestamp_seconds",
        "When the certificate in use ends, in seconds since 1970.",
    )
    .sample(&[], keeper.validity().to_secs);
    page.gauge(
        "stemma_tls_certificate_current",
        "Whether certificate and key in use are those that the files say now.",
    )
    .sample(&[], u8::from(keeper.trouble().is_none()));
    page.counter(
        "stemma_tls_certificate_failures_total",
        "Times that the files were of no use when they were read again.",
    )
    .sample(&[], keeper.failed_reads());
}
