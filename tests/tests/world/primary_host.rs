//! The primary in the world: the real one, whose turns the world takes.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use git_remote::Dial;
use git_store::Location;
use primary::{Config, Durability, Milestone, Steps, StepsEdges};
use server::KeysConfig;
use stack_os::{Clock, Message, Now};
use stack_sim::{HostClock, Random};
use tsig::Key;

use crate::carriers::Way;
use crate::far::{Far, URL};
use crate::giving::Giving;
use crate::mutation::Mutation;

/// What comes when the server is at a milestone.
pub(crate) type AtMilestone = Box<dyn FnOnce() + Send>;
type Armed = Arc<Mutex<Vec<(Milestone, AtMilestone)>>>;

pub(crate) struct PrimaryHost {
    config: Config,
    /// The machine with the repository, where it is another one.
    pub(crate) far: Option<Far>,
    clock: HostClock,
    entropy: Random,
    /// None while it is not running.
    pub(crate) steps: Option<Steps>,
    pub(crate) giving: Giving,
    armed: Armed,
    /// Updates have come.
    pub(crate) is_asked: bool,
}

/// Ends a turn as a kill would.
pub(crate) struct Killed;

impl PrimaryHost {
    pub(crate) fn new(
        (repository, dir): (&Path, &Path),
        far: Option<(Far, Durability)>,
        keys: &[Arc<Key>],
        (clock, entropy): (HostClock, Random),
    ) -> PrimaryHost {
        let (far, durable) = far.unzip();
        let location = match far {
            Some(_) => URL.to_owned(),
            None => format!("{}#main", repository.display()),
        };
        let location = Location::parse(&location).expect("a location");
        let mut config = Config::new(location, Vec::new());
        config.server.workers = Some(1);
        config.server.rate_limit = None;
        config.state_dir = Some(dir.join("primary"));
        config.takes_updates = true;
        config.durable = durable;
        config.server.keys = KeysConfig {
            said: keys.to_vec(),
            ..KeysConfig::default()
        };
        PrimaryHost {
            config,
            far,
            clock,
            entropy,
            steps: None,
            giving: Giving::default(),
            armed: Armed::default(),
            is_asked: false,
        }
    }

    pub(crate) fn begin(&mut self, mutation: Option<Mutation>) {
        if mutation == Some(Mutation::ForgetsWhatWasServed)
            && let Some(dir) = &self.config.state_dir
        {
            let _ = fs::remove_dir_all(dir);
        }
        let armed = Arc::clone(&self.armed);
        let mut entropy = self.entropy.fork();
        let far = self.far.clone();
        let edges = StepsEdges {
            dial: far.map(|far| Arc::new(far) as Arc<dyn Dial>),
            clock: clock(&self.clock),
            entropy: Box::new(move || {
                let (one, other) = (entropy.bits(), entropy.bits());
                Ok(((u128::from(one) << 64) | u128::from(other)).to_be_bytes())
            }),
            on_milestone: Box::new(move |milestone| {
                let mut waiting = armed.lock().unwrap_or_else(PoisonError::into_inner);
                let place = waiting.iter().position(|(at, _)| *at == milestone);
                let act = place.map(|place| waiting.remove(place).1);
                drop(waiting);
                if let Some(act) = act {
                    act();
                }
            }),
        };
        self.steps = Some(Steps::open(&self.config, edges).expect("the primary starts"));
    }

    /// When it comes there next, this comes as well.
    pub(crate) fn arm(&self, milestone: Milestone, act: AtMilestone) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.push((milestone, act));
    }

    pub(crate) fn kill(&mut self) {
        self.steps = None;
        self.giving.kill();
        self.is_asked = false;
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.clear();
    }

    /// Hears a message. What is answered now is in the outbox.
    pub(crate) fn hear(&mut self, octets: &[u8], addresses: (SocketAddr, SocketAddr), way: Way) {
        let Some(steps) = &mut self.steps else {
            return;
        };
        let handle =
            |message: Message<'_>, answer: &mut [u8]| steps.handle_message(message, answer);
        if self.giving.hear(octets, addresses, way, handle) {
            // Over connections nobody sends updates here, and transfers are not asked for otherwise.
            match way {
                Way::Datagram { .. } => self.is_asked = true,
                Way::Connection(_) => self.giving.is_asked = true,
            }
        }
    }
}

/// A host's clocks, as servers ask them.
pub(crate) fn clock(clock: &HostClock) -> Clock {
    let clock = clock.clone();
    Clock::told_by(move || Now {
        wall: clock.wall(),
        steady: clock.steady(),
    })
}
