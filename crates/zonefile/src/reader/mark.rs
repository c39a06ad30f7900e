//! Marks that are left on the way through the files of a zone.

use alloc::{sync::Arc, vec::Vec};

use super::{File, Reader, Sink};
use crate::trail::{Mark, Visit};

/// A mark is left about every so many octets. At a mark reading can begin, so half as many are read in vain for each
/// place that differs; a mark takes about 200 octets.
pub(crate) const STRIDE: usize = 1 << 14;

impl<S: Sink> Reader<'_, S> {
    /// Notes that a file is entered; gives what [`Reader::end_visit`] wants.
    pub(super) fn begin_visit(&mut self, file: &File<'_>) -> usize {
        let (outer, start) = (
            self.visit,
            self.trail.is_some().then(|| self.in_force(file)),
        );
        if let (Some(trail), Some(start)) = (&mut self.trail, start) {
            self.visit = trail.visits.len();
            self.next_mark = 0;
            trail.visits.push(Visit {
                path: file.path.into(),
                octets: file.text.len(),
                start: Arc::new(start),
                marks: Vec::new(),
            });
        }
        outer
    }

    /// Goes on in the file around. It gets a mark behind the `$INCLUDE`, so that no stretch that is read again for a
    /// change behind it has the `$INCLUDE` in it.
    pub(super) fn end_visit(&mut self, outer: usize) {
        if self.trail.is_some() {
            self.visit = outer;
            self.next_mark = 0;
        }
    }

    #[cold]
    pub(super) fn leave_mark(&mut self, at: usize, file: &File<'_>) {
        let state = Arc::new(self.in_force(file));
        if let Some(trail) = &mut self.trail {
            trail.visits[self.visit].marks.push(Mark { at, state });
            self.next_mark = at + STRIDE;
        }
    }
}
