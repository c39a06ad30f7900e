//! The states of [`Refresh`](super::Refresh): each owns what it needs, and nothing of the others.

use rr::Serial;

use super::event::{Exchange, Step, Told, Way};
use crate::{Moment, Pace, Version};

#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    Waiting(Waiting),
    Ready(Ready),
    Asking(Asking),
    Transferring(Transferring),
}

impl State {
    /// Until when it stays as it is without an event.
    pub(super) fn until(&self) -> Option<Moment> {
        match self {
            Self::Waiting(waiting) => Some(waiting.until),
            Self::Ready(_) => None,
            Self::Asking(asking) => Some(asking.until),
            Self::Transferring(transfer) => Some(transfer.until),
        }
    }
}

/// Nothing to do until the round begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) until: Moment,
    pub(super) round: Round,
}

/// The step may be taken when there is a permit for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    pub(super) round: Round,
    pub(super) step: Step,
}

/// A primary was asked for its SOA record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub(super) round: Round,
    pub(super) exchange: Exchange,
    pub(super) until: Moment,
    pub(super) by: Way,
    /// Of this primary in this round, the first being 1.
    pub(super) attempt: u8,
}

/// A primary was asked for the zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transferring {
    pub(super) round: Round,
    pub(super) exchange: Exchange,
    pub(super) until: Moment,
    /// For what has changed since; none for all.
    pub(super) from: Option<Serial>,
}

/// A look at one primary after the other, until one can say something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    /// The place of the primary that is asked first.
    pub(super) first: usize,
    /// How many were of no help so far.
    pub(super) tried: usize,
    /// A transfer failed in it.
    pub(super) has_broken: bool,
    /// It is for a NOTIFY.
    pub(super) is_told: bool,
    /// The serial that was told, if the round is for that.
    pub(super) hint: Option<Serial>,
    /// It is one that follows because the hint was ahead.
    pub(super) is_second: bool,
}

impl Round {
    pub(super) fn told(told: Told) -> Self {
        Self {
            first: told.primary.unwrap_or(0),
            is_told: true,
            hint: told.serial,
            ..Self::default()
        }
    }
}

/// The zone that is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) version: Version,
    pub(super) expires: Moment,
    /// When a primary gave it or had the same; none since it was kept.
    pub(super) confirmed: Option<Moment>,
    pub(super) is_expired: bool,
}

impl Held {
    /// A primary has the same version. RFC 7314 §4: one that says how long it may still answer must not make it longer than
    /// that, or two secondaries that ask each other would live for ever; nor does it make it shorter.
    pub(super) fn confirm(&mut self, pace: &Pace, now: Moment, said: Option<u32>) {
        let all = pace.expire_secs(&self.version);
        let left = said.map_or(all, |said| said.min(all));
        self.expires = self.expires.max(now.after_secs(left));
        self.confirmed = Some(now);
    }
}
