//! The time that is left.

use std::io;
use std::time::{Duration, Instant};

use crate::options::Limits;

/// When an exchange ends, whatever the server does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    end: Instant,
    limits: Limits,
}

impl Deadline {
    pub(crate) fn new(limits: Limits) -> Deadline {
        Deadline {
            end: Instant::now() + limits.total,
            limits,
        }
    }

    /// Until the connection must be there.
    pub(crate) fn to_connect(self) -> io::Result<Duration> {
        Ok(self.left()?.min(self.limits.connect))
    }

    /// Until the next octet must have moved.
    pub(crate) fn to_move(self) -> io::Result<Duration> {
        Ok(self.left()?.min(self.limits.idle))
    }

    /// Until everything must be over.
    pub(crate) fn left(self) -> io::Result<Duration> {
        match self.end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }
}
