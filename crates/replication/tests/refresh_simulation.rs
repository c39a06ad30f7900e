#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! A secondary among several primaries that are behind, away, or lie, over a network that loses and delays: whatever happens,
//! no serial goes back while the zone is served, nothing is served longer than it may be, questions are few, and once the
//! network is well the newest version is served.

mod support;

use std::collections::BTreeMap;

use replication::{
    Action, Event, Exchange, Failure, Heard, Moment, Pace, Refresh, Standing, Told, Version, Way,
};
use rr::Serial;
use testbed::random::{Random, seed};

const SCHEDULES: u64 = 4_000;
/// When the network becomes well, and when all is looked at, in seconds.
const WELL: u64 = 40_000;
const END: u64 = 48_000;

struct World {
    random: Random,
    zone: Refresh,
    now: Moment,
    /// What will happen, by time and order.
    to_come: BTreeMap<(Moment, u64), Event>,
    order: u64,
    first_serial: u32,
    /// How far each primary is behind, in versions, while the network is not well.
    behind: Vec<u32>,
    loss: usize,
    served: Option<Serial>,
    confirmed: Moment,
    asked: u64,
    transferred: u64,
    notified: u64,
}

impl World {
    fn new(seed: u64) -> World {
        let mut random = Random::seeded(seed);
        let primaries = 1 + random.below(3);
        let ways = (0..primaries).map(|_| match random.chance(70) {
            true => Way::Datagrams,
            false => Way::Connections,
        });
        let zone = Refresh::missing(Pace::default(), ways.collect(), Moment::default());
        World {
            zone,
            now: Moment::default(),
            to_come: BTreeMap::new(),
            order: 0,
            // Across the end of the circle.
            first_serial: u32::MAX - 20,
            behind: (0..primaries).map(|_| random.below(3) as u32).collect(),
            loss: random.below(90),
            served: None,
            confirmed: Moment::default(),
            asked: 0,
            transferred: 0,
            notified: 0,
            random,
        }
    }

    fn is_well(&self) -> bool {
        self.now >= Moment::from_secs(WELL)
    }

    /// A new version each 700 seconds or so, until the network is well.
    fn newest(&self) -> u32 {
        let age = self.now.as_millis() / 1000;
        self.first_serial.wrapping_add(age.min(WELL) as u32 / 700)
    }

    fn heard(&mut self, primary: usize) -> Heard {
        let behind = match self.is_well() {
            true => 0,
            false => self.behind[primary],
        };
        Heard::of(Version {
            serial: Serial(self.newest().wrapping_sub(behind)),
            refresh_secs: 600,
            retry_secs: 60,
            expire_secs: 3_000,
        })
    }

    fn later(&mut self, millis: usize, event: Event) {
        let delay = self.random.below(millis.max(1)) as u64;
        self.order += 1;
        let at = (self.now.after_millis(delay), self.order);
        self.to_come.insert(at, event);
    }

    fn handle(&mut self, event: Event) {
        let chance = self.random.bits() as u32;
        self.zone.handle(self.now, event, chance);
        if self.zone.wants().is_some() {
            self.zone.handle(self.now, Event::Permit, chance);
        }
        while let Some(action) = self.zone.poll_action() {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Ask {
                exchange, primary, ..
            } => self.asked_for(exchange, primary),
            Action::Transfer {
                exchange, primary, ..
            } => self.transfer(exchange, primary),
            Action::Publish(_) => {
                let version = *self.zone.version().unwrap();
                if let Some(before) = self.served.replace(version.serial) {
                    assert!(
                        version.serial.is_newer_than(before),
                        "{before}, {version:?}"
                    );
                }
                self.confirmed = self.now;
            }
            Action::Expire => {
                // From here on, anything is better than nothing.
                self.served = None;
                let age = self.now.millis_since(self.confirmed);
                assert!(age >= 3_000_000, "expired after {age} ms");
            }
            Action::Revive => self.served = self.zone.version().map(|version| version.serial),
            Action::Cancel(_) | Action::Discard(_) | Action::Tell(_) => {}
        }
    }

    fn asked_for(&mut self, exchange: Exchange, primary: usize) {
        self.asked += 1;
        if !self.is_well() && self.random.chance(self.loss) {
            return;
        }
        let heard = self.heard(primary);
        let event = match self.random.below(20) {
            _ if self.is_well() => Event::Soa(exchange, heard),
            0 => Event::Failed(exchange, Failure::Refused),
            1 => Event::Truncated(exchange),
            _ => Event::Soa(exchange, heard),
        };
        // Sometimes twice, sometimes too late.
        self.later(4_000, event);
        if self.random.chance(10) {
            self.later(20_000, event);
        }
    }

    fn transfer(&mut self, exchange: Exchange, primary: usize) {
        self.transferred += 1;
        let heard = self.heard(primary);
        let event = match self.random.below(100) {
            _ if self.is_well() => Event::Transferred(exchange, heard),
            lost if lost < self.loss => Event::Failed(exchange, Failure::Unreachable),
            _ if self.random.chance(20) => Event::Failed(exchange, Failure::Broken),
            // Not the version that was promised.
            _ if self.random.chance(10) => {
                let other = self.random_primary();
                let other = self.heard(other);
                Event::Transferred(exchange, other)
            }
            _ => Event::Transferred(exchange, heard),
        };
        self.later(30_000, event);
    }

    fn random_primary(&mut self) -> usize {
        self.random.below(self.behind.len())
    }

    fn notify(&mut self) {
        let told = Told {
            primary: self
                .random
                .chance(80)
                .then(|| self.random.below(self.behind.len())),
            serial: self.random.chance(80).then(|| Serial(self.newest())),
        };
        self.notified += 1;
        self.handle(Event::Notify(told));
    }

    /// Goes on to what happens next.
    fn step(&mut self) {
        let due = self.zone.next_timeout();
        let event = self.to_come.first_key_value().map(|((at, _), _)| *at);
        let due_first = due.is_some_and(|due| event.is_none_or(|event| due <= event));
        if due_first {
            // Clocks that are looked at late are usual; ones that go back are not.
            let late = if self.random.chance(5) {
                self.random.below(5_000)
            } else {
                0
            };
            self.now = self.now.max(due.unwrap()).after_millis(late as u64);
            self.handle(Event::Timeout);
        } else {
            let ((at, _), event) = self
                .to_come
                .pop_first()
                .expect("a zone always waits for something");
            self.now = self.now.max(at);
            self.handle(event);
        }
        self.look();
    }

    /// What must hold at any time.
    fn look(&mut self) {
        if self.zone.standing() == Standing::Served {
            let left = self.zone.expires_in_secs(self.now).unwrap();
            assert!(left <= 3_000, "{left} s left");
        }
        if self.random.chance(3) && !self.is_well() {
            self.notify();
        }
    }
}

/// RFC 1034 §4.3.5, RFC 1982, RFC 1996 §4.
#[test]
fn whatever_happens_the_newest_version_is_served_in_the_end() {
    let first = seed(0x5EC0_2DA7);
    let (mut expired, mut transfers) = (0, 0);
    for seed in (0..SCHEDULES).map(|step| first.wrapping_add(step)) {
        let run = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            let mut gone = false;
            while world.now < Moment::from_secs(END) {
                world.step();
                gone |= world.zone.standing() == Standing::Expired;
            }
            assert_eq!(world.zone.standing(), Standing::Served);
            assert_eq!(world.zone.version().unwrap().serial, Serial(world.newest()));
            // Each look costs three questions to a primary at most; looks come each 45 s or when told.
            let looks = END / 45 + 2 * world.notified + 2 * world.transferred;
            let most = looks * 3 * world.behind.len() as u64;
            assert!(
                world.asked <= most,
                "{} questions, {most} at most",
                world.asked
            );
            (gone, world.transferred)
        });
        let (gone, count) = run.unwrap_or_else(|_| panic!("STEMMA_SEED={seed}"));
        expired += u64::from(gone);
        transfers += count;
    }
    assert!(
        expired > SCHEDULES / 20,
        "only {expired} zones expired in between"
    );
    assert!(transfers > SCHEDULES * 20, "only {transfers} transfers");
}
