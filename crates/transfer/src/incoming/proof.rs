//! The signatures of a transfer, in the dialect of its key, if it has one.

use alloc::boxed::Box;

use tsig::{AnswerError, Awaited, Complete, Stream, StreamError, Time};
use wire::{Flags, ResponseCode};

use super::FailureKind;

/// How far the messages are proven.
#[derive(Debug)]
pub(super) enum Proof {
    /// The request was not signed, so nothing is.
    None,
    /// No message has come.
    First(Awaited),
    /// Some have.
    Further(Box<Stream>),
}

impl Proof {
    pub(super) fn next(self, message: &[u8], now: Time) -> Result<Self, FailureKind> {
        let next = match self {
            Proof::None => return Ok(Proof::None),
            Proof::First(awaited) => awaited
                .verify_first(message, now)
                .map(Stream::Settled)
                .map_err(StreamError::Answer),
            Proof::Further(stream) => stream.next(message, now),
        };
        next.map(|stream| Proof::Further(Box::new(stream)))
            .map_err(|error| unproven(error, message))
    }

    pub(super) fn finish(self) -> Result<Option<Complete>, FailureKind> {
        match self {
            Proof::None => Ok(None),
            Proof::First(_) => Err(FailureKind::Signature(StreamError::EndsUnsigned)),
            Proof::Further(stream) => stream.finish().map(Some).map_err(FailureKind::Signature),
        }
    }
}

/// A refusal that nobody signed cannot be believed, but it is what an operator has to know.
fn unproven(error: StreamError, message: &[u8]) -> FailureKind {
    let code = message.get(2..4).map_or(0, |word| {
        Flags(u16::from_be_bytes([word[0], word[1]])).rcode_low()
    });
    let refusal = ResponseCode::from(0, code);
    match error {
        StreamError::Answer(AnswerError::Unsigned) if refusal != ResponseCode::NoError => {
            FailureKind::RefusedUnsigned(refusal)
        }
        error => FailureKind::Signature(error),
    }
}
