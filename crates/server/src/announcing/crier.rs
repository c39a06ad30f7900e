//! The thread that tells.

mod saying;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use replication::notify::{Target, Zone};
use replication::{Announcer, Moment};
use rr::{Name, Serial};
use stack_os::outgoing::{AskOptions, Datagrams};
use zone::Zones;

use super::hearers::Hearers;
use super::letters::Letters;
use super::told::Told;
use super::whom::Whom;
use super::{KeySource, Listening, Order, Start, Way};

/// How often it is looked which connections have ended.
const SWEEP: Duration = Duration::from_secs(1);

pub(super) struct Crier {
    zones: Arc<ArcSwap<Zones>>,
    keys: KeySource,
    way: Way,
    told: Arc<Told>,
    began: Instant,
    swept: Instant,
    announcer: Announcer,
    whom: Whom,
    hearers: Hearers,
    letters: Letters,
    datagrams: Datagrams,
    /// Whether it was told that a connection found no room, and none has found any since.
    is_full: bool,
    /// What zones have a number, and the serial that they were told with.
    numbers: BTreeMap<Name, (Zone, Serial)>,
    names: BTreeMap<Zone, Name>,
    free: Vec<u32>,
    /// Whether all that was there at the start was looked at. Before that there is nothing new.
    has_begun: bool,
}

impl Crier {
    pub(super) fn new(start: Start, way: &Way, told: Arc<Told>) -> io::Result<Crier> {
        let Start {
            config,
            zones,
            keys,
        } = start;
        let orders = way.orders.clone();
        let options = AskOptions {
            // What is told again is not counted there.
            questions: 2 * config.pace.in_all,
            // Descriptors are few; an answer says no more than that it was heard (RFC 1996 §4.7).
            shares_socket: true,
            ..AskOptions::default()
        };
        let ended = move |ended| {
            // The thread has ended: nobody wants to know.
            let _ = orders.send(Order::Ended(ended));
        };
        let is_answer = replication::message::is_answer;
        Ok(Crier {
            datagrams: Datagrams::start(options, is_answer, ended)?,
            announcer: Announcer::new(config.pace, Moment::default()),
            hearers: Hearers::new(config.limits, way.peers.clone()),
            whom: Whom::new(config, keys()),
            zones,
            keys,
            way: way.clone(),
            told,
            began: Instant::now(),
            swept: Instant::now(),
            letters: Letters::default(),
            is_full: false,
            numbers: BTreeMap::new(),
            names: BTreeMap::new(),
            free: Vec::new(),
            has_begun: false,
        })
    }

    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match self.next(orders) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.announcer.handle_timeout(self.now());
            self.sweep();
            while let Some(action) = self.announcer.poll_action() {
                self.act(action);
            }
            self.told.in_flight(self.announcer.in_flight());
        }
    }

    /// The next order, or the time at which there is something to do without one.
    fn next(&self, orders: &Receiver<Order>) -> Result<Order, RecvTimeoutError> {
        let now = self.now();
        let due = self.announcer.next_timeout();
        let due = due.map(|due| Duration::from_millis(due.millis_since(now)));
        let sweep = (self.hearers.connections() > 0).then_some(SWEEP);
        match due.into_iter().chain(sweep).min() {
            Some(wait) => orders.recv_timeout(wait),
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn take(&mut self, order: Order) {
        if order.is_of_worker() {
            self.way.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        self.whom.go_by((self.keys)());
        match order {
            Order::Look(names) if self.has_begun => self.look_at(&names),
            // All are looked at soon.
            Order::Look(_) => {}
            Order::Begin => self.begin(),
            Order::Listen(listening) => self.listen(&listening),
            Order::Heard(peer, answer) => {
                let target = self.hearers.of_peer(peer);
                let zone = target.and_then(|target| self.letters.answered(target, &answer));
                if let (Some(target), Some(zone)) = (target, zone) {
                    self.answered(target, zone, &answer);
                }
            }
            Order::Ended(ended) => self.ended(ended),
            Order::Stop => {}
        }
    }

    fn begin(&mut self) {
        let zones = self.zones.load_full();
        let apexes = zones
            .iter()
            .map(|published| published.zone.apex().to_owned());
        self.look_at(&apexes.collect::<Vec<Name>>());
        self.has_begun = true;
    }

    fn look_at(&mut self, names: &[Name]) {
        let zones = self.zones.load_full();
        // Where the first zones come later, as from another machine, they are no news either.
        let tell = match self.numbers.is_empty() {
            true => Announcer::introduce,
            false => Announcer::announce,
        };
        names.iter().for_each(|name| self.look(name, &zones, tell));
    }

    /// Has a zone told if it is another than the one that was told last.
    fn look(
        &mut self,
        name: &Name,
        zones: &Zones,
        tell: impl Fn(&mut Announcer, Moment, Zone, Serial, &[Target]),
    ) {
        let published = zones.zone(name.as_ref());
        let served = published.and_then(|it| Some((it, it.zone.serial()?)));
        let known = self.numbers.get(name).copied();
        match (served, known) {
            (None, None) => {}
            (None, Some((zone, _))) => self.forget(name, zone),
            (Some((_, serial)), Some((_, before))) if serial == before => {}
            (Some((published, serial)), known) => {
                let zone = known.map_or_else(|| self.number(name), |(zone, _)| zone);
                self.numbers.insert(name.clone(), (zone, serial));
                let targets = self.targets(&published.zone, zone, zones);
                let now = self.now();
                tell(&mut self.announcer, now, zone, serial, &targets);
            }
        }
    }

    fn number(&mut self, name: &Name) -> Zone {
        let next = self.names.len() as u32;
        let zone = Zone(self.free.pop().unwrap_or(next));
        self.names.insert(zone, name.clone());
        zone
    }

    fn forget(&mut self, name: &Name, zone: Zone) {
        self.numbers.remove(name);
        self.names.remove(&zone);
        self.free.push(zone.0);
        self.hearers.forget_zone(zone);
        self.announcer.remove_zone(self.now(), zone);
        self.letters.remove_all(|_, of| of == zone);
    }

    fn targets(
        &mut self,
        zone: &zone::Zone<zone::Checked>,
        number: Zone,
        zones: &Zones,
    ) -> Vec<Target> {
        let mut targets: Vec<Target> = self.hearers.listeners(number).collect();
        for address in self.whom.addresses(zone, zones) {
            if self.hearers.address(&address).is_none() {
                self.forget_idle();
            }
            match self.hearers.address(&address) {
                Some(target) => targets.push(target),
                None => {
                    tracing::warn!(zone = %zone.apex(), address = %address.0, "too many are told of changes; this one is not");
                }
            }
        }
        targets
    }

    /// Makes room for addresses that are told now.
    fn forget_idle(&mut self) {
        let busy = self.announcer.outstanding();
        for target in self.hearers.idle_addresses(&busy) {
            self.remove(target);
        }
    }

    fn remove(&mut self, target: Target) {
        self.hearers.remove(target);
        self.announcer.remove_target(self.now(), target);
        self.letters.remove_all(|to, _| to == target);
        self.told.removed(target);
    }

    fn listen(&mut self, listening: &Listening) {
        let now = self.now();
        let Some((zone, serial)) = self.numbers.get(&listening.zone).copied() else {
            return;
        };
        let Some(target) = self.kept(now, listening) else {
            return;
        };
        self.hearers.listen(zone, target);
        // What was published since it was answered.
        if serial != listening.serial {
            self.announcer.announce(now, zone, serial, &[target]);
        }
    }

    /// The connection as one that is told; `None` if there is no room for another one.
    fn kept(&mut self, now: Moment, listening: &Listening) -> Option<Target> {
        let known = self.hearers.of_peer(listening.peer);
        if let Some(target) = known {
            if self.hearers.asked_again(now, target, listening) {
                return known;
            }
            self.remove(target);
        }
        let kept = self.hearers.keep(now, listening);
        let is_news = kept.is_err() && !self.is_full;
        self.is_full = kept.is_err();
        if let Err(full) = kept {
            if is_news {
                tracing::warn!(client = %listening.peer, key = %listening.key, "as many connections as may be are told of changes, {full}; this one and others are not");
            }
            return None;
        }
        let target = kept.ok()?;
        let hearer = self.hearers.get(target)?;
        self.told.added(target, hearer);
        Some(target)
    }

    /// Forgets the connections that have ended.
    fn sweep(&mut self) {
        if self.swept.elapsed() >= SWEEP {
            self.swept = Instant::now();
            self.hearers
                .ended()
                .into_iter()
                .for_each(|target| self.remove(target));
        }
    }

    fn address(&self, target: Target) -> Option<String> {
        let hearer = self.hearers.get(target)?;
        Some(hearer.address().to_string())
    }

    fn now(&self) -> Moment {
        let millis = self.began.elapsed().as_millis();
        Moment::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}
