//! What every message of a transfer has to be, whatever its records.

use alloc::vec::Vec;

use rr::{Class, Rtype};
use wire::{Flags, HEADER_LEN, OpCode, ResponseCode};

use super::{FailureKind, Terms};

/// What is left to be looked at of a message that may be part of the transfer.
pub(super) struct Envelope {
    pub(super) is_truncated: bool,
}

/// Looks at header and question. RFC 5936 §2.2.1: AA and the other flags are to be ignored.
pub(super) fn check(message: &[u8], terms: &Terms, number: u64) -> Result<Envelope, FailureKind> {
    let header: &[u8; HEADER_LEN] = message.first_chunk().ok_or(FailureKind::NotAMessage)?;
    let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    if word(0) != terms.id {
        return Err(FailureKind::OtherId);
    }
    let flags = Flags(word(2));
    if !flags.has(Flags::QR) {
        return Err(FailureKind::NotAnAnswer);
    }
    if flags.opcode() != OpCode::Query {
        return Err(FailureKind::OtherOperation);
    }
    match ResponseCode::from(0, flags.rcode_low()) {
        ResponseCode::NoError => {}
        refusal => return Err(FailureKind::Refused(refusal)),
    }
    check_question(message, word(4), terms, number)?;
    Ok(Envelope {
        is_truncated: flags.has(Flags::TC),
    })
}

/// RFC 5936 §2.2.2: the first message has the question; the others have it or none.
fn check_question(
    message: &[u8],
    count: u16,
    terms: &Terms,
    number: u64,
) -> Result<(), FailureKind> {
    let is_it = match count {
        0 => number > 1,
        1 => is_question(message, terms),
        _ => false,
    };
    is_it.then_some(()).ok_or(FailureKind::OtherQuestion)
}

fn is_question(message: &[u8], terms: &Terms) -> bool {
    let mut name = Vec::new();
    let Ok(at) = rr::wire::expand_name(message, HEADER_LEN, &mut name) else {
        return false;
    };
    let fixed = message.get(at..).and_then(|rest| rest.first_chunk::<4>());
    fixed.is_some_and(|fixed| {
        let rtype = Rtype(u16::from_be_bytes([fixed[0], fixed[1]]));
        let class = Class(u16::from_be_bytes([fixed[2], fixed[3]]));
        // RFC 4343 §3: in whatever case it comes back.
        name.eq_ignore_ascii_case(terms.zone.as_wire())
            && rtype == terms.rtype()
            && class == Class::IN
    })
}
