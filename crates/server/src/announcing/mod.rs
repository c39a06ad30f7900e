//! Others are told that zones have changed (RFC 1996): name servers of the zone, those that keys name, those that were configured,
//! and whoever has asked for the SOA record, signed, on a connection that is kept for this.
//!
//! ```text
//!   who publishes ── names of zones ──────┐
//!   worker ── signed SOA question, TCP ───┼──> thread "announcing": replication::Announcer ──> datagrams, connections
//!   worker ── answer on a connection ─────┤        ^                                              │
//!                                         └────────┴──────────────── answers ─────────────────────┘
//! ```
//! One thread turns the machine. It is told which zones to look at again, never what is new of them: that it reads from what is
//! published, so changes that come faster than they can be told become one. What is published is never waited for.
//!
//! Whom (RFC 1996 §2.1, §3.2):
//! - the name servers of the zone but for the one that its SOA record names, by the addresses that zones served here have for
//!   them; others are not looked up, and are to be configured;
//! - the addresses of secondaries in names of keys for transfers, each message signed with that key;
//! - what is configured, signed where a key is named; a key with rights is for its zones only;
//! - connections on which the SOA record was asked for with a key of the zone, signed with that key (the consumers of MirageOS'
//!   ocaml-dns, which nobody can reach).
//!
//! Never ourselves. Connections end with their peers, with their keys, and are few for each key and network ([`Limits`]).

mod bits;
mod crier;
mod hearers;
mod letters;
mod told;
mod whom;

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use arc_swap::ArcSwap;
use replication::notify::Pace;
use rr::{Name, Serial};
use stack_os::outgoing::Ended;
use stack_os::{Connection, Message, Transport};
use tsig::Keyring;
use zone::Zones;

use crate::failure::Failure;
use crate::keys::Keys;
use crier::Crier;
pub use told::{HearerList, HearerReport, Report, Told};

/// Whom to tell beyond what keys say.
#[derive(Debug, Clone)]
pub struct NotifyConfig {
    /// Who is told of all zones.
    pub notified: Vec<Notified>,
    /// Whether name servers of zones are told. Default: they are.
    pub tells_name_servers: bool,
    /// The port of addresses that zones and keys name. Default 53.
    pub port: u16,
}

impl Default for NotifyConfig {
    fn default() -> NotifyConfig {
        NotifyConfig {
            notified: Vec::new(),
            tells_name_servers: true,
            port: 53,
        }
    }
}

/// Whom to tell, and how much of it at a time.
#[derive(Debug, Clone)]
struct Config {
    chosen: NotifyConfig,
    /// Our own addresses, which are not told.
    own: Vec<SocketAddr>,
    limits: Limits,
    pace: Pace,
}

/// One who is told of zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    /// Where.
    pub address: SocketAddr,
    /// The name of the key that messages to it are signed with.
    pub key: Option<Name>,
}

/// How many are told. How many connections are kept in all is the stack's limit (`stack_os::LaterLimits::held`).
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Connections that asked with one key. Default 512.
    per_key: usize,
    /// Connections from one network, a /24 or a /56. Default 256.
    per_network: usize,
    /// Addresses, with or without a key each. Default 10,000.
    addresses: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            per_key: 512,
            per_network: 256,
            addresses: 10_000,
        }
    }
}

/// What workers may have the thread do that it has not done yet. Beyond it they are not heard: who asks asks again, and who
/// answers is told again.
const WAITING_MOST: usize = 4_096;

/// Gives the keys that are good now.
type KeySource = Box<dyn Fn() -> Arc<Keyring> + Send>;

/// What the thread works with.
struct Start {
    config: Config,
    zones: Arc<ArcSwap<Zones>>,
    keys: KeySource,
}

/// The thread. Dropping it ends it.
#[derive(Debug)]
pub struct Announcing {
    herald: Herald,
    told: Arc<Told>,
    thread: Option<JoinHandle<()>>,
}

/// The way to the thread; to none where nobody is told.
#[derive(Debug, Clone, Default)]
pub struct Herald(Option<Way>);

#[derive(Debug, Clone)]
struct Way {
    orders: Sender<Order>,
    waiting: Arc<AtomicUsize>,
    peers: Peers,
}

/// The peers of connections that are told: answers of others are not looked at.
#[derive(Debug, Clone, Default)]
struct Peers(Arc<Mutex<BTreeSet<SocketAddr>>>);

/// Who has asked for the SOA record on a connection, and is told there.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) zone: Name,
    /// What it was answered with.
    pub(crate) serial: Serial,
    /// The name of the key that it has signed with.
    pub(crate) key: Name,
    pub(crate) connection: Connection,
    pub(crate) peer: SocketAddr,
}

/// What the thread is told.
#[derive(Debug)]
enum Order {
    /// These zones have changed, or come, or gone.
    Look(Vec<Name>),
    /// All zones are looked at, and from now on those that change.
    Begin,
    Listen(Box<Listening>),
    /// Somebody has answered on a connection.
    Heard(SocketAddr, Vec<u8>),
    /// A datagram was answered, or not.
    Ended(Ended),
    Stop,
}

impl Announcing {
    /// Starts the thread that tells of what is published there, by the keys that are good at the time, from when it is told to
    /// [`begin`](Self::begin). `own` are our addresses. `None`: nobody is told.
    ///
    /// # Errors
    /// [`Failure::Keys`] for the name of a key that is not there, [`Failure::System`] where there are no threads.
    pub fn open(
        config: &crate::Config,
        own: Vec<SocketAddr>,
        keys: Option<&Arc<Keys>>,
        zones: &Arc<ArcSwap<Zones>>,
    ) -> Result<Option<Announcing>, Failure> {
        let Some(chosen) = config.told().cloned() else {
            return Ok(None);
        };
        let keys = keys.map_or_else(Keys::none, Arc::clone);
        check_keys(&chosen, &keys)?;
        let config = Config {
            chosen,
            own,
            limits: Limits::default(),
            pace: Pace::default(),
        };
        let start = Start {
            config,
            zones: Arc::clone(zones),
            keys: Box::new(move || Arc::clone(&keys.ring())),
        };
        Announcing::start(start).map(Some).map_err(Failure::system)
    }

    fn start(start: Start) -> io::Result<Announcing> {
        let (orders, received) = channel();
        let way = Way {
            orders,
            waiting: Arc::default(),
            peers: Peers::default(),
        };
        let told = Arc::<Told>::default();
        let crier = Crier::new(start, &way, Arc::clone(&told))?;
        let run = move || {
            // Who is told nothing asks when it is time.
            if catch_unwind(AssertUnwindSafe(|| crier.run(&received))).is_err() {
                tracing::error!(
                    "telling of changes has failed; secondaries hear of them by asking"
                );
            }
        };
        let thread = thread::Builder::new()
            .name("announcing".into())
            .spawn(run)?;
        Ok(Announcing {
            herald: Herald(Some(way)),
            told,
            thread: Some(thread),
        })
    }

    /// Tells of all zones that there are by now: what happened before nobody knows (RFC 1996 §3.1). What changes from now on is told
    /// before them.
    pub fn begin(&self) {
        self.herald.order(Order::Begin);
    }

    /// The way to who tells.
    #[must_use]
    pub fn herald(&self) -> Herald {
        self.herald.clone()
    }

    /// What was told to whom.
    #[must_use]
    pub fn told(&self) -> Arc<Told> {
        Arc::clone(&self.told)
    }
}

/// Who is told with a key that is not there would not be told.
fn check_keys(chosen: &NotifyConfig, keys: &Keys) -> Result<(), Failure> {
    let ring = keys.ring();
    let mut named = chosen.notified.iter().filter_map(|it| it.key.as_ref());
    let missing = named.find(|name| ring.by_name(name.as_ref()).is_none());
    missing.map_or(Ok(()), |name| {
        Err(Failure::Keys {
            path: "--notify".into(),
            why: format!("there is no key {name} in --keys or --key"),
        })
    })
}

impl Drop for Announcing {
    fn drop(&mut self) {
        self.herald.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // One that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl Herald {
    /// Tells that these zones are published as they are now, or no longer.
    pub fn changed(&self, zones: Vec<Name>) {
        if !zones.is_empty() {
            self.order(Order::Look(zones));
        }
    }

    /// Whether anybody can be told.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Has somebody told on its connection.
    pub(crate) fn listen(&self, listening: Listening) {
        self.order_for_worker(|| Order::Listen(Box::new(listening)));
    }

    /// Takes in a message that is no query, if it may be an answer to what was sent on its connection.
    pub(crate) fn hear(&self, message: &Message<'_>) {
        let Some(way) = &self.0 else { return };
        let is_stream = message.transport != Transport::Udp;
        if is_stream && letters::is_notify_answer(message.octets) && way.peers.has(message.peer) {
            self.order_for_worker(|| Order::Heard(message.peer, message.octets.to_vec()));
        }
    }

    fn order_for_worker(&self, order: impl FnOnce() -> Order) {
        let Some(way) = &self.0 else { return };
        if way.waiting.fetch_add(1, Ordering::Relaxed) < WAITING_MOST {
            self.order(order());
        } else {
            way.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Without the thread nobody is told.
    fn order(&self, order: Order) {
        if let Some(way) = &self.0 {
            let _ = way.orders.send(order);
        }
    }
}

impl Order {
    /// Whether it counts as waiting.
    fn is_of_worker(&self) -> bool {
        matches!(self, Order::Listen(_) | Order::Heard(..))
    }
}

impl Peers {
    fn has(&self, peer: SocketAddr) -> bool {
        self.all(|peers| peers.contains(&peer))
    }

    fn add(&self, peer: SocketAddr) {
        self.all(|peers| peers.insert(peer));
    }

    fn remove(&self, peer: SocketAddr) {
        self.all(|peers| peers.remove(&peer));
    }

    fn all<T>(&self, look: impl FnOnce(&mut BTreeSet<SocketAddr>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many answers come to a thread that is busy.
    #[test]
    fn what_workers_hand_on_has_a_limit_and_strangers_are_not_heard() {
        let (orders, received) = channel();
        let way = Way {
            orders,
            waiting: Arc::default(),
            peers: Peers::default(),
        };
        let [known, stranger] = [1, 2].map(|port| SocketAddr::from(([192, 0, 2, 1], port)));
        way.peers.add(known);
        let (herald, local) = (Herald(Some(way)), known);
        let answer = [0, 0, 0xA4, 0, 0, 1];
        let hear = |octets: &[u8], peer, transport| {
            herald.hear(&Message::new(octets, peer, local, transport));
        };
        hear(&answer, stranger, Transport::Tcp);
        hear(&answer, known, Transport::Udp);
        hear(&[0, 0, 0x24, 0, 0, 1], known, Transport::Tcp);
        assert_eq!(received.try_iter().count(), 0);
        (0..2 * WAITING_MOST).for_each(|_| hear(&answer, known, Transport::Tls));
        assert_eq!(received.try_iter().count(), WAITING_MOST);
    }
}
