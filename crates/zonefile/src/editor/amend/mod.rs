//! Many changes of a zone's text at once, in its own file and in those it includes.
//!
//! ```text
//!   read all files once ──> where the names stand that change ──> what becomes of each entry ──> new texts
//!        (locate)                                                     (decide)                   (write)
//! ```
//! One walk writes all changes of a file. It knows at each entry what is in force before the change and after it, and
//! where the two differ it writes out what the entry took. Where nothing changes for long it goes on at the next mark.

mod along;
mod decide;
mod locate;
mod write;

use alloc::{
    boxed::Box, collections::BTreeMap, format, string::String, string::ToString, vec::Vec,
};
use core::fmt;

use rr::NameRef;

use super::{Included, Recording, spliced};
use crate::{
    SyntaxError, Written,
    reader::{Limits, Sources, read_zone_with_trail},
    source_map::{Pos, SourceMap, Text},
    trail::Trail,
};
pub use along::{Known, amend_text_along};
use decide::{Spot, Spots};
use locate::Finder;

/// The text of a zone: its own file, and those it includes.
#[derive(Debug)]
pub struct ZoneText<'t> {
    /// The name of the zone.
    pub apex: NameRef<'t>,
    /// What its file is called, as in [`Sources`].
    pub path: &'t str,
    /// What is in that file.
    pub text: Text,
}

/// What the text is to say differently.
#[derive(Clone, Copy)]
pub struct Difference<'d> {
    /// Records that are to go. Their TTL makes no difference, nor do the data of a SOA, as there is only one.
    pub removed: &'d [Written],
    /// Records that are to come. One that is removed as well gets another TTL.
    pub added: &'d [Written],
    /// Which files must stay as they are, because other zones include them too.
    pub is_shared: &'d dyn Fn(&str) -> bool,
}

/// A file with its new text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// What it is called.
    pub path: String,
    /// The whole text.
    pub text: Vec<u8>,
}

/// Why the text cannot be made to say it. No text was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmendError {
    /// There are mistakes in the text; this is the first.
    Unreadable(Box<SyntaxError>),
    /// There is no such record: owner and type.
    NotFound(String),
    /// The record is there already, or is to come twice: owner and type.
    Exists(String),
    /// The record is one of those that a `$GENERATE` makes: its place.
    Generated(String),
    /// The record is in a file that is included more than once: its path.
    Shared(String),
    /// A TTL, class or owner would go on into or out of an included file: the path of the file that was to be changed.
    Inherited(String),
    /// The octets are not data of the type: owner and type.
    BadData(String),
}

impl fmt::Display for AmendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AmendError::Unreadable(error) => write!(f, "the text has mistakes: {error}"),
            AmendError::NotFound(record) => write!(f, "there is no such record: {record}"),
            AmendError::Exists(record) => write!(f, "the record is there already: {record}"),
            AmendError::Generated(place) => write!(
                f,
                "{place} makes the record with $GENERATE: change that line with a commit"
            ),
            AmendError::Shared(path) => write!(
                f,
                "the record is in {path}, which is included more than once: change it with a commit"
            ),
            AmendError::Inherited(path) => write!(
                f,
                "in {path} an $INCLUDE passes the record's owner, TTL or class on: put a $TTL line first, or change it \
                 with a commit"
            ),
            AmendError::BadData(record) => {
                write!(f, "the octets are no data of the type: {record}")
            }
        }
    }
}

impl core::error::Error for AmendError {}

/// The texts that change, so that reading them again gives exactly the difference. All other octets stay, but for an
/// owner, a TTL or a class that is written out where the entry it was taken from changes.
///
/// A record that takes the place of another of its set is written in that one's entry, with its comments. Others that
/// come go behind the last one of their set, of their owner, or of the name before theirs in canonical order (RFC 4034
/// §6.1), or else to the end of the zone's own file; they are written as the record is that they go behind. An entry goes
/// with the comments on its lines.
///
/// ```
/// use rr::{Class, Name, Rtype, Ttl};
/// use zonefile::{Difference, NoSources, Written, ZoneText, amend_text};
///
/// let a = |last| Written {
///     owner: Name::from_text("www.example.org").unwrap(),
///     class: Class::IN,
///     ttl: Ttl::from_secs(3600),
///     rtype: Rtype::A,
///     rdata: vec![192, 0, 2, last],
/// };
/// let text = "$TTL 1h\n@    SOA ns admin 7 1d 2h 1w 1h\n     NS  ns\nwww  A   192.0.2.1 ; rack 4\nx    A   192.0.2.7\n";
/// let apex = Name::from_text("example.org").unwrap();
/// let zone = ZoneText { apex: apex.as_ref(), path: "example.org", text: text.into() };
/// let difference = Difference { removed: &[a(1)], added: &[a(2), a(3)], is_shared: &|_| false };
/// let amended = amend_text(zone, &mut NoSources, &difference).unwrap();
/// assert_eq!(
///     amended[0].text,
///     text.replace("192.0.2.1 ; rack 4\n", "192.0.2.2 ; rack 4\nwww  A   192.0.2.3\n").as_bytes()
/// );
/// ```
///
/// # Errors
/// [`AmendError`] if the text is not right, or cannot be made to say it.
pub fn amend_text(
    zone: ZoneText<'_>,
    sources: &mut dyn Sources,
    difference: &Difference<'_>,
) -> Result<Vec<Amended>, AmendError> {
    let mut recording = Recording {
        sources,
        included: Included::new(),
    };
    let mut finder = Finder::new(&zone, difference);
    let mut map = SourceMap::new();
    let (errors, trail) = read_zone_with_trail(
        zone.apex,
        zone.path,
        zone.text,
        &mut recording,
        &Limits::default(),
        &mut map,
        &mut finder,
    );
    if let Some(error) = errors.into_iter().next() {
        return Err(AmendError::Unreadable(Box::new(error)));
    }
    let files = Files {
        map,
        trail,
        included: recording.included,
        is_whole: true,
    };
    let located = finder.located();
    let spots = decide::decide(&located, difference, &files)?;
    files.write(&spots)
}

/// All readings of files of the zone, in the order they began.
struct Files {
    map: SourceMap,
    trail: Trail,
    included: Included,
    /// Whether all files are there; otherwise only those in which something changes, and none that they include.
    is_whole: bool,
}

impl Files {
    fn write(&self, spots: &Spots<'_>) -> Result<Vec<Amended>, AmendError> {
        let mut of_visit: BTreeMap<usize, Vec<&Spot<'_>>> = BTreeMap::new();
        for ((visit, _), spot) in spots {
            of_visit.entry(*visit).or_default().push(spot);
        }
        let is_alone = of_visit.len() == 1;
        let write = |(visit, spots): (usize, Vec<&Spot<'_>>)| {
            let text = self.text(visit);
            let splices = write::write(self, visit, &spots, is_alone)?;
            Ok(Amended {
                path: self.path(visit).to_string(),
                text: spliced(text, 0..text.len(), &splices),
            })
        };
        of_visit.into_iter().map(write).collect()
    }

    fn path(&self, visit: usize) -> &str {
        &self.trail.visits[visit].path
    }

    fn text(&self, visit: usize) -> &Text {
        self.map
            .text_of(visit)
            .expect("each reading has its text in the map")
    }

    /// The reading that a position is of, and the offset in its text.
    fn place(&self, pos: Pos) -> (usize, usize) {
        let (visit, start) = self.map.number_of(pos);
        (visit, (pos.0 - start.0) as usize)
    }

    /// The directive at a position, if there is one: what stands there otherwise is a record.
    fn is_directive(&self, pos: Pos) -> bool {
        let (visit, at) = self.place(pos);
        self.text(visit).get(at) == Some(&b'$')
    }

    /// Whether a change in this reading would be one in another as well.
    fn is_shared(&self, visit: usize, difference: &Difference<'_>) -> bool {
        let path = self.path(visit);
        let times = self.trail.visits.iter().filter(|visit| visit.path == path);
        times.count() > 1 || (difference.is_shared)(path)
    }

    fn line(&self, pos: Pos) -> String {
        let place = self.map.place(pos);
        format!("{}:{}", place.path, place.line)
    }
}

/// Owner and type, for messages.
fn named(record: &Written) -> String {
    format!("{} {}", record.owner, record.rtype)
}

impl fmt::Debug for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Difference(-{} +{})",
            self.removed.len(),
            self.added.len()
        )
    }
}
