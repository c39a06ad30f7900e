//! Who takes what is read.

use core::fmt;

use rr::{Class, NameRef, Rtype, Ttl};

use crate::source_map::Span;

/// Takes the records of a zone, in the order of the text.
pub trait Sink {
    /// One record. `rdata` is in uncompressed wire form and `at` spans the words of its entry;
    /// the records of one `$GENERATE` all have the span of that directive.
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    );

    /// Something that is no mistake and yet worth a word; at most once of each kind.
    fn note(&mut self, note: Note, at: Span) {
        let _ = (note, at);
    }
}

/// What a reader notices in text that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Without `$TTL`, this record has the TTL of the record before (RFC 1035 §5.1).
    TtlFromRecordBefore,
    /// Without `$TTL`, this SOA and the records after it have its last field as TTL, as in BIND.
    TtlFromSoa,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Note::TtlFromRecordBefore => {
                "there is no $TTL: this record has the TTL of the record before"
            }
            Note::TtlFromSoa => "there is no $TTL: the SOA's last field is the TTL of the records",
        })
    }
}
