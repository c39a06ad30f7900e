//! The primary in the world: the real one, whose turns the world takes.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use git_store::Location;
use primary::{Config, Milestone, Steps, StepsEdges};
use server::KeysConfig;
use stack_os::{Clock, Message, Next, Now, Transport};
use stack_sim::{HostClock, Random};
use tsig::Key;

use crate::carriers::{Outbox, Parcel, Pull, Way};
use crate::mutation::Mutation;

/// What comes when the server is at a milestone.
pub(crate) type AtMilestone = Box<dyn FnOnce() + Send>;
type Armed = Arc<Mutex<Vec<(Milestone, AtMilestone)>>>;

pub(crate) struct PrimaryHost {
    config: Config,
    clock: HostClock,
    entropy: Random,
    /// None while it is not running.
    pub(crate) steps: Option<Steps>,
    pub(crate) outbox: Outbox,
    /// Answers of many messages that have begun, by a number.
    pub(crate) streams: BTreeMap<u64, (Way, Pull)>,
    last_stream: u64,
    armed: Armed,
    updates_wait: bool,
    transfers_wait: bool,
}

/// Ends a turn as a kill would.
pub(crate) struct Killed;

impl PrimaryHost {
    pub(crate) fn new(
        repository: &Path,
        dir: &Path,
        keys: &[Arc<Key>],
        (clock, entropy): (HostClock, Random),
    ) -> PrimaryHost {
        let location = format!("{}#main", repository.display());
        let location = Location::parse(&location).expect("a location");
        let mut config = Config::new(location, Vec::new());
        config.server.workers = Some(1);
        config.server.rate_limit = None;
        config.state_dir = Some(dir.join("primary"));
        config.takes_updates = true;
        config.server.keys = KeysConfig {
            said: keys.to_vec(),
            ..KeysConfig::default()
        };
        PrimaryHost {
            config,
            clock,
            entropy,
            steps: None,
            outbox: Outbox::default(),
            streams: BTreeMap::new(),
            last_stream: 0,
            armed: Armed::default(),
            updates_wait: false,
            transfers_wait: false,
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
        let edges = StepsEdges {
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
        self.streams.clear();
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.clear();
        drop(armed);
        self.outbox.take();
    }

    /// Hears a message. What is answered now is in the outbox.
    pub(crate) fn hear(&mut self, octets: &[u8], addresses: (SocketAddr, SocketAddr), way: Way) {
        let Some(steps) = &mut self.steps else {
            return;
        };
        let transport = match way {
            Way::Datagram { .. } => Transport::Udp,
            Way::Connection(_) => Transport::Tcp,
        };
        let carriers = self.outbox.on(way);
        let (peer, local) = addresses;
        let message = Message::new(octets, peer, local, transport).carried(&carriers);
        let mut answer = vec![0; 65_535];
        match steps.handle_message(message, &mut answer) {
            Some(length) => {
                answer.truncate(length);
                stack_os::Carrier::answer(Box::new(carriers), &answer);
            }
            // Over connections nobody sends updates here, and transfers are not asked for otherwise.
            None => match way {
                Way::Datagram { .. } => self.updates_wait = true,
                Way::Connection(_) => self.transfers_wait = true,
            },
        }
    }

    /// Whether updates wait, or requests for transfers; asked once, each time that something was heard.
    pub(crate) fn is_asked(&mut self, by_update: bool) -> bool {
        let asked = match by_update {
            true => &mut self.updates_wait,
            false => &mut self.transfers_wait,
        };
        std::mem::take(asked)
    }

    /// Begins what was asked for; gives what is to be sent now, and the numbers of new streams.
    pub(crate) fn parcels(&mut self) -> (Vec<(Way, Vec<u8>)>, Vec<u64>) {
        let (mut messages, mut begun) = (Vec::new(), Vec::new());
        for parcel in self.outbox.take() {
            match parcel {
                Parcel::Message(way, octets) => messages.push((way, octets)),
                Parcel::Stream(way, pull) => {
                    self.last_stream += 1;
                    self.streams.insert(self.last_stream, (way, pull));
                    begun.push(self.last_stream);
                }
            }
        }
        (messages, begun)
    }

    /// The next message of a stream, and whether more will come; none if it has failed or is gone.
    pub(crate) fn pull(&mut self, stream: u64) -> Option<(Way, Vec<u8>, bool)> {
        let (way, pull) = self.streams.get_mut(&stream)?;
        let (way, mut octets) = (*way, Vec::new());
        let next = pull(&mut octets);
        if next != Next::More {
            self.streams.remove(&stream);
        }
        (next != Next::Fail).then_some((way, octets, next == Next::More))
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
