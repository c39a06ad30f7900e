//! A client's side of answers that are several messages (RFC 8945 §5.3.1).
//!
//! ```text
//!   Awaited ──first──▶ Settled ◀──────signed───────┐
//!                      │     └──unsigned──▶ Open ──┤
//!                    finish                  ▲     │
//!                      ▼                     └─unsigned, up to 99
//!                   Complete
//! ```
//! What came in unsigned messages is nobody's word until the next signed one: only [`Settled`] can be finished. An error ends the
//! stream, as there is no way back into the chain.

use core::fmt;

use crate::check::check;
use crate::client::{AnswerError, Awaited, flawed};
use crate::digest::Coverage;
use crate::key::Dialect;
use crate::limits::{MESSAGE_OCTETS, UNSIGNED_MESSAGES};
use crate::mac::{Context, Mac};
use crate::record::{find, id_of};
use crate::time::Time;

/// A stream of which all messages so far are proven, in their order.
#[derive(Debug)]
pub struct Settled(Chain);

/// A stream whose last messages are not proven yet.
#[derive(Debug)]
pub struct Open(Chain);

/// A stream after a further message.
#[derive(Debug)]
pub enum Stream {
    /// It was signed.
    Settled(Settled),
    /// It was not.
    Open(Open),
}

/// The proof that all messages of a stream are the server's, in their order.
///
/// In [`Dialect::EachAlone`] it proves less: that each is the server's answer to this request.
#[derive(Debug)]
pub struct Complete {
    messages: u64,
}

impl Complete {
    /// How many messages there were.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages
    }
}

/// Why a stream cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// A signed message is not taken.
    Answer(AnswerError),
    /// More than [`UNSIGNED_MESSAGES`] in a row have no signature.
    TooManyUnsigned,
    /// The last message has no signature.
    EndsUnsigned,
    /// A message of a stream has an error, or other data, which its signature does not cover.
    NotCovered,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::TooManyUnsigned => write!(
                f,
                "more than {UNSIGNED_MESSAGES} messages in a row are not signed"
            ),
            Self::EndsUnsigned => f.write_str("the last message is not signed"),
            Self::NotCovered => f.write_str("a message says something beside its signature"),
        }
    }
}

impl core::error::Error for StreamError {}

impl From<AnswerError> for StreamError {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

impl Settled {
    pub(crate) fn after_first(awaited: Awaited, mac: &Mac) -> Self {
        let context = awaited.after(mac);
        Self(Chain {
            awaited,
            context,
            unsigned: 0,
            messages: 1,
        })
    }

    /// Takes the next message.
    ///
    /// # Errors
    /// Why the stream cannot be believed.
    pub fn next(self, message: &[u8], now: Time) -> Result<Stream, StreamError> {
        self.0.next(message, now)
    }

    /// Ends the stream.
    #[must_use]
    pub fn finish(self) -> Complete {
        Complete {
            messages: self.0.messages,
        }
    }
}

impl Open {
    /// Takes the next message.
    ///
    /// # Errors
    /// Why the stream cannot be believed.
    pub fn next(self, message: &[u8], now: Time) -> Result<Stream, StreamError> {
        self.0.next(message, now)
    }
}

impl Stream {
    /// Takes the next message.
    ///
    /// # Errors
    /// Why the stream cannot be believed.
    pub fn next(self, message: &[u8], now: Time) -> Result<Stream, StreamError> {
        match self {
            Self::Settled(Settled(chain)) | Self::Open(Open(chain)) => chain.next(message, now),
        }
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// When its last message is not signed.
    pub fn finish(self) -> Result<Complete, StreamError> {
        match self {
            Self::Settled(settled) => Ok(settled.finish()),
            Self::Open(_) => Err(StreamError::EndsUnsigned),
        }
    }
}

#[derive(Debug)]
struct Chain {
    awaited: Awaited,
    /// Has seen the last MAC and the messages since then.
    context: Context,
    unsigned: u8,
    messages: u64,
}

impl Chain {
    fn next(mut self, message: &[u8], now: Time) -> Result<Stream, StreamError> {
        self.messages += 1;
        match self.awaited.key.dialect() {
            Dialect::EachAlone => {
                self.awaited.verify_alone(message, now)?;
                Ok(Stream::Settled(Settled(self)))
            }
            Dialect::Chained => self.chained(message, now),
        }
    }

    fn chained(mut self, message: &[u8], now: Time) -> Result<Stream, StreamError> {
        let found = find(message).map_err(AnswerError::Malformed)?;
        if found.is_none() {
            return self.unsigned(message);
        }
        let found = self.awaited.signature(message)?;
        // RFC 8945 §5.3.1 has only the times signed: what else a record could say, anybody could have written.
        if found.fields.error != 0 || !found.fields.other.is_empty() {
            return Err(StreamError::NotCovered);
        }
        let key = &self.awaited.key;
        let mac = check(key, self.context, Coverage::Timers, message, &found, now)
            .map_err(|flaw| flawed(&flaw, &found, now))?;
        self.context = self.awaited.after(&mac);
        self.unsigned = 0;
        Ok(Stream::Settled(Settled(self)))
    }

    /// RFC 8945 §5.3.1: at most 99 in a row.
    fn unsigned(mut self, message: &[u8]) -> Result<Stream, StreamError> {
        if self.unsigned == UNSIGNED_MESSAGES {
            return Err(StreamError::TooManyUnsigned);
        }
        debug_assert!(message.len() <= MESSAGE_OCTETS, "as it was looked through");
        if id_of(message) != self.awaited.id {
            return Err(AnswerError::OtherId.into());
        }
        self.context.update(message);
        self.unsigned += 1;
        Ok(Stream::Open(Open(self)))
    }
}

impl Awaited {
    /// A context that has seen the last MAC.
    fn after(&self, mac: &Mac) -> Context {
        let mut context = self.key.context();
        context.prior(mac);
        context
    }
}
