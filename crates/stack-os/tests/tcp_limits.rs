//! Each limit of TCP, with peers that go beyond it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{TcpClient, ask_udp, await_tcp, framed, options, serve};
use stack_os::{Options, Server, TcpLimits};
use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);

fn serve_within(tcp: TcpLimits) -> Server {
    serve(&Options {
        tcp,
        ..options(&["0.0.0.0:0"])
    })
}

/// Patient in every respect, for tests of one limit.
fn patient() -> TcpLimits {
    TcpLimits {
        idle_time: LONG,
        message_time: LONG,
        unread_time: LONG,
        life_time: LONG,
        ..TcpLimits::default()
    }
}

fn address(server: &Server, last: u8) -> SocketAddr {
    (Ipv4Addr::new(127, 0, 0, last), server.addresses()[0].port()).into()
}

#[test]
fn an_idle_connection_is_closed() {
    let server = serve_within(TcpLimits {
        idle_time: SHORT,
        ..patient()
    });
    let mut silent = TcpClient::connect(address(&server, 1));
    let mut served = TcpClient::connect(address(&server, 1));
    served.ask(b"1");
    assert!(silent.is_closed_within(common::PATIENCE) && served.is_closed_within(common::PATIENCE));
    await_tcp(&server, |totals| {
        totals.closed_idle == 2 && totals.closed == 2
    });
}

#[test]
fn a_connection_in_use_is_not_idle() {
    let server = serve_within(TcpLimits {
        idle_time: Duration::from_millis(400),
        ..patient()
    });
    let mut client = TcpClient::connect(address(&server, 1));
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1000) {
        client.ask(b"again");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.totals().tcp.closed, 0);
}

#[test]
fn a_message_that_dribbles_in_is_cut_off() {
    let server = serve_within(TcpLimits {
        message_time: SHORT,
        ..patient()
    });
    let mut client = TcpClient::connect(address(&server, 1));
    client.ask(b"first");
    let start = Instant::now();
    for octet in framed(&[0; 600]) {
        if client.0.write_all(&[octet]).is_err() {
            break;
        }
        assert!(start.elapsed() < common::PATIENCE);
        std::thread::sleep(Duration::from_millis(5));
    }
    await_tcp(&server, |totals| totals.closed_slow == 1);
}

#[test]
fn a_peer_that_never_reads_is_held_to_a_bound_and_cut_off() {
    let server = serve_within(TcpLimits {
        unread_time: SHORT,
        ..patient()
    });
    let mut client = TcpClient::connect(address(&server, 1));
    socket2::SockRef::from(&client.0)
        .set_recv_buffer_size(4096)
        .unwrap();
    client
        .0
        .set_write_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let questions = framed(b"big").repeat(2000);
    let _ = client.0.write_all(&questions);
    await_tcp(&server, |totals| totals.closed_unread == 1);
    // 131 MB were asked for; only what the kernel buffered and one bounded turn was made.
    assert!(server.totals().tcp.answers < 200, "{:?}", server.totals());
}

#[test]
fn a_connection_has_a_life_time() {
    let server = serve_within(TcpLimits {
        life_time: SHORT,
        ..patient()
    });
    let mut client = TcpClient::connect(address(&server, 1));
    client.ask(b"1");
    assert!(client.is_closed_within(common::PATIENCE));
    await_tcp(&server, |totals| totals.closed_old == 1);
}

#[test]
fn a_connection_has_a_number_of_messages() {
    let server = serve_within(TcpLimits {
        messages: 3,
        ..patient()
    });
    let mut client = TcpClient::connect(address(&server, 1));
    (0..5).for_each(|_| client.send(b"x"));
    (0..3).for_each(|_| drop(client.receive()));
    assert!(client.is_closed_within(common::PATIENCE));
    await_tcp(&server, |totals| {
        (totals.closed_old, totals.answers) == (1, 3)
    });
}

#[test]
fn a_client_with_too_many_connections_loses_its_least_useful_one() {
    let server = serve_within(TcpLimits {
        connections_per_client: 3,
        ..patient()
    });
    let mut other = TcpClient::connect(address(&server, 1));
    other.ask(b"x");
    let from_two = |last: u8| bound_client(Ipv4Addr::new(127, 0, 0, 2), address(&server, last));
    let mut useful = from_two(1);
    useful.ask(b"x");
    let mut silent = from_two(1);
    std::thread::sleep(Duration::from_millis(20));
    let mut recent = from_two(1);
    recent.ask(b"x");
    let mut fourth = from_two(1);
    assert!(silent.is_closed_within(common::PATIENCE), "it never asked");
    for client in [&mut useful, &mut recent, &mut fourth, &mut other] {
        client.ask(b"still here");
    }
    await_tcp(&server, |totals| {
        (totals.closed_for_room, totals.closed) == (1, 1)
    });
}

#[test]
fn all_clients_together_lose_the_least_useful_one() {
    let server = serve_within(TcpLimits {
        connections: 3,
        ..patient()
    });
    let mut clients: Vec<_> = (2..5)
        .map(|last| bound_client(Ipv4Addr::new(127, 0, 0, last), address(&server, 1)))
        .collect();
    for client in &mut clients {
        client.ask(b"x");
        std::thread::sleep(Duration::from_millis(20));
    }
    clients[0].ask(b"again");
    let mut fresh = bound_client(Ipv4Addr::new(127, 0, 0, 9), address(&server, 1));
    fresh.ask(b"fresh");
    assert!(
        clients[1].is_closed_within(common::PATIENCE),
        "it asked longest ago"
    );
    clients.remove(1);
    clients
        .iter_mut()
        .for_each(|client| drop(client.ask(b"still here")));
    await_tcp(&server, |totals| totals.closed_for_room == 1);
}

#[test]
fn a_client_is_a_network_of_the_chosen_size() {
    let server = serve_within(TcpLimits {
        connections_per_client: 1,
        client_prefix_v4: 24,
        ..patient()
    });
    let mut first = bound_client(Ipv4Addr::new(127, 0, 3, 1), address(&server, 1));
    first.ask(b"x");
    let mut elsewhere = bound_client(Ipv4Addr::new(127, 0, 4, 1), address(&server, 1));
    elsewhere.ask(b"x");
    let mut neighbour = bound_client(Ipv4Addr::new(127, 0, 3, 200), address(&server, 1));
    neighbour.ask(b"x");
    assert!(first.is_closed_within(common::PATIENCE));
    elsewhere.ask(b"still here");
}

#[test]
fn hundreds_of_slow_connections_keep_nobody_out() {
    let server = serve_within(TcpLimits {
        connections: 300,
        connections_per_client: 200,
        ..patient()
    });
    let mut slow: Vec<_> = (0..600_u32)
        .map(|number| slow_connection(&server, number))
        .collect();
    for round in 0..20 {
        // One in four dribbles; most of them have been closed for others by now.
        for client in slow.iter_mut().step_by(4) {
            let _ = client.write(&[0, 99, round]);
        }
        assert!(
            TcpClient::connect(address(&server, 1))
                .ask(b"fresh")
                .ends_with(b"fresh")
        );
        ask_udp(address(&server, 1), b"x");
    }
    drop(slow);
}

/// One that dribbles later, one that stops in mid-message, one that does not read, one that says nothing.
fn slow_connection(server: &Server, number: u32) -> TcpStream {
    let from = Ipv4Addr::new(127, 0, 0, 10 + (number % 5) as u8);
    let mut client = bound_client(from, address(server, 1)).0;
    client.set_nonblocking(true).unwrap();
    let said = match number % 4 {
        1 => vec![0xff; 12],
        2 => framed(b"big").repeat(20),
        _ => Vec::new(),
    };
    // It may have been closed for others already.
    let _ = client.write(&said);
    client
}

fn bound_client(from: Ipv4Addr, server: SocketAddr) -> TcpClient {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
    TcpClient(stream)
}
