//! A request for a transfer, read and made.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rr::{Class, NameRef, Rtype, Serial};
use wire::message::{Ask, AskEdns};
use wire::{
    EdnsOption, Flags, OpCode, OptionCode, PlainRecord, Query, Records, ResponseCode, Section,
};
use zone::{RecordRef, Zone};

use crate::difference::soa_of;

/// The largest UDP answer that is asked for: what is not fragmented anywhere.
const PAYLOAD: u16 = 1_232;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The whole zone.
    Whole,
    /// What changed since the version of this serial.
    Since(Serial),
}

/// A request for a transfer: all of it that its answer needs, without the message.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) id: u16,
    pub(crate) flags: Flags,
    /// Name, type and class.
    pub(crate) question: Box<[u8]>,
    wanted: Wanted,
    pub(crate) edns: Option<RequestEdns>,
}

/// What the OPT record of a request says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestEdns {
    pub(crate) payload_size: u16,
    pub(crate) dnssec_ok: bool,
    /// RFC 7314 §3.2: the client wants to know when the zone expires.
    pub(crate) expire: bool,
}

/// Why a message is no request for a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// It is not even a query.
    NotAQuery,
    /// It asks for something else.
    OtherType(Rtype),
    /// It asks for the zone in a class that nothing is served in.
    OtherClass(Class),
    /// It asks for changes and does not say since when: the SOA record is missing in the authority section, or there
    /// are two, or it is that of another zone (RFC 1995 §3).
    NoVersion,
}

impl RequestError {
    /// The answer to each error.
    #[must_use]
    pub fn rcode(self) -> ResponseCode {
        match self {
            Self::NotAQuery | Self::NoVersion => ResponseCode::FormErr,
            Self::OtherType(_) => ResponseCode::NotImp,
            // RFC 5936 §2.2.1: the server is not authoritative for it.
            Self::OtherClass(_) => ResponseCode::NotAuth,
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAQuery => f.write_str("not a query that can be understood"),
            Self::OtherType(rtype) => write!(f, "a query for {rtype}, not for a transfer"),
            Self::OtherClass(class) => write!(f, "a transfer in class {}, not IN", class.0),
            Self::NoVersion => f.write_str("IXFR without one SOA record that says since when"),
        }
    }
}

impl core::error::Error for RequestError {}

impl Request {
    /// Reads a request; its signature, if it has one, is for `tsig`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(message: &[u8]) -> Result<Self, RequestError> {
        let query = Query::parse(message).map_err(|_| RequestError::NotAQuery)?;
        let question = query
            .question
            .filter(|_| query.opcode == OpCode::Query)
            .ok_or(RequestError::NotAQuery)?;
        let wanted = match question.rtype {
            Rtype::AXFR => Wanted::Whole,
            Rtype::IXFR => Wanted::Since(version(message, question.name)?),
            other => return Err(RequestError::OtherType(other)),
        };
        if question.class != Class::IN {
            return Err(RequestError::OtherClass(question.class));
        }
        Ok(Request {
            id: query.id,
            flags: query.flags,
            question: question.octets.into(),
            wanted,
            edns: query.edns.map(|edns| RequestEdns {
                payload_size: edns.payload_size,
                dnssec_ok: edns.dnssec_ok,
                expire: edns
                    .options()
                    .any(|option| option.code == OptionCode::EXPIRE),
            }),
        })
    }

    /// The name of the zone that is asked for.
    #[must_use]
    pub fn zone(&self) -> NameRef<'_> {
        // Type and class follow the name, which was read before.
        NameRef::from_checked(&self.question[..self.question.len() - 4])
    }

    /// What is asked for.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// The serial of the version that the changes are needed from, to answer with `zone`; `None` if no changes are needed:
    /// the whole zone is asked for, or there is nothing newer.
    #[must_use]
    pub fn needs_changes_since<State>(&self, zone: &Zone<State>) -> Option<Serial> {
        match self.wanted {
            Wanted::Whole => None,
            Wanted::Since(serial) => zone
                .serial()
                .filter(|own| own.is_newer_than(serial))
                .map(|_| serial),
        }
    }
}

/// RFC 1995 §3: the serial of the one SOA record in the authority section.
fn version(message: &[u8], zone: NameRef<'_>) -> Result<Serial, RequestError> {
    let records = Records::of(message).map_err(|_| RequestError::NotAQuery)?;
    let mut versions = records
        .flatten()
        .filter(|record| record.section == Section::Authority && record.rtype == Rtype::SOA);
    match (versions.next(), versions.next()) {
        (Some(soa), None) => serial_in(&soa, zone).ok_or(RequestError::NoVersion),
        _ => Err(RequestError::NoVersion),
    }
}

fn serial_in(soa: &PlainRecord<'_>, zone: NameRef<'_>) -> Option<Serial> {
    let owner = soa.owner().ok()?;
    let mut rdata = Vec::new();
    soa.append_data(&mut rdata).ok()?;
    serial_of(&rdata).filter(|_| owner.as_ref() == zone)
}

/// RFC 1035 §3.3.13: of the five numbers at the end of the data of an SOA record the serial is the first.
pub(crate) fn serial_of(soa: &[u8]) -> Option<Serial> {
    let (_, numbers) = soa.split_last_chunk::<20>()?;
    Some(Serial(u32::from_be_bytes(*numbers.first_chunk()?)))
}

/// The octets of a request for a whole zone (RFC 5936 §2.1), to be signed if there is a key.
#[must_use]
pub fn ask_whole(id: u16, zone: NameRef<'_>) -> Vec<u8> {
    ask(id, zone, Rtype::AXFR)
}

/// The octets of a request for what changed since this version of a zone (RFC 1995 §3), to be signed if there is a key;
/// `None` if the version has no SOA record.
#[must_use]
pub fn ask_changes<State>(id: u16, version: &Zone<State>) -> Option<Vec<u8>> {
    let soa = soa_of(version)?;
    let mut message = ask(id, version.apex(), Rtype::IXFR);
    // The OPT record comes last.
    let opt = message.split_off(12 + version.apex().as_wire().len() + 4);
    append(&mut message, &soa);
    message.extend_from_slice(&opt);
    message[9] = 1;
    Some(message)
}

/// With EDNS, as that alone tells when a zone expires (RFC 7314 §3).
fn ask(id: u16, zone: NameRef<'_>, rtype: Rtype) -> Vec<u8> {
    let options = [EdnsOption {
        code: OptionCode::EXPIRE,
        data: &[],
    }];
    Ask {
        id,
        flags: Flags::default(),
        name: zone,
        rtype,
        class: Class::IN,
        edns: Some(AskEdns {
            payload_size: PAYLOAD,
            options: options.to_vec(),
            ..AskEdns::default()
        }),
    }
    .emit()
}

fn append(message: &mut Vec<u8>, record: &RecordRef<'_>) {
    message.extend_from_slice(record.owner.as_wire());
    message.extend_from_slice(&record.rtype.0.to_be_bytes());
    message.extend_from_slice(&Class::IN.0.to_be_bytes());
    message.extend_from_slice(&record.ttl.as_secs().to_be_bytes());
    message.extend_from_slice(&(record.rdata.len() as u16).to_be_bytes());
    message.extend_from_slice(record.rdata);
}
