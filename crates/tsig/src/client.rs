//! A client's side: requests are signed, answers are verified.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wire::HEADER_LEN;

use crate::algorithm::Algorithm;
use crate::check::{Flaw, check};
use crate::digest::Coverage;
use crate::key::Key;
use crate::mac::Mac;
use crate::record::{Fields, Found, Malformed, MalformedKind, find, id_of};
use crate::rejection::TsigError;
use crate::sign::{SignError, Stamp};
use crate::stream::Settled;
use crate::time::Time;

/// A signed request whose answer is awaited: what is needed to verify it.
///
/// A wrong answer does not use it up. RFC 8945 §5.4: it may come from somebody else, so whoever waits for a datagram goes on
/// waiting.
#[derive(Debug)]
pub struct Awaited {
    pub(crate) key: Arc<Key>,
    pub(crate) request: Mac,
    pub(crate) id: u16,
}

/// An answer whose signature is good.
#[derive(Debug)]
pub struct VerifiedAnswer<'m> {
    message: &'m [u8],
}

impl<'m> VerifiedAnswer<'m> {
    /// The message as it came, its TSIG record included, which readers of messages step over. All of it is signed.
    #[must_use]
    pub fn message(&self) -> &'m [u8] {
        self.message
    }
}

/// Why an answer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It is no message, or its TSIG record makes no sense.
    Malformed(Malformed),
    /// It has no signature.
    Unsigned,
    /// Its identity is not the request's.
    OtherId,
    /// It is signed with another key, or with another algorithm.
    OtherKey,
    /// The MAC is not the one that the secret gives.
    BadSig,
    /// It was signed too early or too late.
    BadTime {
        /// When it was signed, by the clock of its sender.
        signed: Time,
        /// Our time.
        now: Time,
    },
    /// The MAC is good and shorter than was agreed.
    BadTrunc,
    /// The server says, without a signature, what is wrong with ours: that it does not know the key, say, or that its secret is
    /// another one. Anybody can say so: it is a hint for an operator, and nothing else.
    Hint(TsigError),
    /// The server says, signed, that our clock is wrong (RFC 8945 §5.4.3); this is its time.
    ServerTime(Time),
    /// The server says, signed, that the MACs we send are too short for it.
    ServerWantsMore,
    /// The server says, signed, that something is wrong which has no name here; its number.
    ServerError(u16),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(malformed) => return malformed.fmt(f),
            Self::BadTime { signed, now } => {
                let apart = signed.secs().abs_diff(now.secs());
                return write!(
                    f,
                    "the answer was signed by a clock {apart} s off ours; set the clocks"
                );
            }
            Self::ServerTime(time) => {
                return write!(f, "the server's clock says {}; set the clocks", time.secs());
            }
            Self::ServerError(code) => {
                return write!(f, "the server refuses the signature, error {code}");
            }
            Self::Unsigned => "the answer is not signed",
            Self::OtherId => "the answer is one to another request",
            Self::OtherKey => "the answer is signed with another key",
            Self::BadSig => "the signature of the answer is wrong",
            Self::BadTrunc => "the MAC of the answer is shorter than was agreed on",
            Self::Hint(TsigError::BadKey) => {
                "the server does not know the key, or not with this algorithm"
            }
            Self::Hint(TsigError::BadSig) => "the server has another secret for the key",
            Self::Hint(TsigError::BadTime) => "the server's clock and ours differ; set the clocks",
            Self::Hint(TsigError::BadTrunc) => "the server wants longer MACs, as it says unsigned",
            Self::ServerWantsMore => "the server wants longer MACs",
        })
    }
}

impl core::error::Error for AnswerError {}

/// Signs a request (RFC 8945 §5.1).
///
/// # Errors
/// When there is no room for the signature; the request is then as it was.
pub fn sign_request(
    key: &Arc<Key>,
    request: &mut Vec<u8>,
    now: Time,
) -> Result<Awaited, SignError> {
    if request.len() < HEADER_LEN {
        return Err(SignError::NotAMessage);
    }
    let id = id_of(request);
    let stamp = Stamp::now(now, key, id);
    let mac = key.sign_with(key.context(), Coverage::Variables, &stamp, request)?;
    Ok(Awaited {
        key: Arc::clone(key),
        request: mac,
        id,
    })
}

impl Awaited {
    /// Verifies the only answer (RFC 8945 §5.4).
    ///
    /// # Errors
    /// Why it is not taken. Until a good one comes nothing is known.
    pub fn verify<'m>(
        &self,
        answer: &'m [u8],
        now: Time,
    ) -> Result<VerifiedAnswer<'m>, AnswerError> {
        self.verify_alone(answer, now)?;
        Ok(VerifiedAnswer { message: answer })
    }

    /// Verifies the first of several answers (RFC 8945 §5.3.1), as which a single one may turn out, too.
    ///
    /// # Errors
    /// Why it is not taken. As streams come over connections, there is nothing left to wait for.
    pub fn verify_first(self, answer: &[u8], now: Time) -> Result<Settled, AnswerError> {
        let mac = self.verify_alone(answer, now)?;
        Ok(Settled::after_first(self, &mac))
    }

    /// Verifies a message as the answer to the request, whatever else was answered; gives its MAC.
    pub(crate) fn verify_alone(&self, answer: &[u8], now: Time) -> Result<Mac, AnswerError> {
        let found = self.signature(answer)?;
        if let Some(error) = hint(&found.fields) {
            return Err(AnswerError::Hint(error));
        }
        let mut context = self.key.context();
        context.prior(&self.request);
        let mac = check(&self.key, context, Coverage::Variables, answer, &found, now)
            .map_err(|flaw| flawed(&flaw, &found, now))?;
        match found.fields.error {
            0 => Ok(mac),
            code => Err(server_error(code, found.fields.other)),
        }
    }

    /// The signature of an answer, if it is one to the request and by the key.
    pub(crate) fn signature<'m>(&self, answer: &'m [u8]) -> Result<Found<'m>, AnswerError> {
        let found = find(answer)
            .map_err(AnswerError::Malformed)?
            .ok_or(AnswerError::Unsigned)?;
        if id_of(answer) != self.id || found.fields.original_id != self.id {
            return Err(AnswerError::OtherId);
        }
        let algorithm = Algorithm::from_name(found.fields.algorithm);
        if found.key_name.as_ref() != self.key.name() || algorithm != Some(self.key.algorithm()) {
            return Err(AnswerError::OtherKey);
        }
        Ok(found)
    }
}

/// RFC 8945 §5.3.2: two errors come without a MAC, as the server has no secret that it could believe to share with us. Some
/// servers send the others so as well (NSD 4.6: BADTIME).
fn hint(fields: &Fields<'_>) -> Option<TsigError> {
    let error = TsigError::ALL
        .into_iter()
        .find(|error| fields.error == error.code());
    error.filter(|_| fields.mac.is_empty())
}

pub(crate) fn flawed(flaw: &Flaw, found: &Found<'_>, now: Time) -> AnswerError {
    match flaw {
        Flaw::MacLength => AnswerError::Malformed(Malformed {
            at: found.at,
            kind: MalformedKind::MacLength,
        }),
        Flaw::Mac => AnswerError::BadSig,
        Flaw::Time(_) => AnswerError::BadTime {
            signed: found.fields.time,
            now,
        },
        Flaw::Truncated(_) => AnswerError::BadTrunc,
    }
}

/// What a signed error says.
fn server_error(code: u16, other: &[u8]) -> AnswerError {
    match (code, <[u8; 6]>::try_from(other)) {
        (18, Ok(time)) => AnswerError::ServerTime(Time::from_octets(time)),
        (22, _) => AnswerError::ServerWantsMore,
        _ => AnswerError::ServerError(code),
    }
}
