//! Zone text to records: the whole master file format of RFC 1035 §5.1, going on after mistakes.

mod directive;
mod explain;
mod generate;
mod include;
mod limits;
mod mark;
mod record;
mod recover;
mod sink;
mod sources;
mod stretch;

use alloc::{boxed::Box, string::String, vec::Vec};

use rr::{Class, Name, NameRef, Ttl};

use crate::{
    conflict::Conflict,
    editor::{Forget, Start},
    error::{SyntaxError, SyntaxErrorKind},
    lexer::{Fault, Lexer},
    owner::Owner,
    source_map::{Pos, SourceMap, Span, Text},
    trail::Trail,
};

pub(crate) use explain::is_utf16;
pub use limits::Limits;
pub(crate) use mark::STRIDE;
pub use sink::{Note, Sink};
pub use sources::{NoSources, SourceError, Sources};
pub(crate) use stretch::{Outside, Stretch};

/// Reads the zone `apex` from `text` and hands each record to `sink`; gives all mistakes, in the order of the text.
///
/// `path` is what the file is called in messages. All files are added to `map`, which resolves the positions. After a
/// mistake reading goes on with the next entry, and what follows from a mistake is not reported again. Records that
/// are not understood are left out. Nothing is allocated per record.
pub fn read_zone<S: Sink>(
    apex: NameRef<'_>,
    path: &str,
    text: impl Into<Text>,
    sources: &mut dyn Sources,
    limits: &Limits,
    map: &mut SourceMap,
    sink: &mut S,
) -> Vec<SyntaxError> {
    read_records(
        &Start::of_zone(apex),
        path,
        text,
        sources,
        limits,
        map,
        sink,
    )
}

/// As [`read_zone`], for records that are no zone's: `start` says what is in force where they begin.
pub fn read_records<S: Sink>(
    start: &Start,
    path: &str,
    text: impl Into<Text>,
    sources: &mut dyn Sources,
    limits: &Limits,
    map: &mut SourceMap,
    sink: &mut S,
) -> Vec<SyntaxError> {
    let mut reader = Reader::new(sources, limits, map, sink);
    reader.read_first(start, path, &text.into());
    reader.errors.sort_by_key(|error| error.span);
    reader.errors
}

/// As [`read_zone`], and gives besides what is needed to read only what differs in another version of the text.
pub fn read_zone_with_trail<S: Sink>(
    apex: NameRef<'_>,
    path: &str,
    text: impl Into<Text>,
    sources: &mut dyn Sources,
    limits: &Limits,
    map: &mut SourceMap,
    sink: &mut S,
) -> (Vec<SyntaxError>, Trail) {
    let mut trail = Trail::default();
    let mut reader = Reader::new(sources, limits, map, sink);
    reader.trail = Some(&mut trail);
    reader.read_first(&Start::of_zone(apex), path, &text.into());
    reader.errors.sort_by_key(|error| error.span);
    (reader.errors, trail)
}

/// Reads one file from a place where `start` is in force, and gives its mistakes.
pub(crate) fn read_file_from(
    start: &Start,
    path: &str,
    text: &Text,
    sources: &mut dyn Sources,
) -> Vec<SyntaxError> {
    let (limits, mut map, mut forget) = (Limits::default(), SourceMap::new(), Forget);
    let mut reader = Reader::new(sources, &limits, &mut map, &mut forget);
    reader.read_first(start, path, text);
    reader.errors
}

/// What all files of a zone share.
struct Reader<'r, S> {
    sources: &'r mut dyn Sources,
    limits: &'r Limits,
    map: &'r mut SourceMap,
    sink: &'r mut S,
    errors: Vec<SyntaxError>,
    /// Paths of the open files, outermost first.
    open: Vec<String>,
    ttl: InheritedTtl,
    /// RFC 1035 §5.1: an omitted class is the last stated one.
    class: Class,
    rdata: Vec<u8>,
    records: usize,
    includes: usize,
    octets: usize,
    stopped: bool,
    /// Where marks are left, if they are wanted.
    trail: Option<&'r mut Trail>,
    /// Hashes of the owners of records since the last mark.
    owners: Vec<u32>,
    /// The visit of the innermost file in the trail.
    visit: usize,
    /// The next entry from here on in the innermost file gets a mark.
    next_mark: usize,
}

/// Where a record without a TTL gets one.
#[derive(Default)]
struct InheritedTtl {
    /// RFC 2308 §4: `$TTL`.
    default: Option<Ttl>,
    /// RFC 1035 §5.1: the last stated TTL.
    last: Option<Ttl>,
    noted: bool,
}

/// One open file.
struct File<'t> {
    text: &'t [u8],
    path: &'t str,
    start: Pos,
    origin: Name,
    owner: Owner,
    owner_is: Standing,
    origin_is: Standing,
}

/// Whether a name that later entries rely on can be relied on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Absent,
    Good,
    /// It was reported; what relies on it is left out without another word.
    Broken,
}

impl File<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            start: Pos(self.start.0 + start as u32),
            end: Pos(self.start.0 + end as u32),
        }
    }
}

/// Why an entry is given up.
enum Problem {
    Fault(Fault),
    Error(Box<SyntaxError>),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        Problem::Fault(fault)
    }
}

impl From<SyntaxError> for Problem {
    #[cold]
    fn from(error: SyntaxError) -> Problem {
        Problem::Error(Box::new(error))
    }
}

impl<'r, S: Sink> Reader<'r, S> {
    fn new(
        sources: &'r mut dyn Sources,
        limits: &'r Limits,
        map: &'r mut SourceMap,
        sink: &'r mut S,
    ) -> Self {
        Reader {
            sources,
            limits,
            map,
            sink,
            errors: Vec::new(),
            open: Vec::new(),
            ttl: InheritedTtl::default(),
            class: Class::IN,
            rdata: Vec::new(),
            records: 0,
            includes: 0,
            octets: 0,
            stopped: false,
            trail: None,
            owners: Vec::new(),
            visit: 0,
            next_mark: usize::MAX,
        }
    }

    fn read_first(&mut self, begin: &Start, path: &str, text: &Text) {
        let Some(start) = self.admit(path, text, None) else {
            return self.report(explain::too_much_text(Span::default(), self.limits));
        };
        let file = self.file_from(begin, path, text);
        self.read_file(File { start, ..file });
    }

    /// A file as it is at a place where `begin` is in force.
    fn file_from<'t>(&mut self, begin: &Start, path: &'t str, text: &'t [u8]) -> File<'t> {
        self.ttl = InheritedTtl {
            default: begin.default_ttl,
            last: begin.last_ttl,
            noted: false,
        };
        self.class = begin.class;
        let mut owner = Owner::root();
        begin.owner.iter().for_each(|name| owner.set(name.as_ref()));
        File {
            text,
            path,
            start: Pos(0),
            origin: begin.origin.clone(),
            owner,
            owner_is: if begin.owner.is_some() {
                Standing::Good
            } else {
                Standing::Absent
            },
            origin_is: Standing::Good,
        }
    }

    /// What is in force at the current place of `file`.
    fn in_force(&self, file: &File<'_>) -> Start {
        Start {
            origin: file.origin.clone(),
            owner: (file.owner_is == Standing::Good).then(|| file.owner.name().to_owned()),
            default_ttl: self.ttl.default,
            last_ttl: self.ttl.last,
            class: self.class,
        }
    }

    /// Adds a file to the map, if all texts together stay within the limit.
    fn admit(&mut self, path: &str, text: &Text, from: Option<Pos>) -> Option<Pos> {
        self.octets = self
            .octets
            .checked_add(text.len())
            .filter(|&all| all <= self.limits.text_octets)?;
        self.map.add(path, text.clone(), from)
    }

    fn read_file(&mut self, mut file: File<'_>) {
        if let Some(error) = explain::wrong_encoding(&file) {
            return self.report(error);
        }
        self.open.push(file.path.into());
        let outer = self.begin_visit(&file);
        let mut lexer = Lexer::new(
            file.text,
            byte_order_mark(file.text),
            self.limits.entry_octets,
        );
        while lexer.begin_entry() && !self.stopped {
            if lexer.at() >= self.next_mark {
                self.leave_mark(lexer.at(), &file);
            }
            if let Err(problem) = self.read_entry(&mut lexer, &mut file) {
                self.recover(problem, &mut lexer, &mut file);
            }
        }
        for conflict in &lexer.conflicts.found {
            self.report_conflict(conflict, &file);
        }
        self.end_visit(outer);
        self.open.pop();
    }

    #[cold]
    fn report(&mut self, error: SyntaxError) {
        // An entry that is read twice, to close its parenthesis, may say a thing twice.
        let again = self
            .errors
            .iter()
            .rev()
            .take(4)
            .any(|said| said.span == error.span && said.kind == error.kind);
        if self.stopped || again {
            return;
        }
        if self.errors.len() >= self.limits.errors {
            self.stopped = true;
            return self.errors.push(explain::too_many_errors(error.span));
        }
        self.stopped = matches!(
            error.kind,
            SyntaxErrorKind::TooManyRecords | SyntaxErrorKind::TooMuchText
        );
        self.errors.push(error);
    }

    fn report_conflict(&mut self, conflict: &Conflict, file: &File<'_>) {
        self.report(explain::merge_marker(conflict, file));
    }
}

/// Whether the word is the name of a directive.
pub(crate) fn is_directive(word: &[u8]) -> bool {
    directive::directive_of(word).is_some()
}

/// Octets of the byte order mark that some editors put before UTF-8.
pub(crate) fn byte_order_mark(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    }
}
