//! Zone text: read without losing an octet, and changed without touching more than is meant.
//!
//! [`read_zone`] turns the master files of RFC 1035 §5.1 into records. It goes on after mistakes and gives all of them
//! in one pass, one [`SyntaxError`] for each cause, with its place in a [`SourceMap`] and often with a [`Fix`]. The
//! records go to a [`Sink`] one by one, as wire octets; nothing is allocated for a record.
//!
//! [`entries`] cuts any text into pieces that are the text again when they are put together; an [`Editor`] changes single
//! records in it and leaves every other octet as its author wrote it, [`amend_text`] does so for many records and for
//! all files of a zone at once; [`format`](format()) lays it out alike everywhere.
//! A [`Trail`] tells what another version of a large text says differently, without reading the rest.
//!
//! It deliberately does not open files (a [`Sources`] decides what `$INCLUDE` may name), does not judge what the records
//! say (crate `zone`), and does not know the types of records (crate `rr`).
//!
//! ```
//! use rr::{Class, Name, NameRef, Rtype, Ttl};
//! use zonefile::{Limits, NoSources, Sink, SourceMap, Span, read_zone};
//!
//! struct Owners(Vec<String>);
//!
//! impl Sink for Owners {
//!     fn record(&mut self, owner: NameRef<'_>, _: Class, _: Ttl, _: Rtype, _rdata: &[u8], _: Span) {
//!         self.0.push(owner.to_string());
//!     }
//! }
//!
//! let apex = Name::from_text("example.org")?;
//! let text = "$TTL 1h\nwww A 192.0.2.1\nmail A 192.0.2\nftp CNAME www\n";
//! let (mut map, mut owners) = (SourceMap::new(), Owners(Vec::new()));
//! let errors = read_zone(apex.as_ref(), "example.org", text, &mut NoSources, &Limits::default(), &mut map, &mut owners);
//!
//! assert_eq!(owners.0, ["www.example.org.", "ftp.example.org."]);
//! assert_eq!(map.place(errors[0].span.start).to_string(), "example.org:3:8");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is read: parentheses, comments, strings in quotes, escapes, omitted owners, `@` and relative names, TTL and class
//! in any order, TTL units, `$TTL` (RFC 2308 §4), `$ORIGIN`, `$INCLUDE`, `$GENERATE` as BIND has it, unknown types and
//! classes (RFC 3597), line ends of both kinds, a byte order mark, a last line without line end. Any octet may stand in
//! a name or a string, as itself or escaped; a carriage return only before a line feed.
//!
//! What is refused though a server may take it: a TTL above 2^31 - 1 (RFC 2181 §8 makes it zero), a carriage return
//! alone. A string ends on its line.
//!
//! [`Limits`] bounds text, records, includes and messages; a [`SourceMap`] holds at most 4 GiB of text.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod conflict;
mod editor;
mod entry;
mod error;
mod format;
mod lexer;
mod owner;
mod reader;
mod resume;
mod source_map;
mod suggest;
mod trail;
mod ttl;

pub use editor::{
    AmendError, Amended, Difference, EditError, Editor, Known, RecordRef, Start, ZoneText,
    amend_text, amend_text_along,
};
pub use entry::{Entries, Entry, EntryKind, Fields, entries};
pub use error::{Fix, SyntaxError, SyntaxErrorKind};
pub use format::format;
pub use reader::{
    Limits, NoSources, Note, Sink, SourceError, Sources, read_records, read_zone,
    read_zone_with_trail,
};
pub use source_map::{Place, Pos, SourceMap, Span, Text};
pub use trail::{Edit, Followed, Trail, Unclear, Written};
