//! A public key with what its owner says of it (RFC 9580 §10.1): names, subkeys, for how long, for what.
//!
//! Of each key the newest statement of its owner counts, as `gpg` has it. The signatures of others say nothing here: the
//! key is in the list.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::key::Key;
use super::packet::{Packet, kind};
use super::signature::{Signature, about};
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
enum Revoked {
    Always,
    /// Seconds since 1970.
    From(u32),
}

/// A packet and the signatures that follow it.
struct Part<'a> {
    packet: Packet<'a>,
    signatures: Vec<Signature<'a>>,
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
        let of = |why: &str| format!("key {}: {why}", primary.fingerprint());
        if !primary.is_known() {
            return Err(of(
                "its algorithm or curve is not known here; use Ed25519, ECDSA with P-256 or P-384, or RSA with 2048 to 8192 bits",
            ));
        }
        let parts = parts(first, others).map_err(|why| of(&why))?;
        let (own, others) = parts
            .split_first()
            .ok_or_else(|| of("there is nothing of it"))?;
        let (mut said, mut name) = (
            OwnStatements::on_key(own, &primary).map_err(|why| of(&why))?,
            None,
        );
        for part in others
            .iter()
            .filter(|part| part.packet.kind != kind::PUBLIC_SUBKEY)
        {
            let on_name = OwnStatements::on_name(part, &primary).map_err(|why| of(&why))?;
            if on_name.newest.is_some() && part.packet.kind == kind::USER_ID {
                name.get_or_insert_with(|| printable(part.packet.body));
            }
            said.join(&on_name);
        }
        let mut keys = Vec::from([said.owned(primary.clone()).map_err(|why| of(&why))?]);
        for part in others
            .iter()
            .filter(|part| part.packet.kind == kind::PUBLIC_SUBKEY)
        {
            keys.extend(subkey(part, &primary).map_err(|why| of(&why))?);
        }
        let name = name.unwrap_or_else(|| "no name".to_owned());
        Ok(Certificate { name, keys })
    }
}

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

fn parts<'a>(first: &Packet<'a>, others: &[Packet<'a>]) -> Result<Vec<Part<'a>>, String> {
    let part = |packet: &Packet<'a>| Part {
        packet: *packet,
        signatures: Vec::new(),
    };
    let mut parts = Vec::from([part(first)]);
    for packet in others {
        match packet.kind {
            kind::SIGNATURE => {
                let signatures = parts.last_mut().map(|part| &mut part.signatures);
                let read = read_signature(packet.body)?;
                signatures
                    .into_iter()
                    .for_each(|signatures| signatures.extend(read));
            }
            kind::USER_ID | kind::USER_ATTRIBUTE | kind::PUBLIC_SUBKEY => parts.push(part(packet)),
            kind::SECRET_SUBKEY => {
                return Err("there is a secret key in it; list the public one".into());
            }
            other => return Err(format!("a packet of type {other} does not belong there")),
        }
    }
    Ok(parts)
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

/// What the owner says about a key.
#[derive(Default)]
struct OwnStatements<'a> {
    newest: Option<Signature<'a>>,
    /// There is one over a hash that anybody could have made another text for.
    has_weak: bool,
    revoked: Option<Revoked>,
}

impl<'a> OwnStatements<'a> {
    /// RFC 9580 §5.2.1.9, §5.2.1.11.
    fn on_key(part: &Part<'a>, primary: &Key) -> Result<OwnStatements<'a>, String> {
        let mut said = OwnStatements::default();
        for signature in &part.signatures {
            match signature.about {
                about::KEY => said.take(signature, primary, &primary.hashed)?,
                about::KEY_REVOKED => said.revoke(signature, primary, &primary.hashed)?,
                _ => {}
            }
        }
        Ok(said)
    }

    /// RFC 9580 §5.2.1.4 to §5.2.1.7, §5.2.1.13. A name that is revoked says nothing of the key.
    fn on_name(part: &Part<'a>, primary: &Key) -> Result<OwnStatements<'a>, String> {
        let body = part.packet.body;
        let head = if part.packet.kind == kind::USER_ID {
            0xb4
        } else {
            0xd1
        };
        let length = (body.len() as u32).to_be_bytes();
        let subject = [&primary.hashed, &[head][..], &length, body].concat();
        let (mut said, mut revoked_secs) = (OwnStatements::default(), None);
        for signature in &part.signatures {
            if about::NAME.contains(&signature.about) {
                said.take(signature, primary, &subject)?;
            }
            if signature.about == about::NAME_REVOKED
                && signature.is_by(primary) != Some(false)
                && signature.verify(primary, &subject) == Ok(true)
            {
                revoked_secs = revoked_secs.max(Some(signature.created_secs));
            }
        }
        said.newest = said
            .newest
            .filter(|newest| Some(newest.created_secs) > revoked_secs);
        Ok(said)
    }

    /// RFC 9580 §5.2.1.8, §5.2.1.12.
    fn on_subkey(
        part: &Part<'a>,
        primary: &Key,
        subject: &[u8],
    ) -> Result<OwnStatements<'a>, String> {
        let mut said = OwnStatements::default();
        for signature in &part.signatures {
            match signature.about {
                about::SUBKEY => said.take(signature, primary, subject)?,
                about::SUBKEY_REVOKED => said.revoke(signature, primary, subject)?,
                _ => {}
            }
        }
        Ok(said)
    }

    fn take(
        &mut self,
        signature: &Signature<'a>,
        primary: &Key,
        subject: &[u8],
    ) -> Result<(), String> {
        if signature.is_by(primary) == Some(false) || signature.says.expires {
            return Ok(());
        }
        match signature.verify(primary, subject) {
            Ok(true)
                if self
                    .newest
                    .is_none_or(|newest| newest.created_secs <= signature.created_secs) =>
            {
                self.newest = Some(*signature);
            }
            Ok(_) => {}
            Err(Refusal::WeakHash) => self.has_weak = true,
            Err(Refusal::Unsupported { what }) => {
                return Err(format!(
                    "what its owner says of it cannot be checked: {what}"
                ));
            }
            Err(other) => return Err(format!("what its owner says of it {other}")),
        }
        Ok(())
    }

    fn revoke(
        &mut self,
        signature: &Signature<'a>,
        primary: &Key,
        subject: &[u8],
    ) -> Result<(), String> {
        if signature.verify(primary, subject) != Ok(true) {
            return Err(
                "it has a revocation that cannot be checked; take the key or the revocation out"
                    .into(),
            );
        }
        // 1: superseded, 3: retired.
        let is_soft = matches!(signature.says.reason, Some(1 | 3));
        let revoked = if is_soft {
            Revoked::From(signature.created_secs)
        } else {
            Revoked::Always
        };
        self.revoked = Some(match (self.revoked, revoked) {
            (Some(Revoked::From(one)), Revoked::From(other)) => Revoked::From(one.min(other)),
            (None, revoked) => revoked,
            _ => Revoked::Always,
        });
        Ok(())
    }

    fn join(&mut self, other: &OwnStatements<'a>) {
        let created = |signature: &Option<Signature<'_>>| signature.map(|it| it.created_secs);
        if created(&other.newest) > created(&self.newest) {
            self.newest = other.newest;
        }
        self.has_weak |= other.has_weak;
    }

    fn owned(&self, key: Key) -> Result<OwnedKey, String> {
        match (self.newest, self.has_weak) {
            (Some(newest), _) => Ok(OwnedKey::new(key, &newest, self.revoked)),
            (None, true) => Err(
                "what its owner says of it is signed over a weak hash (SHA-1); \
                have it signed anew: gpg --cert-digest-algo SHA256 --edit-key KEY expire"
                    .to_string(),
            ),
            (None, false) => {
                Err("its owner says nothing of it that is signed well and still holds".to_string())
            }
        }
    }
}

/// A subkey; `None` if its owner does not say that it is theirs.
fn subkey(part: &Part<'_>, primary: &Key) -> Result<Option<OwnedKey>, String> {
    let key = Key::read(part.packet.body)?;
    let subject = [&*primary.hashed, &key.hashed].concat();
    let said = OwnStatements::on_subkey(part, primary, &subject)?;
    let Some(newest) = said.newest else {
        return Ok(None);
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
    Ok(Some(owned))
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
