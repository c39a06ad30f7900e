//! What the primary tells of itself to Prometheus, beyond what all programs do.

mod content;
mod remote;
mod updates;

use server::metrics::Page;

use crate::loading::loader::lock;
use crate::running::View;
use crate::telling::loads::Loads;

/// Adds the metrics of commits and zones.
pub(super) fn write(page: &mut Page, view: &View) {
    loads(page, &view.loads);
    if let Some(contact) = &view.remote {
        remote::write(page, &contact.known());
    }
    if let Some(keys) = &view.keys {
        keys.status().write_metrics(page);
    }
    if let Some(counts) = &view.updates {
        updates::write(page, counts);
    }
    if let Some(told) = &view.announced {
        told.report().write_metrics(page);
    }
    let signers = view.signers.as_ref().map(|file| file.told());
    let board = lock(&view.board);
    content::write(page, &board);
    content::write_trust(page, &board, signers.as_ref());
}

fn loads(page: &mut Page, loads: &Loads) {
    let told = loads.told();
    page.counter(
        "stemma_loads_total",
        "Times that the newest commit was read: served, unreadable, or refused as it does not follow or is not signed.",
    )
    .sample(&[("result", "served")], told.served())
    .sample(&[("result", "unreadable")], told.unreadable)
    .sample(&[("result", "refused")], told.refused);
    page.histogram(
        "stemma_load_duration_seconds",
        "Time from hearing of a commit to serving it.",
    )
    .buckets(&[], &Loads::BOUNDS_NS, (&told.buckets, told.sum_ns));
}
