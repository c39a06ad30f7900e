//! The accounts: a fixed number of cells, each one word that is read and replaced in one step.
//!
//! ```text
//! tag 20 | held back 4 | paid until 40
//! ```
//! An account is the time until which it is paid for (the generic cell rate algorithm, a leaking bucket without the
//! leak): each response moves that time on by one interval, and it may run ahead of the clock by one second. Times are
//! ticks of 2^-20 s, modulo 2^40 ticks (12 days).
//!
//! An account is in one of two neighbouring cells. A new one takes the cell that is paid for the shortest, so accounts
//! under attack stay while those of ordinary questions come and go; who loses its cell begins with a full second.

use alloc::boxed::Box;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;

use super::RateLimit;

/// Cells: 2^16, an even number as they go in pairs.
const CELL_BITS: u32 = 16;
const TICK_BITS: u32 = 20;
const TIME_BITS: u32 = 40;
const TIME: u64 = (1 << TIME_BITS) - 1;
const HELD_BACK: u64 = 0xF << TIME_BITS;
const ONE_HELD_BACK: u64 = 1 << TIME_BITS;
const TAG: u64 = !(TIME | HELD_BACK);

/// What becomes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is sent as it is.
    Send,
    /// It is sent empty, with TC.
    Truncate,
    /// It is not sent.
    Drop,
}

/// A moment in ticks.
#[inline]
pub(crate) fn ticks(now: Duration) -> u64 {
    // 2^20 / 10^9 as 2^42 * (2^20 / 10^9) / 2^42.
    const SCALE: u64 = (1 << (42 + TICK_BITS)) / 1_000_000_000;
    now.as_secs() << TICK_BITS | (u64::from(now.subsec_nanos()) * SCALE) >> 42
}

/// The rate in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// What a response costs.
    interval: u64,
    /// How far ahead an account may be paid: as many intervals as a second should have.
    ahead: u64,
    slip: u8,
}

impl Pace {
    pub(crate) fn new(limit: &RateLimit) -> Self {
        let rate = u64::from(limit.rate.clamp(1, RateLimit::RATE_MAX));
        // Rounded up: rather a response too few than one too many.
        let interval = (1_u64 << TICK_BITS).div_ceil(rate);
        Pace {
            interval,
            ahead: interval * rate,
            slip: limit.slip.min(RateLimit::SLIP_MAX),
        }
    }

    /// By how much an account is paid ahead of `now`.
    #[inline]
    fn lead(self, cell: u64, now: u64) -> u64 {
        let lead = cell.wrapping_sub(now) & TIME;
        // Threads read the clock one after the other, so it may seem to go back a little. Else it was set, or the
        // time is past, which is very far ahead modulo 2^40.
        let believed = self.ahead + (2 << TICK_BITS);
        if lead <= believed { lead } else { 0 }
    }

    /// The cell after one more response at `now`, and what becomes of that.
    #[inline]
    fn charge(self, cell: u64, now: u64) -> (u64, Verdict) {
        let lead = self.lead(cell, now) + self.interval;
        if lead > self.ahead {
            return self.hold_back(cell);
        }
        (cell & !TIME | now.wrapping_add(lead) & TIME, Verdict::Send)
    }

    #[cold]
    fn hold_back(self, cell: u64) -> (u64, Verdict) {
        let more = cell.wrapping_add(ONE_HELD_BACK) & HELD_BACK;
        match u64::from(self.slip) {
            0 => (cell, Verdict::Drop),
            slip if more >= slip * ONE_HELD_BACK => (cell & !HELD_BACK, Verdict::Truncate),
            _ => (cell & !HELD_BACK | more, Verdict::Drop),
        }
    }
}

/// The cells.
pub(crate) struct Table {
    cells: Box<[AtomicU64; 1 << CELL_BITS]>,
}

impl Table {
    pub(crate) fn new() -> Self {
        let cells: Box<[AtomicU64]> = (0..1 << CELL_BITS).map(|_| AtomicU64::new(0)).collect();
        Table {
            cells: cells.try_into().expect("collected as many"),
        }
    }

    /// Charges the account of this hash for a response at `now`.
    #[inline]
    pub(crate) fn charge(&self, hash: u64, now: u64, pace: Pace) -> Verdict {
        loop {
            let (at, cell, seen) = self.find(hash, now, pace);
            let (next, verdict) = pace.charge(cell, now);
            // Another thread may have been faster; then it has got on, so this ends.
            if self.cells[at]
                .compare_exchange_weak(seen, next, Relaxed, Relaxed)
                .is_ok()
            {
                return verdict;
            }
        }
    }

    /// Where the account is or shall be, what it is worth, and what the cell holds now.
    #[inline]
    fn find(&self, hash: u64, now: u64, pace: Pace) -> (usize, u64, u64) {
        let home = hash as usize % self.cells.len();
        let cell = self.cells[home].load(Relaxed);
        if (cell ^ hash) & TAG == 0 {
            return (home, cell, cell);
        }
        let beside = home ^ 1;
        let other = self.cells[beside].load(Relaxed);
        if (other ^ hash) & TAG == 0 {
            return (beside, other, other);
        }
        // Its time is now, so nothing is paid ahead.
        let new = hash & TAG | now & TIME;
        match pace.lead(cell, now) <= pace.lead(other, now) {
            true => (home, new, cell),
            false => (beside, new, other),
        }
    }
}
