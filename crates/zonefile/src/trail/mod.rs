//! From one version of a zone's text to the next, without reading what both have in common.
//!
//! While a zone is read, marks are left in a [`Trail`]: places where an entry begins, and what is in force there. For
//! another version of a file both texts are laid side by side:
//!
//! ```text
//!   old  ====m=======m===XXXXX=========m======XX====m===     m: a mark     =: equal octets
//!   new  ====m=======m===YYYYYYYY=========m======Y====m===
//!                    |---------|       |------|
//!                 read on both sides, from the last mark before a difference to where the texts meet again
//! ```
//!
//! They meet where on both sides an entry begins, what is in force is the same, and the text goes on alike. Every octet
//! of both texts so lies either in a stretch that was read, or in one that says the same on both sides; nothing rests on
//! how well differences are found, only how much is read does.
//!
//! What is not clear is not decided: a mistake, an `$INCLUDE` that came, went or changed, a TTL or class that would go
//! on into another file. Then the zone has to be read as a whole, and that tells what is to be told.

mod compare;
mod meet;
mod owners;

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use rr::{Class, Name, Rtype, Ttl};

use crate::{editor::Start, reader::Limits};
use compare::Comparison;
pub(crate) use owners::{Owners, gathered, hash};

/// How a zone was read: its files, and marks in them. Made by [`read_zone_with_trail`](crate::read_zone_with_trail),
/// of any use only if that found no mistake.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// Each reading of a file, in the order they began; the first is of the zone's own file.
    pub(crate) visits: Vec<Visit>,
}

/// One reading of one file.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) path: String,
    pub(crate) octets: usize,
    pub(crate) start: Arc<Start>,
    pub(crate) marks: Vec<Mark>,
}

/// A place where an entry begins, and what is in force there.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) at: usize,
    pub(crate) state: Arc<Start>,
    /// Of the records up to the next mark; none if that is not known.
    pub(crate) owners: Option<Owners>,
}

/// A file in two versions.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'t> {
    /// The path, as [`Sources`](crate::Sources) named it.
    pub path: &'t str,
    /// The text that was read.
    pub old: &'t [u8],
    /// The text it has now.
    pub new: &'t [u8],
}

/// A record as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The owner.
    pub owner: Name,
    /// The class.
    pub class: Class,
    /// The TTL, stated or inherited.
    pub ttl: Ttl,
    /// The type.
    pub rtype: Rtype,
    /// Uncompressed wire form.
    pub rdata: Vec<u8>,
}

/// What another version of the text says differently.
#[derive(Debug, Default)]
pub struct Followed {
    /// Records whose entries are no longer there.
    pub removed: Vec<Written>,
    /// Records whose entries were not there before. One that only moved, or is only written in another way, is in both.
    pub added: Vec<Written>,
    /// The trail through the new version.
    pub trail: Trail,
}

/// Why it is not clear what a version says differently. The whole zone has to be read then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// There is a mistake, an `$INCLUDE` or something that the caller does not find plain where the texts differ.
    Unreadable,
    /// An included file leaves another TTL or class to the records behind it.
    Inherited,
    /// The texts differ in so much that reading all is hardly more, or pass a limit.
    TooMuch,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unclear::Unreadable => "there is more than records where the texts differ",
            Unclear::Inherited => "an included file leaves another TTL or class behind it",
            Unclear::TooMuch => "the texts differ in too much",
        })
    }
}

impl core::error::Error for Unclear {}

/// How much may be read for all edits together.
pub(crate) struct Budget {
    pub(crate) octets: usize,
    pub(crate) searches: usize,
}

/// One part in so many of a zone's text is read again at most.
const SHARE: usize = 16;

/// What may always be read, however small the zone.
const AT_LEAST: usize = 1 << 18;

/// How often the next place where two texts meet is looked for.
const SEARCHES: usize = 256;

impl Trail {
    /// Octets of all texts, those of a file that is included twice counted twice.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.visits.iter().map(|visit| visit.octets).sum()
    }

    /// The difference that `edits` make, all files that changed being among them. `is_plain` is asked about each stretch
    /// of text that is read, old and new, whether its comments are nothing but comments.
    ///
    /// # Errors
    /// [`Unclear`] if it takes reading all to know.
    pub fn follow(
        &self,
        edits: &[Edit<'_>],
        limits: &Limits,
        is_plain: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Followed, Unclear> {
        let mut budget = Budget {
            octets: (self.octets() / SHARE).max(AT_LEAST),
            searches: SEARCHES,
        };
        let mut followed = Followed {
            trail: self.clone(),
            ..Followed::default()
        };
        for (number, visit) in self.visits.iter().enumerate() {
            let Some(edit) = edits.iter().find(|edit| edit.path == visit.path) else {
                continue;
            };
            let mut comparison = Comparison {
                edit,
                visit,
                limits,
                is_plain,
                is_included: number > 0,
                budget: &mut budget,
                followed: &mut followed,
            };
            let marks = comparison.run()?;
            let changed = &mut followed.trail.visits[number];
            (changed.marks, changed.octets) = (marks, edit.new.len());
        }
        match followed.trail.octets() <= limits.text_octets {
            true => Ok(followed),
            false => Err(Unclear::TooMuch),
        }
    }
}
