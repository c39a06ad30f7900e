//! Changes of single records that leave every other octet as its author wrote it.

mod amend;
mod find;
mod settle;
mod start;
mod style;
mod words;

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use core::{fmt, ops::Range};

use rr::{Class, NameRef, Rtype, Serial, Ttl};

use crate::{
    error::SyntaxError,
    reader::{Sink, SourceError, Sources, read_file_from},
    source_map::{Span, Text},
};

pub use amend::{AmendError, Amended, Difference, Known, ZoneText, amend_text, amend_text_along};
use find::Found;
pub use start::Start;
use start::{Change, Step};

/// One record without its TTL, which is enough to find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Its owner.
    pub owner: NameRef<'a>,
    /// Its class.
    pub class: Class,
    /// Its type.
    pub rtype: Rtype,
    /// Its data in uncompressed wire form.
    pub rdata: &'a [u8],
}

/// Changes the text of one file of a zone, record by record.
///
/// Each change touches the octets of the record that is meant. Only where the records after it take something from
/// it, such as an owner that they leave out, that is written out there. Reading the text again gives exactly the
/// intended difference.
///
/// ```
/// use rr::{Class, Name, Rtype, Serial, Ttl};
/// use zonefile::{Editor, NoSources, RecordRef, Start};
///
/// let text = "$TTL 1h\n@    SOA ns admin ( 7 ; serial\n       1d 2h 1w 1h )\n     NS  ns\nns   A   192.0.2.1 ; rack 4\n";
/// let apex = Name::from_text("example.org")?;
/// let mut editor = Editor::new(Start::of_zone(apex.as_ref()), "example.org", text, &mut NoSources)?;
/// let owner = Name::from_text("ns.example.org")?;
/// let second = RecordRef { owner: owner.as_ref(), class: Class::IN, rtype: Rtype::A, rdata: &[192, 0, 2, 2] };
/// editor.add(second, Ttl::from_secs(3600))?;
/// editor.set_serial(Serial(8))?;
/// assert_eq!(
///     editor.text(),
///     b"$TTL 1h\n@    SOA ns admin ( 8 ; serial\n       1d 2h 1w 1h )\n     NS  ns\nns   A   192.0.2.1 ; rack 4\nns   A   192.0.2.2\n",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Editor {
    text: Vec<u8>,
    path: String,
    start: Start,
    included: Included,
}

/// The texts that `$INCLUDE`s mean, by the path of the including file and the name in it.
type Included = BTreeMap<(String, String), (String, Text)>;

/// Why a change is not made. The text is as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// There are mistakes in the text; this is the first.
    Unreadable(Box<SyntaxError>),
    /// There is no such record in this file. A record of an included file is changed there, and one of a `$GENERATE`
    /// cannot be changed alone.
    NotFound,
    /// The record is there already.
    Exists,
    /// A record of an included file takes owner, TTL or class from the record to be changed.
    IncludedFileRelies,
    /// The octets are not data of the type, or not in the class.
    BadData,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::Unreadable(error) => write!(f, "the text has mistakes: {error}"),
            EditError::NotFound => f.write_str("there is no such record in this file"),
            EditError::Exists => f.write_str("the record is there already"),
            EditError::IncludedFileRelies => {
                f.write_str("an included file takes its owner, TTL or class from this record")
            }
            EditError::BadData => f.write_str("the octets are not data of this type"),
        }
    }
}

impl core::error::Error for EditError {}

/// Octets to be replaced.
#[derive(Debug)]
struct Splice {
    range: Range<usize>,
    with: Vec<u8>,
}

impl Editor {
    /// Takes the text of a file that is read from `start`. Included files are opened once, to know what they leave
    /// in force for the records after them; they are not changed.
    ///
    /// # Errors
    /// [`EditError::Unreadable`] when the file, or one it includes, has mistakes.
    pub fn new(
        start: Start,
        path: &str,
        text: impl Into<Vec<u8>>,
        sources: &mut dyn Sources,
    ) -> Result<Editor, EditError> {
        let text: Vec<u8> = text.into();
        let mut recording = Recording {
            sources,
            included: Included::new(),
        };
        let errors = read_file_from(&start, path, &text.as_slice().into(), &mut recording);
        match errors.into_iter().next() {
            Some(error) => Err(EditError::Unreadable(Box::new(error))),
            None => Ok(Editor {
                text,
                path: path.into(),
                start,
                included: recording.included,
            }),
        }
    }

    /// The text as it is now.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The changed text.
    #[must_use]
    pub fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// The files that this one includes itself: the name it gives each, and what is in force where they begin, so that
    /// they can be changed with an editor of their own. What they leave in force for this file is not looked at then.
    #[must_use]
    pub fn includes(&self) -> Vec<(String, Start)> {
        let mut walk = self.walk();
        let mut includes = Vec::new();
        let mut before = walk.state().clone();
        while let Some(step) = walk.next_step() {
            if let Step::Directive(entry) = step
                && let Some(Change::Include { named, origin }) = Change::of(&entry)
            {
                includes.push((
                    String::from_utf8_lossy(named).into_owned(),
                    before.inside(origin),
                ));
            }
            before.clone_from(walk.state());
        }
        includes
    }

    /// Adds a record behind the last one of its set, or of its owner, or of the file, and written as that one is.
    ///
    /// # Errors
    /// [`EditError::Exists`], [`EditError::BadData`] or [`EditError::IncludedFileRelies`].
    pub fn add(&mut self, record: RecordRef<'_>, ttl: Ttl) -> Result<(), EditError> {
        if rr::wire::check_rdata(record.rtype, record.rdata).is_err() {
            return Err(EditError::BadData);
        }
        let place = self.place_for(record)?;
        let line = style::line(&self.text, &place, record, ttl);
        let mut after = place.after.clone();
        after.pass_new(record, ttl, place.writes_ttl(ttl));
        let mut splices = self.settle(place.at, place.after, after)?;
        splices.insert(
            0,
            Splice {
                range: place.at..place.at,
                with: line,
            },
        );
        self.apply(&splices);
        Ok(())
    }

    /// Removes a record, each time it is there. Comments on lines of their own stay.
    ///
    /// # Errors
    /// [`EditError::NotFound`] or [`EditError::IncludedFileRelies`].
    pub fn remove(&mut self, record: RecordRef<'_>) -> Result<(), EditError> {
        let found = self.find(record)?;
        self.all_or_nothing(|editor| {
            editor.remove_entry(&found)?;
            editor.remove_others(record)
        })
    }

    /// Several changes, of which all are made or none.
    fn all_or_nothing(
        &mut self,
        change: impl FnOnce(&mut Editor) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        let before = self.text.clone();
        let changed = change(self);
        if changed.is_err() {
            self.text = before;
        }
        changed
    }

    /// Removes duplicates.
    fn remove_others(&mut self, record: RecordRef<'_>) -> Result<(), EditError> {
        while let Ok(again) = self.find(record) {
            self.remove_entry(&again)?;
        }
        Ok(())
    }

    fn remove_entry(&mut self, found: &Found) -> Result<(), EditError> {
        let after = self.after(found);
        let mut splices = self.settle(found.range.end, after, found.before.clone())?;
        splices.insert(
            0,
            Splice {
                range: found.range.clone(),
                with: Vec::new(),
            },
        );
        self.apply(&splices);
        Ok(())
    }

    /// Gives a record other data, in its place. Words of the data that stay the same are not touched, nor are comments
    /// between them.
    ///
    /// # Errors
    /// [`EditError::NotFound`], [`EditError::Exists`], [`EditError::BadData`] or [`EditError::IncludedFileRelies`].
    pub fn replace(&mut self, record: RecordRef<'_>, rdata: &[u8]) -> Result<(), EditError> {
        if rr::wire::check_rdata(record.rtype, rdata).is_err() {
            return Err(EditError::BadData);
        }
        let found = self.find(record)?;
        if self.find(RecordRef { rdata, ..record }).is_ok() {
            return Err(EditError::Exists);
        }
        let mut splices = words::replaced(&self.text, &found, record, rdata);
        let (old, mut new) = (self.after(&found), self.after(&found));
        new.pass_data(record.rtype, rdata, &found);
        splices.extend(self.settle(found.range.end, old, new)?);
        self.all_or_nothing(|editor| {
            editor.apply(&splices);
            editor.remove_others(record)
        })
    }

    /// Gives all records of a set another TTL.
    ///
    /// # Errors
    /// [`EditError::NotFound`] or [`EditError::IncludedFileRelies`].
    pub fn set_ttl(&mut self, owner: NameRef<'_>, rtype: Rtype, ttl: Ttl) -> Result<(), EditError> {
        let of_set = |found: &Found, editor: &Editor| editor.is_of(found, owner, rtype);
        let mut next = Some(self.find_from(0, of_set).ok_or(EditError::NotFound)?);
        self.all_or_nothing(|editor| {
            while let Some(found) = next.take() {
                if editor.ttl_of(&found) != Some(ttl) {
                    editor.set_ttl_of(&found, ttl)?;
                }
                next = editor.find_from(found.range.start + 1, of_set);
            }
            Ok(())
        })
    }

    fn set_ttl_of(&mut self, found: &Found, ttl: Ttl) -> Result<(), EditError> {
        let (old, mut new) = (self.after(found), self.after(found));
        new.last_ttl = Some(ttl);
        if found.before.inherited_ttl().is_none() {
            // A SOA without TTL gives its last field to the others; with one it does not.
            new.default_ttl = found.before.default_ttl;
        }
        let mut splices = self.settle(found.range.end, old, new)?;
        splices.insert(0, words::ttl(&self.text, &found.fields, ttl));
        self.apply(&splices);
        Ok(())
    }

    /// Writes another serial into the SOA; only its digits are touched.
    ///
    /// # Errors
    /// [`EditError::NotFound`] when the SOA is not in this file, or in the form of RFC 3597.
    pub fn set_serial(&mut self, serial: Serial) -> Result<(), EditError> {
        let (word, _) = self.serial_word().ok_or(EditError::NotFound)?;
        let with = alloc::format!("{serial}").into_bytes();
        self.apply(&[Splice { range: word, with }]);
        Ok(())
    }

    /// Writes the next serial into the SOA (RFC 1982 §3.1) and gives it.
    ///
    /// # Errors
    /// As [`Editor::set_serial`].
    pub fn raise_serial(&mut self) -> Result<Serial, EditError> {
        let (_, serial) = self.serial_word().ok_or(EditError::NotFound)?;
        self.set_serial(serial.next())?;
        Ok(serial.next())
    }

    /// Where the serial stands, and what it is. A SOA in the form of RFC 3597 has no such word.
    fn serial_word(&self) -> Option<(Range<usize>, Serial)> {
        let soa = |found: &Found, editor: &Editor| editor.rtype_of(found) == Some(Rtype::SOA);
        let found = self.find_from(0, soa)?;
        let word = found
            .fields
            .rdata
            .get(2)
            .filter(|_| found.fields.rdata.len() == 7)?;
        let digits = core::str::from_utf8(&self.text[word.clone()]).ok()?;
        Some((word.clone(), Serial(digits.parse().ok()?)))
    }

    fn apply(&mut self, splices: &[Splice]) {
        self.text = spliced(&self.text, 0..self.text.len(), splices);
    }

    fn settle(&self, at: usize, old: Start, new: Start) -> Result<Vec<Splice>, EditError> {
        let source = settle::Source {
            text: &self.text,
            path: &self.path,
            included: &self.included,
        };
        settle::settle(source, at, old, new)
    }
}

/// A stretch of text with changes, which lie in it, in order, and do not overlap.
fn spliced(text: &[u8], range: Range<usize>, splices: &[Splice]) -> Vec<u8> {
    let mut out = Vec::with_capacity(range.len() + 64);
    let mut at = range.start;
    for splice in splices {
        out.extend_from_slice(&text[at..splice.range.start]);
        out.extend_from_slice(&splice.with);
        at = splice.range.end;
    }
    out.extend_from_slice(&text[at..range.end]);
    out
}

/// Keeps what is opened.
struct Recording<'s> {
    sources: &'s mut dyn Sources,
    included: Included,
}

impl Sources for Recording<'_> {
    fn open(&mut self, including: &str, named: &str) -> Result<(String, Text), SourceError> {
        let opened = self.sources.open(including, named)?;
        self.included
            .insert((including.into(), named.into()), opened.clone());
        Ok(opened)
    }
}

/// Takes records and forgets them: only the mistakes are wanted.
pub(crate) struct Forget;

impl Sink for Forget {
    fn record(&mut self, _: NameRef<'_>, _: Class, _: Ttl, _: Rtype, _: &[u8], _: Span) {}
}
