//! The changes between the versions of a zone that were served last, as far as they fit.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rr::Serial;

use crate::Difference;
use crate::limits::{HISTORY_OCTETS, HISTORY_VERSIONS};

/// A chain of differences, each of which begins where the one before it ends: the newest ones, within
/// [`HISTORY_OCTETS`] and [`HISTORY_VERSIONS`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct History {
    steps: VecDeque<Arc<Difference>>,
    octets: usize,
    most_octets: usize,
}

impl Default for History {
    fn default() -> Self {
        History {
            steps: VecDeque::new(),
            octets: 0,
            most_octets: HISTORY_OCTETS,
        }
    }
}

impl History {
    /// Keeps another number of octets than [`HISTORY_OCTETS`].
    #[must_use]
    pub fn with_octets(self, most_octets: usize) -> Self {
        History {
            most_octets,
            ..self
        }
    }

    /// Adds what led to the newest version. What does not go on from the last step makes the ones before it useless, and
    /// one that is larger than the limit is useless itself.
    pub fn push(&mut self, step: Arc<Difference>) {
        if self
            .steps
            .back()
            .is_some_and(|last| last.to() != step.from())
        {
            self.forget();
        }
        self.octets += step.octets();
        self.steps.push_back(step);
        while self.octets > self.most_octets || self.steps.len() > HISTORY_VERSIONS {
            let oldest = self.steps.pop_front();
            self.octets -= oldest.map_or(0, |oldest| oldest.octets());
        }
    }

    /// Forgets all, as when a version came that no difference leads to.
    pub fn forget(&mut self) {
        self.steps.clear();
        self.octets = 0;
    }

    /// The steps that lead from the version of this serial to the newest one, if all are known; none of them if it is the
    /// newest one.
    #[must_use]
    pub fn since(&self, serial: Serial) -> Option<Vec<Arc<Difference>>> {
        if self.steps.back().is_some_and(|last| last.to() == serial) {
            return Some(Vec::new());
        }
        let first = self.steps.iter().position(|step| step.from() == serial)?;
        Some(self.steps.range(first..).cloned().collect())
    }

    /// Octets that are kept.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.octets
    }
}
