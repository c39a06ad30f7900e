//! Each limit that TLS adds, with peers that go beyond it, and those of TCP that look different there.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    TcpClient, await_totals, framed, options,
    secure::{Identity, TlsClient, session},
};
use stack_os::{Options, Server, TcpLimits};
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);

fn serve_within(identity: &Identity, tcp: TcpLimits) -> Server {
    identity.serve(&Options {
        tcp,
        ..options(&["127.0.0.1:0"])
    })
}

/// Patient in every respect, for tests of one limit.
fn patient() -> TcpLimits {
    TcpLimits {
        idle_time: LONG,
        handshake_time: LONG,
        message_time: LONG,
        unread_time: LONG,
        life_time: LONG,
        ..TcpLimits::default()
    }
}

fn at(server: &Server) -> SocketAddr {
    server.tls_addresses()[0]
}

/// A connection whose client has sent half of its first flight and says no more.
fn half(identity: &Identity, server: &Server) -> TcpClient {
    let mut hello = Vec::new();
    session(&Arc::new(identity.client(&["dot"])))
        .write_tls(&mut hello)
        .unwrap();
    let mut client = TcpClient::connect(at(server));
    client.0.write_all(&hello[..hello.len() / 2]).unwrap();
    client
}

/// Waits until the server has closed the connection. A goodbye may come before; and if octets of the client were not read yet, the
/// kernel tells it of the end with a reset.
fn await_end(client: &mut TcpClient) {
    match client.0.read_to_end(&mut Vec::new()) {
        Err(why) if why.kind() == ErrorKind::ConnectionReset => {}
        end => drop(end.unwrap()),
    }
}

#[test]
fn half_a_handshake_is_cut_off_and_others_are_served() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            handshake_time: SHORT,
            ..patient()
        },
    );
    let mut served = identity.connect(at(&server));
    served.ask(b"before");
    let mut silent: Vec<_> = (0..20).map(|_| half(&identity, &server)).collect();
    silent.push(TcpClient::connect(at(&server)));
    assert!(identity.connect(at(&server)).ask(b"x").ends_with(b"x"));
    for client in &mut silent {
        await_end(client);
    }
    await_totals(&server, |totals| totals.tls.closed_handshake == 21);
    assert!(served.ask(b"after").ends_with(b"after"));
}

#[test]
fn a_handshake_without_end_is_cut_off() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            handshake_octets: 4096,
            ..patient()
        },
    );
    let mut client = TcpClient::connect(at(&server));
    // A ClientHello that claims 60,000 octets, in records of 1,000.
    let mut octets = vec![22, 3, 1, 3, 232, 1, 0, 234, 96];
    octets.resize(5 + 1000, 0);
    for _ in 0..5 {
        let _ = client.0.write_all(&octets);
        octets.splice(5..9, [0; 4]);
    }
    let _ = client.0.read_to_end(&mut Vec::new());
    await_totals(&server, |totals| {
        (totals.tls.closed, totals.handshakes.other) == (1, 1)
    });
}

/// Whoever floods with handshakes waits, and is in nobody else's way.
#[test]
fn handshakes_that_come_too_fast_wait_and_nobody_else_does() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            handshake_interval: LONG,
            handshake_burst: 2,
            ..patient()
        },
    );
    let mut open: Vec<_> = (0..2).map(|_| identity.connect(at(&server))).collect();
    open.iter_mut().for_each(|client| drop(client.ask(b"x")));
    let mut plain = TcpClient::connect(server.addresses()[0]);
    let mut waiting: Vec<_> = (0..20).map(|_| half(&identity, &server)).collect();
    await_totals(&server, |totals| totals.tls.accepted == 22);
    for _ in 0..3 {
        assert!(plain.ask(b"x").ends_with(b"x"));
        open.iter_mut()
            .for_each(|client| assert!(client.ask(b"x").ends_with(b"x")));
        assert!(
            common::ask_udp(server.addresses()[0], b"x")
                .0
                .ends_with(b"x")
        );
    }
    // Not a word was said to them, and who leaves makes room at once.
    waiting.truncate(1);
    await_totals(&server, |totals| totals.tls.closed == 19);
    let totals = server.totals();
    assert_eq!((totals.handshakes.tls13, totals.handshakes.delayed), (2, 0));
    assert_eq!(totals.handshakes.abandoned, 19);
    assert!(!waiting[0].is_closed_within(Duration::from_millis(1)));
}

#[test]
fn who_waits_too_long_for_a_handshake_is_cut_off_and_a_later_one_has_its_turn() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            handshake_interval: SHORT,
            handshake_burst: 1,
            ..patient()
        },
    );
    let config = Arc::new(identity.client(&["dot"]));
    let mut clients: Vec<_> = (0..4)
        .map(|_| TlsClient::connect(&config, at(&server)))
        .collect();
    clients.iter_mut().for_each(|client| client.send(b"x"));
    for client in &mut clients {
        assert!(client.receive().ends_with(b"x"));
    }
    let never = serve_within(
        &identity,
        TcpLimits {
            handshake_interval: LONG,
            handshake_burst: 1,
            handshake_time: SHORT,
            ..patient()
        },
    );
    identity.connect(at(&never)).ask(b"x");
    // Unheard, so the kernel ends it with a reset.
    let mut said = Vec::new();
    let _ = half(&identity, &never).0.read_to_end(&mut said);
    assert_eq!(said, []);
    await_totals(&never, |totals| totals.tls.closed_handshake == 1);
    assert_eq!(never.totals().handshakes.delayed, 0);
}

#[test]
fn an_idle_session_is_closed_with_a_goodbye() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            idle_time: SHORT,
            ..patient()
        },
    );
    let mut client = identity.connect(at(&server));
    client.ask(b"x");
    client.end().unwrap();
    await_totals(&server, |totals| totals.tls.closed_idle == 1);
}

#[test]
fn a_message_that_does_not_end_is_cut_off() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            message_time: SHORT,
            ..patient()
        },
    );
    let mut client = identity.connect(at(&server));
    client.ask(b"first");
    client.0.write_all(&[0, 9, 1]).unwrap();
    client.end().unwrap();
    await_totals(&server, |totals| totals.tls.closed_slow == 1);
}

#[test]
fn a_peer_that_never_reads_is_held_to_a_bound_and_cut_off() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            unread_time: SHORT,
            ..patient()
        },
    );
    let mut client = identity.connect(at(&server));
    client.ask(b"x");
    socket2::SockRef::from(&client.0.sock)
        .set_recv_buffer_size(4096)
        .unwrap();
    client
        .0
        .sock
        .set_write_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let _ = client.0.write_all(&framed(b"big").repeat(2000));
    await_totals(&server, |totals| totals.tls.closed_unread == 1);
    assert!(server.totals().tls.answers < 200, "{:?}", server.totals());
}

#[test]
fn the_last_allowed_message_is_answered_and_said_to_be_the_last() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            messages: 3,
            ..patient()
        },
    );
    let mut client = identity.connect(at(&server));
    (0..3).for_each(|_| client.send(b"x"));
    (0..3).for_each(|_| drop(client.receive()));
    client.end().unwrap();
    await_totals(&server, |totals| totals.tls.closed_old == 1);
}

#[test]
fn the_least_useful_goes_first_and_tcp_keeps_its_own_count() {
    let identity = Identity::new();
    let server = serve_within(
        &identity,
        TcpLimits {
            connections_per_client: 3,
            ..patient()
        },
    );
    let mut plain = TcpClient::connect(server.addresses()[0]);
    plain.ask(b"x");
    let config = Arc::new(identity.client(&["dot"]));
    let mut useful: Vec<_> = (0..2)
        .map(|_| TlsClient::connect(&config, at(&server)))
        .collect();
    useful.iter_mut().for_each(|client| drop(client.ask(b"x")));
    let mut unfinished = half(&identity, &server);
    await_totals(&server, |totals| totals.tls.accepted == 3);
    let mut fourth = TlsClient::connect(&config, at(&server));
    fourth.ask(b"x");
    await_end(&mut unfinished);
    useful.push(fourth);
    for client in &mut useful {
        assert!(client.ask(b"still here").ends_with(b"still here"));
    }
    assert!(plain.ask(b"still here").ends_with(b"still here"));
    assert_eq!(server.totals().tls.closed_for_room, 1);
}
