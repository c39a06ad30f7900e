//! What happens next.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::clock::HostClock;
use crate::happening::{Connection, End, Happening, Side};
use crate::random::Random;
use crate::trace::Trace;
use crate::weather::Weather;

/// 2026-01-01, in seconds since 1970: where the clocks on the wall begin.
const BEGAN_SECS: u64 = 1_767_225_600;

struct Line {
    from: SocketAddr,
    to: SocketAddr,
    /// When what was said last arrives, for each side that hears.
    last: [Duration; 2],
    is_over: [bool; 2],
}

/// Hosts, what is on its way between them, and what is to come.
pub struct Sim {
    /// How bad the network is, from now on.
    pub weather: Weather,
    now: Arc<AtomicU64>,
    clocks: BTreeMap<IpAddr, HostClock>,
    random: Random,
    to_come: BTreeMap<(Duration, u64), Happening>,
    order: u64,
    lines: BTreeMap<Connection, Line>,
    parted: BTreeSet<(IpAddr, IpAddr)>,
    trace: Trace,
}

impl Sim {
    /// Nothing has happened yet. The same seed gives the same run.
    #[must_use]
    pub fn new(seed: u64) -> Sim {
        Sim {
            weather: Weather::default(),
            now: Arc::default(),
            clocks: BTreeMap::new(),
            random: Random::seeded(seed),
            to_come: BTreeMap::new(),
            order: 0,
            lines: BTreeMap::new(),
            parted: BTreeSet::new(),
            trace: Trace::new(),
        }
    }

    /// Since the beginning.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.now.load(Relaxed))
    }

    /// Where chance comes from.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The clocks of a host.
    pub fn clock(&mut self, host: IpAddr) -> HostClock {
        let clock = self.clocks.entry(host).or_insert_with(|| HostClock {
            now: Arc::clone(&self.now),
            off: Arc::default(),
            began_secs: BEGAN_SECS,
        });
        clock.clone()
    }

    /// Sets the clock on the wall of a host forward, or back, by so many seconds.
    pub fn jump(&mut self, host: IpAddr, secs: i64) {
        let micros = secs.saturating_mul(1_000_000);
        self.clock(host).off.fetch_add(micros, Relaxed);
    }

    /// Sends a datagram; nobody learns what becomes of it.
    pub fn send(&mut self, from: SocketAddr, to: SocketAddr, octets: &[u8]) {
        let weather = self.weather;
        let copies = match self.random.chance(weather.loss) {
            true => 0,
            false => 1 + u8::from(self.random.chance(weather.doubles)),
        };
        for _ in 0..copies {
            let at = self.now() + weather.delay(&mut self.random);
            let octets = octets.to_vec();
            self.plan(at, Happening::Datagram { from, to, octets });
        }
    }

    /// Opens a connection. Who is called learns it, or who calls that it is broken.
    pub fn connect(&mut self, from: SocketAddr, to: SocketAddr) -> Connection {
        let connection = Connection(self.order);
        let at = self.now() + self.weather.delay(&mut self.random);
        let line = Line {
            from,
            to,
            last: [at; 2],
            is_over: [false; 2],
        };
        self.lines.insert(connection, line);
        let opened = Happening::Opened {
            connection,
            from,
            to,
        };
        self.plan(at, opened);
        connection
    }

    /// Says something on a connection to its other side. Where it is no more, nothing happens.
    pub fn say(&mut self, connection: Connection, side: Side, octets: &[u8]) {
        if self.random.chance(self.weather.cuts) {
            return self.cut(connection);
        }
        let (by, octets) = (side.other(), octets.to_vec());
        let heard = Happening::Heard {
            connection,
            by,
            octets,
        };
        self.put(connection, by, heard);
    }

    /// Ends a connection when all that was said on it has arrived.
    pub fn close(&mut self, connection: Connection, side: Side) {
        for by in [side.other(), side] {
            let end = End::Closed;
            let ended = Happening::Ended {
                connection,
                by,
                end,
            };
            self.put(connection, by, ended);
        }
    }

    /// Ends a connection now. What is on its way is lost.
    pub fn cut(&mut self, connection: Connection) {
        let Some(line) = self.lines.get(&connection) else {
            return;
        };
        let is_over = line.is_over;
        self.to_come.retain(|_, to_come| !to_come.is_on(connection));
        let at = self.now();
        for by in [Side::Opener, Side::Called] {
            if !is_over[by as usize] {
                let end = End::Broken;
                let ended = Happening::Ended {
                    connection,
                    by,
                    end,
                };
                self.plan(at, ended);
            }
        }
    }

    /// Has something happen at a host at a time; now, if that is past.
    pub fn wake(&mut self, host: IpAddr, at: Duration, what: u64) {
        let at = at.max(self.now());
        self.plan(at, Happening::Due { host, what });
    }

    /// Nothing passes between two hosts, until they are [joined](Sim::join).
    pub fn part(&mut self, one: IpAddr, other: IpAddr) {
        self.parted.insert((one.min(other), one.max(other)));
    }

    /// All hosts reach each other again.
    pub fn join(&mut self) {
        self.parted.clear();
    }

    /// A host is gone: its connections are broken, and nothing is due there any more. What it has sent is on its way still.
    pub fn kill(&mut self, host: IpAddr) {
        let is_its = |line: &Line| line.from.ip() == host || line.to.ip() == host;
        let its: Vec<Connection> = self
            .lines
            .iter()
            .filter(|(_, line)| is_its(line))
            .map(|(connection, _)| *connection)
            .collect();
        its.into_iter().for_each(|connection| self.cut(connection));
        let is_due =
            |to_come: &Happening| matches!(to_come, Happening::Due { host: at, .. } if *at == host);
        self.to_come.retain(|_, to_come| !is_due(to_come));
    }

    /// What happens next, if it does by then; the clocks show the time at which it does. None if nothing does: the clocks show
    /// that time then.
    pub fn next_until(&mut self, until: Duration) -> Option<Happening> {
        while let Some(((at, _), _)) = self.to_come.first_key_value()
            && *at <= until
        {
            let ((at, _), happening) = self.to_come.pop_first()?;
            self.go_on_to(at);
            if let Some(happening) = self.admit(happening) {
                self.note(&happening);
                return Some(happening);
            }
        }
        self.go_on_to(until);
        None
    }

    /// What happens next, whenever it does. None if nothing does any more.
    pub fn next_ever(&mut self) -> Option<Happening> {
        while let Some(((at, _), _)) = self.to_come.first_key_value() {
            let until = *at;
            if let Some(happening) = self.next_until(until) {
                return Some(happening);
            }
        }
        None
    }

    /// Adds something to the trace that the network has not seen.
    pub fn witness(&mut self, octets: &[u8]) {
        self.trace.octets(octets);
    }

    /// A digest of all that has happened so far, and when.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.trace.digest()
    }

    fn plan(&mut self, at: Duration, happening: Happening) {
        self.order += 1;
        self.to_come.insert((at, self.order), happening);
    }

    /// Behind all that the same side is to hear before.
    fn put(&mut self, connection: Connection, by: Side, happening: Happening) {
        let delay = self.weather.delay(&mut self.random);
        let now = self.now();
        let Some(line) = self.lines.get_mut(&connection) else {
            return;
        };
        let last = &mut line.last[by as usize];
        let at = (now + delay).max(*last);
        *last = at;
        self.plan(at, happening);
    }

    fn go_on_to(&mut self, at: Duration) {
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        self.now.fetch_max(micros, Relaxed);
    }

    /// What of it comes to pass.
    fn admit(&mut self, happening: Happening) -> Option<Happening> {
        match &happening {
            Happening::Datagram { from, to, .. } => {
                (!self.is_parted(from.ip(), to.ip())).then_some(happening)
            }
            Happening::Due { .. } => Some(happening),
            Happening::Ended { connection, by, .. } => {
                let line = self.lines.get_mut(connection)?;
                let was_over = std::mem::replace(&mut line.is_over[*by as usize], true);
                if line.is_over == [true; 2] {
                    self.lines.remove(connection);
                }
                (!was_over).then_some(happening)
            }
            Happening::Opened { connection, .. } | Happening::Heard { connection, .. } => {
                let line = self.lines.get(connection)?;
                let (from, to) = (line.from.ip(), line.to.ip());
                if self.is_parted(from, to) {
                    self.cut(*connection);
                    return None;
                }
                let is_over =
                    matches!(happening, Happening::Heard { by, .. } if line.is_over[by as usize]);
                (!is_over).then_some(happening)
            }
        }
    }

    fn is_parted(&self, one: IpAddr, other: IpAddr) -> bool {
        self.parted.contains(&(one.min(other), one.max(other)))
    }

    fn note(&mut self, happening: &Happening) {
        self.trace.number(self.now.load(Relaxed));
        match happening {
            Happening::Datagram { from, to, octets } => {
                self.trace.address(*from);
                self.trace.address(*to);
                self.trace.octets(octets);
            }
            Happening::Opened { connection, .. } => self.trace.number(connection.0),
            Happening::Heard {
                connection, octets, ..
            } => {
                self.trace.number(connection.0);
                self.trace.octets(octets);
            }
            Happening::Ended {
                connection, end, ..
            } => {
                self.trace.number(connection.0);
                self.trace.number(*end as u64);
            }
            Happening::Due { what, .. } => self.trace.number(*what),
        }
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (now, to_come) = (self.now(), self.to_come.len());
        write!(out, "Sim(at {now:?}, {to_come} to come)")
    }
}
