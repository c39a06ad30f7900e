//! Why a transfer is of no use.

use core::fmt;

use rr::{Class, Rtype, Serial};
use tsig::StreamError;
use wire::ResponseCode;
use wire::message::ReadError;
use zone::check::defect::DefectKind;

use crate::Misfit;

/// Why a transfer is of no use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// The number of the message, counted from 1; if none came, 0.
    pub number: u64,
    /// What is wrong.
    pub kind: FailureKind,
}

/// Whose fault a failure is, and so what may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// What the primary sends makes no sense, or stops: later, or another primary.
    Primary,
    /// The primary does not want to: its operator has to allow it.
    Refusal,
    /// The keys or clocks of both do not agree: an operator has to mend them.
    Keys,
    /// The changes do not fit the version that we have: ask for the whole zone.
    Version,
    /// It is more than we take: our operator may raise the limit.
    Limit,
}

/// What is wrong with a transfer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FailureKind {
    /// Shorter than a header.
    NotAMessage,
    /// Another identity than that of the request.
    OtherId,
    /// A query.
    NotAnAnswer,
    /// An answer to another operation than a query.
    OtherOperation,
    /// The primary says no.
    Refused(ResponseCode),
    /// It does so without a signature, as one does that does not know the key: a hint for an operator.
    RefusedUnsigned(ResponseCode),
    /// The signature is not good, or missing.
    Signature(StreamError),
    /// The first message has no question, or a message has another one.
    OtherQuestion,
    /// TC is set, over TCP.
    Truncated,
    /// A record cannot be read.
    Unreadable(ReadError),
    /// A message has no records.
    Empty,
    /// A record of a class other than IN.
    OtherClass(Class),
    /// A record of a type that only questions and messages have.
    MetaType(Rtype),
    /// The first record is not an SOA record.
    NoSoa,
    /// The first record is the SOA record of another zone.
    OtherZone,
    /// An SOA record below the apex.
    SoaElsewhere,
    /// A record outside of the zone.
    OutOfZone,
    /// The primary's version is not newer than the one that we have (RFC 1982).
    NotNewer(Serial),
    /// An SOA record that ends the zone and is not the one that began it: the zone has changed on the way, or this one is
    /// in the middle.
    OtherSoa(Serial),
    /// Records follow the last SOA record.
    AfterTheEnd,
    /// Changes that begin with another version than the one that we have, or that the changes before have led to.
    OtherVersion(Serial),
    /// Changes that lead back, or beyond the version that they are to end with.
    GoesBack(Serial),
    /// Changes that do not fit.
    Misfit(Misfit),
    /// The zone has what cannot be served: two CNAMEs at one name, say.
    Unservable(DefectKind),
    /// The messages end before the zone does.
    CutShort,
    /// More records than the limit.
    TooManyRecords,
    /// More octets than the limit.
    TooManyOctets,
}

impl FailureKind {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            // RFC 1995 §4: a server that knows no IXFR says so in many ways.
            Self::Refused(ResponseCode::NotImp | ResponseCode::FormErr)
            | Self::OtherVersion(_)
            | Self::GoesBack(_)
            | Self::Misfit(_) => Blame::Version,
            Self::Refused(_) | Self::RefusedUnsigned(_) => Blame::Refusal,
            Self::Signature(_) => Blame::Keys,
            Self::TooManyRecords | Self::TooManyOctets => Blame::Limit,
            _ => Blame::Primary,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {} of the transfer: {}", self.number, self.kind)
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Refused(code) => {
                return write!(f, "the primary answers {code}; have it allow the transfer");
            }
            Self::RefusedUnsigned(code) => {
                return write!(
                    f,
                    "the primary answers {code}, unsigned; it may not know the key"
                );
            }
            Self::Signature(error) => return error.fmt(f),
            Self::Unreadable(error) => return error.fmt(f),
            Self::OtherClass(class) => return write!(f, "a record of class {}, not IN", class.0),
            Self::MetaType(rtype) => return write!(f, "a record of type {rtype}, as no zone has"),
            Self::NotNewer(serial) => {
                return write!(f, "its serial {serial} is not newer than what we have");
            }
            Self::OtherSoa(serial) => {
                return write!(
                    f,
                    "an SOA record of serial {serial} that is not the one that began it"
                );
            }
            Self::OtherVersion(serial) => {
                return write!(f, "changes from serial {serial}, which is not where we are");
            }
            Self::GoesBack(serial) => {
                return write!(
                    f,
                    "changes that lead to serial {serial}, which is the wrong way"
                );
            }
            Self::Misfit(misfit) => return write!(f, "changes that do not fit: {misfit}"),
            Self::Unservable(defect) => return write!(f, "the zone cannot be served: {defect:?}"),
            plain => plain.text(),
        };
        f.write_str(text)
    }
}

impl FailureKind {
    /// What has no more to it than its name.
    fn text(&self) -> &'static str {
        match self {
            Self::NotAMessage => "shorter than a header",
            Self::OtherId => "the answer to another request",
            Self::NotAnAnswer => "a query, not an answer",
            Self::OtherOperation => "not the answer to a query",
            Self::OtherQuestion => "the answer to another question",
            Self::Truncated => "truncated, as only datagrams may be",
            Self::Empty => "it has no records",
            Self::NoSoa => "it does not begin with an SOA record",
            Self::OtherZone => "the SOA record of another zone",
            Self::SoaElsewhere => "an SOA record below the apex",
            Self::OutOfZone => "a record outside of the zone",
            Self::AfterTheEnd => "records after the last SOA record",
            Self::CutShort => "the transfer ended too early",
            Self::TooManyRecords => "more records than the limit",
            Self::TooManyOctets => "more octets than the limit",
            _ => "of no use",
        }
    }
}

impl core::error::Error for Failure {}
