//! What the server tells of itself to Prometheus. Base units, `_total` for what only rises, one page for each request.

mod connections;
mod content;
mod process;
mod remote;
pub(crate) mod text;
mod traffic;

use crate::running::View;
use crate::telling::loads::Loads;
use text::Page;

/// All metrics of a running server, as text.
pub(crate) fn page(view: &View) -> String {
    let mut page = Page::default();
    process::write(&mut page, view);
    traffic::write(&mut page, view);
    loads(&mut page, &view.loads);
    if let Some(contact) = &view.remote {
        remote::write(&mut page, &contact.known());
    }
    let signers = view.signers.as_ref().map(|file| file.told());
    let board = crate::loading::loader::lock(&view.board);
    content::write(&mut page, &board);
    content::write_trust(&mut page, &board, signers.as_ref());
    drop(board);
    page.into_text()
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
