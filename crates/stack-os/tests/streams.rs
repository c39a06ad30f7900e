//! Answers of many messages.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{PATIENCE, TcpClient, await_tcp, await_totals, pending::Desk, secure::Identity};
use stack_os::{Full, Later, LaterLimits, Next, TcpLimits};
use std::{
    io::Read,
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

fn within(later: LaterLimits) -> Desk {
    Desk::open(&["127.0.0.1:0"], later, TcpLimits::default())
}

fn desk() -> Desk {
    within(LaterLimits::default())
}

/// A client that awaits an answer, and its way.
fn awaiting(desk: &Desk) -> (TcpClient, Later) {
    let mut client = desk.client();
    client.send(b"later");
    (client, desk.later())
}

/// So many messages of so many octets, numbered; the count tells how many were made.
fn numbered(
    messages: u8,
    octets: usize,
) -> (impl FnMut(&mut Vec<u8>) -> Next + Send, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let next = move |message: &mut Vec<u8>| {
        assert!(message.is_empty());
        let number = count.fetch_add(1, SeqCst) as u8;
        message.resize(octets, number);
        if number + 1 < messages {
            Next::More
        } else {
            Next::Last
        }
    };
    (next, made)
}

/// A stream that has no end, but for that of its connection, which the weak count tells.
fn endless(alive: &Arc<()>) -> impl FnMut(&mut Vec<u8>) -> Next + Send + 'static {
    let alive = Arc::clone(alive);
    move |message| {
        let _ = &alive;
        message.resize(1000, 7);
        Next::More
    }
}

#[test]
fn messages_arrive_in_order_and_others_are_answered_meanwhile() {
    let desk = desk();
    let (mut client, later) = awaiting(&desk);
    let (next, _) = numbered(200, 40_000);
    later.stream(next).unwrap();
    client.send(b"meanwhile");
    let mut expected = 0;
    let mut is_answered = false;
    while expected < 200 || !is_answered {
        let message = client.receive();
        if message.ends_with(b"meanwhile") {
            is_answered = true;
        } else {
            assert_eq!(message, vec![expected; 40_000]);
            expected += 1;
        }
    }
    assert!(client.ask(b"after").ends_with(b"after"));
    await_tcp(&desk.server, |totals| totals.answers == 202);
}

#[test]
fn over_tls_a_stream_and_other_messages_arrive_whole() {
    let identity = Identity::new();
    let desk = Desk::secure(&identity);
    let mut client = identity.connect(desk.server.tls_addresses()[0]);
    assert_eq!(client.ask(b"keep"), b"kept");
    desk.connection().send(b"news").unwrap();
    assert_eq!(client.receive(), b"news");
    client.send(b"later");
    let (next, _) = numbered(50, 60_000);
    desk.later().stream(next).unwrap();
    (0..50).for_each(|number| assert_eq!(client.receive(), vec![number; 60_000]));
    client.send(b"later");
    desk.later().answer(b"at last");
    assert_eq!(client.receive(), b"at last");
    await_totals(&desk.server, |totals| {
        (totals.tls.answers, totals.tls.later) == (53, 2)
    });
}

#[test]
fn streams_of_a_connection_and_connections_take_turns() {
    let desk = desk();
    let (mut one, first) = awaiting(&desk);
    one.send(b"later");
    let second = desk.later();
    let alive = Arc::new(());
    first.stream(endless(&alive)).unwrap();
    let (next, _) = numbered(5, 500);
    second.stream(next).unwrap();
    let mut seen = 0;
    while seen < 5 {
        seen += usize::from(one.receive().len() == 500);
    }
    // The first goes on for ever, which keeps nobody out.
    let (mut two, later) = awaiting(&desk);
    let (next, _) = numbered(5, 500);
    later.stream(next).unwrap();
    (0..5).for_each(|number| assert_eq!(two.receive(), [number; 500]));
    assert!(desk.client().ask(b"x").ends_with(b"x"));
    drop(one);
    await_tcp(&desk.server, |totals| totals.closed >= 1);
    assert_eq!(
        Arc::strong_count(&alive),
        1,
        "it has ended with its connection"
    );
}

#[test]
fn what_a_peer_does_not_read_is_not_made() {
    let later = LaterLimits {
        stream_message_time: Duration::from_millis(200),
        ..LaterLimits::default()
    };
    let desk = within(later);
    let (client, later) = awaiting(&desk);
    let (next, made) = numbered(255, 60_000);
    later.stream(next).unwrap();
    await_tcp(&desk.server, |totals| totals.closed_unread == 1);
    assert!(made.load(SeqCst) < 250, "{}", made.load(SeqCst));
    drop(client);
}

#[test]
fn limits_for_questions_do_not_end_a_stream_and_its_own_does() {
    let short = Duration::from_millis(100);
    let tcp = TcpLimits {
        idle_time: short,
        life_time: short,
        unread_time: short,
        ..TcpLimits::default()
    };
    for (stream_time, is_ended) in [(Duration::from_secs(60), false), (4 * short, true)] {
        let later = LaterLimits {
            stream_time,
            ..LaterLimits::default()
        };
        let desk = Desk::open(&["127.0.0.1:0"], later, tcp.clone());
        let (mut client, later) = awaiting(&desk);
        let (next, _) = numbered(200, 60_000);
        later.stream(next).unwrap();
        // Others come and go by these limits, while nothing of the stream is read.
        for _ in 0..8 {
            assert!(desk.client().is_closed_within(PATIENCE));
        }
        let mut all = Vec::new();
        let end = client.0.read_to_end(&mut all);
        let is_whole = end.is_ok() && all.len() == 200 * 60_002;
        assert_eq!(is_whole, !is_ended, "{} octets", all.len());
    }
}

#[test]
fn a_peer_that_ends_its_side_gets_the_whole_stream() {
    let desk = desk();
    let (mut client, later) = awaiting(&desk);
    client.0.shutdown(Shutdown::Write).unwrap();
    let (next, _) = numbered(100, 30_000);
    later.stream(next).unwrap();
    let mut all = Vec::new();
    client.0.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 100 * 30_002);
}

#[test]
fn a_stream_may_end_without_a_last_message() {
    let desk = desk();
    let (mut client, later) = awaiting(&desk);
    later.stream(|_| Next::Last).unwrap();
    assert!(client.ask(b"after").ends_with(b"after"));
}

#[test]
fn what_cannot_go_on_closes_its_connection_only() {
    let desk = desk();
    let failures: [fn(&mut Vec<u8>) -> Next; 4] = [
        |_| Next::Fail,
        |_| panic!("as the test asked"),
        |_| Next::More,
        |message| {
            message.resize(65_536, 0);
            Next::More
        },
    ];
    let mut other = desk.client();
    for (number, failure) in (1..).zip(failures) {
        let (mut client, later) = awaiting(&desk);
        let mut is_first = true;
        let next = move |message: &mut Vec<u8>| {
            if !std::mem::take(&mut is_first) {
                return failure(message);
            }
            message.push(1);
            Next::More
        };
        later.stream(next).unwrap();
        assert_eq!(client.receive(), [1]);
        assert!(client.is_closed_within(PATIENCE));
        assert!(other.ask(b"x").ends_with(b"x"));
        await_tcp(&desk.server, |totals| totals.closed_failed == number);
    }
    assert_eq!(desk.server.totals().tcp.panics, 1);
}

/// How many streams there is room for, of one connection or each of its own. All have asked before the first begins: of
/// who does not read nothing more is read.
fn room(desk: &Desk, of_one: bool) -> usize {
    let alive = Arc::new(());
    let mut clients = vec![desk.client()];
    let mut laters = Vec::new();
    for _ in 0..6 {
        if !of_one {
            clients.push(desk.client());
        }
        clients.last_mut().unwrap().send(b"later");
        laters.push(desk.later());
    }
    for later in laters {
        if let Err(Full(later)) = later.stream(endless(&alive)) {
            later.answer(b"full");
        }
    }
    // What has begun goes on; what was not begun is answered.
    while clients.last_mut().unwrap().receive() != b"full" {}
    let begun = Arc::strong_count(&alive) - 1;
    drop(clients);
    await_tcp(&desk.server, |totals| totals.closed == totals.accepted);
    begun
}

#[test]
fn streams_are_limited_in_each_respect_and_make_room_when_they_end() {
    let of_all = LaterLimits {
        streams: 3,
        ..LaterLimits::default()
    };
    let of_client = LaterLimits {
        streams_per_client: 4,
        ..LaterLimits::default()
    };
    let of_connection = LaterLimits {
        streams_per_connection: 2,
        ..LaterLimits::default()
    };
    for (later, of_one, wanted) in [
        (of_all, false, 3),
        (of_client, false, 4),
        (of_connection, true, 2),
    ] {
        let desk = within(later);
        assert_eq!([room(&desk, of_one), room(&desk, of_one)], [wanted; 2]);
    }
}

#[test]
fn a_datagram_is_not_answered_by_a_stream() {
    let desk = desk();
    let asked = desk.server.addresses()[0];
    let client = common::udp_client(asked);
    client.send_to(b"later", asked).unwrap();
    let Err(Full(later)) = desk.later().stream(|_| Next::Last) else {
        panic!("begun")
    };
    later.answer(b"one message only");
    assert_eq!(client.recv(&mut [0; 100]).unwrap(), 16);
}

#[test]
fn a_stop_ends_streams() {
    let desk = desk();
    let (mut client, later) = awaiting(&desk);
    let alive = Arc::new(());
    later.stream(endless(&alive)).unwrap();
    client.receive();
    desk.server.stop();
    assert_eq!(Arc::strong_count(&alive), 1);
}
