//! The server without threads, sockets and clock.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use arc_swap::ArcSwap;
use authority::Authority;
use server::{ByHand, Engine, Giver, Herald, Keys, Transfers};
use stack_os::Message;
use stack_os::outgoing::Ended;
use zone::{HashKey, Zones};

use crate::config::Config;
use crate::edges::{Edges, Reach};
use crate::failure::Failure;
use crate::following::{Follower, Order, Orders};
use crate::keeping::Keeper;
use crate::plan::Plan;
use crate::running::{Foundation, Rooms, no_zones};

/// For how many tenths of a second a connection is said to be left open (RFC 7828): who stands in for sockets has none that age.
const TCP_IDLE: u16 = 100;

/// A secondary whose turns are taken by whoever has it: the same rooms that [`run`](crate::run) gives to threads. Nothing
/// happens in between, so where all that comes from outside is the same, all that it does is the same.
pub struct Steps {
    follower: Follower,
    orders: Receiver<Order>,
    sender: Orders,
    answerer: ByHand,
    giver: Giver,
    zones: Arc<ArcSwap<Zones>>,
}

impl Steps {
    /// Serves what was kept, and has begun to follow. Of the addresses in the configuration nothing is bound.
    ///
    /// # Errors
    /// A state directory that cannot be used, or no entropy.
    pub fn open(config: &Config, edges: Edges, reach: Box<dyn Reach>) -> Result<Steps, Failure> {
        let keys = Keys::open(&config.server.keys)?;
        let ring = keys.as_ref().map(|keys| Arc::clone(&keys.ring()));
        let dir = config.state_dir.as_deref();
        let keeper = dir.map(|dir| Keeper::open(dir, &edges.clock)).transpose()?;
        let clock = edges.clock.clone();
        let foundation = Foundation {
            key: HashKey::new([edges.random()?, edges.random()?]),
            plan: Plan::read(config, &ring.unwrap_or_default())?,
            keys,
            keeper,
            edges,
        };
        let engine = engine(&no_zones(foundation.key));
        let allowed = config.server.allow_transfer.clone();
        let (transfers, archive, giver) = Transfers::by_hand(allowed, None, clock.clone());
        let edge = (engine, Herald::default(), (transfers, archive));
        let rooms = Rooms::open(config, foundation, edge, |_| Ok(reach))?;
        Ok(Steps {
            answerer: ByHand::new(&rooms.engine, Some(rooms.desk), clock),
            giver,
            zones: rooms.engine.zones,
            follower: rooms.follower,
            orders: rooms.orders,
            sender: rooms.sender,
        })
    }

    /// Writes the answer to the front of `answer` and gives its length. None: there is silence, or the answer comes later, when
    /// a step was taken.
    pub fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        self.answerer.handle_message(message, answer)
    }

    /// Begins the transfers that were asked for, with the differences between all that was served by now.
    pub fn give(&mut self) {
        self.giver.give_all();
    }

    /// A question that the [`Reach`] was to ask over UDP has ended.
    pub fn question_ended(&self, ended: Ended) {
        self.sender.send(Order::Ended(ended));
    }

    /// Does all that there is to do by now: what it was told of, and what is due by the clock.
    pub fn turn(&mut self) {
        self.follower.catch_up(&self.orders);
    }

    /// For how long there is nothing to do, unless it is told something; none if it is for ever.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.follower.wait()
    }

    /// What is served.
    #[must_use]
    pub fn zones(&self) -> Arc<Zones> {
        self.zones.load_full()
    }
}

fn engine(zones: &Arc<ArcSwap<Zones>>) -> Engine {
    let config = authority::Config {
        tcp_idle: Some(TCP_IDLE),
        ..authority::Config::default()
    };
    Engine {
        zones: Arc::clone(zones),
        authority: Arc::new(ArcSwap::from_pointee(Authority::new(config))),
    }
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Steps")
    }
}
