//! Public keys as OpenSSH writes them (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH's PROTOCOL.u2f).

use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::octets::{Octets, Read};
use crate::public_key::{Hash, PublicKey};

/// A key, and for one in a token what the token signs along with the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshKey<'a> {
    pub(crate) key: PublicKey,
    /// What `ssh-keygen` was told it is for, most often `ssh:`.
    pub(crate) application: Option<&'a [u8]>,
}

impl<'a> SshKey<'a> {
    /// Reads the octets that a line has in base64.
    pub(crate) fn read(octets: &'a [u8]) -> Read<SshKey<'a>> {
        let mut octets = Octets(octets);
        let kind = octets.string()?;
        let plain = |key| SshKey {
            key,
            application: None,
        };
        let key = match kind {
            b"ssh-ed25519" => plain(ed25519(&mut octets)?),
            b"ssh-rsa" => plain(rsa(&mut octets)?),
            b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" => plain(ecdsa(&mut octets)?),
            b"sk-ssh-ed25519@openssh.com" => SshKey {
                key: ed25519(&mut octets)?,
                application: Some(octets.string()?),
            },
            b"sk-ecdsa-sha2-nistp256@openssh.com" => SshKey {
                key: ecdsa(&mut octets)?,
                application: Some(octets.string()?),
            },
            _ => return Err(UNKNOWN),
        };
        octets.end()?;
        Ok(key)
    }

    /// The hash that ECDSA signatures of this key are over (RFC 5656 §6.2.1); of no meaning for Ed25519.
    pub(crate) fn hash(&self) -> Hash {
        match self.key {
            PublicKey::P384(_) => Hash::Sha384,
            _ => Hash::Sha256,
        }
    }
}

/// How a key is named: `SHA256:` and the hash of its octets in base64.
pub(crate) fn fingerprint(octets: &[u8]) -> String {
    let hash = STANDARD_NO_PAD.encode(Hash::Sha256.of(octets));
    alloc::format!("SHA256:{hash}")
}

const UNKNOWN: &str = "keys of this type are not known here; use Ed25519, ECDSA with nistp256 or nistp384, RSA, or sk-ssh-ed25519";

fn ed25519(octets: &mut Octets<'_>) -> Read<PublicKey> {
    let key = octets.string()?;
    let key = key.try_into().map_err(|_| "an Ed25519 key has 32 octets")?;
    Ok(PublicKey::Ed25519(key))
}

fn rsa(octets: &mut Octets<'_>) -> Read<PublicKey> {
    let (e, n) = (octets.string()?, octets.string()?);
    PublicKey::rsa(n, e)
}

fn ecdsa(octets: &mut Octets<'_>) -> Read<PublicKey> {
    match octets.string()? {
        b"nistp256" => PublicKey::p256(octets.string()?),
        b"nistp384" => PublicKey::p384(octets.string()?),
        _ => Err(UNKNOWN),
    }
}
