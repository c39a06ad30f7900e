//! What the owner of a key says about it, and signs with the primary key.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::certificate::{Part, Revoked};
use super::key::Key;
use super::packet::kind;
use super::signature::{Signature, about};
use crate::refusal::Refusal;

/// What the owner says about a key.
#[derive(Default)]
pub(super) struct OwnStatements<'a> {
    pub(super) newest: Option<Signature<'a>>,
    /// There is one over a hash that anybody could have made another text for.
    has_weak: bool,
    pub(super) revoked: Option<Revoked>,
}

impl<'a> OwnStatements<'a> {
    /// RFC 9580 §5.2.1.10, §5.2.1.11.
    pub(super) fn on_key(part: &Part<'a>, primary: &Key) -> Result<OwnStatements<'a>, String> {
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
    pub(super) fn on_name(part: &Part<'a>, primary: &Key) -> Result<OwnStatements<'a>, String> {
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
    pub(super) fn on_subkey(
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

    pub(super) fn join(&mut self, other: &OwnStatements<'a>) {
        let created = |signature: &Option<Signature<'_>>| signature.map(|it| it.created_secs);
        if created(&other.newest) > created(&self.newest) {
            self.newest = other.newest;
        }
        self.has_weak |= other.has_weak;
    }

    /// The newest statement on the primary key.
    pub(super) fn newest(&self) -> Result<&Signature<'a>, String> {
        self.newest.as_ref().ok_or_else(|| match self.has_weak {
            true => WEAK.to_owned(),
            false => "its owner says nothing of it that is signed well and still holds".to_owned(),
        })
    }
}

const WEAK: &str = "what its owner says of it is signed over a weak hash (SHA-1); \
    have it signed anew: gpg --cert-digest-algo SHA256 --edit-key KEY expire";
