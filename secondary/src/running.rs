//! Starting and stopping: the wiring.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use arc_swap::ArcSwap;
use authority::Authority;
use stack_os::{Options, Server, Sockets};
use zone::{HashKey, Revision, Zones};

use crate::config::Config;
use crate::edges::{Edges, Reach};
use crate::failure::Failure;
use crate::following::{Follower, Order, Orders, Start, Threads};
use crate::keeping::Keeper;
use crate::keys::own_addresses;
use crate::serving::{Answering, Door};

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Secondary {
    server: Server,
    follower: Option<std::thread::JoinHandle<()>>,
    orders: Orders,
}

/// Binds the addresses, serves what was kept, and then follows the primaries until stopped.
///
/// # Errors
/// An address that cannot be bound, a state directory that cannot be used, or nothing to follow. That a primary cannot be
/// reached is none.
pub fn run(mut config: Config) -> Result<Secondary, Failure> {
    if config.zones.is_empty() && config.announcers.is_empty() {
        return Err(Failure::Asked(NOTHING.into()));
    }
    if config.listen.is_empty() {
        config.listen = own_addresses(&config.keys);
    }
    if config.listen.is_empty() {
        return Err(Failure::Asked(NOWHERE.into()));
    }
    let mut options = Options::new(config.listen.clone());
    if let Some(workers) = config.workers {
        (options.udp_workers, options.tcp_workers) = (workers, workers.min(4));
    }
    let sockets = Sockets::bind(&options)?;
    let edges = Edges::of_the_system();
    let tcp_idle = options.tcp.keepalive_deciseconds();
    let reach = |orders| Ok(Box::new(Threads::start(orders)?) as Box<dyn Reach>);
    let rooms = Rooms::open(config, edges, tcp_idle, reach)?;
    let server = sockets.serve(rooms.answering)?;
    let (follower, orders) = (rooms.follower, rooms.orders);
    let follower = std::thread::Builder::new()
        .name("following".to_owned())
        .spawn(move || {
            let run = AssertUnwindSafe(|| follower.run(&orders));
            if catch_unwind(run).is_err() {
                // Nothing would expire any more: no answer is better than one that is wrong, and whoever started us can again.
                tracing::error!("what follows the primaries has failed; the server ends");
                std::process::abort();
            }
        })?;
    Ok(Secondary {
        server,
        follower: Some(follower),
        orders: rooms.sender,
    })
}

/// All that a secondary is made of, before anybody turns it.
pub(crate) struct Rooms {
    pub(crate) follower: Follower,
    pub(crate) orders: Receiver<Order>,
    pub(crate) sender: Orders,
    pub(crate) answering: Answering,
}

impl Rooms {
    /// Serves what was kept. `tcp_idle` is for how many tenths of a second connections are left open.
    pub(crate) fn open(
        config: Config,
        edges: Edges,
        tcp_idle: u16,
        reach: impl FnOnce(Orders) -> Result<Box<dyn Reach>, Failure>,
    ) -> Result<Rooms, Failure> {
        let dir = config.state_dir.as_deref();
        let keeper = dir.map(|dir| Keeper::open(dir, &edges.clock)).transpose()?;
        let key = HashKey::new([edges.random()?, edges.random()?]);
        let zones = Zones::new(key, Revision::new("none"));
        let zones = Arc::new(ArcSwap::from_pointee(zones));
        let door = Arc::new(Door::of(&config));
        let authority = Arc::new(Authority::new(authority::Config {
            tcp_idle: Some(tcp_idle),
            ..authority::Config::default()
        }));
        let (sender, orders) = channel();
        let sender = Orders::new(sender);
        let answering = Answering {
            zones: Arc::clone(&zones),
            authority,
            door: Arc::clone(&door),
            orders: sender.clone(),
            clock: edges.clock.clone(),
        };
        let follower = Follower::new(Start {
            config,
            key,
            zones,
            door,
            keeper,
            orders: sender.clone(),
            edges,
            reach: reach(sender.clone())?,
        });
        Ok(Rooms {
            follower,
            orders,
            sender,
            answering,
        })
    }
}

const NOTHING: &str = "there is nothing to follow: give --zones FILE, or a key whose name has a primary's address, such as \
                       192.0.2.1.192.0.2.2._transfer.example.org";
const NOWHERE: &str = "there is no address to answer on: give --listen ADDR:PORT, or a key whose name has our address";

impl Secondary {
    /// The addresses that are answered on, with real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// Answers what has arrived, and ends all threads. A transfer that is under way is given up.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.server.stop();
        self.orders.stop();
        if let Some(follower) = self.follower.take() {
            // One that panicked has nothing left to stop.
            let _ = follower.join();
        }
    }
}

impl Drop for Secondary {
    fn drop(&mut self) {
        self.end();
    }
}
