//! The thread that tells.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use replication::notify::{Action, Notice, Outcome, Target, Zone};
use replication::{Announcer, Moment};
use rr::{Name, NameRef, Serial};
use stack_os::outgoing::{AskOptions, Datagrams, Ended, Question, Trouble};
use tsig::Operation;
use wire::ResponseCode;
use zone::Zones;

use super::hearers::{Hearer, Hearers};
use super::letters::Letters;
use super::told::Told;
use super::whom::Whom;
use super::{KeySource, Listening, Order, Start, Way};

/// How long an answer to a datagram is waited for, if the message is not sent again sooner.
const PATIENCE: Duration = Duration::from_secs(5);
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

    fn act(&mut self, action: Action) {
        match action {
            Action::Send {
                notice,
                target,
                zone,
                ..
            } => self.send(notice, target, zone),
            Action::Tell {
                target,
                zone,
                outcome,
            } => self.tell(target, zone, outcome),
        }
    }

    fn send(&mut self, notice: Notice, target: Target, number: Zone) {
        let zones = self.zones.load();
        let published = self
            .names
            .get(&number)
            .and_then(|name| zones.zone(name.as_ref()));
        let (Some(hearer), Some(published)) = (self.hearers.get(target), published) else {
            return;
        };
        let key = match hearer.key() {
            None => None,
            Some(name) => match self.key(hearer, name, published.zone.apex()) {
                Some(key) => Some(key),
                None => return self.without_key(target),
            },
        };
        if let Hearer::Connection(kept) = hearer
            && !kept.is_quiet(self.now())
        {
            // Its turn comes again as if nobody had answered.
            return;
        }
        let place = (notice, target, number);
        let Some((letter, before)) = self.letters.write(place, &published.zone, key.as_ref())
        else {
            return;
        };
        before
            .into_iter()
            .for_each(|before| self.datagrams.cancel(before));
        self.told.sent(target, hearer);
        match hearer {
            Hearer::Address((server, _)) => self.datagrams.ask(Question {
                ticket: letter.ticket,
                server: *server,
                from: None,
                message: letter.message.clone(),
                patience: PATIENCE,
            }),
            Hearer::Connection(kept) => {
                if kept.connection.send(&letter.message).is_err() {
                    self.remove(target);
                }
            }
        }
    }

    /// The key as it is now. Who is told on a connection may be told of the zone still.
    fn key(&self, hearer: &Hearer, name: NameRef<'_>, zone: NameRef<'_>) -> Option<Arc<tsig::Key>> {
        let key = self.whom.key(name)?;
        let is_connection = matches!(hearer, Hearer::Connection(_));
        (!is_connection || key.may(Operation::Notify, zone)).then(|| Arc::clone(key))
    }

    /// Who came with a key that is taken away is told no more; who was configured is, once it is there again.
    fn without_key(&mut self, target: Target) {
        match self.hearers.get(target) {
            Some(Hearer::Connection(_)) => self.remove(target),
            _ => {
                let why = "the key that it is told with is not there";
                if self.told.trouble(target, why) {
                    tracing::warn!(server = ?self.address(target), "{why}");
                }
            }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Some((target, zone)) = self.letters.place(ended.ticket) else {
            return;
        };
        match ended.outcome {
            Ok(answer) => self.answered(target, zone, &answer),
            // The machine tells again.
            Err(Trouble::TimedOut | Trouble::Cancelled) => {}
            Err(trouble) => {
                tracing::debug!(server = ?self.address(target), %trouble, "a NOTIFY is not answered");
            }
        }
    }

    fn answered(&mut self, target: Target, zone: Zone, answer: &[u8]) {
        let Some(letter) = self.letters.get((target, zone)) else {
            return;
        };
        let notice = letter.notice;
        match letter.read(answer) {
            Ok(code) => {
                if code == ResponseCode::NoError {
                    self.told.answered(target);
                }
                if code != ResponseCode::ServFail {
                    self.letters.remove((target, zone));
                }
                self.announcer.handle_answer(self.now(), notice, code);
            }
            // Anybody may have said so: it is told again.
            Err(why) => {
                if self.told.trouble(target, &why.to_string()) {
                    tracing::warn!(server = ?self.address(target), zone = ?self.names.get(&zone), "an answer to NOTIFY is not believed: {why}");
                }
            }
        }
    }

    fn tell(&mut self, target: Target, zone: Zone, outcome: Outcome) {
        let (server, name) = (self.address(target), self.names.get(&zone).cloned());
        let name = name.as_ref().map(tracing::field::display);
        match outcome {
            Outcome::Refused(code) => {
                let why =
                    format!("answers {code} to NOTIFY; let it take them from us, or leave it out");
                if self.told.refused(target, &why) {
                    tracing::warn!(server, zone = name, "{why}");
                }
            }
            Outcome::Silent => {
                let why = "does not answer NOTIFY; it learns of changes when it asks";
                if self.told.silent(target, why) {
                    tracing::warn!(server, zone = name, "{why}");
                }
            }
        }
        self.letters.remove((target, zone));
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
