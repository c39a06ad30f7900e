#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Telling secondaries (RFC 1996).

use std::collections::{BTreeMap, BTreeSet};

use replication::Moment;
use replication::notify::{Action, Announcer, Notice, Outcome, Pace, Target, Zone};
use rr::Serial;
use testbed::random::{Random, seed};
use wire::ResponseCode;

const START: Moment = Moment::from_secs(1000);

fn announcer() -> Announcer {
    Announcer::new(Pace::default(), START)
}

fn actions(announcer: &mut Announcer) -> Vec<Action> {
    std::iter::from_fn(|| announcer.poll_action()).collect()
}

fn sent(announcer: &mut Announcer) -> Vec<(Notice, Target, Zone, u32)> {
    let sends = actions(announcer)
        .into_iter()
        .filter_map(|action| match action {
            Action::Send {
                notice,
                target,
                zone,
                serial,
            } => Some((notice, target, zone, serial.0)),
            Action::Tell { .. } => None,
        });
    sends.collect()
}

/// RFC 1996 §3.6: told again until it is answered, then not.
#[test]
fn a_change_is_told_until_it_is_answered() {
    let mut announcer = announcer();
    announcer.announce(START, Zone(3), Serial(7), &[Target(1), Target(2)]);
    let first = sent(&mut announcer);
    let to: Vec<_> = first
        .iter()
        .map(|(_, target, zone, serial)| (target.0, zone.0, *serial))
        .collect();
    assert_eq!(to, [(1, 3, 7), (2, 3, 7)]);
    announcer.handle_answer(START, first[0].0, ResponseCode::NoError);
    let due = announcer.next_timeout().unwrap();
    assert_eq!(due, START.after_secs(1));
    announcer.handle_timeout(due);
    assert_eq!(
        sent(&mut announcer),
        [first[1]],
        "only to who has not answered"
    );
    announcer.handle_answer(due, first[1].0, ResponseCode::NoError);
    assert_eq!((announcer.next_timeout(), announcer.in_flight()), (None, 0));
    announcer.handle_answer(due, first[1].0, ResponseCode::NoError);
    assert_eq!(actions(&mut announcer), [], "an answer that comes twice");
}

/// The waits of MirageOS' ocaml-dns.
#[test]
fn who_is_silent_is_told_seven_times_and_then_given_up() {
    let mut announcer = announcer();
    announcer.announce(START, Zone(0), Serial(1), &[Target(0)]);
    assert_eq!(sent(&mut announcer).len(), 1);
    let (mut now, mut waits) = (START, Vec::new());
    while let Some(due) = announcer.next_timeout() {
        waits.push(due.millis_since(now) / 1000);
        now = due;
        announcer.handle_timeout(now);
    }
    assert_eq!(waits, [1, 3, 7, 20, 40, 60, 180]);
    let silent = Action::Tell {
        target: Target(0),
        zone: Zone(0),
        outcome: Outcome::Silent,
    };
    let actions = actions(&mut announcer);
    assert_eq!((actions.len(), actions.last()), (7, Some(&silent)));
}

#[test]
fn changes_are_told_with_the_newest_serial() {
    let mut announcer = announcer();
    announcer.announce(START, Zone(0), Serial(1), &[Target(0)]);
    let first = sent(&mut announcer)[0].0;
    for serial in 2..100 {
        announcer.announce(START, Zone(0), Serial(serial), &[Target(0)]);
    }
    assert_eq!(sent(&mut announcer), [], "it has not answered the first");
    announcer.handle_answer(START, first, ResponseCode::NoError);
    let second = sent(&mut announcer);
    assert_eq!((second.len(), second[0].3), (1, 99));
    // One that is told again is told with the newest, and that is enough.
    announcer.announce(START, Zone(0), Serial(100), &[Target(0)]);
    announcer.handle_timeout(START.after_secs(1));
    assert_eq!(
        sent(&mut announcer),
        [(second[0].0, Target(0), Zone(0), 100)]
    );
    announcer.handle_answer(START.after_secs(1), second[0].0, ResponseCode::NoError);
    assert_eq!(
        (announcer.next_timeout(), sent(&mut announcer)),
        (None, Vec::new())
    );
}

#[test]
fn answer_codes_end_it_but_for_servfail() {
    for code in [
        ResponseCode::Refused,
        ResponseCode::NotAuth,
        ResponseCode::NotImp,
        ResponseCode::FormErr,
    ] {
        let mut announcer = announcer();
        announcer.announce(START, Zone(0), Serial(1), &[Target(5)]);
        let notice = sent(&mut announcer)[0].0;
        announcer.handle_answer(START, notice, code);
        let told = Action::Tell {
            target: Target(5),
            zone: Zone(0),
            outcome: Outcome::Refused(code),
        };
        assert_eq!(actions(&mut announcer), [told]);
        assert_eq!(announcer.next_timeout(), None);
    }
    let mut announcer = announcer();
    announcer.announce(START, Zone(0), Serial(1), &[Target(5)]);
    let notice = sent(&mut announcer)[0].0;
    announcer.handle_answer(START, notice, ResponseCode::ServFail);
    assert_eq!(announcer.next_timeout(), Some(START.after_secs(1)));
}

/// 10,000 zones change at once, for a hundred secondaries of which one is silent.
#[test]
fn many_changes_make_no_storm() {
    let targets: Vec<Target> = (0..100).map(Target).collect();
    let mut announcer = announcer();
    for zone in 0..10_000 {
        announcer.announce(START, Zone(zone), Serial(1), &targets);
    }
    let (mut now, mut count, mut in_second) = (START, 0_u64, BTreeMap::<u64, u64>::new());
    while count < 50_000 {
        for (notice, target, ..) in sent(&mut announcer) {
            count += 1;
            *in_second.entry(now.as_millis() / 1000).or_default() += 1;
            if target != Target(13) {
                announcer.handle_answer(now, notice, ResponseCode::NoError);
            }
        }
        assert!(announcer.in_flight() <= 8, "only those of the silent one");
        now = now.max(announcer.next_timeout().unwrap());
        announcer.handle_timeout(now);
    }
    // The burst, and what is earned in a second; its edges lie inside of two.
    let most = in_second.values().max().unwrap();
    assert!(*most <= 1_200, "{most} in a second");
}

#[test]
fn a_silent_target_is_not_told_the_rest_unless_it_answers_something() {
    for answers in [false, true] {
        let mut announcer = announcer();
        for zone in 0..20 {
            announcer.announce(START, Zone(zone), Serial(1), &[Target(0)]);
        }
        let (mut zones, mut now) = (BTreeSet::new(), START);
        loop {
            for (notice, _, zone, _) in sent(&mut announcer) {
                zones.insert(zone);
                if answers && zone != Zone(4) {
                    announcer.handle_answer(now, notice, ResponseCode::NoError);
                }
            }
            let Some(due) = announcer.next_timeout() else {
                break;
            };
            now = now.max(due);
            announcer.handle_timeout(now);
        }
        assert_eq!(zones.len(), if answers { 20 } else { 8 }, "{answers}");
        assert_eq!(announcer.outstanding(), []);
    }
}

#[test]
fn who_is_gone_is_not_told() {
    let mut announcer = announcer();
    announcer.announce(START, Zone(0), Serial(1), &[Target(0), Target(1)]);
    announcer.announce(START, Zone(1), Serial(1), &[Target(0), Target(1)]);
    sent(&mut announcer);
    announcer.remove_target(START, Target(0));
    announcer.remove_zone(START, Zone(1));
    announcer.handle_timeout(START.after_secs(1));
    let left: Vec<_> = sent(&mut announcer).iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(left, [(Target(1), Zone(0))]);
}

/// Whatever is lost, in the end each target that was not given up knows the newest serial of each zone, and nothing is left
/// to do.
#[test]
fn in_the_end_everybody_knows() {
    let first = seed(0x0701_1996);
    let mut given_up = 0;
    for seed in (0..1_000).map(|step| first.wrapping_add(step)) {
        let mut network = Network::new(seed);
        (0..300).for_each(|_| network.step(true));
        (0..100).for_each(|_| network.step(false));
        assert_eq!(network.announcer.outstanding(), [], "STEMMA_SEED={seed}");
        for ((target, zone), serial) in &network.known {
            if !network.silent.contains(target) {
                let newest = network.newest[zone];
                assert_eq!(*serial, newest, "STEMMA_SEED={seed}: {target:?}, {zone:?}");
            }
        }
        given_up += network.silent.len();
    }
    assert!((1..600).contains(&given_up), "{given_up} of 3,000");
}

const TARGETS: [Target; 3] = [Target(0), Target(1), Target(2)];

/// A network that loses messages and answers, and what its targets know.
struct Network {
    random: Random,
    announcer: Announcer,
    now: Moment,
    loss: usize,
    serial: u32,
    newest: BTreeMap<Zone, u32>,
    known: BTreeMap<(Target, Zone), u32>,
    silent: BTreeSet<Target>,
}

impl Network {
    fn new(seed: u64) -> Network {
        let mut random = Random::seeded(seed);
        Network {
            loss: random.below(40),
            random,
            announcer: announcer(),
            now: START,
            serial: 0,
            newest: BTreeMap::new(),
            known: BTreeMap::new(),
            silent: BTreeSet::new(),
        }
    }

    fn step(&mut self, is_bad: bool) {
        if is_bad && self.random.chance(30) {
            self.serial += 1;
            let zone = Zone(self.random.below(5) as u32);
            self.newest.insert(zone, self.serial);
            let serial = Serial(self.serial);
            self.announcer.announce(self.now, zone, serial, &TARGETS);
        }
        while let Some(action) = self.announcer.poll_action() {
            self.act(action, is_bad);
        }
        let due = self.announcer.next_timeout();
        if let Some(due) = due.filter(|_| !is_bad || self.random.chance(40)) {
            self.now = self.now.max(due);
            self.announcer.handle_timeout(self.now);
        }
    }

    fn act(&mut self, action: Action, is_bad: bool) {
        match action {
            Action::Send {
                notice,
                target,
                zone,
                serial,
            } => {
                if !is_bad || !self.random.chance(self.loss) {
                    self.known.insert((target, zone), serial.0);
                    if !is_bad || !self.random.chance(self.loss) {
                        let code = ResponseCode::NoError;
                        self.announcer.handle_answer(self.now, notice, code);
                    }
                }
            }
            Action::Tell { target, .. } => {
                self.silent.insert(target);
            }
        }
    }
}
