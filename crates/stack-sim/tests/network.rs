//! The network: what arrives, when, in which order, and that a seed says all of it.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use stack_sim::{End, Happening, Side, Sim, Weather};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn host(number: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number], 53))
}

fn ip(number: u8) -> IpAddr {
    host(number).ip()
}

fn bad() -> Weather {
    Weather {
        loss: 20,
        doubles: 20,
        cuts: 10,
        delay_least: Duration::from_millis(1),
        delay_most: Duration::from_millis(900),
    }
}

/// Datagrams and connections in bad weather.
fn busy(seed: u64) -> Sim {
    let mut sim = Sim::new(seed);
    sim.weather = bad();
    for number in 0..50 {
        sim.send(host(1), host(2), &[number]);
        let line = sim.connect(host(2), host(3));
        sim.say(line, Side::Opener, &[number]);
        sim.say(line, Side::Called, &[number, number]);
        sim.close(line, Side::Called);
        sim.next_ever();
    }
    while sim.next_ever().is_some() {}
    sim
}

#[test]
fn a_seed_says_all_that_happens() {
    assert_eq!(busy(1).trace(), busy(1).trace());
    assert_eq!(busy(1).now(), busy(1).now());
    assert_ne!(busy(1).trace(), busy(2).trace());
}

#[test]
fn datagrams_are_lost_doubled_and_overtake_each_other() {
    let mut sim = Sim::new(3);
    sim.weather = bad();
    (0..200).for_each(|number| sim.send(host(1), host(2), &[number]));
    let mut arrived = Vec::new();
    let mut last = Duration::ZERO;
    while let Some(Happening::Datagram { octets, from, to }) = sim.next_ever() {
        assert_eq!((from, to), (host(1), host(2)));
        assert!(sim.now() >= last, "the clock goes on only");
        last = sim.now();
        arrived.push(octets[0]);
    }
    let mut once = arrived.clone();
    once.sort_unstable();
    assert_ne!(once, arrived, "none has overtaken another");
    once.dedup();
    assert!((120..195).contains(&once.len()), "{} of 200", once.len());
    assert!(arrived.len() > once.len() + 10, "hardly any came twice");
}

#[test]
fn what_is_said_on_a_connection_arrives_in_order_and_then_its_end() {
    let mut sim = Sim::new(4);
    sim.weather = Weather { cuts: 0, ..bad() };
    let line = sim.connect(host(1), host(2));
    (0..20).for_each(|number| sim.say(line, Side::Opener, &[number]));
    sim.close(line, Side::Opener);
    assert!(matches!(sim.next_ever(), Some(Happening::Opened { to, .. }) if to == host(2)));
    let mut heard = Vec::new();
    let mut ends = Vec::new();
    while let Some(happening) = sim.next_ever() {
        match happening {
            Happening::Heard { octets, by, .. } => {
                assert_eq!(by, Side::Called);
                assert!(!ends.contains(&Side::Called), "after its end");
                heard.push(octets[0]);
            }
            Happening::Ended { by, end, .. } => {
                assert_eq!(end, End::Closed);
                ends.push(by);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard, (0..20).collect::<Vec<u8>>());
    assert_eq!(ends.len(), 2);
    sim.say(line, Side::Opener, b"too late");
    assert_eq!(sim.next_ever(), None);
}

#[test]
fn a_cut_connection_loses_what_is_on_its_way_and_both_sides_learn_it_once() {
    let mut sim = Sim::new(5);
    let line = sim.connect(host(1), host(2));
    assert!(matches!(sim.next_ever(), Some(Happening::Opened { .. })));
    sim.say(line, Side::Opener, b"lost");
    sim.cut(line);
    sim.cut(line);
    let mut told = Vec::new();
    while let Some(happening) = sim.next_ever() {
        let Happening::Ended { by, end, .. } = happening else {
            panic!("{happening:?}");
        };
        assert_eq!(end, End::Broken);
        told.push(by);
    }
    assert_eq!(told, [Side::Opener, Side::Called]);
}

#[test]
fn between_parted_hosts_nothing_passes_until_they_are_joined() {
    let mut sim = Sim::new(6);
    let line = sim.connect(host(1), host(2));
    sim.send(host(1), host(2), b"on its way when they are parted");
    sim.part(ip(2), ip(1));
    sim.send(host(1), host(3), b"to another");
    let passed: Vec<Happening> = std::iter::from_fn(|| sim.next_ever()).collect();
    assert!(passed.iter().all(|it| match it {
        Happening::Datagram { to, .. } => *to == host(3),
        Happening::Ended {
            connection, end, ..
        } => (*connection, *end) == (line, End::Broken),
        _ => false,
    }));
    assert_eq!(passed.len(), 3, "{passed:?}");
    sim.join();
    sim.send(host(1), host(2), b"again");
    assert!(sim.next_ever().is_some());
}

#[test]
fn a_killed_host_has_no_connections_and_nothing_due() {
    let mut sim = Sim::new(7);
    let line = sim.connect(host(1), host(2));
    sim.wake(ip(2), HOUR, 1);
    sim.wake(ip(1), HOUR, 2);
    sim.kill(ip(2));
    let rest: Vec<Happening> = std::iter::from_fn(|| sim.next_ever()).collect();
    let ended = |by| Happening::Ended {
        connection: line,
        by,
        end: End::Broken,
    };
    let due = Happening::Due {
        host: ip(1),
        what: 2,
    };
    assert_eq!(rest, [ended(Side::Opener), ended(Side::Called), due]);
    assert_eq!(sim.now(), HOUR);
}

#[test]
fn a_clock_that_jumps_is_its_host_s_alone_and_the_steady_one_does_not() {
    let mut sim = Sim::new(8);
    let (one, other) = (sim.clock(ip(1)), sim.clock(ip(2)));
    assert_eq!(sim.next_until(HOUR), None);
    let before = one.wall();
    sim.jump(ip(1), -7200);
    assert_eq!(one.wall(), before - 2 * HOUR);
    assert_eq!(other.wall(), before);
    assert_eq!((one.steady(), other.steady()), (HOUR, HOUR));
    sim.jump(ip(1), 7201);
    assert_eq!(one.wall(), before + Duration::from_secs(1));
}

#[test]
fn nothing_happens_before_its_time() {
    let mut sim = Sim::new(9);
    sim.wake(ip(1), HOUR, 5);
    assert_eq!(sim.next_until(HOUR / 2), None);
    assert_eq!(sim.now(), HOUR / 2);
    assert!(sim.next_until(2 * HOUR).is_some());
    assert_eq!(sim.now(), HOUR);
}
