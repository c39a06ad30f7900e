//! Whether the server is the one that is meant.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use git_store::RemoteUrl;
use russh::Preferred;
use russh::client::Handler;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey, PublicKeyOrCertificate};

use crate::error::RemoteError;
use crate::host_keys::{Host, HostKeys};

/// Takes a key that is known for the host, and no other.
pub(crate) struct Judge {
    host: Host,
    keys: HostKeys,
    seen: Seen,
}

/// What was refused, for the message.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Option<Refused>>>);

/// The key that was shown, and those that are known.
type Refused = (String, Vec<String>);

impl Judge {
    pub(super) fn new(url: &RemoteUrl, keys: &HostKeys) -> Judge {
        Judge {
            host: Host::new(url.host(), url.port()),
            keys: keys.clone(),
            seen: Seen::default(),
        }
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// The kinds of keys that are known for the host first: a server has several and shows one.
    pub(super) fn preferred(&self) -> Preferred {
        let known = self.keys.kinds(&self.host);
        let ecdsa = |curve| Algorithm::Ecdsa { curve };
        let mut kinds = vec![
            Algorithm::Ed25519,
            ecdsa(EcdsaCurve::NistP256),
            ecdsa(EcdsaCurve::NistP384),
            ecdsa(EcdsaCurve::NistP521),
        ];
        kinds.sort_by_key(|kind| !known.contains(&kind.as_str()));
        Preferred {
            key: Cow::Owned(kinds),
            ..Preferred::DEFAULT
        }
    }

    fn takes(&self, key: &PublicKey) -> bool {
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let text = key.to_openssh().unwrap_or_default();
        let base64 = text.split(' ').nth(1).unwrap_or_default();
        let is_known = self.keys.know(&self.host, base64, &fingerprint);
        if !is_known {
            let seen = format!("{} {fingerprint}", key.algorithm().as_str());
            let known = self.keys.shown(&self.host);
            let known = known.into_iter().map(fingerprinted).collect();
            self.seen.set(seen, known);
        }
        is_known
    }
}

/// A line `KIND KEY` as the other side is shown: with the fingerprint, so that the two can be compared.
fn fingerprinted(known: String) -> String {
    match PublicKey::from_openssh(&known) {
        Ok(key) => format!(
            "{} {}",
            key.algorithm().as_str(),
            key.fingerprint(HashAlg::Sha256)
        ),
        Err(_) => known,
    }
}

impl Handler for Judge {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        Ok(match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.takes(key),
            // None was asked for.
            PublicKeyOrCertificate::Certificate(_) => false,
        })
    }
}

impl Seen {
    fn set(&self, seen: String, expected: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((seen, expected));
    }

    pub(super) fn refused(&self, server: &str) -> Option<RemoteError> {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, expected) = refused.take()?;
        Some(RemoteError::HostKey {
            server: server.to_owned(),
            seen,
            expected,
        })
    }
}
