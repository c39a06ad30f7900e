//! TCP service over real sockets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{TcpClient, ask_udp, await_tcp, framed, options, serve};
use stack_os::{Options, Sockets};
use std::{
    io::Write,
    net::{IpAddr, Shutdown, SocketAddr},
    time::{Duration, Instant},
};

#[test]
fn the_port_is_the_same_as_for_udp_and_the_asked_address_is_told() {
    let server = serve(&options(&["127.0.0.1:0", "0.0.0.0:0", "[::]:0"]));
    let asked = |ip: &str, index: usize| {
        SocketAddr::new(
            ip.parse::<IpAddr>().unwrap(),
            server.addresses()[index].port(),
        )
    };
    for address in [
        asked("127.0.0.1", 0),
        asked("127.4.5.6", 1),
        asked("::1", 2),
    ] {
        let answer = TcpClient::connect(address).ask(b"hello");
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            format!("Tcp {address} hello")
        );
        assert_eq!(ask_udp(address, b"hello").1, address);
    }
}

#[test]
fn fifty_pipelined_questions_are_answered_in_order() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let mut client = TcpClient::connect(server.addresses()[0]);
    let questions: Vec<u8> = (0..50_u8)
        .flat_map(|number| framed(&[number; 30]))
        .collect();
    client.0.write_all(&questions).unwrap();
    for number in 0..50 {
        assert_eq!(client.receive().last(), Some(&number));
    }
}

#[test]
fn one_octet_segments_make_a_question() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let mut client = TcpClient::connect(server.addresses()[0]);
    for octet in framed(b"slowly") {
        client.0.write_all(&[octet]).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(client.receive().ends_with(b"slowly"));
}

#[test]
fn a_peer_that_ends_its_side_still_gets_its_answers() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let mut client = TcpClient::connect(server.addresses()[0]);
    (0..10).for_each(|_| client.send(b"big"));
    client.0.shutdown(Shutdown::Write).unwrap();
    for _ in 0..10 {
        assert_eq!(client.receive().len(), 65_535);
    }
    assert!(client.is_closed_within(common::PATIENCE));
    await_tcp(&server, |totals| {
        (totals.accepted, totals.closed, totals.answers) == (1, 1, 10)
    });
}

#[test]
fn silence_and_panic_end_one_message_only() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let mut client = TcpClient::connect(server.addresses()[0]);
    for question in [&b"silence"[..], b"panic", b""] {
        client.send(question);
    }
    assert!(client.ask(b"after").starts_with(b"Tcp"));
    assert!(client.receive().ends_with(b"after"));
    await_tcp(&server, |totals| {
        (totals.messages, totals.silent, totals.panics) == (4, 2, 1)
    });
}

#[test]
fn a_hundred_connections_are_served_by_several_threads() {
    let server = serve(&Options {
        tcp_workers: 3,
        ..options(&["127.0.0.1:0"])
    });
    let mut clients: Vec<_> = (0..100)
        .map(|_| TcpClient::connect(server.addresses()[0]))
        .collect();
    for round in 0..5_u8 {
        clients
            .iter_mut()
            .for_each(|client| client.send(&[round; 100]));
        for client in &mut clients {
            assert_eq!(client.receive().last(), Some(&round));
        }
    }
    drop(clients);
    await_tcp(&server, |totals| {
        (totals.accepted, totals.closed, totals.answers) == (100, 100, 500)
    });
}

#[test]
fn a_second_server_on_the_same_address_is_refused_with_a_next_step() {
    let first = Sockets::bind(&options(&["127.0.0.1:0"])).unwrap();
    let taken = first.addresses()[0];
    let error = Sockets::bind(&options(&[&taken.to_string()])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {taken} over TCP; stop the program that does, or choose another port"
        )
    );
    drop(first);
    assert!(Sockets::bind(&options(&[&taken.to_string()])).is_ok());
}

#[test]
fn an_address_that_is_not_here_is_refused_with_a_next_step() {
    let error = Sockets::bind(&options(&["192.0.2.200:0"])).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("no interface of this machine has that address"),
        "{error}"
    );
}

#[test]
fn it_stops_at_once_and_answers_what_has_arrived() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let mut clients: Vec<_> = (0..20)
        .map(|_| TcpClient::connect(server.addresses()[0]))
        .collect();
    clients.iter_mut().for_each(|client| drop(client.ask(b"1")));
    let start = Instant::now();
    server.stop();
    assert!(start.elapsed() < common::PROMPT, "{:?}", start.elapsed());
    for client in &mut clients {
        assert!(client.is_closed_within(common::PATIENCE));
    }
}
