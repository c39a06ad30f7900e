//! Answers that are given later than their questions are asked, by other threads.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{PATIENCE, TcpClient, await_tcp, await_totals, pending::Desk, udp_client};
use socket2::SockRef;
use stack_os::{LaterLimits, TcpLimits};
use std::{
    net::{IpAddr, Shutdown, SocketAddr},
    thread,
    time::Duration,
};

fn desk() -> Desk {
    Desk::open(
        &["127.0.0.1:0"],
        LaterLimits::default(),
        TcpLimits::default(),
    )
}

fn within(later: LaterLimits) -> Desk {
    Desk::open(&["127.0.0.1:0"], later, TcpLimits::default())
}

/// Limits of time that an idle connection meets at once.
fn hasty() -> TcpLimits {
    TcpLimits {
        idle_time: Duration::from_millis(100),
        life_time: Duration::from_millis(300),
        ..TcpLimits::default()
    }
}

#[test]
fn datagrams_leave_later_from_the_address_that_was_asked() {
    let desk = Desk::open(
        &["127.0.0.1:0", "0.0.0.0:0", "[::]:0"],
        LaterLimits::default(),
        TcpLimits::default(),
    );
    for (index, ip) in [(0, "127.0.0.1"), (1, "127.4.5.6"), (2, "::1")] {
        let port = desk.server.addresses()[index].port();
        let asked = SocketAddr::new(ip.parse::<IpAddr>().unwrap(), port);
        let client = udp_client(asked);
        client.send_to(b"later", asked).unwrap();
        let later = desk.later();
        thread::spawn(move || later.answer(b"at last"))
            .join()
            .unwrap();
        let mut octets = [0; 100];
        let (len, from) = client.recv_from(&mut octets).unwrap();
        assert_eq!((&octets[..len], from), (&b"at last"[..], asked));
    }
    await_totals(&desk.server, |totals| {
        (totals.udp.later, totals.udp.answers, totals.udp.silent) == (3, 3, 0)
    });
}

#[test]
fn a_datagram_that_is_too_long_is_counted_as_not_sent() {
    let desk = desk();
    let asked = desk.server.addresses()[0];
    let client = udp_client(asked);
    client.send_to(b"later", asked).unwrap();
    desk.later().answer(&[0; 1233]);
    client.send_to(b"later", asked).unwrap();
    desk.later().answer(&[0; 1232]);
    assert_eq!(client.recv(&mut [0; 2000]).unwrap(), 1232);
    await_totals(&desk.server, |totals| {
        (totals.udp.unsent, totals.udp.answers) == (1, 1)
    });
}

#[test]
fn whoever_is_dropped_is_silent() {
    let desk = desk();
    let asked = desk.server.addresses()[0];
    udp_client(asked).send_to(b"later", asked).unwrap();
    drop(desk.later());
    let mut client = desk.client();
    client.send(b"later");
    drop(desk.later());
    assert!(client.ask(b"after").ends_with(b"after"));
    await_totals(&desk.server, |totals| {
        (totals.udp.silent, totals.tcp.silent) == (1, 1)
    });
}

#[test]
fn other_questions_of_a_connection_are_answered_first() {
    let desk = desk();
    let mut client = desk.client();
    client.send(b"later");
    client.send(b"later");
    let (first, second) = (desk.later(), desk.later());
    assert!(client.ask(b"meanwhile").ends_with(b"meanwhile"));
    thread::spawn(move || second.answer(b"second"))
        .join()
        .unwrap();
    assert_eq!(client.receive(), b"second");
    first.answer(&[7; 65_535]);
    assert_eq!(client.receive(), [7; 65_535]);
    await_tcp(&desk.server, |totals| {
        (totals.later, totals.answers, totals.silent) == (2, 3, 0)
    });
}

#[test]
fn a_peer_that_ends_its_side_waits_for_its_answer() {
    let desk = desk();
    for is_answered in [true, false] {
        let mut client = desk.client();
        client.send(b"later");
        client.0.shutdown(Shutdown::Write).unwrap();
        let later = desk.later();
        assert!(!client.is_closed_within(Duration::from_millis(50)));
        if is_answered {
            later.answer(b"at last");
            assert_eq!(client.receive(), b"at last");
        } else {
            drop(later);
        }
        assert!(client.is_closed_within(PATIENCE));
    }
}

#[test]
fn a_connection_that_waits_for_an_answer_is_neither_idle_nor_old() {
    let desk = Desk::open(&["127.0.0.1:0"], LaterLimits::default(), hasty());
    let mut client = desk.client();
    client.send(b"later");
    let later = desk.later();
    // Two that wait for nothing are closed one after the other: the limits have been looked at meanwhile.
    for _ in 0..4 {
        assert!(desk.client().is_closed_within(PATIENCE));
    }
    later.answer(b"at last");
    assert_eq!(client.receive(), b"at last");
    assert!(client.is_closed_within(PATIENCE));
}

#[test]
fn who_waits_for_an_answer_is_not_closed_for_room() {
    let desk = Desk::open(
        &["127.0.0.1:0"],
        LaterLimits::default(),
        TcpLimits {
            connections: 2,
            ..TcpLimits::default()
        },
    );
    let mut waiting = desk.client();
    waiting.send(b"later");
    let later = desk.later();
    for _ in 0..5 {
        desk.client().ask(b"x");
    }
    later.answer(b"at last");
    assert_eq!(waiting.receive(), b"at last");
}

#[test]
fn an_answer_never_goes_to_another_connection() {
    let desk = desk();
    let mut gone = desk.client();
    gone.send(b"later");
    let later = desk.later();
    // It is reset, so that it is closed although an answer is to come, and the next one has its number.
    SockRef::from(&gone.0)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(gone);
    await_tcp(&desk.server, |totals| totals.closed == 1);
    let mut other = desk.client();
    other.send(b"later");
    let others = desk.later();
    later.answer(b"for the one that has gone");
    others.answer(b"for the other one");
    assert_eq!(other.receive(), b"for the other one");
    assert!(other.ask(b"x").ends_with(b"x"));
}

#[test]
fn answers_that_are_awaited_are_limited() {
    let desk = within(LaterLimits {
        answers: 3,
        answers_per_connection: 2,
        ..LaterLimits::default()
    });
    let [mut one, mut two] = [desk.client(), desk.client()];
    let ask = |client: &mut TcpClient| {
        client.send(b"later");
        desk.later()
    };
    let kept = [ask(&mut one), ask(&mut one)];
    assert_eq!(one.ask(b"later"), b"full", "of a connection");
    let third = ask(&mut two);
    assert_eq!(two.ask(b"later"), b"full", "of all");
    let asked = desk.server.addresses()[0];
    let datagram = udp_client(asked);
    datagram.send_to(b"later", asked).unwrap();
    let mut octets = [0; 4];
    assert_eq!((datagram.recv(&mut octets).unwrap(), &octets), (4, b"full"));
    for later in kept.into_iter().chain([third]) {
        later.answer(b"at last");
    }
    assert_eq!(one.receive(), b"at last");
    assert_eq!(one.receive(), b"at last");
    assert_eq!(two.receive(), b"at last");
    ask(&mut two).answer(b"room again");
    assert_eq!(two.receive(), b"room again");
}

#[test]
fn octets_that_wait_are_limited() {
    let desk = within(LaterLimits {
        octets: 100,
        ..LaterLimits::default()
    });
    let mut client = desk.client();
    client.send(b"later");
    desk.later().answer(&[1; 100]);
    assert_eq!(client.receive(), [1; 100]);
    client.send(b"later");
    desk.later().answer(&[1; 101]);
    assert!(client.is_closed_within(PATIENCE), "its answer is lost");
    assert!(desk.client().ask(b"x").ends_with(b"x"));
}

#[test]
fn after_the_stop_nothing_happens() {
    let desk = desk();
    let asked = desk.server.addresses()[0];
    let datagram = udp_client(asked);
    datagram.send_to(b"later", asked).unwrap();
    let one = desk.later();
    let mut client = desk.client();
    client.send(b"later");
    let other = desk.later();
    desk.server.stop();
    one.answer(b"too late");
    other.answer(b"too late");
    assert!(client.is_closed_within(PATIENCE));
    datagram.set_nonblocking(true).unwrap();
    assert!(datagram.recv(&mut [0; 10]).is_err());
}
