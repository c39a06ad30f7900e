//! Updates, where they are taken.

use server::metrics::Page;

use crate::updating::Counts;
use crate::updating::counts::BOUNDS_NS;

pub(super) fn write(page: &mut Page, counts: &Counts) {
    page.counter(
        "stemma_updates_total",
        "Signed updates that were answered, by outcome: acknowledged, unchanged, or the response code of a refusal.",
    );
    for (outcome, count) in counts.outcomes() {
        page.sample(&[("outcome", outcome)], count);
    }
    page.counter(
        "stemma_update_commits_total",
        "Commits that were made of updates; those that wait together share one.",
    )
    .sample(&[], counts.commits());
    page.gauge(
        "stemma_updates_waiting",
        "Updates that wait for their answer.",
    )
    .sample(&[], counts.waiting());
    page.histogram(
        "stemma_update_duration_seconds",
        "Time from an update to its answer, whatever that is.",
    )
    .buckets(&[], &BOUNDS_NS, (&counts.took(), counts.took_ns()));
}
