//! How far a commit has come.

/// Between these a process may be killed and find something else on the disk when it begins again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// A commit of updates is in the repository, on no branch.
    Stored,
    /// The branch has moved to it.
    Moved,
    /// It is written down that a commit, ours or a person's, is about to be served.
    Promised,
    /// It is served.
    Published,
}

/// Told of each, by the thread that has come there.
pub type OnMilestone = Box<dyn Fn(Milestone) + Send + Sync>;
