//! What a server tells of itself to Prometheus. Base units, `_total` for what only rises, one page for each request.

mod connections;
mod process;
mod text;
mod traffic;

use crate::program::Program;
pub use text::{Label, MEDIA_TYPE, Page};

/// All metrics of a running server, as text.
pub(crate) fn page(program: &dyn Program) -> String {
    let mut page = Page::default();
    process::write(&mut page, program);
    traffic::write(&mut page, program.front());
    program.write_metrics(&mut page);
    page.into_text()
}
