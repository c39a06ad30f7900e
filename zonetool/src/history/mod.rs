//! Who changed which record, told from the versions of a zone alone.
//!
//! [`blame`] and [`log`] know nothing of Git and of text: a [`Past`] gives a commit's version of the records that are
//! asked about, and the commits before it. [`walk`] is the one that reads a repository.
//!
//! What is followed is a record, which is an owner, a type and data; its TTL is followed beside it. Names are compared
//! without regard to case, as everywhere. Where the record stands, in which file and how it is written has no say.
//!
//! **Merges.** `log` goes along first parents: each step is one from what the branch said to what it said next, and a merge
//! is the step that brings in all of its side, and beside it stand the commits of the side that changed a record, up to
//! where the side left the branch. `blame` looks for the person: a record of a merge is traced into the first
//! parent that has it, and only one that no parent has is the merge's own.
//!
//! **Mistakes.** A version with mistakes shows some records and may hide others. What it shows is as good as in any other;
//! what it does not show counts as unchanged, so that neither the mistake nor its repair is a change of the records around
//! it. A record that is first seen when a mistake is repaired is the repair's.

mod arrivals;
mod blame;
mod heard;
mod log;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub(crate) use blame::blame;
pub(crate) use log::{Entry, log};
pub(crate) use shown::{commit_json, commit_line};
pub(crate) use text::Wanted;
pub(crate) use walk::{Notes, Step, Walk};

use crate::records::Record;
use std::rc::Rc;

/// What one commit says of the records that are asked about.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// In the order of [`Record::compare`], each once.
    pub(crate) records: Vec<Rc<Record>>,
    /// False where mistakes may hide records.
    pub(crate) is_whole: bool,
}

/// A commit and what it says.
pub(crate) trait Past: Sized {
    type Commit: Clone;
    /// Sorts commits, newer ones behind older ones as far as the repository tells; no two have the same.
    type Age: Ord;
    type Error;

    fn commit(&self) -> Self::Commit;
    fn age(&self) -> Self::Age;

    /// The same in memory where a commit did not touch the zone.
    fn version(&self) -> &Rc<Version>;

    /// With which of the first parents of the commit that the walk began with it came in: a merge for one of its side,
    /// for a first parent itself.
    fn came_with(&self) -> Result<Option<Self::Age>, Self::Error>;

    /// A commit it was made on, counted from 0; `None` if there are no more.
    fn parent(&self, number: usize) -> Result<Option<Self>, Self::Error>;
}

impl Version {
    /// The record with this owner, type and data.
    fn find(&self, record: &Record) -> Option<&Rc<Record>> {
        let at = self
            .records
            .binary_search_by(|other| other.compare(record))
            .ok()?;
        self.records.get(at)
    }

    /// A version with mistakes, completed with what it may hide.
    fn over(&self, older: &Version) -> Version {
        let mut records = self.records.clone();
        records.extend(older.records.iter().cloned());
        // Stable, so that of two alike the one that is shown stays.
        records.sort_by(|left, right| left.compare(right));
        records.dedup_by(|later, earlier| later.compare(earlier).is_eq());
        Version {
            records,
            is_whole: true,
        }
    }
}
