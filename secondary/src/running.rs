//! Starting and stopping: the wiring.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use confine::Needs;
use server::restraint::{Belongings, confine};
use server::{
    Announcing, Archive, Desk, Engine, Entrance, Front, Herald, Inherited, Keys, Program,
    ServiceManager, Transfers, Watchers,
};
use stack_os::Clock;
use tsig::Keyring;
use zone::{HashKey, Revision, Zones};

use crate::clerk::{Clerk, Door};
use crate::config::Config;
use crate::edges::{Edges, Reach};
use crate::failure::Failure;
use crate::following::{Follower, Order, Orders, Start, Threads};
use crate::keeping::Keeper;
use crate::plan::{Plan, own_addresses};
use crate::telling::status::Status;
use crate::telling::{Turns, View};

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Secondary {
    view: Arc<View>,
    watchers: Watchers,
    follower: Option<JoinHandle<()>>,
    /// Tells further secondaries of changes, if anybody is to be told.
    announcing: Option<Announcing>,
}

/// Binds the addresses, serves what was kept, and then follows the primaries until stopped.
///
/// # Errors
/// An address that cannot be bound, a file or a state directory that cannot be used, or nothing to follow. That a primary
/// cannot be reached is none.
pub fn run(config: Config) -> Result<Secondary, Failure> {
    run_with(config, Inherited::default(), None)
}

/// The same with sockets that somebody has passed on, and a service manager that wants to know how the server fares.
///
/// # Errors
/// As of [`run`].
pub fn run_with(
    mut config: Config,
    inherited: Inherited,
    manager: Option<ServiceManager>,
) -> Result<Secondary, Failure> {
    // Asked once: what tells of limits may be out of reach later.
    config.server.workers = Some(config.server.worker_count());
    let keys = Keys::open(&config.server.keys)?;
    let ring = keys.as_ref().map(|keys| Arc::clone(&keys.ring()));
    let plan = plan(&mut config, &ring.unwrap_or_default(), &inherited)?;
    let entrance = Entrance::bind(&config.server, inherited)?;
    // What is opened after this can be opened again later.
    entrance.become_user(&config.server, &belongings(&config))?;
    let edges = Edges::of_the_system();
    let dir = config.state_dir.as_deref();
    let keeper = dir.map(|dir| Keeper::open(dir, &edges.clock)).transpose()?;
    let making = entrance.making(&config.server, server::entropy_of_the_system()?)?;
    // Threads, from here on.
    let own = |needs: &mut _| {
        add_needs(needs, &config, &plan, manager.as_ref());
        Ok::<_, Failure>(())
    };
    let restrained = confine(&config.server, own)?;
    entrance.tell(&config.server);
    let foundation = Foundation {
        key: HashKey::new([edges.random()?, edges.random()?]),
        keys,
        plan,
        keeper,
        edges,
    };
    let reach = |orders| Ok(Box::new(Threads::start(orders)?) as Box<dyn Reach>);
    let engine = making.engine(&no_zones(foundation.key));
    let own = entrance.addresses();
    let announcing =
        Announcing::open(&config.server, own, foundation.keys.as_ref(), &engine.zones)?;
    let herald = announcing.as_ref().map(Announcing::herald);
    let herald = herald.unwrap_or_default();
    let mut archive = Archive::default();
    let (allowed, clock) = (&config.server.allow_transfer, Clock::of_the_system());
    let transfers = Transfers::open(allowed, None, &mut archive, clock)?;
    let giving = (transfers, archive);
    let rooms = Rooms::open(&config, foundation, (engine, herald, giving), reach)?;
    announcing.iter().for_each(Announcing::begin);
    let desk = Some(Arc::clone(&rooms.desk));
    let served = entrance.serve(
        config.server.clone(),
        rooms.engine,
        making,
        (desk, restrained),
    );
    let (front, doors) = served?;
    let told = announcing.as_ref().map(Announcing::told);
    let view = View::new(config, front, (rooms.keys, told), rooms.sender);
    let view = Arc::new(view);
    let follower = follow(rooms.follower, rooms.orders, &view.turns)?;
    let program: Arc<dyn Program> = Arc::clone(&view) as _;
    Ok(Secondary {
        watchers: doors.open(&program, manager, LOOK_AT_FILES)?,
        follower: Some(follower),
        announcing,
        view,
    })
}

/// How often is looked whether a certificate has changed.
const LOOK_AT_FILES: std::time::Duration = std::time::Duration::from_secs(30);

/// What is to be followed, and where is listened if nobody has said so.
fn plan(config: &mut Config, ring: &Keyring, inherited: &Inherited) -> Result<Plan, Failure> {
    let plan = Plan::read(config, ring)?;
    if plan.is_empty() {
        return Err(Failure::Asked(NOTHING));
    }
    if config.server.listen.is_empty() && inherited.serving.is_empty() {
        config.server.listen = own_addresses(ring);
        if config.server.listen.is_empty() {
            return Err(Failure::Asked(NOWHERE));
        }
    }
    Ok(plan)
}

const NOTHING: &str = "there is nothing to follow: give --zones FILE, or a key whose name has a primary's address, such as \
                       192.0.2.1.192.0.2.2._transfer.example.org";
const NOWHERE: &str = "there is no address to answer on: give --listen ADDR:PORT, or a key whose name has our address";

/// What another user has to be able to read, and where it writes.
fn belongings(config: &Config) -> Belongings<'_> {
    let read = config.zones_file.iter().chain(&config.primary_ca);
    Belongings {
        read: read.map(PathBuf::as_path).collect(),
        dir: config.state_dir.as_deref(),
    }
}

/// What is opened after the start: whoever adds to that adds it here. Ports of primaries that come with a reload are refused.
fn add_needs(needs: &mut Needs, config: &Config, plan: &Plan, manager: Option<&ServiceManager>) {
    plan.ports().for_each(|port| _ = needs.connect(port));
    if plan.primaries().any(|primary| primary.from.is_some()) {
        needs.choose_addresses();
    }
    for file in config.zones_file.iter().chain(&config.primary_ca) {
        needs.read_again(file);
    }
    if let Some(dir) = &config.state_dir {
        needs.write(dir);
    }
    if manager.is_some_and(ServiceManager::is_abstract) {
        needs.reach_abstract_sockets();
    }
}

fn follow(
    follower: Follower,
    orders: Receiver<Order>,
    turns: &Turns,
) -> Result<JoinHandle<()>, Failure> {
    let turns = turns.clone();
    let thread = std::thread::Builder::new().name("following".to_owned());
    let run = move || {
        let run = AssertUnwindSafe(|| follower.run(&orders, &turns));
        if catch_unwind(run).is_err() {
            // Nothing would expire any more: no answer is better than one that is wrong, and whoever started us can again.
            tracing::error!("what follows the primaries has failed; the server ends");
            server::log::finish();
            std::process::abort();
        }
    };
    Ok(thread.spawn(run)?)
}

/// No zone is served yet.
pub(crate) fn no_zones(key: HashKey) -> Arc<ArcSwap<Zones>> {
    let zones = Zones::new(key, Revision::new("none"));
    Arc::new(ArcSwap::from_pointee(zones))
}

/// What rooms are built on.
pub(crate) struct Foundation {
    /// Of all hashes of names.
    pub(crate) key: HashKey,
    pub(crate) keys: Option<Arc<Keys>>,
    pub(crate) plan: Plan,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) edges: Edges,
}

/// All that a secondary is made of, before anybody turns it.
pub(crate) struct Rooms {
    pub(crate) follower: Follower,
    pub(crate) orders: Receiver<Order>,
    pub(crate) sender: Orders,
    pub(crate) engine: Engine,
    pub(crate) desk: Arc<Desk>,
    pub(crate) keys: Option<Arc<Keys>>,
}

impl Rooms {
    /// Serves what was kept.
    pub(crate) fn open(
        config: &Config,
        foundation: Foundation,
        (engine, herald, (transfers, archive)): (Engine, Herald, (Transfers, Archive)),
        reach: impl FnOnce(Orders) -> Result<Box<dyn Reach>, Failure>,
    ) -> Result<Rooms, Failure> {
        let Foundation {
            key,
            keys,
            plan,
            keeper,
            edges,
        } = foundation;
        let door = Arc::<Door>::default();
        let (sender, orders) = channel();
        let sender = Orders::new(sender);
        let clerk = Clerk {
            door: Arc::clone(&door),
            orders: sender.clone(),
        };
        let desk = Desk::new(keys.clone(), transfers, herald.clone(), Box::new(clerk));
        let follower = Follower::new(Start {
            plan,
            pace: config.pace,
            limits: config.limits,
            most_announced: config.most_announced,
            announced_in_vain: config.announced_in_vain,
            transfer_limits: config.transfer_limits,
            key,
            zones: Arc::clone(&engine.zones),
            archive,
            herald,
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
            engine,
            desk: Arc::new(desk),
            keys,
        })
    }
}

impl Secondary {
    /// The addresses that are answered on, with real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.front().server.addresses()
    }

    /// The addresses for TLS, likewise.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        self.front().server.tls_addresses()
    }

    /// What is served, what is not, and why.
    #[must_use]
    pub fn status(&self) -> Status {
        self.view.shown()
    }

    /// Has all files read again: keys, zones to follow, certificates and secrets. What makes no sense changes nothing.
    pub fn reload(&self) {
        self.watchers.read_again();
        self.watchers.reloading(self.view.reloads.begin());
        self.view.read_again();
    }

    /// Answers what has arrived, and ends all threads. A transfer that is under way is given up.
    pub fn stop(mut self) {
        self.end();
        self.front().tell_stopped();
    }

    fn front(&self) -> &Front {
        &self.view.front
    }

    fn end(&mut self) {
        self.watchers.stopping();
        self.announcing = None;
        self.front().stop();
        self.view.orders.stop();
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
