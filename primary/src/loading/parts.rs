//! `$INCLUDE` within one commit.

use std::collections::BTreeMap;

use git_store::{BlobId, IncludeError, ReadError, Snapshot, TreePath, include_path};
use zonefile::{SourceError, Sources, Text};

/// Opens parts of one commit, and remembers which were asked for: when one of them comes, goes or
/// changes, so does the zone.
pub(crate) struct Parts<'s> {
    snapshot: &'s Snapshot,
    /// Also those that are not there.
    pub(crate) asked: Vec<TreePath>,
    /// Those that were read, and what was in them.
    read: BTreeMap<TreePath, BlobId>,
    /// Whether one could not be read for a reason that may pass.
    pub(crate) is_repository_failing: bool,
}

impl<'s> Parts<'s> {
    pub(crate) fn of(snapshot: &'s Snapshot) -> Parts<'s> {
        Parts {
            snapshot,
            asked: Vec::new(),
            read: BTreeMap::new(),
            is_repository_failing: false,
        }
    }

    /// All that was read, with the zone's own file.
    pub(crate) fn with(&mut self, path: &TreePath, blob: BlobId) -> BTreeMap<TreePath, BlobId> {
        self.read.insert(path.clone(), blob);
        std::mem::take(&mut self.read)
    }

    fn note(&mut self, including: &str, named: &str) {
        let zone_root = self.snapshot.zone_root().as_str().unwrap_or_default();
        if let Ok(path) = include_path(zone_root, including, named) {
            self.asked.push(TreePath::new(path));
        }
    }

    fn refused(&mut self, error: IncludeError) -> SourceError {
        match error {
            IncludeError::Missing(_) => SourceError::Missing,
            IncludeError::Unreadable(ReadError::Repository(why)) => {
                self.is_repository_failing = true;
                SourceError::Unreadable(why.to_string())
            }
            other => SourceError::Refused(other.to_string()),
        }
    }
}

impl Sources for Parts<'_> {
    fn open(&mut self, including: &str, named: &str) -> Result<(String, Text), SourceError> {
        self.note(including, named);
        let part = self
            .snapshot
            .include(including, named)
            .map_err(|error| self.refused(error))?;
        let octets = self
            .snapshot
            .file(&part.path, part.blob)
            .map_err(|error| self.refused(IncludeError::Unreadable(error)))?;
        self.read.insert(part.path.clone(), part.blob);
        Ok((part.path.to_string(), octets.into()))
    }
}
