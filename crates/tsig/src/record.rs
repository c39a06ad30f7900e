//! The TSIG record: found in a message, and written behind one (RFC 8945 §4.2).

use alloc::vec::Vec;
use core::fmt;

use rr::{Class, Name, NameRef, Rtype};
use wire::message::ReadError;
use wire::{HEADER_LEN, PlainRecord, Records, Section};

use crate::limits::MESSAGE_OCTETS;
use crate::time::Time;

/// QCLASS and record class ANY.
const ANY: Class = Class(255);

/// What a TSIG record says, but for its owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) algorithm: NameRef<'a>,
    pub(crate) time: Time,
    pub(crate) fudge_secs: u16,
    pub(crate) mac: &'a [u8],
    pub(crate) original_id: u16,
    pub(crate) error: u16,
    pub(crate) other: &'a [u8],
}

/// The TSIG record of a message.
#[derive(Clone, Debug)]
pub(crate) struct Found<'m> {
    /// Octets of the message before it, which are all that is signed.
    pub(crate) at: usize,
    pub(crate) key_name: Name,
    pub(crate) fields: Fields<'m>,
}

/// A message whose signature cannot be read, or is not where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Octet offset of the record, or where the message goes wrong.
    pub at: usize,
    /// What is wrong.
    pub kind: MalformedKind,
}

/// What is wrong with a message that is to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedKind {
    /// The message is no message.
    Structure(ReadError),
    /// More than 65,535 octets.
    TooLong,
    /// Records follow the TSIG record, or it is not in the additional section.
    NotLast,
    /// Two TSIG records.
    Twice,
    /// Octets follow the TSIG record, which nobody has signed.
    Trailing,
    /// Its class is not ANY.
    Class,
    /// Its TTL is not 0.
    Ttl,
    /// Its data end early, go on after their last field, or have an algorithm that is no uncompressed name.
    Data,
    /// Its MAC is longer than its algorithm makes it, or shorter than 10 octets or half of that.
    MacLength,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.kind {
            MalformedKind::Structure(error) => return error.fmt(f),
            MalformedKind::TooLong => "longer than any message",
            MalformedKind::NotLast => "the TSIG record is not the last one",
            MalformedKind::Twice => "more than one TSIG record",
            MalformedKind::Trailing => "octets follow the TSIG record",
            MalformedKind::Class => "the class of the TSIG record is not ANY",
            MalformedKind::Ttl => "the TTL of the TSIG record is not 0",
            MalformedKind::Data => "the data of the TSIG record do not add up",
            MalformedKind::MacLength => "a MAC of a length that its algorithm does not allow",
        };
        write!(f, "octet {}: {text}", self.at)
    }
}

impl core::error::Error for Malformed {}

/// The TSIG record of a message, if it has one.
pub(crate) fn find(message: &[u8]) -> Result<Option<Found<'_>>, Malformed> {
    if message.len() > MESSAGE_OCTETS {
        let (at, kind) = (MESSAGE_OCTETS, MalformedKind::TooLong);
        return Err(Malformed { at, kind });
    }
    let mut records = Records::of(message).map_err(structure)?;
    let mut found = None;
    for record in records.by_ref() {
        let record = record.map_err(structure)?;
        found = place(&record, found.is_some())?;
    }
    match found {
        Some(_) if records.at() < message.len() => {
            let (at, kind) = (records.at(), MalformedKind::Trailing);
            Err(Malformed { at, kind })
        }
        Some(record) => read(&record).map(Some),
        None => Ok(None),
    }
}

/// The record if it is a TSIG record; `is_found` when there was one before.
fn place<'m>(
    record: &PlainRecord<'m>,
    is_found: bool,
) -> Result<Option<PlainRecord<'m>>, Malformed> {
    let is_tsig = record.rtype == Rtype::TSIG;
    // RFC 8945 §5.2: more than one, or one that is not the last record of the additional section, is a format error.
    let kind = match (is_tsig, is_found) {
        (true, true) => MalformedKind::Twice,
        (false, true) => MalformedKind::NotLast,
        (true, false) if record.section != Section::Additional => MalformedKind::NotLast,
        (true, false) => return Ok(Some(*record)),
        (false, false) => return Ok(None),
    };
    Err(Malformed {
        at: record.at,
        kind,
    })
}

fn read<'m>(record: &PlainRecord<'m>) -> Result<Found<'m>, Malformed> {
    let refuse = |kind| Malformed {
        at: record.at,
        kind,
    };
    // RFC 8945 §4.2: class ANY and TTL 0. Both are in the digest as such, so that other values would go unnoticed.
    if record.class != ANY {
        return Err(refuse(MalformedKind::Class));
    }
    if record.ttl != 0 {
        return Err(refuse(MalformedKind::Ttl));
    }
    Ok(Found {
        at: record.at,
        // RFC 8945 §4.3.3: canonical in the digest, so it is at hand in lower case. That it is compressed is nowhere
        // forbidden, other than for the algorithm.
        key_name: record.owner().map_err(structure)?.as_ref().to_lowercase(),
        fields: Fields::read(record.data).ok_or(refuse(MalformedKind::Data))?,
    })
}

fn structure(error: ReadError) -> Malformed {
    Malformed {
        at: error.at,
        kind: MalformedKind::Structure(error),
    }
}

impl<'a> Fields<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        // RFC 8945 §4.2: the algorithm's name must not be compressed.
        let (algorithm, rest) = NameRef::split_from(data).ok()?;
        let (time, rest) = rest.split_first_chunk::<6>()?;
        let (fudge_secs, rest) = word(rest)?;
        let (mac, rest) = counted(rest)?;
        let (original_id, rest) = word(rest)?;
        let (error, rest) = word(rest)?;
        let (other, rest) = counted(rest)?;
        rest.is_empty().then_some(Self {
            algorithm,
            time: Time::from_octets(*time),
            fudge_secs,
            mac,
            original_id,
            error,
            other,
        })
    }

    /// Octets of a whole record.
    pub(crate) fn record_octets(
        key_name: NameRef<'_>,
        algorithm: NameRef<'_>,
        mac: usize,
        other: usize,
    ) -> usize {
        key_name.as_wire().len() + 10 + algorithm.as_wire().len() + 16 + mac + other
    }

    /// Appends the record and counts it in the header. Names are in lower case and not compressed.
    ///
    /// The caller has looked that there is a header and room in the count.
    pub(crate) fn append(&self, key_name: NameRef<'_>, message: &mut Vec<u8>) {
        message.extend_from_slice(key_name.as_wire());
        message.extend_from_slice(&Rtype::TSIG.0.to_be_bytes());
        message.extend_from_slice(&ANY.0.to_be_bytes());
        message.extend_from_slice(&0_u32.to_be_bytes());
        let length_at = message.len();
        message.extend_from_slice(&[0, 0]);
        message.extend_from_slice(self.algorithm.as_wire());
        message.extend_from_slice(&self.time.octets());
        message.extend_from_slice(&self.fudge_secs.to_be_bytes());
        append_counted(self.mac, message);
        message.extend_from_slice(&self.original_id.to_be_bytes());
        message.extend_from_slice(&self.error.to_be_bytes());
        append_counted(self.other, message);
        let length = length_16(message.len() - length_at - 2);
        message[length_at..length_at + 2].copy_from_slice(&length);
        let count = additional_count(message) + 1;
        message[10..HEADER_LEN].copy_from_slice(&count.to_be_bytes());
    }
}

/// ARCOUNT of a message that has a header.
pub(crate) fn additional_count(message: &[u8]) -> u16 {
    u16::from_be_bytes([message[10], message[11]])
}

/// The identity of a message that has a header.
pub(crate) fn id_of(message: &[u8]) -> u16 {
    u16::from_be_bytes([message[0], message[1]])
}

pub(crate) fn length_16(length: usize) -> [u8; 2] {
    u16::try_from(length)
        .expect("MACs and names are short")
        .to_be_bytes()
}

fn append_counted(octets: &[u8], message: &mut Vec<u8>) {
    message.extend_from_slice(&length_16(octets.len()));
    message.extend_from_slice(octets);
}

fn word(octets: &[u8]) -> Option<(u16, &[u8])> {
    let (word, rest) = octets.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*word), rest))
}

fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = word(octets)?;
    rest.split_at_checked(usize::from(length))
}
