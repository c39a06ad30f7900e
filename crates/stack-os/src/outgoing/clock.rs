//! A socket whose waits end.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Each read and write ends at the earlier of two deadlines: that of the step at hand, and that of everything.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) stream: TcpStream,
    pub(super) step: Instant,
    pub(super) end: Instant,
}

impl Timed {
    /// What is left, for a call that takes a timeout; they take none of zero.
    fn left(&self) -> io::Result<Duration> {
        let left = self
            .step
            .min(self.end)
            .saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(left.max(Duration::from_millis(1))),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(octets)
    }
}

impl Write for Timed {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
