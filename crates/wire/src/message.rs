//! Messages at leisure: build a query, read a response into typed records. For command lines and tests; allocates.

use alloc::vec::Vec;
use core::fmt;

use hickory_proto::op::ResponseCode;
use rr::wire::WireError;
use rr::{Class, Name, NameRef, RData, Record, Rtype, Ttl};

use crate::edns::{Edns, EdnsOption, OptionCode};
use crate::fault::FaultKind;
use crate::header::{Flags, HEADER_LEN, Header};
use crate::names;
use crate::records::Raw;

/// A query to be sent.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The identity the response has to repeat.
    pub id: u16,
    /// Flags, RD above all; QR stays clear.
    pub flags: Flags,
    /// QNAME.
    pub name: NameRef<'a>,
    /// QTYPE.
    pub rtype: Rtype,
    /// QCLASS.
    pub class: Class,
    /// The OPT record, if EDNS is to be spoken.
    pub edns: Option<AskEdns<'a>>,
}

/// The OPT record of a query to be sent.
#[derive(Clone, Debug, Default)]
pub struct AskEdns<'a> {
    /// The largest UDP response that is taken.
    pub payload_size: u16,
    /// DNSSEC records are wanted.
    pub dnssec_ok: bool,
    /// The version, 0 but in tests.
    pub version: u8,
    /// Options in the order sent.
    pub options: Vec<EdnsOption<'a>>,
}

/// A plain question of class IN without EDNS and without recursion.
#[must_use]
pub fn query(id: u16, name: NameRef<'_>, rtype: Rtype) -> Vec<u8> {
    Ask {
        id,
        flags: Flags::default(),
        name,
        rtype,
        class: Class::IN,
        edns: None,
    }
    .emit()
}

impl Ask<'_> {
    /// The octets of the query.
    #[must_use]
    pub fn emit(&self) -> Vec<u8> {
        let counts = [1, 0, 0, u16::from(self.edns.is_some())];
        let mut out = Header {
            id: self.id,
            flags: self.flags.without(Flags::QR),
            counts,
        }
        .emit()
        .to_vec();
        out.extend_from_slice(self.name.as_wire());
        out.extend_from_slice(&self.rtype.0.to_be_bytes());
        out.extend_from_slice(&self.class.0.to_be_bytes());
        if let Some(edns) = &self.edns {
            edns.emit(&mut out);
        }
        out
    }
}

impl AskEdns<'_> {
    fn emit(&self, out: &mut Vec<u8>) {
        let length: usize = self
            .options
            .iter()
            .map(|option| 4 + option.data.len())
            .sum();
        out.extend_from_slice(&[0, 0, 41]);
        out.extend_from_slice(&self.payload_size.to_be_bytes());
        out.extend_from_slice(&[0, self.version, u8::from(self.dnssec_ok) << 7, 0]);
        out.extend_from_slice(&(length as u16).to_be_bytes());
        for option in &self.options {
            out.extend_from_slice(&option.code.0.to_be_bytes());
            out.extend_from_slice(&(option.data.len() as u16).to_be_bytes());
            out.extend_from_slice(option.data);
        }
    }
}

/// A whole message, read into values of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The identity.
    pub id: u16,
    /// The flags, the low bits of the response code among them.
    pub flags: Flags,
    /// The response code, with the upper bits that the OPT record has.
    pub rcode: ResponseCode,
    /// The questions, usually one.
    pub questions: Vec<Asked>,
    /// The answer section.
    pub answer: Vec<Record>,
    /// The authority section.
    pub authority: Vec<Record>,
    /// The additional section, without OPT and TSIG.
    pub additional: Vec<Record>,
    /// The OPT record.
    pub edns: Option<ReadEdns>,
}

/// A question as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// QNAME.
    pub name: Name,
    /// QTYPE.
    pub rtype: Rtype,
    /// QCLASS.
    pub class: Class,
}

/// An OPT record as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEdns {
    /// The largest UDP message its sender takes.
    pub payload_size: u16,
    /// The EDNS version.
    pub version: u8,
    /// DO.
    pub dnssec_ok: bool,
    /// The options in the order sent.
    pub options: Vec<(OptionCode, Vec<u8>)>,
}

/// Why octets are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Octet offset of the record, question or header that could not be read.
    pub at: usize,
    /// What is wrong with it.
    pub kind: ReadErrorKind,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// Its structure.
    Structure(FaultKind),
    /// Record data that is not of its type's shape.
    Data(Rtype, WireError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReadErrorKind::Structure(fault) => write!(f, "octet {}: {}", self.at, fault.text()),
            ReadErrorKind::Data(rtype, error) => {
                write!(f, "octet {}: data of {rtype}: {error}", self.at)
            }
        }
    }
}

impl core::error::Error for ReadError {}

impl Message {
    /// Reads a message, query or response, of at most 65,535 octets.
    ///
    /// Names in record data are decompressed wherever RFC 3597 §4 asks a receiver to; octets after the last record are
    /// ignored.
    ///
    /// # Errors
    /// The first question or record that cannot be read.
    pub fn read(octets: &[u8]) -> Result<Message, ReadError> {
        let header = Header::parse(octets).ok_or(structure(octets.len(), FaultKind::Short))?;
        let mut reader = Reader {
            octets,
            at: HEADER_LEN,
            edns: None,
        };
        let [questions, answer, authority, additional] = header.counts;
        let questions = (0..questions)
            .map(|_| reader.question())
            .collect::<Result<_, _>>()?;
        let answer = reader.section(answer)?;
        let authority = reader.section(authority)?;
        let additional = reader.section(additional)?;
        let rcode_high = reader.edns.as_ref().map_or(0, |(high, _)| *high);
        Ok(Message {
            id: header.id,
            flags: header.flags,
            rcode: rcode(rcode_high, header.flags.rcode_low()),
            questions,
            answer,
            authority,
            additional,
            edns: reader.edns.map(|(_, edns)| edns),
        })
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    /// The upper bits of the response code, and the rest of the OPT record.
    edns: Option<(u8, ReadEdns)>,
}

impl Reader<'_> {
    fn question(&mut self) -> Result<Asked, ReadError> {
        let at = self.at;
        let (name, end) = self.name(at).map_err(|kind| structure(at, kind))?;
        let fixed: Option<&[u8; 4]> = self.octets.get(end..).and_then(|rest| rest.first_chunk());
        let fixed = fixed.ok_or(structure(at, FaultKind::CutShort))?;
        self.at = end + fixed.len();
        let rtype = Rtype(u16::from_be_bytes([fixed[0], fixed[1]]));
        Ok(Asked {
            name,
            rtype,
            class: Class(u16::from_be_bytes([fixed[2], fixed[3]])),
        })
    }

    fn section(&mut self, count: u16) -> Result<Vec<Record>, ReadError> {
        let mut records = Vec::new();
        for _ in 0..count {
            records.extend(self.record()?);
        }
        Ok(records)
    }

    /// The next record; none if it is about the message and not about a name.
    fn record(&mut self) -> Result<Option<Record>, ReadError> {
        let at = self.at;
        let raw = Raw::parse(self.octets, at).map_err(|kind| structure(at, kind))?;
        self.at = raw.end;
        match Rtype(raw.rtype) {
            Rtype::OPT => self
                .opt(&raw)
                .map_err(|kind| structure(at, kind))
                .map(|()| None),
            Rtype::TSIG => Ok(None),
            rtype => self.typed(rtype, &raw).map(Some),
        }
    }

    fn typed(&self, rtype: Rtype, raw: &Raw<'_>) -> Result<Record, ReadError> {
        let (owner, _) = self.name(raw.at).map_err(|kind| structure(raw.at, kind))?;
        let mut data = Vec::new();
        let data = rr::wire::expand_rdata(rtype, self.octets, raw.data_at, raw.end, &mut data)
            .and_then(|()| RData::from_wire(rtype, &data))
            .map_err(|error| ReadError {
                at: raw.at,
                kind: ReadErrorKind::Data(rtype, error),
            })?;
        Ok(Record {
            owner,
            class: Class(raw.class),
            ttl: Ttl::from_secs(raw.ttl),
            data,
        })
    }

    fn opt(&mut self, raw: &Raw<'_>) -> Result<(), FaultKind> {
        let edns = Edns::parse(raw.class, raw.ttl, raw.data)?;
        let read = ReadEdns {
            payload_size: edns.payload_size,
            version: edns.version,
            dnssec_ok: edns.dnssec_ok,
            options: edns
                .options()
                .map(|option| (option.code, option.data.to_vec()))
                .collect(),
        };
        match self.edns.replace((edns.rcode_high, read)) {
            // RFC 6891 §6.1.1: one at most.
            Some(_) => Err(FaultKind::OptTwice),
            None => Ok(()),
        }
    }

    fn name(&self, at: usize) -> Result<(Name, usize), FaultKind> {
        let mut spelled = [0; names::NAME_MAX];
        let (length, end) = names::expand(self.octets, at, &mut spelled)?;
        Ok((Name::from_wire(&spelled[..length])?, end))
    }
}

/// RFC 6891 §9 and RFC 8945 §10 both gave out 16; in a header it is BADVERS.
fn rcode(high: u8, low: u8) -> ResponseCode {
    match (high, low) {
        (1, 0) => ResponseCode::BADVERS,
        _ => ResponseCode::from(high, low),
    }
}

fn structure(at: usize, kind: FaultKind) -> ReadError {
    ReadError {
        at,
        kind: ReadErrorKind::Structure(kind),
    }
}
