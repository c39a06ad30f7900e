//! The messages that refresh and NOTIFY are made of. Signatures are put on and taken off by who has the keys.

use alloc::vec::Vec;

use rr::data::Soa;
use rr::{Class, Name, NameRef, RData, Record, Rtype, Serial, Ttl};
use wire::message::{Ask, AskEdns, Message};
use wire::{EdnsOption, Flags, HEADER_LEN, OpCode, OptionCode, ResponseCode};

use crate::{Failure, Heard, Version};

/// The largest datagram that is taken, as it passes everywhere (RFC 9715 §3.1).
const PAYLOAD: u16 = 1232;
/// The EXPIRE option (RFC 7314 §3).
const EXPIRE: OptionCode = OptionCode(9);
/// NOTIFY, in the place of the operation code (RFC 1996 §3.1).
const NOTIFY: Flags = Flags(4 << 11);

/// The question for the SOA record of a zone, and for how long the answer may be relied on (RFC 7314 §3.2).
#[must_use]
pub fn soa_query(id: u16, zone: NameRef<'_>) -> Vec<u8> {
    let edns = AskEdns {
        payload_size: PAYLOAD,
        options: alloc::vec![EdnsOption {
            code: EXPIRE,
            data: &[],
        }],
        ..AskEdns::default()
    };
    Ask {
        id,
        flags: Flags::default(),
        name: zone,
        rtype: Rtype::SOA,
        class: Class::IN,
        edns: Some(edns),
    }
    .emit()
}

/// What an answer to [`soa_query`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoaAnswer {
    /// The record.
    Heard(Heard),
    /// It did not fit.
    Truncated,
    /// It is of no use.
    Failed(Failure),
}

/// Reads the answer to [`soa_query`]. That it is an answer to that question is for [`is_answer`] to say.
#[must_use]
pub fn read_soa(answer: &[u8], zone: NameRef<'_>) -> SoaAnswer {
    let Ok(message) = Message::read(answer) else {
        return SoaAnswer::Failed(Failure::Broken);
    };
    if message.flags.has(Flags::TC) {
        return SoaAnswer::Truncated;
    }
    match message.rcode {
        ResponseCode::NoError => {}
        // RFC 1035 §4.1.1, RFC 2136 §2.2.
        ResponseCode::Refused | ResponseCode::NotAuth => {
            return SoaAnswer::Failed(Failure::Refused);
        }
        ResponseCode::ServFail => return SoaAnswer::Failed(Failure::Failing),
        _ => return SoaAnswer::Failed(Failure::Broken),
    }
    // RFC 1034 §4.3.5 has a primary asked: who answers from a cache does not know.
    let has_authority = message.flags.has(Flags::AA);
    match soa_of(&message.answer, zone).filter(|_| has_authority) {
        Some(soa) => SoaAnswer::Heard(Heard {
            version: Version::from(soa),
            expire_secs: expire_of(&message),
        }),
        None => SoaAnswer::Failed(Failure::Broken),
    }
}

/// Whether octets are the answer to a question: id, question and operation are the same (RFC 5452 §4.2), and it is a response.
#[must_use]
pub fn is_answer(question: &[u8], answer: &[u8]) -> bool {
    let (Ok(asked), Ok(answered)) = (Message::read(question), Message::read(answer)) else {
        return false;
    };
    answered.flags.has(Flags::QR)
        && !asked.flags.has(Flags::QR)
        && answered.id == asked.id
        && answered.flags.only(Flags::OPCODE) == asked.flags.only(Flags::OPCODE)
        // RFC 1996 §3.8 and RFC 1035 §4.1.1: servers that cannot read a message leave its question out.
        && (answered.questions == asked.questions
            || answered.questions.is_empty() && answered.rcode != ResponseCode::NoError)
}

/// A NOTIFY (RFC 1996 §3.7), with the TTL and the data of the SOA record if they are to be told.
#[must_use]
pub fn notify(id: u16, zone: NameRef<'_>, soa: Option<(Ttl, &[u8])>) -> Vec<u8> {
    let mut message = Ask {
        id,
        flags: NOTIFY.with(Flags::AA),
        name: zone,
        rtype: Rtype::SOA,
        class: Class::IN,
        edns: None,
    }
    .emit();
    if let Some((ttl, rdata)) = soa {
        // One record in the answer section, whose owner is a pointer to the question.
        message[7] = 1;
        message.extend([0xC0, HEADER_LEN as u8]);
        message.extend(Rtype::SOA.0.to_be_bytes());
        message.extend(Class::IN.0.to_be_bytes());
        message.extend(ttl.as_secs().to_be_bytes());
        message.extend((rdata.len() as u16).to_be_bytes());
        message.extend_from_slice(rdata);
    }
    message
}

/// A NOTIFY as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// The zone that is said to have changed.
    pub zone: Name,
    /// The serial in its answer section, a hint.
    pub serial: Option<Serial>,
}

/// Reads a NOTIFY.
///
/// # Errors
/// What to answer instead (RFC 1996 §3.12): FORMERR for what cannot be read or does not ask for one SOA record of class IN, NOTIMP
/// for other operations and for other types, as §3.6 leaves them to later.
pub fn read_notify(message: &[u8]) -> Result<Notified, ResponseCode> {
    let read = Message::read(message).map_err(|_| ResponseCode::FormErr)?;
    if read.flags.opcode() != OpCode::Notify {
        return Err(ResponseCode::NotImp);
    }
    let [question] = read.questions.as_slice() else {
        return Err(ResponseCode::FormErr);
    };
    if read.flags.has(Flags::QR) || question.class != Class::IN {
        return Err(ResponseCode::FormErr);
    }
    if question.rtype != Rtype::SOA {
        return Err(ResponseCode::NotImp);
    }
    Ok(Notified {
        serial: soa_of(&read.answer, question.name.as_ref()).map(|soa| soa.serial),
        zone: question.name.clone(),
    })
}

/// The answer to a NOTIFY: its header and question (RFC 1996 §4.7). None to octets without a question.
#[must_use]
pub fn notify_answer(message: &[u8], code: ResponseCode) -> Option<Vec<u8>> {
    let question_end = HEADER_LEN + question_octets(message)?;
    let mut answer = message.get(..question_end)?.to_vec();
    let flags = Flags(u16::from_be_bytes([answer[2], answer[3]]));
    let flags = flags.only(Flags::OPCODE).with(Flags::QR).with(Flags::AA);
    let flags = flags.with(Flags(u16::from(code.low())));
    answer[2..4].copy_from_slice(&flags.0.to_be_bytes());
    answer[4..12].copy_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    Some(answer)
}

/// The code of an answer to a message; none if it is not one.
#[must_use]
pub fn answer_code(question: &[u8], answer: &[u8]) -> Option<ResponseCode> {
    let code = || Message::read(answer).ok().map(|message| message.rcode);
    is_answer(question, answer).then(code)?
}

/// The SOA record of the zone among some records, if there is exactly one.
fn soa_of<'r>(records: &'r [Record], zone: NameRef<'_>) -> Option<&'r Soa> {
    let of_zone = records
        .iter()
        .filter(|record| record.owner.as_ref() == zone);
    let mut soas = of_zone.filter_map(|record| match &record.data {
        RData::SOA(soa) => Some(soa),
        _ => None,
    });
    soas.next().filter(|_| soas.next().is_none())
}

fn expire_of(message: &Message) -> Option<u32> {
    let options = &message.edns.as_ref()?.options;
    let (_, data) = options.iter().find(|(code, _)| *code == EXPIRE)?;
    // RFC 7314 §3.2: four octets, or it is passed over.
    Some(u32::from_be_bytes(data.as_slice().try_into().ok()?))
}

fn question_octets(message: &[u8]) -> Option<usize> {
    let (name, _) = NameRef::split_from(message.get(HEADER_LEN..)?).ok()?;
    Some(name.as_wire().len() + 4)
}
