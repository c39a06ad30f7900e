//! How bad the network is.

use std::time::Duration;

use crate::random::Random;

/// What becomes of what is sent. Each is drawn anew for each datagram and each piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Of 100 datagrams, how many are lost.
    pub loss: u8,
    /// Of 100 datagrams, how many arrive twice.
    pub doubles: u8,
    /// Of 100 pieces said on connections, how many break theirs.
    pub cuts: u8,
    /// How long something takes at least.
    pub delay_least: Duration,
    /// How long something takes at most.
    pub delay_most: Duration,
}

impl Default for Weather {
    /// Fine: everything arrives, after one to three milliseconds.
    fn default() -> Weather {
        Weather {
            loss: 0,
            doubles: 0,
            cuts: 0,
            delay_least: Duration::from_millis(1),
            delay_most: Duration::from_millis(3),
        }
    }
}

impl Weather {
    pub(crate) fn delay(&self, random: &mut Random) -> Duration {
        let span = self.delay_most.saturating_sub(self.delay_least);
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.delay_least + Duration::from_micros(random.below(span.saturating_add(1)))
    }
}
