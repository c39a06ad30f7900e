//! What a signature says of itself, and of a key (RFC 9580 §5.2.3.7).

use super::packet::subpacket_length;
use crate::octets::{Octets, Read};

/// The subpackets that are met here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Subpackets<'a> {
    /// Seconds since 1970.
    pub(crate) created_secs: Option<u32>,
    /// The signature is not for ever.
    pub(crate) expires: bool,
    /// Seconds from the creation of the key that it is about.
    pub(crate) key_lives_secs: Option<u32>,
    /// What that key is for: the first octet.
    pub(crate) key_flags: Option<u8>,
    /// Why that key is revoked.
    pub(crate) reason: Option<u8>,
    pub(crate) issuer_id: Option<&'a [u8]>,
    pub(crate) issuer_fingerprint: Option<&'a [u8]>,
    /// The packet of a signature that the subkey made.
    pub(crate) embedded: Option<&'a [u8]>,
    /// One that has to be understood, and is not.
    pub(crate) has_unknown: bool,
}

/// The bit of a type that says that it has to be understood.
const CRITICAL: u8 = 0x80;

impl<'a> Subpackets<'a> {
    pub(crate) fn read(octets: &'a [u8]) -> Read<Subpackets<'a>> {
        let (mut octets, mut found) = (Octets(octets), Subpackets::default());
        while !octets.is_empty() {
            let length = subpacket_length(&mut octets)?;
            let length = usize::try_from(length).map_err(|_| "it is cut off")?;
            let mut body = Octets(octets.take(length)?);
            let kind = body.u8()?;
            found.take(kind, body)?;
        }
        Ok(found)
    }

    fn take(&mut self, kind: u8, mut body: Octets<'a>) -> Read<()> {
        match kind & !CRITICAL {
            2 => self.created_secs = Some(body.u32()?),
            // RFC 9580 §5.2.3.18: zero is for ever.
            3 => self.expires = body.u32()? != 0,
            9 => self.key_lives_secs = Some(body.u32()?).filter(|secs| *secs != 0),
            16 => self.issuer_id = Some(body.take(8)?),
            27 => self.key_flags = Some(body.0.first().copied().unwrap_or(0)),
            29 => self.reason = Some(body.u8()?),
            32 => self.embedded = Some(body.0),
            33 => {
                body.u8()?;
                self.issuer_fingerprint = Some(body.0);
            }
            // Of no meaning for what is asked here: whether it may be passed on or revoked, who may revoke, preferences,
            // features, the primary name.
            4 | 7 | 11 | 12 | 21..=26 | 28 | 30 | 34 | 35 => {}
            _ => self.has_unknown |= kind & CRITICAL != 0,
        }
        Ok(())
    }
}
