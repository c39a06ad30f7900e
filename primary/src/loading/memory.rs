//! Where zones lie in memory.

use zone::{Checked, Zone};

/// Octets of a zone from which on it is gathered in large pages: a smaller one is found without them.
const LARGE: usize = 4 << 20;

/// Large zones that are served, and do not lie in memory as well as they could.
#[derive(Default)]
pub(crate) struct Scattered(Vec<Zone<Checked>>);

impl Scattered {
    /// Notes a zone that is served from now on, if it is large.
    pub(crate) fn note(&mut self, zone: &Zone<Checked>) {
        if zone.octets() >= LARGE {
            self.0.push(zone.clone());
        }
    }

    /// Makes lookups in them find their way faster, if the kernel helps. No first answer should wait for it.
    pub(crate) fn gather(&mut self) {
        for zone in self.0.drain(..) {
            kernel_calls::gather_in_large_pages(zone.memory());
        }
    }
}
