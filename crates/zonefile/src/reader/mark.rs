//! Marks that are left on the way through the files of a zone.

use alloc::{sync::Arc, vec::Vec};

use rr::NameRef;

use super::{File, Reader, Sink};
use crate::trail::{Mark, Visit, gathered, hash};

/// A mark is left about every so many octets. At a mark reading can begin, so half as many are read in vain for each
/// place that differs; a mark takes about 200 octets.
pub(crate) const STRIDE: usize = 1 << 12;

impl<S: Sink> Reader<'_, S> {
    /// Notes that there is a record of this owner.
    #[inline]
    pub(super) fn note_owner(&mut self, owner: NameRef<'_>) {
        if self.trail.is_some() {
            let hash = hash(owner);
            if self.owners.last() != Some(&hash) {
                self.owners.push(hash);
            }
        }
    }

    /// Writes the owners since the last mark down with it.
    fn settle_owners(&mut self) {
        let owners = gathered(&mut self.owners);
        let visit = self
            .trail
            .as_mut()
            .and_then(|trail| trail.visits.get_mut(self.visit));
        if let Some(mark) = visit.and_then(|visit| visit.marks.last_mut()) {
            // What has been written down already ends with an `$INCLUDE`, behind which there is another mark.
            mark.owners.get_or_insert(owners);
        }
    }

    /// Notes that a file is entered; gives what [`Reader::end_visit`] wants.
    pub(super) fn begin_visit(&mut self, file: &File<'_>) -> usize {
        self.settle_owners();
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
            self.settle_owners();
            self.visit = outer;
            self.next_mark = 0;
        }
    }

    #[cold]
    pub(super) fn leave_mark(&mut self, at: usize, file: &File<'_>) {
        self.settle_owners();
        let state = Arc::new(self.in_force(file));
        if let Some(trail) = &mut self.trail {
            trail.visits[self.visit].marks.push(Mark {
                at,
                state,
                owners: None,
            });
            self.next_mark = at + STRIDE;
        }
    }
}
