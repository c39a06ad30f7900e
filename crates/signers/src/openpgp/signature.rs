//! Signature packets of version 4 (RFC 9580 §5.2.3).

use alloc::string::String;
use alloc::vec::Vec;

use super::key::{Key, hex};
use super::subpackets::Subpackets;
use crate::octets::{Octets, Read};
use crate::public_key::Hash;
use crate::refusal::Refusal;

/// RFC 9580 §5.2.1: what a signature is about.
pub(crate) mod about {
    pub(crate) const DOCUMENT: u8 = 0x00;
    pub(crate) const NAME: core::ops::RangeInclusive<u8> = 0x10..=0x13;
    pub(crate) const SUBKEY: u8 = 0x18;
    pub(crate) const PRIMARY_KEY: u8 = 0x19;
    pub(crate) const KEY: u8 = 0x1f;
    pub(crate) const KEY_REVOKED: u8 = 0x20;
    pub(crate) const SUBKEY_REVOKED: u8 = 0x28;
    pub(crate) const NAME_REVOKED: u8 = 0x30;
}

/// A signature as it was read; nothing of it is checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature<'a> {
    pub(crate) about: u8,
    /// When it was made, as it claims, in seconds since 1970.
    pub(crate) created_secs: u32,
    /// What it vouches for.
    pub(crate) says: Subpackets<'a>,
    /// What anybody could have written beside it: of use only for finding the key.
    beside: Subpackets<'a>,
    algorithm: u8,
    hash: u8,
    /// The part of the packet that is signed.
    hashed: &'a [u8],
    /// The first octets of the hash.
    start: [u8; 2],
    numbers: &'a [u8],
}

impl<'a> Signature<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Read<Signature<'a>> {
        let mut octets = Octets(body);
        if octets.u8()? != 4 {
            return Err("only signatures of version 4 are supported");
        }
        let [about, algorithm, hash] = octets.array()?;
        let length = octets.u16()?;
        let says = Subpackets::read(octets.take(length)?)?;
        let hashed = &body[..6 + length];
        let length = octets.u16()?;
        let beside = Subpackets::read(octets.take(length)?)?;
        Ok(Signature {
            about,
            created_secs: says
                .created_secs
                .ok_or("it does not say when it was made")?,
            says,
            beside,
            algorithm,
            hash,
            hashed,
            start: octets.array()?,
            numbers: octets.0,
        })
    }

    /// What the packet would be about, even if it cannot be read.
    pub(crate) fn about(body: &[u8]) -> Option<u8> {
        match body {
            [3, _, about, ..] | [_, about, ..] => Some(*about),
            _ => None,
        }
    }

    /// The signature that the subkey made, wherever it stands: it speaks for itself.
    pub(crate) fn embedded(&self) -> Option<Read<Signature<'a>>> {
        let octets = self.says.embedded.or(self.beside.embedded);
        octets.map(Signature::read)
    }

    /// Whether all that it says of who has made it fits this key; `None` if it says nothing.
    pub(crate) fn is_by(&self, key: &Key) -> Option<bool> {
        let [says, beside] = [&self.says, &self.beside];
        let fingerprints = [says.issuer_fingerprint, beside.issuer_fingerprint];
        let ids = [says.issuer_id, beside.issuer_id];
        let fingerprints = fingerprints.into_iter().flatten();
        let fits = fingerprints.map(|it| key.has_fingerprint(it));
        let fits = fits.chain(ids.into_iter().flatten().map(|id| key.has_id(id)));
        fits.reduce(|all, one| all && one)
    }

    /// The key that has made it, as far as it tells.
    pub(crate) fn issuer(&self) -> Option<String> {
        let [says, beside] = [&self.says, &self.beside];
        let fingerprint = says.issuer_fingerprint.or(beside.issuer_fingerprint);
        let id = says.issuer_id.or(beside.issuer_id);
        fingerprint.or(id).map(hex)
    }

    /// Whether this key has made it over `subject`.
    ///
    /// # Errors
    /// Why that cannot be checked.
    pub(crate) fn verify(&self, key: &Key, subject: &[u8]) -> Result<bool, Refusal> {
        let hash = self.hash()?;
        if self.says.has_unknown {
            let what = "it has a critical subpacket that is not known here";
            return Err(Refusal::Unsupported { what });
        }
        let message = self.message(subject);
        if !hash.of(&message).as_ref().starts_with(&self.start) {
            return Ok(false);
        }
        let verified = key.verify(self.algorithm, hash, &message, self.numbers);
        verified.ok_or(Refusal::Unsupported {
            what: "keys and hashes that go together are Ed25519 and RSA with SHA-256, -384 or -512, ECDSA with SHA-256 or -384",
        })
    }

    /// RFC 9580 §9.5.
    fn hash(&self) -> Result<Hash, Refusal> {
        match self.hash {
            8 => Ok(Hash::Sha256),
            9 => Ok(Hash::Sha384),
            10 => Ok(Hash::Sha512),
            // MD5, SHA-1, RIPEMD-160.
            1..=3 => Err(Refusal::WeakHash),
            _ => Err(Refusal::Unsupported {
                what: "hashes that are known here are SHA-256, -384 and -512",
            }),
        }
    }

    /// RFC 9580 §5.2.4: what it is over, then the signed part of the packet, and how long that is.
    fn message(&self, subject: &[u8]) -> Vec<u8> {
        let length = (self.hashed.len() as u32).to_be_bytes();
        [subject, self.hashed, &[4, 0xff], &length].concat()
    }
}
