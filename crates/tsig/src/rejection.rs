//! Requests that are refused, and what their senders are told.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rr::Name;
use wire::ResponseCode;

use crate::check::Flaw;
use crate::digest::Coverage;
use crate::key::Key;
use crate::mac::Mac;
use crate::record::{Fields, Found, Malformed, MalformedKind};
use crate::sign::{SignError, Stamp, check_room};
use crate::time::Time;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no message, or its TSIG record makes no sense.
    Malformed(Malformed),
    /// There is no key of this name and algorithm (RFC 8945 §5.2.1). Both are as they were sent, in lower case.
    BadKey {
        /// The key that was named.
        key: Name,
        /// The algorithm that was named.
        algorithm: Name,
    },
    /// The MAC is not the one that the secret gives (§5.2.2).
    BadSig,
    /// It was signed too early or too late (§5.2.3).
    BadTime {
        /// When it was signed, by the clock of its sender.
        signed: Time,
        /// Our time.
        now: Time,
    },
    /// The MAC is good and shorter than was agreed (§5.2.4).
    BadTrunc {
        /// Octets that it has.
        octets: usize,
        /// Octets that it has to have.
        wanted: usize,
    },
}

impl Refusal {
    /// What the sender is told: the response code, and what the TSIG record of the answer says. Total.
    #[must_use]
    pub fn verdict(&self) -> (ResponseCode, Option<TsigError>) {
        match self {
            // RFC 8945 §5.2 and §5.2.2.1: a format error, without TSIG.
            Self::Malformed(_) => (ResponseCode::FormErr, None),
            // RFC 8945 §5.2.1 to §5.2.4: NOTAUTH, and which check failed.
            Self::BadKey { .. } => (ResponseCode::NotAuth, Some(TsigError::BadKey)),
            Self::BadSig => (ResponseCode::NotAuth, Some(TsigError::BadSig)),
            Self::BadTime { .. } => (ResponseCode::NotAuth, Some(TsigError::BadTime)),
            Self::BadTrunc { .. } => (ResponseCode::NotAuth, Some(TsigError::BadTrunc)),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::BadKey { key, algorithm } => write!(f, "there is no key {key} for {algorithm}"),
            Self::BadSig => f.write_str(
                "the signature is wrong: the secrets differ, or somebody changed the message",
            ),
            Self::BadTime { signed, now } => write!(
                f,
                "signed at {} by a clock that is {} s off ours; set the clocks",
                signed.secs(),
                signed.secs().abs_diff(now.secs())
            ),
            Self::BadTrunc { octets, wanted } => {
                write!(f, "a MAC of {octets} octets where {wanted} are agreed on")
            }
        }
    }
}

impl core::error::Error for Refusal {}

/// What a TSIG record says is wrong (RFC 8945 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TsigError {
    /// 16
    BadSig,
    /// 17
    BadKey,
    /// 18
    BadTime,
    /// 22
    BadTrunc,
}

impl TsigError {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BadSig, Self::BadKey, Self::BadTime, Self::BadTrunc];

    /// Its number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::BadSig => 16,
            Self::BadKey => 17,
            Self::BadTime => 18,
            Self::BadTrunc => 22,
        }
    }
}

/// A request that is refused, and how its sender is told.
#[derive(Debug)]
pub struct Rejection {
    /// Why.
    pub reason: Refusal,
    mark: Mark,
}

/// What stands behind the answer to a request that is refused.
#[derive(Debug)]
enum Mark {
    /// Nothing: RFC 8945 §5.2 wants a plain format error.
    Nothing,
    /// RFC 8945 §5.3.2: a TSIG record without MAC, as whoever sent the request has shown no secret.
    Unsigned(Echo),
    /// RFC 8945 §5.3.2: a signature, as the request had a good one.
    Signed {
        key: Arc<Key>,
        request: Mac,
        time: Time,
        fudge_secs: u16,
        original_id: u16,
        other: Vec<u8>,
    },
}

impl Mark {
    fn signed(key: &Arc<Key>, request: Mac, found: &Found<'_>, time: Time, other: &[u8]) -> Self {
        Self::Signed {
            key: Arc::clone(key),
            request,
            time,
            fudge_secs: found.fields.fudge_secs,
            original_id: found.fields.original_id,
            other: other.to_vec(),
        }
    }
}

/// What is sent back of a TSIG record.
#[derive(Debug)]
struct Echo {
    key: Name,
    algorithm: Name,
    time: Time,
    fudge_secs: u16,
    original_id: u16,
}

impl Rejection {
    pub(crate) fn malformed(malformed: Malformed) -> Box<Self> {
        let reason = Refusal::Malformed(malformed);
        Box::new(Self {
            reason,
            mark: Mark::Nothing,
        })
    }

    pub(crate) fn bad_key(found: &Found<'_>, now: Time) -> Box<Self> {
        let reason = Refusal::BadKey {
            key: found.key_name.clone(),
            algorithm: found.fields.algorithm.to_lowercase(),
        };
        Box::new(Self {
            reason,
            mark: Mark::Unsigned(Echo::of(found, now)),
        })
    }

    pub(crate) fn flawed(key: &Arc<Key>, found: &Found<'_>, flaw: Flaw, now: Time) -> Box<Self> {
        let signed = found.fields.time;
        let (reason, mark) = match flaw {
            Flaw::MacLength => {
                let kind = MalformedKind::MacLength;
                return Self::malformed(Malformed { at: found.at, kind });
            }
            Flaw::Mac => (Refusal::BadSig, Mark::Unsigned(Echo::of(found, now))),
            // RFC 8945 §5.2.3: the time of the request, so that its sender finds the answer in time; ours in the other data.
            Flaw::Time(request) => (
                Refusal::BadTime { signed, now },
                Mark::signed(key, request, found, signed, &now.octets()),
            ),
            Flaw::Truncated(request) => {
                let (octets, wanted) = (request.octets().len(), key.mac_octets());
                let reason = Refusal::BadTrunc { octets, wanted };
                (reason, Mark::signed(key, request, found, now, &[]))
            }
        };
        Box::new(Self { reason, mark })
    }

    /// Octets that [`Rejection::finish`] adds to an answer.
    #[must_use]
    pub fn signature_octets(&self) -> usize {
        match &self.mark {
            Mark::Nothing => 0,
            Mark::Unsigned(echo) => {
                Fields::record_octets(echo.key.as_ref(), echo.algorithm.as_ref(), 0, 0)
            }
            Mark::Signed { key, other, .. } => key.signature_octets() + other.len(),
        }
    }

    /// Completes an answer that has the request's identity and question, the response code of [`Refusal::verdict`], and no
    /// TSIG record.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn finish(self, answer: &mut Vec<u8>) -> Result<(), SignError> {
        let error = self.reason.verdict().1.map_or(0, TsigError::code);
        match self.mark {
            Mark::Nothing => Ok(()),
            Mark::Unsigned(echo) => echo.append(error, answer),
            Mark::Signed {
                key,
                request,
                time,
                fudge_secs,
                original_id,
                other,
            } => {
                let mut context = key.context();
                context.prior(&request);
                let stamp = Stamp {
                    time,
                    fudge_secs,
                    original_id,
                    error,
                    other: &other,
                };
                key.sign_with(context, Coverage::Variables, &stamp, answer)
                    .map(|_| ())
            }
        }
    }
}

impl Echo {
    fn of(found: &Found<'_>, now: Time) -> Self {
        Self {
            key: found.key_name.clone(),
            algorithm: found.fields.algorithm.to_lowercase(),
            time: now,
            fudge_secs: found.fields.fudge_secs,
            original_id: found.fields.original_id,
        }
    }

    fn append(&self, error: u16, answer: &mut Vec<u8>) -> Result<(), SignError> {
        let (key, algorithm) = (self.key.as_ref(), self.algorithm.as_ref());
        check_room(answer, Fields::record_octets(key, algorithm, 0, 0))?;
        let fields = Fields {
            algorithm,
            time: self.time,
            fudge_secs: self.fudge_secs,
            mac: &[],
            original_id: self.original_id,
            error,
            other: &[],
        };
        fields.append(key, answer);
        Ok(())
    }
}
