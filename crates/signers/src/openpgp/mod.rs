//! Signatures of `gpg` (RFC 9580, and RFC 4880 before it).

mod certificate;
mod key;
mod packet;
mod signature;
mod statements;
mod subpackets;

use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use certificate::Certificate;
use certificate::OwnedKey;
use packet::{kind, packets};
use signature::{Signature, about};

use crate::armor::Block;
use crate::refusal::Refusal;

/// The certificates of a block of public keys.
///
/// # Errors
/// What is wrong with the block, or with one of them.
pub(crate) fn read_keys(text: &[u8]) -> Result<Vec<Certificate>, String> {
    let octets = Block::PgpPublicKey.read(text)?;
    certificate::read_all(&packets(&octets)?)
}

/// Whose signature over `message` this is, and with which key.
pub(crate) fn verify<'a>(
    certificates: &'a [Certificate],
    text: &[u8],
    message: &[u8],
) -> Result<(&'a Certificate, &'a OwnedKey), Refusal> {
    let octets = Block::PgpSignature
        .read(text)
        .map_err(Refusal::unreadable)?;
    let packets = packets(&octets).map_err(Refusal::unreadable)?;
    let body = match &packets[..] {
        [packet] if packet.kind == kind::SIGNATURE => packet.body,
        [] | [_] => return Err(Refusal::unreadable("there is no signature in it")),
        _ => return Err(Refusal::TwoSignatures),
    };
    let signature = Signature::read(body).map_err(Refusal::unreadable)?;
    if signature.about != about::DOCUMENT {
        return Err(Refusal::unreadable("it is not over a document"));
    }
    let issuer = signature.issuer();
    let issuer = issuer.ok_or(Refusal::unreadable("it does not tell its key"))?;
    let mut why = Refusal::Foreign { key: issuer };
    for certificate in certificates {
        for key in certificate
            .keys
            .iter()
            .filter(|key| signature.is_by(&key.key) == Some(true))
        {
            match judge(&certificate.keys[0], key, &signature, message) {
                Ok(()) => return Ok((certificate, key)),
                Err(refusal) => why = refusal,
            }
        }
    }
    Err(why)
}

fn judge(
    primary: &OwnedKey,
    key: &OwnedKey,
    signature: &Signature<'_>,
    message: &[u8],
) -> Result<(), Refusal> {
    if signature.says.expires {
        let what = "it says that it ends, and a commit is for ever";
        return Err(Refusal::Unsupported { what });
    }
    if !signature.verify(&key.key, message)? {
        let key = key.key.fingerprint();
        return Err(Refusal::Wrong { key });
    }
    key.check_purpose()?;
    primary.check_at(signature.created_secs)?;
    key.check_at(signature.created_secs)
}
