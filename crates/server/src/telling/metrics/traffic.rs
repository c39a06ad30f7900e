//! Questions and answers.

use authority::{Class, HeldBack, Limiter};
use rr::Rtype;

use super::text::Page;
use crate::front::Front;
use crate::telling::tally::{
    BOUNDS_NS, LANES, NO_QUESTION, OTHER_RCODE, OTHER_TYPE, RCODES, TRANSPORTS, TYPES, Totals,
};

pub(super) fn write(page: &mut Page, front: &Front) {
    let (answers, stack) = (front.ledger.totals(), front.server.totals());
    write_rcodes(page, &answers);
    write_types(page, &answers);
    write_times(page, &answers);
    write_messages(page, &stack);
    super::connections::write(page, front, &stack);
    write_limits(page, front.limiter.as_deref());
}

/// All zeros where nothing is limited: a family that is there can be asked about.
fn write_limits(page: &mut Page, limiter: Option<&Limiter>) {
    page.counter(
        "stemma_rate_limited_total",
        "Answers over UDP that were over the rate of their network and class.",
    );
    let none = |class| HeldBack {
        class,
        truncated: 0,
        dropped: 0,
    };
    let held_back = limiter.map_or_else(|| Class::ALL.map(none), Limiter::held_back);
    for counts in held_back {
        let class = ("class", counts.class.name());
        page.sample(&[class, ("outcome", "truncated")], counts.truncated)
            .sample(&[class, ("outcome", "dropped")], counts.dropped);
    }
}

fn write_rcodes(page: &mut Page, totals: &Totals) {
    page.counter(
        "stemma_answers_total",
        "Answers composed, by response code.",
    );
    for (lane, (transport, family)) in LANES.iter().enumerate() {
        for row in 0..=OTHER_RCODE {
            let rcode = RCODES.get(row).map_or("other", |(_, name)| name);
            let labels = [
                ("transport", *transport),
                ("family", family),
                ("rcode", rcode),
            ];
            page.sample(&labels, totals.with_rcode(lane, row));
        }
    }
}

fn write_types(page: &mut Page, totals: &Totals) {
    page.counter(
        "stemma_questions_total",
        "Messages answered, by the type they ask for; none: there is no question.",
    );
    let known = TYPES.iter().map(|rtype| Rtype(*rtype).to_string());
    let names: Vec<String> = known.chain(["other".into(), "none".into()]).collect();
    debug_assert_eq!(
        (OTHER_TYPE, NO_QUESTION),
        (names.len() - 2, names.len() - 1)
    );
    for (lane, (transport, family)) in LANES.iter().enumerate() {
        for (column, name) in names.iter().enumerate() {
            let labels = [
                ("transport", *transport),
                ("family", family),
                ("type", name),
            ];
            page.sample(&labels, totals.with_type(lane, column));
        }
    }
}

fn write_times(page: &mut Page, totals: &Totals) {
    page.histogram(
        "stemma_answer_duration_seconds",
        "Time from taking messages from the kernel to handing their answers back. The clock is read once for all messages \
         that are taken together, up to 64 datagrams or one turn over the connections of a thread; each counts with the \
         time of them all.",
    );
    for (number, transport) in TRANSPORTS.into_iter().enumerate() {
        let labels = [("transport", transport)];
        page.buckets(&labels, &BOUNDS_NS, totals.times(number));
    }
}

fn write_messages(page: &mut Page, stack: &stack_os::Totals) {
    let stack_os::Totals { udp, tcp, tls, .. } = stack;
    let [over_udp, over_tcp, over_tls] = TRANSPORTS.map(|transport| ("transport", transport));
    page.counter("stemma_messages_received_total", "Whole messages received.")
        .sample(&[over_udp], udp.messages)
        .sample(&[over_tcp], tcp.messages)
        .sample(&[over_tls], tls.messages);
    page.counter(
        "stemma_answers_sent_total",
        "Answers that the kernel took, or that wait for a peer to read them.",
    )
    .sample(&[over_udp], udp.answers)
    .sample(&[over_tcp], tcp.answers)
    .sample(&[over_tls], tls.answers);
    page.counter(
        "stemma_messages_dropped_total",
        "Messages without an answer: bad-source, dropped unread, for an answer could only go in a circle; silent, no query, \
         an answer over the rate, or a failure of the server; unsent, the system did not take the answer.",
    )
    .sample(&[over_udp, ("reason", "bad-source")], udp.bad_sources)
    .sample(&[over_udp, ("reason", "silent")], udp.silent)
    .sample(&[over_udp, ("reason", "unsent")], udp.unsent)
    .sample(&[over_tcp, ("reason", "silent")], tcp.silent)
    .sample(&[over_tls, ("reason", "silent")], tls.silent);
    page.counter(
        "stemma_panics_total",
        "Messages at which the server failed. Please report if it is not 0.",
    )
    .sample(&[over_udp], udp.panics)
    .sample(&[over_tcp], tcp.panics)
    .sample(&[over_tls], tls.panics);
    page.counter(
        "stemma_receive_errors_total",
        "Failed attempts to receive datagrams.",
    )
    .sample(&[over_udp], udp.receive_errors);
}
