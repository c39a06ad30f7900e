//! A secondary in the world: the real one, whose turns and connections the world has.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rr::Name;
use secondary::{Config, Edges, Errand, FollowedZone, Primary, Reach, Steps, Talk};
use server::KeysConfig;
use stack_os::Message;
use stack_os::outgoing::{Ended, Question, Trouble};
use stack_sim::{Connection, HostClock, Random};
use tsig::Key;

use crate::carriers::Way;
use crate::giving::Giving;
use crate::primary_host::clock;
use crate::repository::ZONE;
use crate::scenario::Host;

/// What a secondary wants of the network.
enum Wish {
    Ask(Question),
    Converse(Box<Errand>),
}

#[derive(Clone, Default)]
struct Wishes(Arc<Mutex<Vec<Wish>>>);

impl Wishes {
    fn put(&self, wish: Wish) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(wish);
    }

    fn take(&self) -> Vec<Wish> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reach for Wishes {
    fn ask(&mut self, question: Question) {
        self.put(Wish::Ask(question));
    }

    fn converse(&mut self, errand: Errand) {
        self.put(Wish::Converse(Box::new(errand)));
    }
}

/// What the world does for it.
pub(crate) enum Order {
    /// From a port of its own, and it is heard for so long.
    Send(u16, SocketAddr, Vec<u8>, Duration),
    Open(SocketAddr, Vec<u8>, Talk),
}

pub(crate) struct SecondaryHost {
    /// Whom it follows: the primary, or another secondary.
    pub(crate) source: Host,
    pub(crate) keeps: bool,
    config: Config,
    clock: HostClock,
    entropy: Random,
    wishes: Wishes,
    pub(crate) steps: Option<Steps>,
    /// Questions by their ports.
    asked: BTreeMap<u16, Question>,
    pub(crate) talks: BTreeMap<Connection, Talk>,
    last_port: u16,
    pub(crate) giving: Giving,
    /// When it is to be woken next.
    wakes: Option<Duration>,
}

impl SecondaryHost {
    pub(crate) fn new(
        (source, address, key): (Host, SocketAddr, &Arc<Key>),
        state_dir: Option<PathBuf>,
        (clock, entropy): (HostClock, Random),
    ) -> SecondaryHost {
        let mut config = Config::new(Vec::new());
        config.zones = vec![FollowedZone {
            name: Name::from_text(ZONE).expect("a name"),
            primaries: vec![Primary {
                address,
                from: None,
                key: Some(Arc::clone(key)),
                tls: None,
            }],
            is_catalog: false,
        }];
        config.server.keys = KeysConfig {
            said: vec![Arc::clone(key)],
            ..KeysConfig::default()
        };
        let keeps = state_dir.is_some();
        config.state_dir = state_dir;
        SecondaryHost {
            source,
            keeps,
            config,
            clock,
            entropy,
            wishes: Wishes::default(),
            steps: None,
            asked: BTreeMap::new(),
            talks: BTreeMap::new(),
            last_port: 1024,
            giving: Giving::default(),
            wakes: None,
        }
    }

    pub(crate) fn state_dir(dir: &Path, number: usize) -> PathBuf {
        dir.join(format!("secondary-{number}"))
    }

    pub(crate) fn begin(&mut self) {
        let entropy = Mutex::new(self.entropy.fork());
        let edges = Edges {
            clock: clock(&self.clock),
            entropy: Arc::new(move || {
                Some(
                    entropy
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .bits(),
                )
            }),
        };
        let reach = Box::new(self.wishes.clone());
        let steps = Steps::open(&self.config, edges, reach);
        self.steps = Some(steps.expect("the secondary starts"));
    }

    pub(crate) fn kill(&mut self) {
        self.talks.clear();
        self.giving.kill();
        self.asked.clear();
        self.steps = None;
        self.wakes = None;
        self.wishes.take();
    }

    /// Hears a message. What is answered now is in the outbox.
    pub(crate) fn hear(&mut self, octets: &[u8], addresses: (SocketAddr, SocketAddr), way: Way) {
        let Some(steps) = &mut self.steps else {
            return;
        };
        let handle =
            |message: Message<'_>, answer: &mut [u8]| steps.handle_message(message, answer);
        let comes_later = self.giving.hear(octets, addresses, way, handle);
        self.giving.is_asked |= comes_later && matches!(way, Way::Connection(_));
    }

    /// A datagram to one of its own ports.
    pub(crate) fn hear_answer(&mut self, port: u16, octets: &[u8]) {
        let is_answer =
            |question: &Question| replication::message::is_answer(&question.message, octets);
        if self.asked.get(&port).is_some_and(is_answer) {
            self.question_ended(port, Ok(octets.to_vec()));
        }
    }

    pub(crate) fn question_ended(&mut self, port: u16, outcome: Result<Vec<u8>, Trouble>) {
        if let (Some(question), Some(steps)) = (self.asked.remove(&port), &self.steps) {
            let ticket = question.ticket;
            steps.question_ended(Ended { ticket, outcome });
        }
    }

    /// Whether it has to be woken then: not if it will be before that anyway.
    pub(crate) fn wakes_at(&mut self, at: Duration) -> bool {
        let now = self.clock.steady();
        let is_earlier = self.wakes.is_none_or(|wakes| wakes <= now || at < wakes);
        if is_earlier {
            self.wakes = Some(at);
        }
        is_earlier
    }

    /// Takes its turn; gives what it wants of the network.
    pub(crate) fn turn(&mut self) -> Vec<Order> {
        let Some(steps) = &mut self.steps else {
            return Vec::new();
        };
        steps.turn();
        let wishes = self.wishes.take();
        wishes.into_iter().map(|wish| self.order(wish)).collect()
    }

    fn order(&mut self, wish: Wish) -> Order {
        match wish {
            Wish::Ask(question) => {
                self.last_port = self.last_port.checked_add(1).unwrap_or(1024);
                let (server, message) = (question.server, question.message.clone());
                let patience = question.patience;
                self.asked.insert(self.last_port, question);
                Order::Send(self.last_port, server, message, patience)
            }
            Wish::Converse(errand) => Order::Open(errand.peer.address, errand.request, errand.talk),
        }
    }
}
