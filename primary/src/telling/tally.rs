//! What is counted of each answer, by its octets alone: the engine knows nothing of it.
//!
//! Each serving thread has counts of its own and is their only writer: no lock and no shared cache line on the way of an
//! answer. Whoever wants to know sums them up.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use stack_os::{Message, Transport};

/// Types of questions that are counted by name, those of zones and of questions in use.
pub(crate) const TYPES: [u16; 26] = [
    1, 2, 5, 6, 12, 13, 15, 16, 28, 29, 33, 35, 39, 43, 44, 46, 47, 48, 50, 51, 52, 64, 65, 252,
    255, 257,
];
/// A type that is not among them.
pub(crate) const OTHER_TYPE: usize = TYPES.len();
/// A message without a question.
pub(crate) const NO_QUESTION: usize = TYPES.len() + 1;
const COLUMNS: usize = TYPES.len() + 2;

/// Response codes that this server gives (RFC 1035 §4.1.1, RFC 6891 §9, RFC 7873 §8).
pub(crate) const RCODES: [(u8, &str); 8] = [
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (16, "BADVERS"),
    (23, "BADCOOKIE"),
];
/// A code that is not among them.
pub(crate) const OTHER_RCODE: usize = RCODES.len();
const ROWS: usize = RCODES.len() + 1;

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
    /// Answers after a panic, from any thread.
    failures: Counts,
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
    pub(crate) fn note_failure(&self, message: &Message<'_>, answer: &[u8]) {
        self.failures.cell(message, answer).fetch_add(1, Relaxed);
    }

    /// What all threads have counted so far.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals.add(&self.failures);
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

/// The row and the column of an answer.
#[inline]
fn cell(answer: &[u8]) -> (usize, usize) {
    const ROW: [u8; 256] = rows();
    let Some([_, _, _, flags, counts @ ..]) = answer.first_chunk::<12>() else {
        return (OTHER_RCODE, NO_QUESTION);
    };
    let counts = u64::from_be_bytes(*counts);
    let (mut at, mut column) = (12, NO_QUESTION);
    if counts >> 48 == 1 {
        (at, column) = question_type(answer);
    }
    let mut rcode = flags & 0xF;
    if counts & 0xFFFF_FFFF_FFFF == 1 {
        rcode |= upper_bits(answer.get(at..).unwrap_or_default());
    }
    (ROW[usize::from(rcode)].into(), column)
}

/// Where the question ends, and the column of its type. Names of questions are not compressed.
#[inline]
fn question_type(answer: &[u8]) -> (usize, usize) {
    let mut at = 12;
    while let Some(&length) = answer.get(at) {
        at += usize::from(length) + 1;
        if length == 0 {
            break;
        }
    }
    match answer.get(at..at + 2) {
        Some(&[high, low]) => (at + 4, column(u16::from_be_bytes([high, low]))),
        _ => (at, NO_QUESTION),
    }
}

/// RFC 6891 §6.1.3: the OPT record has the upper bits of the code. They are set only in responses without any other record.
fn upper_bits(records: &[u8]) -> u8 {
    match records {
        [0, 0, 41, _, _, upper, ..] => (upper & 0xF) << 4,
        _ => 0,
    }
}

#[inline]
fn column(rtype: u16) -> usize {
    const COLUMN: [u8; 512] = columns();
    match COLUMN.get(usize::from(rtype)) {
        Some(column) => usize::from(*column),
        None => OTHER_TYPE,
    }
}

const fn rows() -> [u8; 256] {
    let mut rows = [OTHER_RCODE as u8; 256];
    let mut row = 0;
    while row < RCODES.len() {
        rows[RCODES[row].0 as usize] = row as u8;
        row += 1;
    }
    rows
}

const fn columns() -> [u8; 512] {
    let mut columns = [OTHER_TYPE as u8; 512];
    let mut column = 0;
    while column < TYPES.len() {
        columns[TYPES[column] as usize] = column as u8;
        column += 1;
    }
    columns
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rcode: u8, counts: [u8; 4], rest: &[u8]) -> Vec<u8> {
        let [question, answer, authority, additional] = counts;
        let counts = [0, question, 0, answer, 0, authority, 0, additional];
        let header = [0, 1, 0x80, rcode].into_iter().chain(counts);
        header.chain(rest.iter().copied()).collect()
    }

    fn named(cell: (usize, usize)) -> (&'static str, u16) {
        let rcode = RCODES.get(cell.0).map_or("other", |(_, name)| name);
        (rcode, TYPES.get(cell.1).copied().unwrap_or(cell.1 as u16))
    }

    #[test]
    fn an_answer_tells_its_code_and_type() {
        let www = b"\x03www\x07exam\0le\0\0\x1c\0\x01";
        let opt = |upper| [&www[..], &[0, 0, 41, 4, 208, upper, 0, 0, 0, 0, 0]].concat();
        let (other, none) = (OTHER_TYPE as u16, NO_QUESTION as u16);
        for (octets, wanted) in [
            (answer(0, [1, 0, 0, 0], www), ("NOERROR", 28)),
            (answer(3, [1, 0, 1, 1], &opt(1)), ("NXDOMAIN", 28)),
            (answer(0, [1, 0, 0, 1], &opt(1)), ("BADVERS", 28)),
            (answer(7, [1, 0, 0, 1], &opt(1)), ("BADCOOKIE", 28)),
            (answer(9, [1, 0, 0, 0], www), ("other", 28)),
            (answer(5, [1, 0, 0, 0], &[0, 1, 1, 0, 1]), ("REFUSED", 257)),
            (
                answer(5, [1, 0, 0, 0], &[0, 9, 1, 0, 1]),
                ("REFUSED", other),
            ),
            (answer(1, [0, 0, 0, 0], &[]), ("FORMERR", none)),
            (answer(1, [1, 0, 0, 0], &[63]), ("FORMERR", none)),
            (vec![0; 3], ("other", none)),
        ] {
            assert_eq!(named(cell(&octets)), wanted, "{octets:?}");
        }
    }

    #[test]
    fn counts_outlive_their_thread_and_are_used_again() {
        let ledger = Arc::new(Ledger::default());
        let (peer, local) = (([192, 0, 2, 1], 1).into(), ([192, 0, 2, 2], 53).into());
        let message = Message::new(&[], peer, local, Transport::Tcp);
        for _ in 0..3 {
            let mut tally = ledger.tally(true);
            tally.begin_batch();
            tally.note(&message, &answer(5, [1, 0, 0, 0], &[0, 0, 1, 0, 1]));
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
