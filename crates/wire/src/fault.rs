//! What can be wrong with a query, and what its sender is told.

use core::fmt;

use hickory_proto::op::{OpCode, ResponseCode};

use crate::edns::Ede;
use crate::header::Flags;

/// A message that is no query we can answer as asked.
///
/// It keeps what an error reply needs: the identity and, where they could be read, the question and whether EDNS is
/// spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// What is wrong.
    pub kind: FaultKind,
    /// Octet offset in the message where it was seen.
    pub at: usize,
    /// The identity to answer with.
    pub id: u16,
    /// The flags of the message.
    pub flags: Flags,
    /// The octets of the one question, if it was whole.
    pub question: Option<&'a [u8]>,
    /// DO of a whole OPT record seen before the fault; `None` if there was no such record.
    pub edns_do: Option<bool>,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Shorter than a header.
    Short,
    /// QR is set: a response, perhaps our own, perhaps forged to start a packet loop.
    Response,
    /// An operation nobody here knows.
    Opcode(OpCode),
    /// No question or several; the number of them.
    QuestionCount(u16),
    /// The message ends inside a name, a question or a record.
    CutShort,
    /// A label longer than 63 octets or of a reserved kind, or a name longer than 255 octets.
    Name,
    /// A compression pointer that does not point backwards, or one more than a name can have use for.
    Pointer,
    /// An OPT record outside of the additional section, or not owned by the root.
    OptPlace,
    /// A second OPT record.
    OptTwice,
    /// The options of an OPT record do not add up to its length.
    OptOptions,
    /// A COOKIE option of a length no cookie has.
    CookieLength,
    /// A ZONEVERSION option that is not empty, or a second one.
    ZoneVersion,
    /// A TSIG record that is not the last record.
    TsigPlace,
}

/// What the sender of a faulty message is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at all.
    Silence,
    /// A response without data; the extended error is added if EDNS was spoken.
    Reply(ResponseCode, Option<Ede<'static>>),
}

impl FaultKind {
    /// The answer to each fault. Total: a new kind of fault does not compile until it is answered.
    pub fn verdict(self) -> Verdict {
        match self {
            // There is no identity to answer to.
            Self::Short => Verdict::Silence,
            // RFC 1035 §4.1.1: QR says this is an answer. Whoever answers answers can be made to loop.
            Self::Response => Verdict::Silence,
            // RFC 1035 §4.1.1, RFC 8906 §3.1.4: an unknown kind of query is told so, never left without an answer.
            Self::Opcode(_) => {
                Verdict::Reply(ResponseCode::NotImp, Some(Ede::new(Ede::NOT_SUPPORTED, "")))
            }
            // RFC 9619 §4: QDCOUNT other than 1 is a format error, and so is all the rest.
            Self::QuestionCount(_)
            | Self::CutShort
            | Self::Name
            | Self::Pointer
            | Self::OptPlace
            | Self::OptTwice
            | Self::OptOptions
            | Self::CookieLength
            | Self::ZoneVersion
            | Self::TsigPlace => Verdict::Reply(
                ResponseCode::FormErr,
                Some(Ede::new(Ede::OTHER, self.text())),
            ),
        }
    }

    /// The fault in words, for a log and for the peer (RFC 8914 EXTRA-TEXT).
    pub fn text(self) -> &'static str {
        match self {
            Self::Short => "shorter than a header",
            Self::Response => "a response, not a query",
            Self::Opcode(_) => "unknown operation",
            Self::QuestionCount(_) => "not exactly one question",
            Self::CutShort => "the message ends too early",
            Self::Name => "a label or name is too long",
            Self::Pointer => "a compression pointer does not point backwards",
            Self::OptPlace => "the OPT record is in the wrong place",
            Self::OptTwice => "more than one OPT record",
            Self::OptOptions => "EDNS options do not add up",
            Self::CookieLength => "illegal cookie length",
            Self::ZoneVersion => "ZONEVERSION is not empty, or there twice",
            Self::TsigPlace => "TSIG is not the last record",
        }
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "octet {}: {}", self.at, self.kind.text())
    }
}

impl core::error::Error for Fault<'_> {}
