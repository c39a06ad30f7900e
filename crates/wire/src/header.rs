//! The twelve octets every message begins with (RFC 1035 §4.1.1).

use hickory_proto::op::OpCode;

/// Octets of a header.
pub const HEADER_LEN: usize = 12;

/// The second 16-bit word of a header: QR, opcode, AA, TC, RD, RA, Z, AD, CD, RCODE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    /// Response.
    pub const QR: Flags = Flags(0x8000);
    /// Authoritative answer.
    pub const AA: Flags = Flags(0x0400);
    /// Truncated.
    pub const TC: Flags = Flags(0x0200);
    /// Recursion desired.
    pub const RD: Flags = Flags(0x0100);
    /// Recursion available.
    pub const RA: Flags = Flags(0x0080);
    /// Authentic data (RFC 4035 §3.2.3).
    pub const AD: Flags = Flags(0x0020);
    /// Checking disabled (RFC 4035 §3.2.2).
    pub const CD: Flags = Flags(0x0010);
    /// The four bits of the operation code, in place.
    pub const OPCODE: Flags = Flags(0x7800);
    /// The low four bits of the response code, in place.
    pub const RCODE: Flags = Flags(0x000F);

    /// Whether every bit of `other` is set.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits that both have.
    #[must_use]
    pub fn only(self, other: Flags) -> Flags {
        Flags(self.0 & other.0)
    }

    /// The bits that either has.
    #[must_use]
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// The bits of this that `other` has not.
    #[must_use]
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// The operation code.
    #[inline]
    pub fn opcode(self) -> OpCode {
        OpCode::from_u8(((self.0 & Self::OPCODE.0) >> 11) as u8)
    }

    /// The low four bits of the response code.
    pub fn rcode_low(self) -> u8 {
        (self.0 & Self::RCODE.0) as u8
    }
}

/// A header as it stands in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) id: u16,
    pub(crate) flags: Flags,
    /// Question, answer, authority, additional.
    pub(crate) counts: [u16; 4],
}

impl Header {
    /// `None` if `message` is shorter than a header.
    #[inline]
    pub(crate) fn parse(message: &[u8]) -> Option<Header> {
        let octets: &[u8; HEADER_LEN] = message.first_chunk()?;
        let word = |i: usize| u16::from_be_bytes([octets[2 * i], octets[2 * i + 1]]);
        Some(Header {
            id: word(0),
            flags: Flags(word(1)),
            counts: [word(2), word(3), word(4), word(5)],
        })
    }

    #[inline]
    pub(crate) fn emit(self) -> [u8; HEADER_LEN] {
        let mut octets = [0; HEADER_LEN];
        octets[0..2].copy_from_slice(&self.id.to_be_bytes());
        octets[2..4].copy_from_slice(&self.flags.0.to_be_bytes());
        for (place, count) in octets[4..].chunks_exact_mut(2).zip(self.counts) {
            place.copy_from_slice(&count.to_be_bytes());
        }
        octets
    }
}
