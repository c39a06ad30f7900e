//! The records of a message in the order in which they stand, for what treats a message as a whole.

use alloc::vec::Vec;

use rr::wire::WireError;
use rr::{Class, Name, Rtype};

use crate::compose::Section;
use crate::edns::Options;
use crate::fault::FaultKind;
use crate::header::{HEADER_LEN, Header};
use crate::message::{ReadError, ReadErrorKind};
use crate::names;
use crate::records::Raw;

/// The records of a message, none of them looked into.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    message: &'a [u8],
    at: usize,
    /// How many are left in the answer, authority and additional sections.
    left: [u16; 3],
}

/// A record as it stands in a message: owner and data are not looked into.
#[derive(Clone, Copy, Debug)]
pub struct PlainRecord<'a> {
    message: &'a [u8],
    /// Where its data end.
    end: usize,
    /// Where its owner begins, in octets from the start of the message.
    pub at: usize,
    /// Where it stands.
    pub section: Section,
    /// TYPE.
    pub rtype: Rtype,
    /// CLASS, which is something else in OPT records.
    pub class: Class,
    /// TTL in seconds, which is something else in OPT records.
    pub ttl: u32,
    /// The data; names in it may be compressed.
    pub data: &'a [u8],
}

impl<'a> Records<'a> {
    /// Steps over the header and the questions of a message, query or response.
    ///
    /// # Errors
    /// When they are not whole.
    pub fn of(message: &'a [u8]) -> Result<Self, ReadError> {
        let header = Header::parse(message).ok_or(fault(message.len(), FaultKind::Short))?;
        let [questions, left @ ..] = header.counts;
        let mut at = HEADER_LEN;
        for _ in 0..questions {
            let end = names::end_of(message, at).map_err(|kind| fault(at, kind))? + 4;
            if end > message.len() {
                return Err(fault(at, FaultKind::CutShort));
            }
            at = end;
        }
        Ok(Self { message, at, left })
    }

    /// Where the next record begins, and after the last one where the message ends, unless octets follow it.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    fn section(&self) -> Option<usize> {
        self.left.iter().position(|count| *count > 0)
    }
}

/// Ends at the first record that is not whole.
impl<'a> Iterator for Records<'a> {
    type Item = Result<PlainRecord<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.section()?;
        let raw = match Raw::parse(self.message, self.at) {
            Ok(raw) => raw,
            Err(kind) => {
                self.left = [0; 3];
                return Some(Err(fault(self.at, kind)));
            }
        };
        self.left[index] -= 1;
        self.at = raw.end;
        Some(Ok(PlainRecord {
            message: self.message,
            end: raw.end,
            at: raw.at,
            section: [Section::Answer, Section::Authority, Section::Additional][index],
            rtype: Rtype(raw.rtype),
            class: Class(raw.class),
            ttl: raw.ttl,
            data: raw.data,
        }))
    }
}

impl<'a> PlainRecord<'a> {
    /// Appends its owner, decompressed: a name in wire form, for whoever reads many records.
    ///
    /// # Errors
    /// When a pointer does not lead backwards, or the name is too long; `out` may then have more octets than before.
    pub fn append_owner(&self, out: &mut Vec<u8>) -> Result<(), ReadError> {
        match rr::wire::expand_name(self.message, self.at, out) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.bad_data(error)),
        }
    }

    /// Appends its data, the names in them decompressed, after a look whether they have the shape of its type.
    ///
    /// # Errors
    /// When they have not; `out` is then as before.
    pub fn append_data(&self, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let start = self.end - self.data.len();
        rr::wire::expand_rdata(self.rtype, self.message, start, self.end, out)
            .map_err(|error| self.bad_data(error))
    }

    /// The options, if it is an OPT record.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        Options(match self.rtype {
            Rtype::OPT => self.data,
            _ => &[],
        })
    }

    fn bad_data(&self, error: WireError) -> ReadError {
        ReadError {
            at: self.at,
            kind: ReadErrorKind::Data(self.rtype, error),
        }
    }

    /// Its owner, decompressed.
    ///
    /// # Errors
    /// When a pointer does not lead backwards, or the name is too long.
    pub fn owner(&self) -> Result<Name, ReadError> {
        let mut spelled = [0; names::NAME_MAX];
        names::expand(self.message, self.at, &mut spelled)
            .and_then(|(length, _)| Ok(Name::from_wire(&spelled[..length])?))
            .map_err(|kind| fault(self.at, kind))
    }
}

fn fault(at: usize, kind: FaultKind) -> ReadError {
    ReadError {
        at,
        kind: ReadErrorKind::Structure(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question about `a.` and two records owned by a pointer to it, in the answer and the additional section.
    const MESSAGE: &[u8] = b"\0\x01\x80\0\0\x01\0\x01\0\0\0\x01\x01a\0\0\x01\0\x01\
        \xC0\x0C\0\x01\0\x01\0\0\0\x05\0\x04abcd\xC0\x0C\0\xFA\0\xFF\0\0\0\0\0\0";

    #[test]
    fn records_come_with_their_section() {
        let mut records = Records::of(MESSAGE).unwrap();
        let first = records.next().unwrap().unwrap();
        assert_eq!((first.section, first.rtype), (Section::Answer, Rtype::A));
        assert_eq!((first.ttl, first.data), (5, &b"abcd"[..]));
        assert_eq!(first.owner().unwrap(), Name::from_text("a").unwrap());
        let second = records.next().unwrap().unwrap();
        assert_eq!(second.section, Section::Additional);
        assert_eq!((second.rtype, second.class), (Rtype::TSIG, Class(255)));
        assert_eq!(
            (records.at(), records.next().is_none()),
            (MESSAGE.len(), true)
        );
    }

    #[test]
    fn every_cut_is_noticed() {
        for length in 0..MESSAGE.len() {
            let message = &MESSAGE[..length];
            let whole = Records::of(message).map(|records| records.filter(Result::is_ok).count());
            assert!(!matches!(whole, Ok(2)), "{length} octets");
        }
    }
}
