//! Requests that were seen before.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use rr::Name;

use crate::limits::{FUDGE_SECS, REMEMBERED_MESSAGES};
use crate::request::Verified;
use crate::response::ResponseSigner;
use crate::time::Time;

/// Remembers the signed requests of the last minutes, so that none is acted on twice.
///
/// A signature proves who wrote a request, not that it is new: for [`FUDGE_SECS`] before and after the time in it, whoever has
/// seen it can send it again. An UPDATE that is sent again after a later one undoes that.
///
/// Each is remembered until nobody would believe it any more, which is at most twice the fudge. There is no clock inside: if the
/// time that is passed in goes back, what has been forgotten by then is still refused.
///
/// When it is full it takes nothing new until time has passed. That is the strict choice: to forget the oldest instead
/// would be to take it again. Only holders of keys can fill it.
#[derive(Debug)]
pub struct ReplayGuard {
    seen: BTreeMap<Print, Time>,
    capacity: usize,
    /// What was believable only before this may have been forgotten.
    forgotten: Time,
    /// What was signed before this may have been seen by somebody who has stopped.
    start: Time,
}

/// What tells one request from another, by time first: the MAC covers the rest of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Print {
    time: Time,
    original_id: u16,
    /// Of a request that has been verified. How long it takes to find that it is in the map tells nothing that its sender does
    /// not know.
    mac: Vec<u8>,
    key: Vec<u8>,
}

/// A request that is verified and was not seen before; it is used up by what signs its answer.
#[derive(Debug)]
pub struct Fresh<'m>(Verified<'m>);

impl<'m> Fresh<'m> {
    /// The request.
    #[must_use]
    pub fn verified(&self) -> &Verified<'m> {
        &self.0
    }

    /// Uses the request up for what signs the answer.
    #[must_use]
    pub fn into_signer(self) -> ResponseSigner {
        self.0.into_signer()
    }
}

/// A request that must not be acted on. What signs the answer is here, as the request is its sender's.
///
/// Over UDP the sender himself may have repeated it, because the answer was lost: who wants to serve him keeps the answer and
/// sends it again.
#[derive(Debug)]
pub struct Repeated {
    /// Why.
    pub reason: RepeatReason,
    /// The name of the key, for a log.
    pub key: Name,
    /// What signs the answer, which says REFUSED.
    pub signer: ResponseSigner,
}

/// Why a request must not be acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatReason {
    /// It was seen before.
    Seen,
    /// It may have been seen before: it is so old that it would have been forgotten, or was signed before the start.
    MayHaveBeenSeen,
    /// So many requests are remembered that this one could not be.
    Full,
}

impl fmt::Display for RepeatReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seen => "the same signed request was there before",
            Self::MayHaveBeenSeen => "the request is so old that it may have been there before",
            Self::Full => "too many signed requests in a few minutes; try again later",
        })
    }
}

impl Default for ReplayGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl ReplayGuard {
    /// Remembers [`REMEMBERED_MESSAGES`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(REMEMBERED_MESSAGES)
    }

    /// Remembers so many messages, some 150 octets each.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let (forgotten, start) = (Time::from_secs(0), Time::from_secs(0));
        Self {
            seen: BTreeMap::new(),
            capacity,
            forgotten,
            start,
        }
    }

    /// Refuses what was signed before `now`, as a guard that stopped without saying what it had seen may have seen it. Clients
    /// whose clock is behind are refused until it has passed `now`.
    #[must_use]
    pub fn starting_at(self, now: Time) -> Self {
        Self { start: now, ..self }
    }

    /// How many it can remember.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.seen.len()
    }

    /// Lets a request through that was not seen before, and remembers it.
    ///
    /// # Errors
    /// Why it must not be acted on, with what signs the answer to it.
    pub fn admit<'m>(&mut self, request: Verified<'m>, now: Time) -> Result<Fresh<'m>, Repeated> {
        self.forget(now);
        match self.look_at(&request) {
            Ok(print) => {
                self.seen.insert(print, request.until());
                Ok(Fresh(request))
            }
            Err(reason) => Err(Repeated {
                reason,
                key: request.key().name().to_owned(),
                signer: request.into_signer(),
            }),
        }
    }

    fn look_at(&self, request: &Verified<'_>) -> Result<Print, RepeatReason> {
        if request.until() < self.forgotten || request.time() < self.start {
            return Err(RepeatReason::MayHaveBeenSeen);
        }
        let print = Print::of(request);
        if self.seen.contains_key(&print) {
            return Err(RepeatReason::Seen);
        }
        if self.seen.len() >= self.capacity {
            return Err(RepeatReason::Full);
        }
        Ok(print)
    }

    /// Drops what nobody would believe any more. They are sorted by their own time, and what was signed longer ago than the
    /// largest fudge is past whatever its key's fudge is; so looking at the oldest is enough.
    fn forget(&mut self, now: Time) {
        while let Some(oldest) = self.seen.first_entry() {
            if oldest.key().time.plus_secs(FUDGE_SECS) >= now {
                break;
            }
            let until = oldest.remove();
            self.forgotten = self.forgotten.max(until.plus_secs(1));
        }
    }
}

impl Print {
    fn of(request: &Verified<'_>) -> Self {
        Self {
            time: request.time(),
            original_id: request.original_id(),
            mac: request.mac().octets().to_vec(),
            key: request.key().name().as_wire().to_vec(),
        }
    }
}
