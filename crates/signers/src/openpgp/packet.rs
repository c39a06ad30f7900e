//! Packets (RFC 9580 §4.2): a kind, a length, octets.

use alloc::vec::Vec;

use crate::octets::{Octets, Read};

/// A packet whose length is known at its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) kind: u8,
    pub(crate) body: &'a [u8],
}

/// RFC 9580 §5: kinds that are met here.
pub(crate) mod kind {
    pub(crate) const SIGNATURE: u8 = 2;
    pub(crate) const SECRET_KEY: u8 = 5;
    pub(crate) const PUBLIC_KEY: u8 = 6;
    pub(crate) const SECRET_SUBKEY: u8 = 7;
    pub(crate) const MARKER: u8 = 10;
    pub(crate) const TRUST: u8 = 12;
    pub(crate) const USER_ID: u8 = 13;
    pub(crate) const PUBLIC_SUBKEY: u8 = 14;
    pub(crate) const USER_ATTRIBUTE: u8 = 17;
    pub(crate) const PADDING: u8 = 21;
}

/// All of them, but for those that say nothing (RFC 9580 §5.8, §5.10, §5.14).
pub(crate) fn packets(octets: &[u8]) -> Read<Vec<Packet<'_>>> {
    let (mut octets, mut packets) = (Octets(octets), Vec::new());
    while !octets.is_empty() {
        let packet = packet(&mut octets)?;
        if ![kind::MARKER, kind::TRUST, kind::PADDING].contains(&packet.kind) {
            packets.push(packet);
        }
    }
    Ok(packets)
}

fn packet<'a>(octets: &mut Octets<'a>) -> Read<Packet<'a>> {
    let (kind, length) = match octets.u8()? {
        // RFC 9580 §4.2.1: the length follows in one, two or five octets.
        head @ 0xc0.. => (head & 0x3f, length(octets)?),
        // RFC 9580 §4.2.2, the old format: two bits tell in how many octets the length is.
        head @ 0x80.. => {
            let length = match head & 3 {
                0 => u32::from(octets.u8()?),
                1 => octets.u16()? as u32,
                2 => octets.u32()?,
                _ => return Err("a packet does not tell its length"),
            };
            (head >> 2 & 0xf, length)
        }
        _ => return Err("there is no packet where one should begin"),
    };
    let body = octets.take(usize::try_from(length).map_err(|_| "it is cut off")?)?;
    Ok(Packet { kind, body })
}

/// RFC 9580 §4.2.1. Lengths in parts (§4.2.1.4) are for data only.
fn length(octets: &mut Octets<'_>) -> Read<u32> {
    match octets.u8()? {
        short @ ..192 => Ok(short.into()),
        first @ 192..224 => two_octets(first, octets),
        255 => octets.u32(),
        _ => Err("a packet does not tell its length"),
    }
}

/// RFC 9580 §5.2.3.7: of a subpacket.
pub(crate) fn subpacket_length(octets: &mut Octets<'_>) -> Read<u32> {
    match octets.u8()? {
        short @ ..192 => Ok(short.into()),
        first @ 192..255 => two_octets(first, octets),
        255 => octets.u32(),
    }
}

fn two_octets(first: u8, octets: &mut Octets<'_>) -> Read<u32> {
    let second = octets.u8()?;
    Ok((u32::from(first) - 192) * 256 + u32::from(second) + 192)
}
