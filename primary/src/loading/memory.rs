//! Where zones lie in memory.

use zone::{Checked, Zone};

/// Octets of a zone from which on it is gathered in large pages: a smaller one is found without them.
const LARGE: usize = 4 << 20;

/// Makes lookups in a large zone find their way faster, if the kernel helps. To be done when it is served already: the first
/// answer need not wait for it.
pub(crate) fn gather(zone: &Zone<Checked>) {
    if zone.octets() >= LARGE {
        kernel_calls::gather_in_large_pages(zone.memory());
    }
}
