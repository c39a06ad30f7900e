//! Records as they stand in a message, one after the other.

use crate::fault::FaultKind;
use crate::names;

/// One record of a message, its owner stepped over and its data not looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    /// Where the owner begins.
    pub(crate) at: usize,
    pub(crate) rtype: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    /// The data, and where it begins.
    pub(crate) data: &'a [u8],
    pub(crate) data_at: usize,
    /// The octet after the record.
    pub(crate) end: usize,
}

impl<'a> Raw<'a> {
    /// The record that begins at `at`.
    pub(crate) fn parse(message: &'a [u8], at: usize) -> Result<Self, FaultKind> {
        let fixed_at = names::end_of(message, at)?;
        let fixed: &[u8; 10] = message
            .get(fixed_at..)
            .and_then(|rest| rest.first_chunk())
            .ok_or(FaultKind::CutShort)?;
        let word = |i: usize| u16::from_be_bytes([fixed[i], fixed[i + 1]]);
        let data_at = fixed_at + fixed.len();
        let end = data_at + usize::from(word(8));
        Ok(Raw {
            at,
            rtype: word(0),
            class: word(2),
            ttl: u32::from(word(4)) << 16 | u32::from(word(6)),
            data: message.get(data_at..end).ok_or(FaultKind::CutShort)?,
            data_at,
            end,
        })
    }
}
