//! Messages that nobody asked for, on connections that are kept open.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{PATIENCE, TcpClient, await_tcp, framed, pending::Desk};
use stack_os::{Connection, LaterLimits, TcpLimits};
use std::{io::Write, net::Shutdown, time::Duration};

fn within(later: LaterLimits) -> Desk {
    Desk::open(&["127.0.0.1:0"], later, TcpLimits::default())
}

fn keep(desk: &Desk) -> (TcpClient, Connection) {
    let mut client = desk.client();
    assert_eq!(client.ask(b"keep"), b"kept");
    (client, desk.connection())
}

#[test]
fn messages_come_unasked_and_answers_to_them_are_handled() {
    let desk = within(LaterLimits::default());
    let (mut client, connection) = keep(&desk);
    for number in 0..3 {
        connection.send(&[number; 40]).unwrap();
        assert_eq!(client.receive(), [number; 40]);
        assert!(client.ask(b"thank you").ends_with(b"thank you"));
    }
    assert_eq!(client.ask(b"keep"), b"kept");
    assert!(desk.connection().is(&connection));
}

#[test]
fn who_is_kept_is_neither_idle_nor_old_until_let_go() {
    let tcp = TcpLimits {
        idle_time: Duration::from_millis(100),
        life_time: Duration::from_millis(300),
        ..TcpLimits::default()
    };
    let desk = Desk::open(&["127.0.0.1:0"], LaterLimits::default(), tcp);
    let (mut client, connection) = keep(&desk);
    for _ in 0..4 {
        assert!(desk.client().is_closed_within(PATIENCE));
    }
    connection.send(b"news").unwrap();
    assert_eq!(client.receive(), b"news");
    drop(connection);
    assert!(client.is_closed_within(PATIENCE));
}

#[test]
fn who_ends_its_side_is_not_kept() {
    let desk = within(LaterLimits::default());
    let (mut client, connection) = keep(&desk);
    client.0.shutdown(Shutdown::Write).unwrap();
    assert!(client.is_closed_within(PATIENCE));
    await_tcp(&desk.server, |totals| totals.closed == 1);
    assert!(connection.is_closed() && connection.send(b"news").is_err());
}

#[test]
fn kept_connections_are_limited() {
    let desk = within(LaterLimits {
        held: 2,
        ..LaterLimits::default()
    });
    let kept = [keep(&desk), keep(&desk)];
    assert_eq!(desk.client().ask(b"keep"), b"full");
    drop(kept);
    keep(&desk);
}

#[test]
fn kept_connections_of_a_client_are_limited() {
    let desk = within(LaterLimits {
        held_per_client: 1,
        ..LaterLimits::default()
    });
    let (_client, connection) = keep(&desk);
    assert_eq!(desk.client().ask(b"keep"), b"full");
    drop(connection);
    keep(&desk);
}

#[test]
fn a_peer_that_does_not_read_what_it_has_not_asked_for_is_closed() {
    let desk = within(LaterLimits {
        unasked_octets: 200_000,
        ..LaterLimits::default()
    });
    let (mut client, connection) = keep(&desk);
    client.0.write_all(&framed(b"big").repeat(200)).unwrap();
    await_tcp(&desk.server, |totals| totals.answers > 2);
    // What the kernel takes is not counted, so many are sent.
    let sent = (0..1000).take_while(|_| connection.send(&[0; 60_000]).is_ok());
    assert!(sent.count() < 1000);
    await_tcp(&desk.server, |totals| totals.closed_unread == 1);
    assert!(connection.is_closed());
}
