//! A server's side: requests are verified.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::algorithm::Algorithm;
use crate::check::check;
use crate::digest::Coverage;
use crate::key::{Key, Keyring};
use crate::mac::Mac;
use crate::record::{Found, find};
use crate::rejection::Rejection;
use crate::response::ResponseSigner;
use crate::time::Time;

/// A request that can be acted on.
#[derive(Debug)]
pub enum Request<'m> {
    /// It has no signature, so it may what anybody may.
    Unsigned,
    /// It is signed, and the signature is good.
    Signed(Verified<'m>),
}

/// A request whose signature is good. Only [`Keyring::verify`] makes one, and it is used up by what comes of it: an answer
/// ([`Verified::into_signer`]), or the proof that it was not seen before ([`crate::ReplayGuard::admit`]).
#[derive(Debug)]
pub struct Verified<'m> {
    message: &'m [u8],
    key: Arc<Key>,
    mac: Mac,
    time: Time,
    fudge_secs: u16,
    original_id: u16,
}

impl<'m> Verified<'m> {
    /// The message as it came, its TSIG record included, which readers of messages step over.
    ///
    /// Everything in it is signed but for its identity, which a server that forwards it may have changed (RFC 8945 §5.5):
    /// what tells requests apart has to be [`Verified::original_id`].
    #[must_use]
    pub fn message(&self) -> &'m [u8] {
        self.message
    }

    /// The key it was signed with.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// When it was signed, by the clock of its sender.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// The identity it was signed with.
    #[must_use]
    pub fn original_id(&self) -> u16 {
        self.original_id
    }

    /// Uses the request up for what signs the answer.
    #[must_use]
    pub fn into_signer(self) -> ResponseSigner {
        ResponseSigner::new(self.key, self.mac, self.original_id)
    }

    pub(crate) fn mac(&self) -> &Mac {
        &self.mac
    }

    /// The last second at which it is believed.
    pub(crate) fn until(&self) -> Time {
        self.time
            .plus_secs(self.key.effective_fudge_secs(self.fudge_secs))
    }
}

impl Keyring {
    /// Looks for the signature of a request and verifies it.
    ///
    /// Whether the message is a request at all is for `wire::Query::parse` to say, before: who answered refusals of answers
    /// could be made to loop.
    ///
    /// # Errors
    /// Why it is refused; the sender is to be told by [`Rejection::finish`]. Boxed, as it is the rare case and large.
    pub fn verify<'m>(&self, message: &'m [u8], now: Time) -> Result<Request<'m>, Box<Rejection>> {
        let found = match find(message) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Request::Unsigned),
            Err(malformed) => return Err(Rejection::malformed(malformed)),
        };
        let Some(key) = self.named(&found) else {
            return Err(Rejection::bad_key(&found, now));
        };
        match check(
            key,
            key.context(),
            Coverage::Variables,
            message,
            &found,
            now,
        ) {
            Ok(mac) => Ok(Request::Signed(Verified {
                message,
                key: Arc::clone(key),
                mac,
                time: found.fields.time,
                fudge_secs: found.fields.fudge_secs,
                original_id: found.fields.original_id,
            })),
            Err(flaw) => Err(Rejection::flawed(key, &found, flaw, now)),
        }
    }

    /// RFC 8945 §5.2.1: a key is name and algorithm.
    fn named(&self, found: &Found<'_>) -> Option<&Arc<Key>> {
        let algorithm = Algorithm::from_name(found.fields.algorithm)?;
        self.find(found.key_name.as_ref(), algorithm)
    }
}
