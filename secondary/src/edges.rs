//! What the system provides, or a test in its place.

use std::fmt;
use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};
use stack_os::Clock;
use stack_os::outgoing::Question;
use tsig::Time;

use crate::failure::Failure;
use crate::following::Errand;

/// 64 bits that nobody guesses; none if there are none to be had.
pub type Entropy = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// What the system provides, or a test in its place.
#[derive(Clone)]
pub struct Edges {
    /// Who is asked what time it is.
    pub clock: Clock,
    /// For ids of messages, for hashes, and for spreading what is due together.
    pub entropy: Entropy,
}

/// How other servers are reached. What comes of it is told later: by
/// [`Steps::question_ended`](crate::Steps::question_ended), and by what the [`Errand`] says itself.
pub trait Reach: Send {
    /// Asks over UDP.
    fn ask(&mut self, question: Question);

    /// Asks over a connection.
    fn converse(&mut self, errand: Errand);
}

impl Edges {
    /// The clocks and the entropy of the system.
    #[must_use]
    pub fn of_the_system() -> Edges {
        let random = SystemRandom::new();
        let entropy = move || {
            let mut octets = [0; 8];
            random.fill(&mut octets).ok()?;
            Some(u64::from_le_bytes(octets))
        };
        Edges {
            clock: Clock::of_the_system(),
            entropy: Arc::new(entropy),
        }
    }

    pub(crate) fn random(&self) -> Result<u64, Failure> {
        let failure = || std::io::Error::other("it gives no random numbers");
        (self.entropy)().ok_or_else(|| failure().into())
    }

    /// Without random numbers nothing is spread, and all goes on.
    pub(crate) fn chance(&self) -> u32 {
        (self.entropy)().map_or(0, |bits| bits as u32)
    }

    pub(crate) fn random_id(&self) -> Option<u16> {
        (self.entropy)().map(|bits| bits as u16)
    }

    /// As signatures have it.
    pub(crate) fn time(&self) -> Time {
        Time::from_secs(self.clock.wall().as_secs())
    }
}

impl fmt::Debug for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edges")
    }
}
