//! Key packets of version 4 (RFC 9580 §5.5.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use ring::digest;

use crate::octets::{Octets, Read};
use crate::public_key::{Hash, Numbers, PublicKey, padded};

/// A key, or one that is not for signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The packet with what goes before it when it is hashed.
    pub(crate) hashed: Vec<u8>,
    /// Seconds since 1970.
    pub(crate) created_secs: u32,
    kind: Kind,
    public: Option<PublicKey>,
    fingerprint: [u8; 20],
}

/// Algorithms (RFC 9580 §9.1): how the numbers of a signature are written depends on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    Ecdsa,
    EdDsaLegacy,
    Ed25519,
    Other,
}

impl Kind {
    fn of(number: u8) -> Kind {
        match number {
            // 3: one that only signs.
            1 | 3 => Kind::Rsa,
            19 => Kind::Ecdsa,
            22 => Kind::EdDsaLegacy,
            27 => Kind::Ed25519,
            _ => Kind::Other,
        }
    }
}

/// RFC 9580 §9.2: curves by their object identifiers.
const NISTP256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const NISTP384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
const ED25519_LEGACY: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];

impl Key {
    pub(crate) fn read(body: &[u8]) -> Read<Key> {
        let length = u16::try_from(body.len()).map_err(|_| "a key is too large")?;
        let mut octets = Octets(body);
        if octets.u8()? != 4 {
            return Err("only keys of version 4 are supported");
        }
        let created_secs = octets.u32()?;
        let kind = Kind::of(octets.u8()?);
        // RFC 9580 §5.5.4: also what the fingerprint is made from.
        let hashed = [&[0x99], &length.to_be_bytes()[..], body].concat();
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &hashed);
        let fingerprint = sha1.as_ref().try_into().expect("SHA-1 has 20 octets");
        Ok(Key {
            hashed,
            created_secs,
            kind,
            public: public_key(kind, octets)?,
            fingerprint,
        })
    }

    /// Whether signatures of it could be checked at all.
    pub(crate) fn is_known(&self) -> bool {
        self.public.is_some()
    }

    pub(crate) fn has_fingerprint(&self, fingerprint: &[u8]) -> bool {
        self.fingerprint == fingerprint
    }

    /// RFC 9580 §5.5.4.2: the last eight octets.
    pub(crate) fn has_id(&self, id: &[u8]) -> bool {
        self.fingerprint[12..] == *id
    }

    pub(crate) fn fingerprint(&self) -> String {
        hex(&self.fingerprint)
    }

    /// Whether the numbers are a signature over `message`, whose hash is `digest`. `None`: that cannot be checked.
    pub(crate) fn verify(
        &self,
        algorithm: u8,
        hash: Hash,
        message: &[u8],
        numbers: &[u8],
    ) -> Option<bool> {
        let public = self.public.as_ref()?;
        if Kind::of(algorithm) != self.kind {
            return Some(false);
        }
        let Ok(numbers) = self.kind.numbers(numbers) else {
            return Some(false);
        };
        match self.kind {
            // RFC 9580 §5.2.3.3, §5.2.3.4: the hash is what is signed.
            Kind::EdDsaLegacy | Kind::Ed25519 => {
                public.verify(hash, hash.of(message).as_ref(), &numbers)
            }
            _ => public.verify(hash, message, &numbers),
        }
    }
}

/// `None` for algorithms, curves and sizes that are not known.
fn public_key(kind: Kind, mut octets: Octets<'_>) -> Read<Option<PublicKey>> {
    let key = match kind {
        Kind::Other => return Ok(None),
        Kind::Rsa => {
            let (n, e) = (octets.mpi()?, octets.mpi()?);
            // One that is too small may be an old subkey that nobody signs with.
            let Ok(key) = PublicKey::rsa(n, e) else {
                return Ok(None);
            };
            key
        }
        Kind::Ecdsa | Kind::EdDsaLegacy => {
            let length = octets.u8()?;
            let curve = octets.take(length.into())?;
            let point = octets.mpi()?;
            match (kind, curve) {
                (Kind::Ecdsa, NISTP256) => PublicKey::p256(point)?,
                (Kind::Ecdsa, NISTP384) => PublicKey::p384(point)?,
                (Kind::EdDsaLegacy, ED25519_LEGACY) => PublicKey::Ed25519(native_point(point)?),
                _ => return Ok(None),
            }
        }
        Kind::Ed25519 => PublicKey::Ed25519(octets.array()?),
    };
    octets.end()?;
    Ok(Some(key))
}

/// RFC 9580 §11.2: `40`, then the point as the curve itself writes it.
fn native_point(point: &[u8]) -> Read<[u8; 32]> {
    let point = point
        .strip_prefix(&[0x40])
        .and_then(|point| point.try_into().ok());
    point.ok_or("an Ed25519 key has 32 octets")
}

impl Kind {
    /// RFC 9580 §5.2.3.1 and following.
    fn numbers(self, octets: &[u8]) -> Read<Numbers<'_>> {
        let mut octets = Octets(octets);
        let numbers = match self {
            Kind::Rsa => Numbers::Rsa(octets.mpi()?),
            Kind::Ecdsa => Numbers::Ecdsa(octets.mpi()?, octets.mpi()?),
            Kind::EdDsaLegacy => {
                let halves = [octets.mpi()?, octets.mpi()?].map(|half| padded(half, 32));
                let both = match halves {
                    [Some(r), Some(s)] => [r, s].concat(),
                    _ => return Err("a number is too large"),
                };
                Numbers::Ed25519(both.try_into().expect("twice 32 octets"))
            }
            Kind::Ed25519 => Numbers::Ed25519(octets.array()?),
            Kind::Other => return Err("not known"),
        };
        octets.end()?;
        Ok(numbers)
    }
}

/// Octets as capital digits, as `gpg` writes fingerprints.
pub(crate) fn hex(octets: &[u8]) -> String {
    let mut digits = String::with_capacity(octets.len() * 2);
    for octet in octets {
        // Writing to a string does not fail.
        let _ = write!(digits, "{octet:02X}");
    }
    digits
}
