//! Response rate limiting: how much of one kind a network is sent over UDP, where a source may be forged.
//!
//! A server that answers whoever seems to ask can be pointed at a victim. So responses are counted: one account for each
//! network and [`Class`], and in most classes for each name. An account pays for as many responses a second as the rate
//! says, and can save up one second's worth. A response for which it has nothing left is dropped, but every second one
//! (`slip`) goes out as an empty one with TC, so that a true client among the forged ones comes back over TCP, or with
//! the server cookie that is in it: neither is counted, because neither can be forged.
//!
//! Peers: NSD counts by name as is done here (200 a second, slip 2); BIND does and is off by default; Knot counts by
//! network alone (20 a second where it is on).

use alloc::boxed::Box;
use core::fmt;
use core::net::IpAddr;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;

mod account;
mod prefix;
mod table;

pub use account::Class;
use account::Key;
pub(crate) use account::{Account, Outcome};
pub use prefix::{BadPrefix, Prefix};
pub(crate) use table::Verdict;
use table::{Pace, Table};

/// How much is sent, and to whom without limit.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Responses a second for each account, from 1 to [`RateLimit::RATE_MAX`].
    pub rate: u32,
    /// Of the responses over the rate, every Nth goes out as an empty one with TC; 0 for none, at most
    /// [`RateLimit::SLIP_MAX`].
    pub slip: u8,
    /// Networks that are not limited.
    pub exempt: Box<[Prefix]>,
}

impl RateLimit {
    /// The highest rate.
    pub const RATE_MAX: u32 = 1_000_000;
    /// The highest slip.
    pub const SLIP_MAX: u8 = 10;
}

impl Default for RateLimit {
    /// 200 a second as NSD has it, which no resolver needs for one name; every second one of the rest is truncated, as
    /// all peers do.
    fn default() -> Self {
        RateLimit {
            rate: 200,
            slip: 2,
            exempt: Box::default(),
        }
    }
}

/// Counts the responses to each network. 512 KiB, whatever comes; shared by all threads, without a lock.
pub struct Limiter {
    key: Key,
    pace: Pace,
    table: Table,
    exempt: Box<[Prefix]>,
    held_back: [Counts; Class::ALL.len()],
}

/// Of one class. Touched only when a response is held back.
#[derive(Default)]
struct Counts {
    truncated: AtomicU64,
    dropped: AtomicU64,
}

/// Responses of one class that were over the rate since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The class.
    pub class: Class,
    /// Sent empty with TC.
    pub truncated: u64,
    /// Not sent.
    pub dropped: u64,
}

impl Limiter {
    /// A limiter with empty accounts. `secret` is entropy: who knows it could choose names that share an account.
    ///
    /// A rate or slip beyond its bounds is taken as the bound.
    #[must_use]
    pub fn new(limit: &RateLimit, secret: [u64; 2]) -> Self {
        Limiter {
            key: Key::new(secret),
            pace: Pace::new(limit),
            table: Table::new(),
            exempt: limit.exempt.clone(),
            held_back: Default::default(),
        }
    }

    /// What is held back, class by class, in the order of [`Class::ALL`].
    #[must_use]
    pub fn held_back(&self) -> [HeldBack; Class::ALL.len()] {
        let counts = |class: Class| &self.held_back[class as usize];
        Class::ALL.map(|class| HeldBack {
            class,
            truncated: counts(class).truncated.load(Relaxed),
            dropped: counts(class).dropped.load(Relaxed),
        })
    }

    /// What becomes of a response to `client` at the time `now` since 1970.
    #[inline]
    pub(crate) fn judge(&self, now: Duration, client: IpAddr, account: Account<'_>) -> Verdict {
        let hash = self.key.hash(client, account);
        match self.table.charge(hash, table::ticks(now), self.pace) {
            Verdict::Send => Verdict::Send,
            over => self.over(over, client, account.class),
        }
    }

    #[cold]
    fn over(&self, verdict: Verdict, client: IpAddr, class: Class) -> Verdict {
        if self.exempt.iter().any(|prefix| prefix.contains(client)) {
            return Verdict::Send;
        }
        let counts = &self.held_back[class as usize];
        let count = match verdict {
            Verdict::Drop => &counts.dropped,
            _ => &counts.truncated,
        };
        count.fetch_add(1, Relaxed);
        verdict
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limiter({:?})", self.pace)
    }
}

#[cfg(test)]
mod tests;
