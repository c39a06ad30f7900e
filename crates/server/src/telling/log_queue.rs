//! The way of the log to standard error, which may be a pipe that nobody reads: whoever logs never waits for it.
//!
//! Lines wait in a bounded queue for a thread of their own. What does not fit is dropped and counted, and the log says so
//! where the lines are missing.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const LINES_WAITING: usize = 1024;
/// Octets that may wait.
const OCTETS_WAITING: usize = 1 << 20;
/// How long the end of the program waits for lines to be written.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Takes lines, and never blocks.
#[derive(Debug, Clone)]
pub(crate) struct LogQueue {
    lines: SyncSender<Vec<u8>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    lines_waiting: AtomicUsize,
    octets_waiting: AtomicUsize,
    dropped: AtomicU64,
}

/// The other end of the queue, at which nobody writes yet.
pub(crate) struct Writer {
    waiting: Receiver<Vec<u8>>,
    counts: Arc<Counts>,
    out: Box<dyn Write + Send>,
}

impl Writer {
    /// Starts the thread that writes.
    pub(crate) fn start(self) -> io::Result<()> {
        let thread = thread::Builder::new().name("log".into());
        thread.spawn(move || write_all(&self.waiting, &self.counts, self.out))?;
        Ok(())
    }
}

impl LogQueue {
    /// A queue, and who writes what is in it to `out` once it is started.
    pub(crate) fn new(out: impl Write + Send + 'static) -> (LogQueue, Writer) {
        let (lines, waiting) = sync_channel(LINES_WAITING);
        let counts = Arc::new(Counts::default());
        let writer = Writer {
            waiting,
            counts: Arc::clone(&counts),
            out: Box::new(out),
        };
        (LogQueue { lines, counts }, writer)
    }

    /// Has a line written some time, if there is room for it to wait.
    pub(crate) fn push(&self, line: Vec<u8>) {
        let (counts, octets) = (&self.counts, line.len());
        counts.lines_waiting.fetch_add(1, SeqCst);
        let waiting = counts.octets_waiting.fetch_add(octets, SeqCst) + octets;
        if waiting > OCTETS_WAITING || self.lines.try_send(line).is_err() {
            counts.leave(octets);
            counts.dropped.fetch_add(1, SeqCst);
        }
    }

    /// Lines that were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.counts.dropped.load(SeqCst)
    }

    /// Waits until all lines are written, but not for long: nobody may be reading them.
    pub(crate) fn finish(&self) {
        let end = Instant::now() + LAST_WAIT;
        while self.counts.lines_waiting.load(SeqCst) > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Counts {
    fn leave(&self, octets: usize) {
        self.octets_waiting.fetch_sub(octets, SeqCst);
        self.lines_waiting.fetch_sub(1, SeqCst);
    }
}

fn write_all(waiting: &Receiver<Vec<u8>>, counts: &Counts, mut out: impl Write) {
    let mut told = 0;
    for line in waiting {
        // Where standard error is closed, nobody is there to be told.
        let _ = out.write_all(&line);
        counts.leave(line.len());
        let dropped = counts.dropped.load(SeqCst);
        if dropped > told {
            tell_dropped(dropped - told, dropped);
            told = dropped;
        }
    }
}

/// The line waits behind those that were queued before the gap, and so stands where lines are missing.
fn tell_dropped(lines: u64, in_all: u64) {
    tracing::error!(
        lines,
        in_all,
        "lines of the log are missing here: standard error was not read fast enough"
    );
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            queue: self,
            octets: Vec::new(),
        }
    }
}

/// One line on its way into the queue.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    queue: &'a LogQueue,
    octets: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.octets.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.queue.push(mem::take(&mut self.octets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    /// Blocks for ever at the first line.
    struct Stuck(Sender<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            loop {
                thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_beyond_the_queue_are_dropped_and_counted() {
        let (tell, told) = channel();
        let (queue, writer) = LogQueue::new(Stuck(tell));
        writer.start().expect("a thread");
        queue.push(b"first\n".to_vec());
        told.recv().expect("it is being written");
        (0..LINES_WAITING + 5).for_each(|_| queue.push(b"line\n".to_vec()));
        assert_eq!(queue.dropped(), 5);
        let start = Instant::now();
        queue.finish();
        assert!(start.elapsed() < LAST_WAIT * 5, "it gives up");
    }

    #[test]
    fn octets_beyond_the_queue_are_dropped_and_counted() {
        let (tell, told) = channel();
        let (queue, writer) = LogQueue::new(Stuck(tell));
        writer.start().expect("a thread");
        queue.push(b"first\n".to_vec());
        told.recv().expect("it is being written");
        (0..4).for_each(|_| queue.push(vec![b'x'; OCTETS_WAITING / 2 - 6]));
        assert_eq!(queue.dropped(), 2);
    }
}
