//! The zone files of one commit, read from the object database.

use super::source_error;
use super::{Files, Listing, Unread, ZoneAt};
use crate::failure::Failure;
use git_store::{Change, Layout, ReadError, Snapshot, Touched, TreePath};
use zonefile::SourceError;

/// One commit's files.
pub(crate) struct CommitFiles {
    pub(crate) snapshot: Snapshot,
}

impl CommitFiles {
    /// The zones of the commit.
    pub(crate) fn layout(&self) -> Result<Layout, Failure> {
        self.snapshot.layout().map_err(|error| self.damaged(&error))
    }

    /// The zones that may differ from those of an older commit, and the parts that do.
    pub(crate) fn touched_since(&self, older: Option<&CommitFiles>) -> Result<Touched, Failure> {
        Ok(Layout::default().apply(&self.changes_since(older)?))
    }

    /// The files that differ from those of another commit; without one, all there are.
    pub(crate) fn changes_since(
        &self,
        older: Option<&CommitFiles>,
    ) -> Result<Vec<Change>, Failure> {
        self.snapshot
            .changes_since(older.map(|older| &older.snapshot))
            .map_err(|error| self.damaged(&error))
    }

    fn unread(&self, path: &str, error: ReadError) -> Unread {
        match error {
            ReadError::Refused(finding) => Unread::Refused(finding),
            ReadError::Repository(error) => self.cannot_read(path).because(&error).into(),
        }
    }

    fn cannot_read(&self, path: &str) -> Failure {
        let commit = self.snapshot.commit().id.short();
        Failure::unreadable(format!("cannot read {path} in commit {commit}"))
    }

    fn damaged(&self, error: &git_store::Error) -> Failure {
        Failure::unreadable(format!("cannot read commit {}", self.snapshot.commit().id))
            .because(error)
            .next("look at the repository: git fsck")
    }
}

impl Files for CommitFiles {
    fn list(&self) -> Result<Listing, Failure> {
        let layout = self.layout()?;
        let zones = layout.zones().filter_map(|(_, file)| file.ok());
        let zones = zones.map(|file| ZoneAt {
            zone: file.zone,
            path: file.path.to_string(),
        });
        Ok(Listing {
            zones: zones.collect(),
            findings: layout.findings(),
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Unread> {
        let blob = self
            .snapshot
            .find(path)
            .map_err(|error| self.unread(path, error))?;
        let blob = blob.ok_or_else(|| {
            self.cannot_read(path)
                .next("look at what the commit holds: git ls-tree -r COMMIT")
        })?;
        self.snapshot
            .file(&TreePath::new(path), blob)
            .map_err(|error| self.unread(path, error))
    }

    fn include(&self, including: &str, named: &str) -> Result<(String, Vec<u8>), SourceError> {
        let part = self
            .snapshot
            .include(including, named)
            .map_err(|error| source_error(&error))?;
        let octets = self.snapshot.file(&part.path, part.blob);
        let octets = octets.map_err(|error| SourceError::Unreadable(error.to_string()))?;
        Ok((part.path.to_string(), octets))
    }

    fn read_optional(&self, path: &str) -> Option<Vec<u8>> {
        let blob = self.snapshot.find(path).ok()??;
        self.snapshot.file(&TreePath::new(path), blob).ok()
    }
}
