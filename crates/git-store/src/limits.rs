//! How large and how deep the contents of a repository may be.

/// Octets of one zone file or part, looked at in the object's header before it is inflated.
pub const FILE_OCTETS: u64 = 64 << 20;

/// Entries of one folder.
pub const FOLDER_ENTRIES: usize = 100_000;

/// Folders above a file, counted from the zone root.
pub const LEVELS: usize = 8;

/// Files in a commit: what keeps a tree that names itself many times over from being walked for ever.
pub const FILES: usize = 1_000_000;

/// Octets of one object in a pack that is taken in, and of the difference it may be told as: looked at before it is inflated.
pub const PACKED_OCTETS: u64 = 256 << 20;

/// Octets of a pack that is made for a push.
pub const PUSHED_OCTETS: usize = 256 << 20;

/// Octets of objects that were written lately and are kept in memory: a large zone before a change and after it.
pub const RECENT_OCTETS: u64 = FILE_OCTETS;

/// Octets of a folder's object: [`FOLDER_ENTRIES`] with names of 255 octets would be 30 MB.
pub(crate) const TREE_OCTETS: u64 = 32 << 20;

/// Octets of a commit or tag.
pub(crate) const COMMIT_OCTETS: u64 = 1 << 20;

/// Tags one behind the other, before the commit is reached.
pub(crate) const TAG_CHAIN: usize = 8;
