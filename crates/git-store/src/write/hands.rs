//! Threads that wait for the disk beside each other, for who has several things to wait for.
//!
//! To begin a thread, and to end it, takes as long as to hand it work several times over, and a commit waits for eight
//! files and directories in two rounds. So those of commits stay for a while, and are those of all
//! repositories of the process.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::error::{Result, WriteError};

/// Syncs that wait beside each other: the disk does many of them at the price of one.
pub(crate) const AT_ONCE: usize = 16;

/// For so long a thread waits for more work.
const STAYS: Duration = Duration::from_secs(5);

/// Work for each of some items that several threads may share. Whoever has it can [finish](Self::finish) it.
#[derive(Debug)]
pub(crate) struct Together<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    all_left: Condvar,
}

#[derive(Debug)]
struct State<T> {
    /// None once nobody else is to begin with it.
    work: Option<Arc<Work<T>>>,
    /// Threads that are at it, other than who finishes it.
    at_it: usize,
}

/// What is to be done for one.
type Each<T> = Box<dyn Fn(&T) -> Result<()> + Send + Sync>;

struct Work<T> {
    items: Vec<T>,
    each: Each<T>,
    next: AtomicUsize,
    first_error: Mutex<Option<WriteError>>,
}

/// Does the work for each item, on `others` threads beside this one; the first error, if any, and the items.
pub(crate) fn for_each<T: Send + Sync + 'static>(
    items: Vec<T>,
    others: usize,
    each: impl Fn(&T) -> Result<()> + Send + Sync + 'static,
) -> (Result<()>, Vec<T>) {
    begin(items, others, each).finish()
}

/// Begins it, on `others` threads. What they have not begun is for who finishes it.
pub(crate) fn begin<T: Send + Sync + 'static>(
    items: Vec<T>,
    others: usize,
    each: impl Fn(&T) -> Result<()> + Send + Sync + 'static,
) -> Together<T> {
    let others = others.min(items.len()).min(AT_ONCE);
    let work = Arc::new(Work {
        items,
        each: Box::new(each),
        next: AtomicUsize::new(0),
        first_error: Mutex::default(),
    });
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            work: Some(work),
            at_it: 0,
        }),
        all_left: Condvar::new(),
    });
    for _ in 0..others {
        let shared = Arc::clone(&shared);
        HANDS.give(Box::new(move || shared.help()));
    }
    Together(shared)
}

impl<T> Together<T> {
    /// Does what nobody has begun, and waits for the others.
    pub(crate) fn finish(self) -> (Result<()>, Vec<T>) {
        let work = self.0.lock().work.clone();
        let work = work.expect("only who finishes it takes it");
        work.run();
        let mut state = self.0.lock();
        // Who comes only now finds nothing to do.
        state.work = None;
        while state.at_it > 0 {
            let waited = self.0.all_left.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let work = Arc::into_inner(work).expect("those who were at it have left");
        let error = work.first_error.into_inner();
        let error = error.unwrap_or_else(PoisonError::into_inner);
        (error.map_or(Ok(()), Err), work.items)
    }
}

impl<T> Shared<T> {
    fn help(&self) {
        let mut state = self.lock();
        let Some(work) = state.work.clone() else {
            return;
        };
        state.at_it += 1;
        drop(state);
        if catch_unwind(AssertUnwindSafe(|| work.run())).is_err() {
            work.note(WriteError::Io {
                what: "sync",
                path: "a file of the repository".into(),
                why: "the thread that did it failed; please report this".to_owned(),
            });
        }
        drop(work);
        let mut state = self.lock();
        state.at_it -= 1;
        let is_last = state.at_it == 0;
        drop(state);
        if is_last {
            self.all_left.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Work<T> {
    fn run(&self) {
        while let Some(item) = self.items.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = (self.each)(item) {
                self.note(error);
            }
        }
    }

    fn note(&self, error: WriteError) {
        let first = self.first_error.lock();
        let mut first = first.unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }
}

impl<T> std::fmt::Debug for Work<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Work({} items)", self.items.len())
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// All of them.
struct Hands {
    hall: Mutex<Hall>,
    bell: Condvar,
}

struct Hall {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Those that wait, woken or not.
    idle: usize,
}

static HANDS: Hands = Hands {
    hall: Mutex::new(Hall {
        jobs: VecDeque::new(),
        threads: 0,
        idle: 0,
    }),
    bell: Condvar::new(),
};

impl Hands {
    /// Has it done by whoever has time. Where no thread can be had, nobody does: who wants it done does it then.
    fn give(&'static self, job: Job) {
        let mut hall = self.lock();
        if hall.idle > hall.jobs.len() || hall.threads == AT_ONCE {
            hall.jobs.push_back(job);
            // Who is woken wants the lock.
            drop(hall);
            self.bell.notify_one();
            return;
        }
        hall.threads += 1;
        drop(hall);
        if self.begin(job).is_err() {
            self.lock().threads -= 1;
        }
    }

    fn begin(&'static self, job: Job) -> io::Result<()> {
        let thread = thread::Builder::new().name("disk".into());
        thread.spawn(move || self.work(job)).map(drop)
    }

    fn work(&self, first: Job) {
        first();
        while let Some(job) = self.next() {
            job();
        }
    }

    /// None if there has been nothing for a while.
    fn next(&self) -> Option<Job> {
        let mut hall = self.lock();
        loop {
            if let Some(job) = hall.jobs.pop_front() {
                return Some(job);
            }
            hall.idle += 1;
            let waited = self.bell.wait_timeout(hall, STAYS);
            let (back, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            hall = back;
            hall.idle -= 1;
            if timeout.timed_out() && hall.jobs.is_empty() {
                hall.threads -= 1;
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hall> {
        self.hall.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn all_is_done_once_by_several_or_alone() {
        for others in [0, 1, 3, 100] {
            let counts: Vec<AtomicUsize> = (0..50).map(|_| AtomicUsize::new(0)).collect();
            let (done, counts) = for_each(counts, others, |count| {
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            });
            assert_eq!(done, Ok(()));
            let wrong = counts.into_iter().map(AtomicUsize::into_inner);
            assert_eq!(wrong.filter(|count| *count != 1).count(), 0, "{others}");
        }
    }

    /// Each of them waits for all others: one alone would wait for ever. More work than there are threads waits its turn.
    #[test]
    fn they_wait_beside_each_other() {
        let together = || {
            let all = Barrier::new(4);
            begin(vec![(); 4], 3, move |()| {
                all.wait();
                Ok(())
            })
        };
        for _ in 0..20 {
            let (done, _) = together().finish();
            assert_eq!(done, Ok(()));
        }
        assert!(HANDS.lock().threads <= AT_ONCE);
    }

    #[test]
    fn what_fails_is_told_and_the_rest_is_done() {
        let failed = |number: &usize| match number % 2 {
            0 => Ok(()),
            _ => Err(WriteError::Io {
                what: "sync",
                path: "x".into(),
                why: number.to_string(),
            }),
        };
        let (done, items) = for_each(vec![0, 2, 3, 4], 2, failed);
        let why = done.expect_err("one fails").to_string();
        assert!(why.contains('3') && items.len() == 4, "{why}");
        let (alone, both) = (thread::current().id(), Barrier::new(2));
        let (done, _) = for_each(vec![(), ()], 1, move |()| {
            both.wait();
            assert_eq!(thread::current().id(), alone, "a mistake of ours");
            Ok(())
        });
        let why = done.expect_err("one fails").to_string();
        assert!(why.contains("please report this"), "{why}");
        let (done, _) = for_each(vec![1], 0, |_| Ok(()));
        assert_eq!(done, Ok(()));
    }
}
