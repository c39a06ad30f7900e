//! Keys of peers, all with one secret.

use super::Kind;
use crate::name::Name;

/// Name and secret, in base64, of the key that transfers from peers are signed with: HMAC-SHA-256.
pub const TRANSFER_KEY: (&str, &str) = (
    "a._transfer.example.org",
    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
);

/// Name of the key that updates are signed with, everywhere; its secret is that of [`TRANSFER_KEY`].
pub const UPDATE_KEY: &str = "a._update";

/// What HMAC is made with, as the first label of zones that are asked for with it.
pub const ALGORITHMS: [&str; 5] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

/// A key with which a secondary asks its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsksWith {
    /// Its name, without the final dot. Each kind of server has its own, so that the log of a primary tells who has asked.
    pub name: String,
    /// One of [`ALGORITHMS`].
    pub algorithm: &'static str,
}

impl AsksWith {
    /// `sha512.example` is asked for with HMAC-SHA-512, and what is not named for an algorithm with HMAC-SHA-256.
    pub fn of(kind: Kind, apex: &Name) -> AsksWith {
        let apex = apex.to_string();
        let first = apex.split('.').next();
        let named = ALGORITHMS.into_iter().find(|known| first == Some(known));
        AsksWith::with(kind, named.unwrap_or("sha256"))
    }

    fn with(kind: Kind, algorithm: &'static str) -> AsksWith {
        let name = format!("{}-{algorithm}._transfer", kind.to_string().to_lowercase());
        AsksWith { name, algorithm }
    }

    /// As configurations write it: `hmac-sha512`.
    pub(super) fn hmac(&self) -> String {
        format!("hmac-{}", self.algorithm)
    }

    /// All that a server of this kind asks with.
    pub(super) fn all(kind: Kind) -> [AsksWith; 5] {
        ALGORITHMS.map(|algorithm| AsksWith::with(kind, algorithm))
    }
}

/// Names and algorithms (`hmac-sha256`) of the keys that a server of this kind has.
pub(super) fn known(kind: Kind) -> Vec<(String, String)> {
    let plain = [TRANSFER_KEY.0, UPDATE_KEY].map(|name| (name.to_owned(), "hmac-sha256".into()));
    let asks = AsksWith::all(kind).map(|key| (key.name.clone(), key.hmac()));
    plain.into_iter().chain(asks).collect()
}

/// All keys, as in our key files.
pub fn key_lines() -> String {
    let secret = TRANSFER_KEY.1;
    let kinds = Kind::SECONDARIES.into_iter().chain([Kind::Secondary]);
    let asks = kinds.flat_map(AsksWith::all);
    let asks = asks.map(|key| (key.name, key.algorithm.to_uppercase()));
    let plain = [TRANSFER_KEY.0, UPDATE_KEY].map(|name| (name.to_owned(), "SHA256".to_owned()));
    let line = |(name, algorithm)| format!("{name}:{algorithm}:{secret}\n");
    plain.into_iter().chain(asks).map(line).collect()
}
