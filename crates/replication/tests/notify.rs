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

/// A secondary that looks because of the first message may have looked too early for the second.
#[test]
fn what_changes_before_the_answer_is_told_at_once_so_many_times() {
    let mut announcer = announcer();
    announcer.announce(START, Zone(0), Serial(1), &[Target(0)]);
    let first = sent(&mut announcer)[0].0;
    let mut last = Vec::new();
    for serial in 2..100 {
        announcer.announce(START, Zone(0), Serial(serial), &[Target(0)]);
        last.extend(sent(&mut announcer));
    }
    let serials: Vec<_> = last.iter().map(|(.., serial)| *serial).collect();
    assert_eq!(serials, [2, 3, 4, 5, 6, 7, 8, 9], "so many and no more");
    assert_eq!(announcer.in_flight(), 1, "each in place of the one before");
    announcer.handle_answer(START, first, ResponseCode::NoError);
    assert_eq!(sent(&mut announcer), [], "that was about another version");
    announcer.handle_answer(START, last[7].0, ResponseCode::NoError);
    let second = sent(&mut announcer);
    assert_eq!((second.len(), second[0].3), (1, 99));
    // One that is told again is told with the newest, and that is enough.
    let late = START.after_secs(1);
    announcer.handle_timeout(late);
    assert_eq!(sent(&mut announcer), [second[0]]);
    announcer.handle_answer(late, second[0].0, ResponseCode::NoError);
    assert_eq!(
        (announcer.next_timeout(), sent(&mut announcer)),
        (None, Vec::new())
    );
}

/// Who answers nothing is told of a change each ten seconds, beside what is told again.
#[test]
fn changes_make_no_storm_for_who_is_away() {
    let mut announcer = announcer();
    let mut count = 0;
    for step in 0..1_000_u32 {
        let now = START.after_millis(u64::from(step) * 100);
        announcer.handle_timeout(now);
        announcer.announce(now, Zone(step % 20), Serial(step), &[Target(0)]);
        count += sent(&mut announcer).len();
    }
    // 100 s: eight and eight at first, ten later, each again after a second at most, and one seven times.
    assert!((20..60).contains(&count), "{count}");
    assert!(announcer.in_flight() <= 8 + 8 + 1);
}

/// A thousand of them, as after a network has failed.
#[test]
fn who_is_away_holds_up_nobody_else() {
    let away: Vec<Target> = (1..=1_000).map(Target).collect();
    let mut announcer = announcer();
    for zone in 0..8 {
        announcer.announce(START, Zone(zone), Serial(1), &away);
    }
    let mut now = START;
    while now < START.after_secs(40) {
        now = announcer.next_timeout().unwrap();
        announcer.handle_timeout(now);
        sent(&mut announcer);
    }
    announcer.announce(now, Zone(9), Serial(1), &[Target(0)]);
    let at_once = sent(&mut announcer);
    assert_eq!(at_once.len(), 1);
    announcer.handle_answer(now, at_once[0].0, ResponseCode::NoError);
    // One message to each in twenty seconds.
    let (mut count, until) = (0, now.after_secs(20));
    while let Some(due) = announcer.next_timeout().filter(|due| *due < until) {
        announcer.handle_timeout(due);
        count += sent(&mut announcer).len();
    }
    assert!((900..=1_100).contains(&count), "{count}");
}

/// As a secondary that starts after its primary: the first change that it hears of brings all others.
#[test]
fn who_is_back_is_told_all_at_once() {
    for is_back_by_change in [true, false] {
        let mut announcer = announcer();
        (0..8).for_each(|zone| announcer.announce(START, Zone(zone), Serial(1), &[Target(0)]));
        let mut now = START;
        while now < START.after_secs(70) {
            sent(&mut announcer);
            now = announcer.next_timeout().unwrap();
            announcer.handle_timeout(now);
        }
        if is_back_by_change {
            sent(&mut announcer);
            announcer.announce(now, Zone(100), Serial(5), &[Target(0)]);
        }
        let first = sent(&mut announcer);
        assert_eq!(first.len(), 1, "a probe, or what has changed");
        let mut told = BTreeSet::from([first[0].2]);
        announcer.handle_answer(now, first[0].0, ResponseCode::NoError);
        while announcer.next_timeout() == Some(now) {
            announcer.handle_timeout(now);
            for (notice, _, zone, _) in sent(&mut announcer) {
                told.insert(zone);
                announcer.handle_answer(now, notice, ResponseCode::NoError);
            }
        }
        assert_eq!(told.len(), 8 + usize::from(is_back_by_change));
        assert_eq!((announcer.in_flight(), announcer.next_timeout()), (0, None));
    }
}

/// At the start of a server with many zones: a change goes before all of them, whoever is away costs next to nothing, and what is
/// sent in a second has its limit.
#[test]
fn a_change_does_not_wait_behind_ten_thousand_zones_for_a_hundred() {
    let first = seed(0x0101_1996);
    for seed in (0..2).map(|step| first.wrapping_add(step)) {
        let mut start = BusyStart::new(seed);
        let until = START.after_secs(10);
        while start.now < until {
            start.step();
            if start.random.chance(1) {
                start.change();
            }
        }
        let (sent, in_vain) = (start.count, start.in_vain);
        let most = 1_000 + 1_000 * 11;
        assert!((8_000..most).contains(&sent), "STEMMA_SEED={seed}: {sent}");
        let (changes, away) = (start.changes, start.away.len());
        // Its room, three times more in so short a time, and of changes eight and one each ten seconds.
        let most = away * (8 + 3 + 8 + 2);
        assert!(changes > 10, "STEMMA_SEED={seed}: {changes}");
        assert!(in_vain <= most, "STEMMA_SEED={seed}: {in_vain} to {away}");
    }
}

/// A hundred targets, of which some are away and others answer late or not each time.
struct BusyStart {
    random: Random,
    announcer: Announcer,
    now: Moment,
    away: BTreeSet<Target>,
    answers: BTreeSet<(Moment, Notice)>,
    count: usize,
    in_vain: usize,
    changes: u32,
}

const HUNDRED: std::ops::Range<u32> = 0..100;

impl BusyStart {
    fn new(seed: u64) -> BusyStart {
        let mut random = Random::seeded(seed);
        let share = random.below(60);
        let mut announcer = announcer();
        let targets: Vec<Target> = HUNDRED.map(Target).collect();
        (0..10_000).for_each(|zone| announcer.introduce(START, Zone(zone), Serial(1), &targets));
        let away = targets.into_iter().filter(|_| random.chance(share));
        BusyStart {
            away: away.collect(),
            random,
            announcer,
            now: START,
            answers: BTreeSet::new(),
            count: 0,
            in_vain: 0,
            changes: 0,
        }
    }

    /// Until the next moment at which there is something to do.
    fn step(&mut self) {
        for (notice, target, ..) in sent(&mut self.announcer) {
            self.take(notice, target);
        }
        let answer = self.answers.first().map(|(at, _)| *at);
        let due = self.announcer.next_timeout();
        self.now = self.now.max(due.into_iter().chain(answer).min().unwrap());
        while let Some((at, notice)) = self.answers.first().copied()
            && at <= self.now
        {
            self.answers.remove(&(at, notice));
            let code = ResponseCode::NoError;
            self.announcer.handle_answer(self.now, notice, code);
        }
        self.announcer.handle_timeout(self.now);
    }

    fn take(&mut self, notice: Notice, target: Target) {
        self.count += 1;
        if self.away.contains(&target) {
            self.in_vain += 1;
        } else if !self.random.chance(2) {
            let after = 1 + self.random.below(50) as u64;
            self.answers.insert((self.now.after_millis(after), notice));
        }
    }

    /// All who are there hear of it before anything else is said.
    fn change(&mut self) {
        for (notice, target, ..) in sent(&mut self.announcer) {
            self.take(notice, target);
        }
        self.changes += 1;
        let zone = Zone(self.random.below(10_000) as u32);
        let targets: Vec<Target> = HUNDRED.map(Target).collect();
        let serial = Serial(1 + self.changes);
        self.announcer.announce(self.now, zone, serial, &targets);
        let told = sent(&mut self.announcer);
        assert!(
            told.iter()
                .all(|(_, _, of, with)| (*of, *with) == (zone, serial.0))
        );
        let told_to: BTreeSet<_> = told.iter().map(|it| it.1).collect();
        let missing = targets
            .iter()
            .find(|it| !told_to.contains(it) && !self.away.contains(it));
        assert_eq!(missing, None, "change {} at {:?}", self.changes, self.now);
        for (notice, target, ..) in told {
            self.take(notice, target);
        }
    }
}

/// However little is sent at once, what has changed goes first and all else follows.
#[test]
fn what_is_told_at_the_start_comes_after_changes_and_comes() {
    for burst in [0, 1, 2, 3, 1_000] {
        let pace = Pace {
            burst,
            ..Pace::default()
        };
        let mut announcer = Announcer::new(pace, START);
        (0..20).for_each(|zone| announcer.introduce(START, Zone(zone), Serial(1), &[Target(0)]));
        let before = sent(&mut announcer);
        announcer.announce(START, Zone(13), Serial(2), &[Target(0)]);
        let (mut now, mut next, mut told) = (START, before.clone(), Vec::new());
        loop {
            for (notice, _, zone, serial) in next {
                told.push((zone.0, serial));
                announcer.handle_answer(now, notice, ResponseCode::NoError);
            }
            next = sent(&mut announcer);
            match announcer.next_timeout() {
                Some(due) if next.is_empty() => now = now.max(due),
                None if next.is_empty() => break,
                _ => {}
            }
            announcer.handle_timeout(now);
        }
        assert_eq!(told[before.len()], (13, 2), "{burst}");
        let zones: BTreeSet<u32> = told.iter().map(|it| it.0).collect();
        assert_eq!((told.len(), zones.len()), (20, 20), "{burst}: {told:?}");
    }
}

/// The zone that somebody who is away is told of goes, and its other zones wait for nobody.
#[test]
fn what_waits_goes_on_when_what_is_tried_is_gone() {
    let mut announcer = announcer();
    (0..4).for_each(|zone| announcer.announce(START, Zone(zone), Serial(1), &[Target(0)]));
    let mut now = START.after_secs(1);
    announcer.handle_timeout(now);
    let tried = sent(&mut announcer).last().unwrap().2;
    announcer.remove_zone(now, tried);
    now = announcer.next_timeout().unwrap();
    announcer.handle_timeout(now);
    let next = sent(&mut announcer);
    assert_eq!((next.len(), next[0].2 == tried), (1, false));
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
        assert!(announcer.in_flight() <= 16, "only those of the silent one");
        now = now.max(announcer.next_timeout().unwrap());
        announcer.handle_timeout(now);
    }
    // The burst, and what is earned in a second; its edges lie inside of two.
    let most = in_second.values().max().unwrap();
    assert!(*most <= 2_000, "{most} in a second");
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
        assert_eq!(zones.len(), if answers { 20 } else { 16 }, "{answers}");
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
