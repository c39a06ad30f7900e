//! Signatures of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig).

mod key;

use alloc::vec::Vec;

pub(crate) use key::{SshKey, fingerprint};

use crate::armor::Block;
use crate::octets::{Octets, Read};
use crate::public_key::{Hash, Numbers};
use crate::refusal::Refusal;

/// What Git has its signatures made for.
pub(crate) const NAMESPACE: &[u8] = b"git";

/// A signature as it was read; nothing of it is checked.
#[derive(Debug, PartialEq, Eq)]
struct SshSignature<'a> {
    key: &'a [u8],
    namespace: &'a [u8],
    reserved: &'a [u8],
    hash_name: &'a [u8],
    signature: &'a [u8],
}

/// The octets of the key that made the signature, if that is right. Whether the key may is another matter.
pub(crate) fn verify(text: &[u8], message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let octets = Block::SshSignature
        .read(text)
        .map_err(Refusal::unreadable)?;
    let signature = SshSignature::read(&octets).map_err(Refusal::unreadable)?;
    let key = SshKey::read(signature.key).map_err(|what| Refusal::Unsupported { what })?;
    if signature.namespace != NAMESPACE {
        return Err(Refusal::WrongNamespace);
    }
    let signed = signature.signed(message)?;
    let is_right = check(&key, signature.signature, &signed)?;
    match is_right {
        true => Ok(signature.key.to_vec()),
        false => Err(Refusal::Wrong {
            key: fingerprint(signature.key),
        }),
    }
}

impl<'a> SshSignature<'a> {
    fn read(octets: &'a [u8]) -> Read<SshSignature<'a>> {
        let mut octets = Octets(octets);
        if octets.take(MAGIC.len())? != MAGIC {
            return Err("it does not begin with SSHSIG");
        }
        if octets.u32()? != 1 {
            return Err("it is of another version than 1");
        }
        let signature = SshSignature {
            key: octets.string()?,
            namespace: octets.string()?,
            reserved: octets.string()?,
            hash_name: octets.string()?,
            signature: octets.string()?,
        };
        octets.end()?;
        Ok(signature)
    }

    /// What the key signs in place of the message.
    fn signed(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let hash = match self.hash_name {
            b"sha256" => Hash::Sha256,
            b"sha512" => Hash::Sha512,
            _ => return Err(Refusal::unreadable("its hash is neither sha256 nor sha512")),
        };
        let hash = hash.of(message);
        let mut signed = MAGIC.to_vec();
        for string in [self.namespace, self.reserved, self.hash_name, hash.as_ref()] {
            signed.extend((string.len() as u32).to_be_bytes());
            signed.extend(string);
        }
        Ok(signed)
    }
}

const MAGIC: &[u8] = b"SSHSIG";

fn check(key: &SshKey<'_>, signature: &[u8], signed: &[u8]) -> Result<bool, Refusal> {
    let mut octets = Octets(signature);
    let parts = octets
        .string()
        .and_then(|kind| Ok((kind, octets.string()?)));
    let (kind, numbers) = parts.map_err(Refusal::unreadable)?;
    let hash = match (kind, key.application) {
        (b"ssh-ed25519", None) => key.hash(),
        (b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384", None) => key.hash(),
        (b"rsa-sha2-256", None) => Hash::Sha256,
        (b"rsa-sha2-512", None) => Hash::Sha512,
        (b"ssh-rsa", None) => return Err(Refusal::WeakHash),
        (b"sk-ssh-ed25519@openssh.com" | b"sk-ecdsa-sha2-nistp256@openssh.com", Some(_)) => {
            key.hash()
        }
        _ => return Err(Refusal::unreadable("its type is not that of its key")),
    };
    let message = match key.application {
        None => signed.to_vec(),
        Some(application) => token_message(application, &mut octets, signed)?,
    };
    octets.end().map_err(Refusal::unreadable)?;
    let numbers = read_numbers(kind, numbers).map_err(Refusal::unreadable)?;
    Ok(key.key.verify(hash, &message, &numbers).unwrap_or(false))
}

/// PROTOCOL.u2f: the token signs what it is for, whether somebody touched it, how often it has signed, and the message.
fn token_message(
    application: &[u8],
    octets: &mut Octets<'_>,
    signed: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let counted = octets.take(5).map_err(Refusal::unreadable)?;
    if counted[0] & TOUCHED == 0 {
        return Err(Refusal::unreadable("nobody touched the token that made it"));
    }
    let hash = |octets| Hash::Sha256.of(octets);
    Ok([hash(application).as_ref(), counted, hash(signed).as_ref()].concat())
}

/// Of the flags that a token signs.
const TOUCHED: u8 = 1;

fn read_numbers<'a>(kind: &[u8], octets: &'a [u8]) -> Read<Numbers<'a>> {
    if kind.ends_with(b"ed25519") || kind.ends_with(b"ed25519@openssh.com") {
        let octets = octets.try_into();
        return octets
            .map(Numbers::Ed25519)
            .map_err(|_| "an Ed25519 signature has 64 octets");
    }
    if kind.starts_with(b"rsa-") {
        return Ok(Numbers::Rsa(octets));
    }
    let mut octets = Octets(octets);
    let (r, s) = (octets.string()?, octets.string()?);
    octets.end()?;
    Ok(Numbers::Ecdsa(r, s))
}
