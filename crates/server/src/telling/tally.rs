//! What is counted of each answer, by its octets alone: the engine knows nothing of it.
//!
//! Each serving thread has counts of its own and is their only writer: no lock and no shared cache line on the way of an
//! answer. Whoever wants to know sums them up.

mod cell;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use stack_os::{Message, Transport};

use cell::cell;
use cell::{COLUMNS, ROWS};
pub(crate) use cell::{NO_QUESTION, OTHER_RCODE, OTHER_TYPE, RCODES, TYPES};

/// Ways that a message comes: transport and address family.
pub(crate) const LANES: [(&str, &str); 6] = [
    ("udp", "ipv4"),
    ("udp", "ipv6"),
    ("tcp", "ipv4"),
    ("tcp", "ipv6"),
    ("tls", "ipv4"),
    ("tls", "ipv6"),
];
/// Ways that a batch of messages comes, in the order of the lanes.
pub(crate) const TRANSPORTS: [&str; 3] = ["udp", "tcp", "tls"];

/// Upper bounds of the times of answers, in nanoseconds; beyond the last there is one more bucket.
pub(crate) const BOUNDS_NS: [u64; 15] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
];
const BUCKETS: usize = BOUNDS_NS.len() + 1;

/// Answers by lane, code and type; powers of two, so that an index needs no check.
type Cells<N> = [[[N; 32]; 16]; 8];
const _: () = assert!(COLUMNS <= 32 && ROWS <= 16 && LANES.len() <= 8);

/// The counts of one thread. Alone on its cache lines, two of which are fetched together.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counts {
    answers: Cells<AtomicU64>,
    times: [Times<AtomicU64>; TRANSPORTS.len()],
}

#[derive(Debug, Default)]
struct Times<N> {
    buckets: [N; BUCKETS],
    sum_ns: N,
}

impl Counts {
    #[inline]
    fn cell(&self, message: &Message<'_>, answer: &[u8]) -> &AtomicU64 {
        let (row, column) = cell(answer);
        &self.answers[lane(message) & 7][row & 15][column & 31]
    }
}

/// The counts of all threads, and those that wait for a thread.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    all: Mutex<Vec<Arc<Counts>>>,
    idle: Mutex<Vec<Arc<Counts>>>,
    /// Answers that no handler gave: after a panic, and those that came later; from any thread.
    aside: Counts,
}

impl Ledger {
    /// Counts for a thread that begins. When it ends, another one goes on with them.
    pub(crate) fn tally(self: &Arc<Self>, is_timed: bool) -> Tally {
        let idle = lock(&self.idle).pop();
        Tally {
            counts: idle.unwrap_or_else(|| self.more()),
            ledger: Arc::clone(self),
            is_timed,
            batch: Batch::default(),
        }
    }

    fn more(&self) -> Arc<Counts> {
        let counts = Arc::new(Counts::default());
        lock(&self.all).push(Arc::clone(&counts));
        counts
    }

    /// Counts an answer that no handler gave.
    #[cold]
    pub(crate) fn note_aside(&self, message: &Message<'_>, answer: &[u8]) {
        self.aside.cell(message, answer).fetch_add(1, Relaxed);
    }

    /// What all threads have counted so far.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals.add(&self.aside);
        lock(&self.all).iter().for_each(|counts| totals.add(counts));
        totals
    }
}

/// What one thread counts with.
#[derive(Debug)]
pub(crate) struct Tally {
    counts: Arc<Counts>,
    ledger: Arc<Ledger>,
    is_timed: bool,
    batch: Batch,
}

/// Messages that arrived together.
#[derive(Debug, Default)]
struct Batch {
    began: Option<Instant>,
    answers: u64,
    transport: usize,
}

impl Tally {
    /// The clock is read here and in [`end_batch`](Tally::end_batch), not for each answer.
    pub(crate) fn begin_batch(&mut self) {
        self.batch = Batch {
            began: self.is_timed.then(Instant::now),
            ..Batch::default()
        };
    }

    #[inline]
    pub(crate) fn note(&mut self, message: &Message<'_>, answer: &[u8]) {
        add(self.counts.cell(message, answer), 1);
        self.batch.answers += 1;
        self.batch.transport = number(message.transport);
    }

    /// Each answer of the batch counts with the time of the whole.
    pub(crate) fn end_batch(&mut self) {
        let (Some(began), 1..) = (self.batch.began, self.batch.answers) else {
            return;
        };
        let ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let times = &self.counts.times[self.batch.transport];
        add(&times.buckets[bucket(ns)], self.batch.answers);
        add(&times.sum_ns, ns.saturating_mul(self.batch.answers));
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        lock(&self.ledger.idle).push(Arc::clone(&self.counts));
    }
}

/// The sum of all counts.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    answers: Cells<u64>,
    times: [Times<u64>; TRANSPORTS.len()],
}

impl Totals {
    /// Answers of a lane with the code in this row.
    pub(crate) fn with_rcode(&self, lane: usize, row: usize) -> u64 {
        self.answers[lane][row].iter().sum()
    }

    /// Answers of a lane to questions of the type in this column.
    pub(crate) fn with_type(&self, lane: usize, column: usize) -> u64 {
        self.answers[lane].iter().map(|row| row[column]).sum()
    }

    /// Answers in each bucket, and the sum of their times in nanoseconds, over the transport of this number.
    pub(crate) fn times(&self, transport: usize) -> (&[u64], u64) {
        let times = &self.times[transport];
        (&times.buckets, times.sum_ns)
    }

    fn add(&mut self, counts: &Counts) {
        let pairs = self.answers.iter_mut().zip(&counts.answers);
        for (sum, one) in pairs.flat_map(|(sum, one)| sum.iter_mut().zip(one)) {
            add_all(sum, one);
        }
        for (sum, one) in self.times.iter_mut().zip(&counts.times) {
            add_all(&mut sum.buckets, &one.buckets);
            sum.sum_ns += one.sum_ns.load(Relaxed);
        }
    }
}

fn add_all(sums: &mut [u64], counts: &[AtomicU64]) {
    let pairs = sums.iter_mut().zip(counts);
    pairs.for_each(|(sum, count)| *sum += count.load(Relaxed));
}

/// Without a locked instruction, which the one writer does not need.
#[inline]
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Relaxed).wrapping_add(more), Relaxed);
}

/// The bucket of a time.
pub(crate) fn bucket(ns: u64) -> usize {
    BOUNDS_NS
        .iter()
        .position(|bound| ns <= *bound)
        .unwrap_or(BOUNDS_NS.len())
}

#[inline]
fn lane(message: &Message<'_>) -> usize {
    number(message.transport) * 2 + usize::from(message.peer.is_ipv6())
}

/// The place in [`TRANSPORTS`].
#[inline]
fn number(transport: Transport) -> usize {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
        Transport::Tls => 2,
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To a question for the A record of the root.
    const REFUSED: [u8; 17] = [0, 1, 0x80, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1];

    #[test]
    fn counts_outlive_their_thread_and_are_used_again() {
        let ledger = Arc::new(Ledger::default());
        let (peer, local) = (([192, 0, 2, 1], 1).into(), ([192, 0, 2, 2], 53).into());
        let message = Message::new(&[], peer, local, Transport::Tcp);
        for _ in 0..3 {
            let mut tally = ledger.tally(true);
            tally.begin_batch();
            tally.note(&message, &REFUSED);
            tally.end_batch();
        }
        let totals = ledger.totals();
        assert_eq!(lock(&ledger.all).len(), 1);
        assert_eq!((totals.with_rcode(2, 5), totals.with_type(2, 0)), (3, 3));
        assert_eq!(totals.times(1).0.iter().sum::<u64>(), 3);
        assert_eq!(totals.times(0).0.iter().sum::<u64>(), 0);
    }

    #[test]
    fn a_time_is_in_the_first_bucket_that_holds_it() {
        for (ns, wanted) in [(0, 0), (10_000, 0), (10_001, 1), (u64::MAX, 15)] {
            assert_eq!(bucket(ns), wanted);
        }
    }
}
