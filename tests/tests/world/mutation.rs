//! Mistakes that the world can make in place of the servers, to show that its laws would find them. The products know
//! nothing of them: what passes through the world's hands is changed there.

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// An update is called acknowledged when it has come, not when it is kept.
    AcknowledgesEarly,
    /// A primary that begins again does not know what it has served.
    ForgetsWhatWasServed,
    /// A secondary keeps a record that was deleted.
    KeepsWhatWasDeleted,
    /// An answer has one record of this version and one of the version before.
    MixesVersions,
    /// The commit of an update has lost a comment.
    LosesComments,
    /// The branch goes back when the primary is killed.
    LosesCommits,
    /// A secondary passes over what it is told, and what it asks is never answered.
    StaysBehind,
    /// Every request for what changed is answered with the whole zone.
    SendsAll,
    /// A primary that begins again does not serve what is in no commit.
    ForgetsBriefs,
    /// What is meant to be served for a while only is in a commit.
    CommitsBriefs,
    /// A secondary tells nobody behind it of changes, and has nothing for who asks.
    KeepsToItself,
    /// The other machine says that it has what was pushed, and has it not.
    LosesPushes,
    /// A merge has lost a comment of one side.
    MergesWithoutComments,
}

pub(crate) const ALL: [Mutation; 13] = [
    Mutation::AcknowledgesEarly,
    Mutation::ForgetsWhatWasServed,
    Mutation::KeepsWhatWasDeleted,
    Mutation::MixesVersions,
    Mutation::LosesComments,
    Mutation::LosesCommits,
    Mutation::StaysBehind,
    Mutation::SendsAll,
    Mutation::ForgetsBriefs,
    Mutation::CommitsBriefs,
    Mutation::KeepsToItself,
    Mutation::LosesPushes,
    Mutation::MergesWithoutComments,
];
