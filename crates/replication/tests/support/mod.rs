//! What the tests of this crate share.
#![allow(dead_code, reason = "each test uses a part of it")]

use replication::{Action, Event, Exchange, Heard, Moment, Pace, Refresh, Version, Way};
use rr::{Name, Serial};
use zone::check::{CheckOptions, Policy};
use zone::{Builder, Checked, HashKey, Unchecked, Zone};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

pub(crate) const KEY: HashKey = HashKey::new([1, 2]);

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// A version with refresh 1000, retry 100 and expire 5000 seconds.
pub(crate) fn version(serial: u32) -> Version {
    Version {
        serial: Serial(serial),
        refresh_secs: 1000,
        retry_secs: 100,
        expire_secs: 5000,
    }
}

pub(crate) fn heard(serial: u32) -> Heard {
    Heard::of(version(serial))
}

pub(crate) fn zone(apex: &str, text: &str) -> Zone<Checked> {
    let apex = name(apex);
    let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), KEY));
    let limits = Limits::default();
    let mut sources = NoSources;
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        text,
        &mut sources,
        &limits,
        &mut map,
        &mut builder,
    );
    let policy = Policy::default();
    let options = CheckOptions::new(&map, &errors, &policy);
    let (zone, findings) = builder.finish().check(&options);
    zone.unwrap_or_else(|_| panic!("{findings:?}"))
}

pub(crate) fn checked(zone: Zone<Unchecked>) -> Zone<Checked> {
    let map = SourceMap::new();
    let policy = Policy::default();
    let (zone, findings) = zone.check(&CheckOptions::new(&map, &[], &policy));
    zone.unwrap_or_else(|_| panic!("{findings:?}"))
}

/// A zone with a clock, to which everything is permitted at once.
pub(crate) struct Run {
    pub(crate) zone: Refresh,
    pub(crate) now: Moment,
    pub(crate) chance: u32,
}

impl Run {
    pub(crate) fn missing(primaries: usize) -> Run {
        let now = Moment::from_secs(1_000_000);
        Run {
            zone: Refresh::missing(Pace::default(), vec![Way::Datagrams; primaries], now),
            now,
            chance: 0,
        }
    }

    /// A zone that was transferred just now with serial 1.
    pub(crate) fn served(primaries: usize) -> Run {
        let mut run = Run::missing(primaries);
        let (ask, _) = run.ask(0);
        assert_eq!(run.handle(Event::Soa(ask, heard(1))).len(), 1);
        let transfer = run.last_exchange();
        let done = run.handle(Event::Transferred(transfer, heard(1)));
        assert_eq!(done, [Action::Publish(transfer)]);
        run
    }

    /// What follows from an event, with all permits.
    pub(crate) fn handle(&mut self, event: Event) -> Vec<Action> {
        self.zone.handle(self.now, event, self.chance);
        let mut actions = self.actions();
        if self.zone.wants().is_some() {
            self.zone.handle(self.now, Event::Permit, self.chance);
            actions.extend(self.actions());
        }
        if let Some(Action::Ask { exchange, .. } | Action::Transfer { exchange, .. }) =
            actions.last()
        {
            LAST.set(Some(*exchange));
        }
        actions
    }

    /// Goes on to the next timeout; gives how many seconds that took, and what follows.
    pub(crate) fn wait(&mut self) -> (u64, Vec<Action>) {
        let next = self.zone.next_timeout().expect("something is due");
        let pause = next.millis_since(self.now) / 1000;
        self.now = self.now.max(next);
        (pause, self.handle(Event::Timeout))
    }

    /// The next timeout is a question to this primary.
    pub(crate) fn ask(&mut self, primary: usize) -> (Exchange, u64) {
        let (pause, actions) = self.wait();
        match actions.last() {
            Some(Action::Ask {
                exchange,
                primary: asked,
                ..
            }) if *asked == primary => (*exchange, pause),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn last_exchange(&self) -> Exchange {
        LAST.get().expect("one has begun")
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.zone.poll_action()).collect()
    }
}

thread_local! {
    static LAST: std::cell::Cell<Option<Exchange>> = const { std::cell::Cell::new(None) };
}
