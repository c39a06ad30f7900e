//! The one thread that decides: it owns the machines of all zones, what is served and what is kept.
//!
//! ```text
//!   workers: NOTIFY ───┐                          ┌──> Datagrams: questions over UDP
//!   Datagrams: answers ┼──> orders ──> machines ──┼──> threads: questions and transfers over TCP
//!   threads: what came ┘                          └──> one swap of what is served; the state directory
//! ```
//! How others are reached is for a [`Reach`] to say: threads, or whoever stands in for them.

mod asking;
mod catalogs;
mod coming_and_going;
mod conversation;
mod doubt;
mod fetching;
mod orders;
mod planning;
mod publishing;
mod reporting;

pub use conversation::{Errand, Talk};
pub(crate) use fetching::Threads;
pub(crate) use orders::{Order, Orders};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use arc_swap::ArcSwap;
use replication::catalog::Catalogs;
use replication::{
    Action, Event, Exchange, Fleet, FleetLimits, Moment, Pace, Told, Version, ZoneNumber,
};
use rr::Name;
use server::{Archive, Herald};
use stack_os::outgoing::Cutter;
use zone::{Checked, HashKey, Zone, Zones};

use crate::clerk::{Door, Knock};
use crate::config::FollowedZone;
use crate::edges::{Edges, Reach};
use crate::keeping::Keeper;
use crate::plan::Plan;
use crate::telling::Turns;
use crate::telling::status::By;
use asking::Asked;

/// What a [`Follower`] begins with.
pub(crate) struct Start {
    pub(crate) plan: Plan,
    pub(crate) pace: Pace,
    pub(crate) limits: FleetLimits,
    pub(crate) most_announced: usize,
    pub(crate) announced_in_vain: Duration,
    pub(crate) transfer_limits: transfer::Limits,
    pub(crate) key: HashKey,
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    /// Where new versions are told of, for who asks for what has changed.
    pub(crate) archive: Archive,
    /// Tells further secondaries.
    pub(crate) herald: Herald,
    pub(crate) door: Arc<Door>,
    pub(crate) keeper: Option<Keeper>,
    pub(crate) orders: Orders,
    pub(crate) edges: Edges,
    pub(crate) reach: Box<dyn Reach>,
}

/// See the front page of this module.
pub(crate) struct Follower {
    start: Start,
    fleet: Fleet,
    zones: BTreeMap<ZoneNumber, Followed>,
    numbers: BTreeMap<Name, ZoneNumber>,
    catalogs: Catalogs,
    /// Questions over UDP by their tickets.
    asked: BTreeMap<u64, Asked>,
    last_ticket: u64,
    /// What ends the connections that are open.
    open: BTreeMap<(ZoneNumber, Exchange), Cutter>,
    /// What has come, and is not published yet.
    arrived: BTreeMap<(ZoneNumber, Exchange), Zone<Checked>>,
}

/// A zone that is followed.
struct Followed {
    spec: FollowedZone,
    /// What was served last, expired or not.
    held: Option<Zone<Checked>>,
    /// Until when the state directory says that it is good.
    kept_until: Option<Moment>,
    by: By,
    /// The primary whose version is held; none if it was kept.
    from: Option<SocketAddr>,
    /// The primary that is asked for the zone.
    asked: Option<SocketAddr>,
    /// Since when it is followed.
    since: Moment,
    /// When a primary was last of no help, which, and why; none if one has been since.
    failure: Option<(Moment, String, String)>,
}

impl Follower {
    /// Serves what was kept.
    pub(crate) fn new(start: Start) -> Follower {
        let mut follower = Follower {
            fleet: Fleet::new(start.limits),
            zones: BTreeMap::new(),
            numbers: BTreeMap::new(),
            catalogs: Catalogs::new(),
            asked: BTreeMap::new(),
            last_ticket: 0,
            open: BTreeMap::new(),
            arrived: BTreeMap::new(),
            start,
        };
        follower.begin();
        follower
    }

    /// Until told to stop.
    pub(crate) fn run(mut self, orders: &Receiver<Order>, turns: &Turns) {
        loop {
            self.act_all();
            turns.end();
            let wait = self.wait().unwrap_or(Duration::from_secs(3600));
            let order = orders.recv_timeout(wait);
            turns.begin();
            match order {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.look_at_the_clock();
        }
        self.open.values().for_each(Cutter::cut);
    }

    /// Does what is to be done now, in the same turns as [`run`](Follower::run) but without waiting; then there is nothing
    /// more to do before the clock goes on or somebody tells something.
    pub(crate) fn catch_up(&mut self, orders: &Receiver<Order>) {
        loop {
            self.act_all();
            let told = orders.try_recv().map(|order| self.take(order));
            self.look_at_the_clock();
            if told.is_err() && self.fleet.next_timeout().is_none_or(|due| due > self.now()) {
                self.act_all();
                break;
            }
        }
    }

    /// Until something is due.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let next = self.fleet.next_timeout()?;
        Some(Duration::from_millis(next.millis_since(self.now())))
    }

    fn look_at_the_clock(&mut self) {
        let now = self.now();
        if self.fleet.next_timeout().is_some_and(|due| due <= now) {
            let chance = self.start.edges.chance();
            self.fleet.handle_timeout(now, chance);
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Knock(knock) => self.knocked(&knock),
            Order::Ended(ended) => self.question_ended(ended),
            Order::Opened(zone, exchange, cutter) => {
                self.open.insert((zone, exchange), cutter);
            }
            Order::Brought(zone, exchange, brought) => self.brought(zone, exchange, *brought),
            Order::Follow(plan, done) => {
                self.take_on(*plan);
                done();
            }
            // Who asked may have lost patience.
            Order::Report(sender) => drop(sender.try_send(self.report())),
            Order::Stop => {}
        }
    }

    fn now(&self) -> Moment {
        let millis = self.start.edges.clock.steady().as_millis();
        Moment::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    fn happen(&mut self, zone: ZoneNumber, event: Event) {
        let chance = self.start.edges.chance();
        let is_help = matches!(event, Event::Soa(..) | Event::Transferred(..));
        if let Some(followed) = self.zones.get_mut(&zone).filter(|_| is_help) {
            followed.failure = None;
        }
        let says_no = self.says_no(zone, &event);
        self.fleet.handle(self.now(), zone, event, chance);
        if says_no {
            self.forget_if_announced(zone);
        }
    }

    fn knocked(&mut self, knock: &Knock) {
        if knock.is_new && !self.numbers.contains_key(&knock.zone) {
            self.announced(knock);
        }
        let Some(number) = self.numbers.get(&knock.zone).copied() else {
            return;
        };
        let primaries = self.zones.get(&number).map(|it| it.spec.primaries.iter());
        let primary =
            primaries.and_then(|mut all| all.position(|it| it.address.ip() == knock.from));
        let told = Told {
            primary,
            serial: knock.serial,
        };
        self.happen(number, Event::Notify(told));
    }

    fn act_all(&mut self) {
        while let Some((zone, action)) = self.fleet.poll_action() {
            self.act(zone, action);
            self.note_confirmed(zone);
        }
    }

    fn act(&mut self, zone: ZoneNumber, action: Action) {
        match action {
            Action::Ask {
                exchange,
                primary,
                by,
            } => self.ask(zone, exchange, primary, by),
            Action::Transfer {
                exchange,
                primary,
                from,
            } => self.fetch(zone, exchange, primary, from.is_some()),
            Action::Cancel(exchange) => {
                if let Some(cutter) = self.open.remove(&(zone, exchange)) {
                    cutter.cut();
                }
            }
            Action::Publish(exchange) => self.publish(zone, exchange),
            Action::Discard(exchange) => {
                self.arrived.remove(&(zone, exchange));
            }
            Action::Expire => self.expire(zone),
            Action::Revive => {
                self.serve(zone);
                if let Some(name) = self.name_of(zone) {
                    tracing::info!(zone = %name, "confirmed, and answered from again");
                }
            }
            Action::Tell(news) => self.tell(zone, news),
        }
    }

    fn name_of(&self, number: ZoneNumber) -> Option<Name> {
        Some(self.zones.get(&number)?.spec.name.clone())
    }
}

pub(crate) fn version_of(zone: &Zone<Checked>) -> Option<Version> {
    Some(Version::from(&zone.soa()?.value))
}
