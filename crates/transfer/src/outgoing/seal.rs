//! Signatures of the messages of a transfer (RFC 8945 §5.3.1).

use alloc::vec::Vec;

use tsig::{ResponseSigner, SignError, StreamSigner, Time};

use super::Next;

/// Who signs the next message.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each transfer")]
pub(super) enum Seal {
    /// Nobody: the request was not signed, or all is sent.
    Nobody,
    /// The first one is to be signed.
    First(ResponseSigner),
    /// A further one is.
    Further(StreamSigner),
}

impl Seal {
    pub(super) fn new(signer: Option<ResponseSigner>) -> Self {
        signer.map_or(Seal::Nobody, Seal::First)
    }

    /// Octets that a signature will take.
    pub(super) fn octets(&self) -> usize {
        match self {
            Seal::Nobody => 0,
            Seal::First(signer) => signer.signature_octets(),
            Seal::Further(signer) => signer.signature_octets(),
        }
    }

    /// Signs a message.
    pub(super) fn close(
        &mut self,
        message: &mut Vec<u8>,
        next: Next,
        now: Time,
    ) -> Result<(), SignError> {
        match (core::mem::replace(self, Seal::Nobody), next) {
            (Seal::Nobody, _) => {}
            (Seal::First(signer), Next::Last) => signer.sign(message, now)?,
            (Seal::First(signer), Next::More) => {
                *self = Seal::Further(signer.sign_first(message, now)?);
            }
            (Seal::Further(signer), Next::Last) => signer.sign_last(message, now)?,
            (Seal::Further(mut signer), Next::More) => {
                signer.sign_next(message, now)?;
                *self = Seal::Further(signer);
            }
        }
        Ok(())
    }
}
