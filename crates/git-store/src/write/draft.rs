//! What a commit is to be made of.

use std::collections::BTreeMap;

use crate::commit::{CommitId, Person};
use crate::path::TreePath;

/// A commit that is not made yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The commit it is made on, where the branch must still be; `None` for the first commit of a branch.
    pub parent: Option<CommitId>,
    /// Another commit, which this one brings together with its parent: the second parent.
    pub merged: Option<CommitId>,
    /// What differs from the parent, or from `merged` where there is one.
    pub changes: BTreeMap<TreePath, Edit>,
    /// Who wrote the change. What a commit cannot hold is left out of name and address, as Git does.
    pub author: Person,
    /// Who makes the commit.
    pub committer: Person,
    /// The message, without trailers. Lines end with `\n`; control characters are left out.
    pub message: String,
    /// Lines at the end of the message that programs read, such as `Change-Id: 17`.
    pub trailers: Vec<Trailer>,
}

/// What happens to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It has these octets from now on; it need not have been there.
    Put(Vec<u8>),
    /// It is gone from now on; it must have been there. A folder without files goes as well.
    Remove,
}

/// A line `key: value` at the end of a message (`git interpret-trailers` reads them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// Letters, digits and `-`.
    pub key: String,
    /// Any text; what would end the line becomes a space.
    pub value: String,
}
