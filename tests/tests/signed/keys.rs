//! The keys that both sides have.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rr::{Name, Secret};
use tsig::{Algorithm, Key, Keyring, Time};

/// A key as configurations have it.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) secret: Vec<u8>,
}

impl Shared {
    /// One key for each algorithm.
    pub(crate) fn all() -> Vec<Shared> {
        Algorithm::ALL.map(Shared::of).to_vec()
    }

    pub(crate) fn of(algorithm: Algorithm) -> Shared {
        Shared {
            name: format!(
                "{}._transfer.example.org",
                algorithm.mnemonic().to_lowercase()
            ),
            algorithm,
            secret: (0..40)
                .map(|octet| octet ^ algorithm.dnskey_number())
                .collect(),
        }
    }

    pub(crate) fn with_secret(self, secret: &[u8]) -> Shared {
        let secret = secret.to_vec();
        Shared { secret, ..self }
    }

    pub(crate) fn with_name(self, name: &str) -> Shared {
        let name = name.to_owned();
        Shared { name, ..self }
    }

    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(&self.secret)
    }

    pub(crate) fn key(&self) -> Key {
        let name = Name::from_text(&self.name).unwrap();
        Key::new(
            name.as_ref(),
            self.algorithm,
            Secret::new(self.secret.as_slice()),
        )
        .unwrap()
    }

    pub(crate) fn arc(&self) -> Arc<Key> {
        Arc::new(self.key())
    }
}

/// A ring of them all.
pub(crate) fn ring() -> Keyring {
    let mut ring = Keyring::default();
    for shared in Shared::all() {
        ring.insert(shared.key()).map_err(|_| "doubled").unwrap();
    }
    ring
}

/// The time by which peers go.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time::from_secs(since.unwrap().as_secs())
}

pub(crate) fn earlier(secs: u64) -> Time {
    Time::from_secs(now().secs() - secs)
}
