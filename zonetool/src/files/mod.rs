//! Where zone files lie: in a folder that a person edits, or in a commit. Both obey the layout rules of `git-store`.

mod commit;
mod folder;
mod passed_over;

pub(crate) use commit::CommitFiles;
pub(crate) use folder::{Folder, is_at_or_below};

use crate::failure::Failure;
use git_store::{IncludeError, ZoneName};
use zonefile::SourceError;

/// Files by their path from the top, with forward slashes.
pub(crate) trait Files {
    /// Every zone, sorted by name, and what is wrong with the layout.
    fn list(&self) -> Result<Listing, Failure>;

    /// The octets of a zone file.
    fn read(&self, path: &str) -> Result<Vec<u8>, Unread>;

    /// The file that `$INCLUDE named` in `including` means, and its octets; an error says why there is none.
    fn include(&self, including: &str, named: &str) -> Result<(String, Vec<u8>), SourceError>;

    /// The octets of a file that need not be there, such as the policy.
    fn read_optional(&self, path: &str) -> Option<Vec<u8>>;

    /// The path as the person would write it.
    fn shown(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is there and never taken, which is a finding about it: too large, or no text.
    Refused(git_store::Finding),
    Failed(Failure),
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Unread {
        Unread::Failed(failure)
    }
}

/// For commands that need the very file.
impl From<Unread> for Failure {
    fn from(unread: Unread) -> Failure {
        match unread {
            Unread::Refused(finding) => {
                Failure::unreadable(finding.to_string()).next(finding.problem.help())
            }
            Unread::Failed(failure) => failure,
        }
    }
}

/// What a folder or a commit holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) zones: Vec<ZoneAt>,
    pub(crate) findings: Vec<git_store::Finding>,
}

/// A zone and its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ZoneAt {
    pub(crate) zone: ZoneName,
    pub(crate) path: String,
}

/// What the reader of zone text has to know about a refused include.
fn source_error(error: &IncludeError) -> SourceError {
    match error {
        IncludeError::Missing(_) => SourceError::Missing,
        IncludeError::Unreadable(_) => SourceError::Unreadable(error.to_string()),
        _ => SourceError::Refused(error.to_string()),
    }
}
