//! What is wrong with the layout of a commit, before any zone text is read.

use std::fmt;

use crate::limits;
use crate::path::TreePath;
use crate::zone_name::{NameProblem, ZoneName};

/// A problem and the path it is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file or folder, from the top of the commit.
    pub path: TreePath,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a file or folder of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A symbolic link: could point anywhere, so it is never followed.
    Symlink,
    /// Another repository mounted here; never fetched.
    Submodule,
    /// A file with the executable bit: a program, or a slip.
    Executable,
    /// A name that is not UTF-8.
    NotUtf8,
    /// A name with control characters or marks that hide or turn text.
    ControlCharacter,
    /// A file in the zone root whose name cannot be a zone's.
    NotAZoneName(NameProblem),
    /// Secret keys by name; whoever can read the repository has them.
    KeyFile,
    /// More than one file for one zone: none of them is taken.
    SeveralFiles {
        /// The zone.
        zone: ZoneName,
        /// The other files that claim it.
        others: Vec<TreePath>,
    },
    /// A folder below more than [`limits::LEVELS`] others.
    TooDeep,
    /// A folder of more than [`limits::FOLDER_ENTRIES`] entries.
    TooManyEntries,
    /// A file of more than [`limits::FILE_OCTETS`], by its header; not inflated.
    TooLarge {
        /// The size its header claims.
        octets: u64,
    },
    /// A NUL octet: not text.
    Binary {
        /// Where the first one is.
        offset: usize,
    },
}

impl Problem {
    /// The stable name of the rule, as `zonetool explain` takes it.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Problem::Symlink => "layout-symlink",
            Problem::Submodule => "layout-submodule",
            Problem::Executable => "layout-executable",
            Problem::NotUtf8 => "layout-not-utf8",
            Problem::ControlCharacter => "layout-control-character",
            Problem::NotAZoneName(_) => "layout-not-a-zone-name",
            Problem::KeyFile => "layout-key-file",
            Problem::SeveralFiles { .. } => "layout-several-files",
            Problem::TooDeep => "layout-too-deep",
            Problem::TooManyEntries => "layout-too-many-entries",
            Problem::TooLarge { .. } => "layout-too-large",
            Problem::Binary { .. } => "layout-binary",
        }
    }

    /// Every rule of this module with its explanation, in the order of [`Problem`].
    pub const RULES: [(&'static str, &'static str); 12] = [
        (
            "layout-symlink",
            "Zones are read from the objects of a commit and nothing is checked out, so a symbolic link is only \
             a text that names a path, perhaps outside the repository. It is never followed.",
        ),
        (
            "layout-submodule",
            "A submodule is a commit of some other repository. Zones are served from one commit of one \
             repository, so what is in it can be checked and gone back to as a whole.",
        ),
        (
            "layout-executable",
            "Zone files and their parts are plain files (mode 100644). The executable bit is a slip, or the \
             file is not meant to be a zone.",
        ),
        (
            "layout-not-utf8",
            "Names of files and folders are UTF-8, so that every tool shows the same name.",
        ),
        (
            "layout-control-character",
            "Names with control characters, or with marks that hide text or turn its direction, can deceive \
             whoever reads a log or a listing.",
        ),
        (
            "layout-not-a-zone-name",
            "Every file in the zone root is a zone named by its file: letters, digits, - and _ in labels \
             separated by dots, any other octet as %hh (a slash as %2f), the root zone as @. Ignored are names \
             that begin with a dot, *.md, and one-label names with a capital letter; pieces for $INCLUDE live \
             in folders whose names end in .d. If the repository holds other things too, put the zones in a \
             folder zones/.",
        ),
        (
            "layout-key-file",
            "A file named _keys holds secrets. It is never served, but whoever can read the repository can \
             read it, now and in its history: change those keys and keep the new ones elsewhere.",
        ),
        (
            "layout-several-files",
            "A zone has one file. Case does not matter, and neither do the folders above the file.",
        ),
        (
            "layout-too-deep",
            "Zones lie at most 8 folders below the zone root.",
        ),
        (
            "layout-too-many-entries",
            "A folder holds at most 100,000 entries. Spread the zones over folders, for instance org/example.org: \
             commits and differences become quicker as well.",
        ),
        (
            "layout-too-large",
            "A file has at most 64 MiB. A larger zone is kept in parts: a folder beside the zone file whose \
             name ends in .d, each part brought in by $INCLUDE.",
        ),
        (
            "layout-binary",
            "A zone file is text; this one has a NUL octet.",
        ),
    ];

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Problem::Symlink => "replace the link by the file it points to",
            Problem::Submodule => "copy the zones in, or serve that repository by itself",
            Problem::Executable => "take the bit away: git update-index --chmod=-x FILE",
            Problem::NotUtf8 | Problem::ControlCharacter => "rename it",
            Problem::NotAZoneName(_) => {
                "rename it, move it to a folder whose name ends in .d if it is for $INCLUDE, or keep the zones in zones/"
            }
            Problem::KeyFile => "change those keys and keep the new ones outside the repository",
            Problem::SeveralFiles { .. } => "keep one of the files",
            Problem::TooDeep => "use fewer folders",
            Problem::TooManyEntries => "spread the zones over folders, such as org/example.org",
            Problem::TooLarge { .. } => "split it into parts brought in by $INCLUDE",
            Problem::Binary { .. } => "store the zone as text",
        }
    }

    /// Whether it may be a folder with zones in it that nobody can see.
    pub(crate) fn may_hide_zones(&self) -> bool {
        use Problem::{ControlCharacter, NotUtf8, TooDeep, TooManyEntries};
        matches!(self, TooDeep | TooManyEntries | NotUtf8 | ControlCharacter)
    }

    /// Whether the zones of the commit are all there in spite of it: only reported, nothing withheld.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Problem::KeyFile)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Symlink => write!(out, "is a symbolic link, which is never followed"),
            Problem::Submodule => write!(out, "is a submodule, which is never fetched"),
            Problem::Executable => write!(out, "has the executable bit"),
            Problem::NotUtf8 => write!(out, "has a name that is not UTF-8"),
            Problem::ControlCharacter => write!(out, "has a name with invisible characters"),
            Problem::NotAZoneName(why) => write!(out, "is not the name of a zone: {why}"),
            Problem::KeyFile => write!(out, "holds secret keys, by its name"),
            Problem::SeveralFiles { zone, others } => write_clash(out, zone, others),
            Problem::TooDeep => write!(out, "lies more than {} folders deep", limits::LEVELS),
            Problem::TooManyEntries => {
                write!(out, "has more than {} entries", limits::FOLDER_ENTRIES)
            }
            Problem::TooLarge { octets } => {
                write!(
                    out,
                    "has {octets} octets, more than the {} allowed",
                    limits::FILE_OCTETS
                )
            }
            Problem::Binary { offset } => write!(out, "is not text: NUL at offset {offset}"),
        }
    }
}

fn write_clash(out: &mut fmt::Formatter<'_>, zone: &ZoneName, others: &[TreePath]) -> fmt::Result {
    write!(out, "is one of several files for {zone}, beside")?;
    others.iter().try_for_each(|other| write!(out, " {other}"))
}
