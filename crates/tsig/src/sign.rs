//! The one way in which a message becomes a signed one.

use alloc::vec::Vec;
use core::fmt;

use wire::HEADER_LEN;

use crate::digest::Coverage;
use crate::key::Key;
use crate::limits::MESSAGE_OCTETS;
use crate::mac::{Context, Mac};
use crate::record::{Fields, additional_count};
use crate::time::Time;

/// Why a message cannot be signed; it is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignError {
    /// It is shorter than a header, so it is no message.
    NotAMessage,
    /// It has this many octets more than leave room for the signature. RFC 8945 §5.3: send it without records and with TC
    /// set, signed; better, leave room from the start.
    TooLong(usize),
    /// Its additional section has 65,535 records.
    TooManyRecords,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAMessage => f.write_str("what is to be signed is shorter than a header"),
            Self::TooLong(octets) => write!(
                f,
                "the message is {octets} octets too long to be signed; leave room for the signature"
            ),
            Self::TooManyRecords => f.write_str("the additional section is full"),
        }
    }
}

impl core::error::Error for SignError {}

/// What a signature says besides key and MAC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    pub(crate) time: Time,
    pub(crate) fudge_secs: u16,
    pub(crate) original_id: u16,
    pub(crate) error: u16,
    pub(crate) other: &'a [u8],
}

impl<'a> Stamp<'a> {
    pub(crate) fn now(time: Time, key: &Key, original_id: u16) -> Stamp<'a> {
        Stamp {
            time,
            fudge_secs: key.fudge_secs(),
            original_id,
            error: 0,
            other: &[],
        }
    }

    pub(crate) fn fields<'f>(&'f self, key: &'f Key, mac: &'f [u8]) -> Fields<'f> {
        Fields {
            algorithm: key.algorithm().name(),
            time: self.time,
            fudge_secs: self.fudge_secs,
            mac,
            original_id: self.original_id,
            error: self.error,
            other: self.other,
        }
    }
}

impl Key {
    /// Octets that signing adds to a message.
    #[must_use]
    pub fn signature_octets(&self) -> usize {
        Fields::record_octets(self.name(), self.algorithm().name(), self.mac_octets(), 0)
    }

    /// Signs with a context that has seen what comes before the message, and gives the MAC as it is sent.
    pub(crate) fn sign_with(
        &self,
        mut context: Context,
        coverage: Coverage,
        stamp: &Stamp<'_>,
        message: &mut Vec<u8>,
    ) -> Result<Mac, SignError> {
        let octets = self.signature_octets() + stamp.other.len();
        check_room(message, octets)?;
        context.message(message, stamp.original_id, additional_count(message));
        context.record(coverage, self.name(), &stamp.fields(self, &[]));
        let mac = context.finish().cut(self.mac_octets());
        stamp
            .fields(self, mac.octets())
            .append(self.name(), message);
        Ok(mac)
    }
}

/// Whether a record of so many octets can be put behind the message.
pub(crate) fn check_room(message: &[u8], octets: usize) -> Result<(), SignError> {
    if message.len() < HEADER_LEN {
        return Err(SignError::NotAMessage);
    }
    if let Some(excess @ 1..) = (message.len() + octets).checked_sub(MESSAGE_OCTETS) {
        return Err(SignError::TooLong(excess));
    }
    if additional_count(message) == u16::MAX {
        return Err(SignError::TooManyRecords);
    }
    Ok(())
}
