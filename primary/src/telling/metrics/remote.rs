//! The repository on another machine, where there is one.

use server::metrics::Page;

use crate::following::Known;

pub(super) fn write(page: &mut Page, known: &Known) {
    page.gauge(
        "stemma_remote_stale",
        "Whether what is served may be older than what the remote has: it was not reached at the last attempt, or not yet.",
    )
    .sample(&[], u8::from(known.is_stale()));
    page.gauge(
        "stemma_remote_last_contact_timestamp_seconds",
        "When the remote was reached last, in seconds since 1970.",
    );
    known.reached.iter().for_each(|reached| {
        page.sample(&[], reached.as_secs_f64());
    });
    page.counter(
        "stemma_remote_looks_total",
        "Looks at the remote that went well.",
    )
    .sample(&[], known.looks);
    page.counter(
        "stemma_remote_failures_total",
        "Looks at the remote that did not, by what was in the way.",
    );
    known.failures.iter().for_each(|(kind, count)| {
        page.sample(&[("kind", kind)], count);
    });
    page.counter(
        "stemma_remote_packs_total",
        "Packs that the remote has sent.",
    )
    .sample(&[], known.packs);
    page.counter(
        "stemma_remote_received_bytes_total",
        "Octets of packs that the remote has sent.",
    )
    .sample(&[], known.octets);
    write_pushes(page, known);
}

fn write_pushes(page: &mut Page, known: &Known) {
    page.gauge(
        "stemma_remote_backlog_commits",
        "Commits of updates that are served and the remote has not yet.",
    )
    .sample(&[], known.backlog.commits);
    page.gauge(
        "stemma_remote_backlog_oldest_timestamp_seconds",
        "When the oldest of these was made, in seconds since 1970.",
    );
    known.backlog.oldest_secs.iter().for_each(|oldest| {
        page.sample(&[], oldest);
    });
    page.counter(
        "stemma_remote_pushes_total",
        "Pushes to the remote that went well.",
    )
    .sample(&[], known.pushes);
    page.counter(
        "stemma_remote_push_failures_total",
        "Pushes to the remote that did not, by what was in the way.",
    );
    known.push_failures.iter().for_each(|(kind, count)| {
        page.sample(&[("kind", kind)], count);
    });
}
