//! A server's side: answers are signed, one or a stream of them.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::digest::Coverage;
use crate::key::{Dialect, Key};
use crate::limits::UNSIGNED_MESSAGES;
use crate::mac::{Context, Mac};
use crate::sign::{SignError, Stamp};
use crate::time::Time;

/// Signs the answer to a request. It comes out of [`crate::Verified::into_signer`] only and has the request's MAC inside, which
/// is what ties an answer to its request; it is used up by the answer, or by the first message of a stream of them.
#[derive(Debug)]
pub struct ResponseSigner {
    key: Arc<Key>,
    request: Mac,
    original_id: u16,
}

impl ResponseSigner {
    pub(crate) fn new(key: Arc<Key>, request: Mac, original_id: u16) -> Self {
        Self {
            key,
            request,
            original_id,
        }
    }

    /// Octets that signing adds: how much room an answer has to leave, below what the transport takes.
    #[must_use]
    pub fn signature_octets(&self) -> usize {
        self.key.signature_octets()
    }

    /// Signs the only answer (RFC 8945 §5.3).
    ///
    /// # Errors
    /// When there is no room for the signature; the answer is then as it was.
    pub fn sign(self, answer: &mut Vec<u8>, now: Time) -> Result<(), SignError> {
        self.sign_alone(answer, now).map(|_| ())
    }

    /// Signs the first of several answers (RFC 8945 §5.3.1).
    ///
    /// # Errors
    /// When there is no room for the signature; the answer is then as it was.
    pub fn sign_first(self, answer: &mut Vec<u8>, now: Time) -> Result<StreamSigner, SignError> {
        let mac = self.sign_alone(answer, now)?;
        let mut context = self.key.context();
        context.prior(&mac);
        Ok(StreamSigner {
            first: self,
            context,
            unsigned: 0,
            gap: 0,
        })
    }

    fn sign_alone(&self, answer: &mut Vec<u8>, now: Time) -> Result<Mac, SignError> {
        let mut context = self.key.context();
        // RFC 8945 §5.3: the request's MAC comes first.
        context.prior(&self.request);
        let stamp = Stamp::now(now, &self.key, self.original_id);
        self.key
            .sign_with(context, Coverage::Variables, &stamp, answer)
    }
}

/// Signs the further messages of a stream, such as those of a transfer, in the dialect of its key.
#[derive(Debug)]
pub struct StreamSigner {
    first: ResponseSigner,
    /// Has seen the last MAC and the messages since then.
    context: Context,
    unsigned: u8,
    gap: u8,
}

impl StreamSigner {
    /// Leaves at most so many messages between two signatures unsigned: 0 unless this is called, as RFC 8945 §5.3.1
    /// recommends; never more than [`UNSIGNED_MESSAGES`]. In [`Dialect::EachAlone`] none is left unsigned.
    #[must_use]
    pub fn with_gap(self, messages: u8) -> Self {
        let gap = messages.min(UNSIGNED_MESSAGES);
        Self { gap, ..self }
    }

    /// Octets that signing adds to each message.
    #[must_use]
    pub fn signature_octets(&self) -> usize {
        self.first.signature_octets()
    }

    /// Signs the next message, unless it is one of those in a gap. It is not the last one.
    ///
    /// # Errors
    /// When there is no room for the signature; message and stream are then as they were.
    pub fn sign_next(&mut self, message: &mut Vec<u8>, now: Time) -> Result<(), SignError> {
        match self.first.key.dialect() {
            Dialect::EachAlone => self.first.sign_alone(message, now).map(|_| ()),
            Dialect::Chained if self.unsigned < self.gap => {
                // RFC 8945 §5.3.1: whole, as it is sent.
                self.context.update(message);
                self.unsigned += 1;
                Ok(())
            }
            Dialect::Chained => self.sign_chained(message, now),
        }
    }

    /// Signs the last message (RFC 8945 §5.3.1: it always is).
    ///
    /// # Errors
    /// When there is no room for the signature; the message is then as it was.
    pub fn sign_last(mut self, message: &mut Vec<u8>, now: Time) -> Result<(), SignError> {
        self.gap = 0;
        self.sign_next(message, now)
    }

    fn sign_chained(&mut self, message: &mut Vec<u8>, now: Time) -> Result<(), SignError> {
        let key = &self.first.key;
        let stamp = Stamp::now(now, key, self.first.original_id);
        let mac = key.sign_with(self.context.clone(), Coverage::Timers, &stamp, message)?;
        self.context = key.context();
        self.context.prior(&mac);
        self.unsigned = 0;
        Ok(())
    }
}
