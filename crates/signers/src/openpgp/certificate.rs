//! A public key with what its owner says of it (RFC 9580 §10.1): names, subkeys, for how long, for what.
//!
//! Of each key the newest statement of its owner counts, as `gpg` has it. The signatures of others say nothing here: the
//! key is in the list.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::key::Key;
use super::packet::{Packet, kind};
use super::signature::{Signature, about};
use super::statements::OwnStatements;
use crate::refusal::Refusal;

/// A public key and its subkeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The first name that is not revoked.
    pub(crate) name: String,
    /// The primary key first.
    pub(crate) keys: Vec<OwnedKey>,
}

/// A key and what its owner says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnedKey {
    pub(crate) key: Key,
    may_sign: bool,
    /// Seconds since 1970.
    expires_secs: Option<u64>,
    revoked: Option<Revoked>,
}

/// RFC 9580 §5.2.3.31: a key that was given up is good for what it signed before, one that others may have is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Revoked {
    Always,
    /// Seconds since 1970.
    From(u32),
}

/// A packet and the signatures that follow it.
pub(super) struct Part<'a> {
    pub(super) packet: Packet<'a>,
    pub(super) signatures: Vec<Signature<'a>>,
}

/// Reads all certificates of a block.
///
/// # Errors
/// What is wrong with one, and with which.
pub(crate) fn read_all(packets: &[Packet<'_>]) -> Result<Vec<Certificate>, String> {
    let mut certificates = Vec::new();
    let mut rest = packets;
    while let Some((first, others)) = rest.split_first() {
        match first.kind {
            kind::PUBLIC_KEY => {}
            kind::SECRET_KEY | kind::SECRET_SUBKEY => {
                return Err(
                    "this is a secret key; list the public one: gpg --armor --export".into(),
                );
            }
            _ => return Err("the block does not begin with a public key".into()),
        }
        let is_next =
            |packet: &Packet<'_>| matches!(packet.kind, kind::PUBLIC_KEY | kind::SECRET_KEY);
        let length = others.iter().position(is_next).unwrap_or(others.len());
        let (own, after) = others.split_at(length);
        certificates.push(Certificate::read(first, own)?);
        rest = after;
    }
    match certificates.is_empty() {
        true => Err("there is no key in the block".into()),
        false => Ok(certificates),
    }
}

impl Certificate {
    fn read(first: &Packet<'_>, others: &[Packet<'_>]) -> Result<Certificate, String> {
        let primary = Key::read(first.body)?;
        let fingerprint = primary.fingerprint();
        let read = Certificate::of(primary, first, others);
        read.map_err(|why| format!("key {fingerprint}: {why}"))
    }

    fn of(primary: Key, first: &Packet<'_>, others: &[Packet<'_>]) -> Result<Certificate, String> {
        if !primary.is_known() {
            return Err(UNKNOWN.to_owned());
        }
        let (own, others) = parts(first, others)?;
        let is_subkey = |part: &&Part<'_>| part.packet.kind == kind::PUBLIC_SUBKEY;
        let (subkeys, names): (Vec<_>, Vec<_>) = others.iter().partition(is_subkey);
        let (mut said, mut name) = (OwnStatements::on_key(&own, &primary)?, None);
        for part in names {
            let on_name = OwnStatements::on_name(part, &primary)?;
            if on_name.newest.is_some() && part.packet.kind == kind::USER_ID {
                name.get_or_insert_with(|| printable(part.packet.body));
            }
            said.join(&on_name);
        }
        let subkeys = subkeys.into_iter().map(|part| subkey(part, &primary));
        let subkeys = subkeys.collect::<Result<Vec<_>, _>>()?;
        let mut keys = Vec::from([OwnedKey::new(primary, said.newest()?, said.revoked)]);
        keys.extend(subkeys);
        Ok(Certificate {
            name: name.unwrap_or_else(|| "no name".to_owned()),
            keys,
        })
    }
}

const UNKNOWN: &str = "its algorithm or curve is not known here; \
    use Ed25519, ECDSA with P-256 or P-384, or RSA with 2048 to 8192 bits";

/// Names come from whoever made the key.
fn printable(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

/// The first packet with what follows it, and the others.
fn parts<'a>(
    first: &Packet<'a>,
    others: &[Packet<'a>],
) -> Result<(Part<'a>, Vec<Part<'a>>), String> {
    let part = |packet: &Packet<'a>| Part {
        packet: *packet,
        signatures: Vec::new(),
    };
    let (mut own, mut parts) = (part(first), Vec::new());
    for packet in others {
        match packet.kind {
            kind::SIGNATURE => {
                let part = parts.last_mut().unwrap_or(&mut own);
                let signature = read_signature(packet.body)?;
                part.extend(signature)?;
            }
            kind::USER_ID | kind::USER_ATTRIBUTE | kind::PUBLIC_SUBKEY => parts.push(part(packet)),
            kind::SECRET_SUBKEY => {
                return Err("there is a secret key in it; list the public one".into());
            }
            other => {
                return Err(format!("a packet of type {other} does not belong there"));
            }
        }
    }
    Ok((own, parts))
}

impl<'a> Part<'a> {
    /// A revocation that stands elsewhere than at what it is about would be passed over.
    fn extend(&mut self, signature: Option<Signature<'a>>) -> Result<(), String> {
        let place = match signature.map(|signature| signature.about) {
            Some(about::KEY_REVOKED) => kind::PUBLIC_KEY,
            Some(about::SUBKEY_REVOKED) => kind::PUBLIC_SUBKEY,
            _ => self.packet.kind,
        };
        if place != self.packet.kind {
            return Err("a revocation does not stand behind its key".into());
        }
        self.signatures.extend(signature);
        Ok(())
    }
}

/// Others may have signed a name in ways that are not known here; a revocation must not be passed over.
fn read_signature(body: &[u8]) -> Result<Option<Signature<'_>>, String> {
    match (Signature::read(body), Signature::about(body)) {
        (Ok(signature), _) => Ok(Some(signature)),
        (Err(why), Some(about::KEY_REVOKED | about::SUBKEY_REVOKED) | None) => {
            Err(format!("a revocation cannot be read: {why}"))
        }
        (Err(_), _) => Ok(None),
    }
}

/// A subkey. One whose owner does not say well that it is theirs may not sign.
fn subkey(part: &Part<'_>, primary: &Key) -> Result<OwnedKey, String> {
    let key = Key::read(part.packet.body)?;
    let subject = [&*primary.hashed, &key.hashed].concat();
    let said = OwnStatements::on_subkey(part, primary, &subject)?;
    let Some(newest) = said.newest else {
        return Ok(OwnedKey {
            key,
            may_sign: false,
            expires_secs: None,
            revoked: said.revoked,
        });
    };
    let mut owned = OwnedKey::new(key, &newest, said.revoked);
    if owned.may_sign && !owned.key.is_known() {
        return Err(format!(
            "the algorithm or curve of its signing key {} is not known here",
            owned.key.fingerprint()
        ));
    }
    // RFC 9580 §5.2.1.9: who signs says that the primary key is theirs, or a subkey of another could be taken for one's own.
    let agreed = newest
        .embedded()
        .and_then(Result::ok)
        .filter(|back| back.about == about::PRIMARY_KEY);
    owned.may_sign &= agreed.is_some_and(|back| back.verify(&owned.key, &subject) == Ok(true));
    Ok(owned)
}

/// RFC 9580 §5.2.3.29: the key may sign.
const SIGNS: u8 = 0x02;

impl OwnedKey {
    fn new(key: Key, newest: &Signature<'_>, revoked: Option<Revoked>) -> OwnedKey {
        let lives = newest.says.key_lives_secs;
        OwnedKey {
            may_sign: newest
                .says
                .key_flags
                .is_some_and(|flags| flags & SIGNS != 0),
            expires_secs: lives.map(|secs| u64::from(key.created_secs) + u64::from(secs)),
            revoked,
            key,
        }
    }

    /// Whether it may sign.
    pub(crate) fn check_purpose(&self) -> Result<(), Refusal> {
        let key = self.key.fingerprint();
        match self.may_sign {
            true => Ok(()),
            false => Err(Refusal::NotForSigning { key }),
        }
    }

    /// Whether it was good at a time, in seconds since 1970.
    pub(crate) fn check_at(&self, at_secs: u32) -> Result<(), Refusal> {
        let key = || self.key.fingerprint();
        match self.revoked {
            Some(Revoked::Always) => return Err(Refusal::Revoked { key: key() }),
            Some(Revoked::From(from)) if at_secs >= from => {
                return Err(Refusal::Revoked { key: key() });
            }
            _ => {}
        }
        if at_secs < self.key.created_secs {
            return Err(Refusal::NotYetValid { key: key() });
        }
        match self.expires_secs {
            Some(expires) if u64::from(at_secs) >= expires => Err(Refusal::Expired { key: key() }),
            _ => Ok(()),
        }
    }
}
