//! Where nodes live: immutable pages, shared between the versions of a zone.
//!
//! A node never moves while its page lives. A change writes the changed nodes into a new page at
//! the end and leaves the old octets behind as waste; [`Pages::is_wasteful`] says when copying the
//! living ones together pays.

use alloc::{sync::Arc, vec::Vec};
use core::ops::Range;

/// Octets after which a page is closed.
const PAGE: usize = 64 * 1024;
/// Nodes start at multiples of this many octets.
pub(crate) const UNIT: usize = 4;
const UNIT_BITS: u32 = 14;
/// Waste up to this many octets is not worth a thought; more would add up over many small zones.
const TOLERATED: usize = 8 * 1024;

/// The place of a node: the number of its page and the unit in it where the node starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Location(u32);

impl Location {
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Location(bits)
    }

    pub(crate) const fn to_bits(self) -> u32 {
        self.0
    }

    fn new(page: usize, offset: usize) -> Self {
        // A builder takes at most 4 GiB; pages are at least half full, so they stay below 2^18.
        debug_assert!(page < 1 << (u32::BITS - UNIT_BITS));
        let page = page as u32;
        Location(page << UNIT_BITS | (offset / UNIT) as u32)
    }

    /// The place where a node can follow one here of `octets` octets.
    pub(crate) fn after(self, octets: usize) -> Self {
        Location(self.0 + octets.div_ceil(UNIT) as u32)
    }

    fn page(self) -> usize {
        (self.0 >> UNIT_BITS) as usize
    }

    fn offset(self) -> usize {
        (self.0 & ((1 << UNIT_BITS) - 1)) as usize * UNIT
    }
}

/// The pages of one version of a zone.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    closed: Arc<[Arc<[u8]>]>,
    wasted: usize,
}

impl Pages {
    /// The octets from the start of the node at `place` to the end of its page.
    #[inline]
    pub(crate) fn at(&self, place: Location) -> &[u8] {
        &self.closed[place.page()][place.offset()..]
    }

    /// Octets held, those shared with other versions and the wasted ones included.
    pub(crate) fn octets(&self) -> usize {
        self.closed
            .iter()
            .map(|page| page.len() + size_of::<Arc<[u8]>>())
            .sum()
    }

    /// Where the pages are in memory.
    pub(crate) fn memory(&self) -> impl Iterator<Item = Range<*const u8>> {
        self.closed.iter().map(|page| page.as_ptr_range())
    }

    /// Whether a third of all octets is no longer part of the zone.
    pub(crate) fn is_wasteful(&self) -> bool {
        self.wasted > TOLERATED && self.wasted * 3 > self.octets()
    }
}

/// Pages being written.
#[derive(Debug)]
pub(crate) struct PageWriter {
    closed: Vec<Arc<[u8]>>,
    open: Vec<u8>,
    wasted: usize,
}

impl PageWriter {
    /// Begins with no page.
    pub(crate) fn new() -> Self {
        PageWriter {
            closed: Vec::new(),
            open: Vec::new(),
            wasted: 0,
        }
    }

    /// Goes on after the pages of another version, in a copy of its last page if there is room.
    pub(crate) fn after(pages: &Pages) -> Self {
        let mut closed = pages.closed.to_vec();
        let open = closed
            .pop_if(|last| last.len() < PAGE / 2)
            .map_or_else(Vec::new, |last| last.to_vec());
        PageWriter {
            closed,
            open,
            wasted: pages.wasted,
        }
    }

    /// Room for a node of `octets` octets: its place, and the zeros to write it over.
    pub(crate) fn begin(&mut self, octets: usize) -> (Location, &mut [u8]) {
        if self.open.len() + octets > PAGE && !self.open.is_empty() {
            self.close();
        }
        let start = self.open.len().next_multiple_of(UNIT);
        self.open.resize(start + octets, 0);
        (
            Location::new(self.closed.len(), start),
            &mut self.open[start..],
        )
    }

    /// The octets from the start of the node at `place` to the end of its page.
    pub(crate) fn at(&self, place: Location) -> &[u8] {
        let page = self
            .closed
            .get(place.page())
            .map_or(&*self.open, |page| &**page);
        &page[place.offset()..]
    }

    /// The same, to change a node that no other version has seen.
    pub(crate) fn at_mut(&mut self, place: Location) -> &mut [u8] {
        let page = match self.closed.get_mut(place.page()) {
            Some(page) => Arc::make_mut(page),
            None => &mut self.open,
        };
        &mut page[place.offset()..]
    }

    /// Says that `octets` octets of a node are no longer part of the zone.
    pub(crate) fn waste(&mut self, octets: usize) {
        self.wasted += octets;
    }

    /// Ends the writing.
    pub(crate) fn finish(mut self) -> Pages {
        self.close();
        Pages {
            closed: self.closed.into(),
            wasted: self.wasted,
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.closed.push(Arc::from(&*self.open));
            self.open.clear();
        }
    }
}
