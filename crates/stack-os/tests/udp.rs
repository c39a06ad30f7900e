//! UDP service over real sockets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    PATIENCE, PROMPT, ask_udp, await_totals, echo, options, serve, serve_with, udp_client,
};
use socket2::SockRef;
use stack_os::{Handler, Message, Options, Sockets, UdpLimits};
use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

#[test]
fn every_address_answers_in_both_families() {
    let server = serve(&options(&["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"]));
    for &address in server.addresses() {
        let (answer, from) = ask_udp(address, b"hello");
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            format!("Udp {address} hello")
        );
        assert_eq!(from, address);
    }
    await_totals(&server, |totals| totals.udp.answers == 3);
}

#[test]
fn wildcard_sockets_answer_from_the_address_that_was_asked() {
    let server = serve(&options(&["0.0.0.0:0", "[::]:0"]));
    let asked = |ip: &str, index: usize| {
        SocketAddr::new(
            ip.parse::<IpAddr>().unwrap(),
            server.addresses()[index].port(),
        )
    };
    for address in [
        asked("127.0.0.1", 0),
        asked("127.1.2.3", 0),
        asked("::1", 1),
    ] {
        let (answer, from) = ask_udp(address, b"who");
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            format!("Udp {address} who")
        );
        assert_eq!(from, address);
    }
}

#[test]
fn both_wildcards_share_a_port() {
    let first = Sockets::bind(&options(&["0.0.0.0:0"])).unwrap();
    let port = first.addresses()[0].port();
    let second = Sockets::bind(&options(&[&format!("[::]:{port}")])).unwrap();
    assert_eq!(second.addresses()[0].port(), port);
}

#[test]
fn a_flood_from_many_clients_loses_nothing() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let clients: Vec<_> = (0..20).map(|_| udp_client(server.addresses()[0])).collect();
    for round in 0..50_u8 {
        for client in &clients {
            client.send_to(&[round], server.addresses()[0]).unwrap();
        }
    }
    for client in &clients {
        let mut seen = [false; 50];
        for _ in 0..50 {
            let mut octets = [0; 100];
            let len = client.recv(&mut octets).unwrap();
            seen[usize::from(octets[len - 1])] = true;
        }
        assert_eq!(seen, [true; 50]);
    }
    await_totals(&server, |totals| {
        (totals.udp.messages, totals.udp.answers) == (1000, 1000)
    });
}

#[test]
fn silence_is_counted_and_the_next_question_is_answered() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let client = udp_client(server.addresses()[0]);
    client.send_to(b"silence", server.addresses()[0]).unwrap();
    client.send_to(b"x", server.addresses()[0]).unwrap();
    let mut octets = [0; 100];
    let len = client.recv(&mut octets).unwrap();
    assert_eq!(octets[len - 1], b'x');
    await_totals(&server, |totals| {
        (totals.udp.silent, totals.udp.answers) == (1, 1)
    });
}

#[test]
fn answers_have_1232_octets_by_default_and_what_the_limit_says() {
    let server = serve(&options(&["127.0.0.1:0"]));
    assert_eq!(ask_udp(server.addresses()[0], b"big").0.len(), 1232);
    let udp = UdpLimits {
        answer_octets: 4000,
        ..UdpLimits::default()
    };
    let server = serve(&Options {
        udp,
        ..options(&["127.0.0.1:0"])
    });
    assert_eq!(ask_udp(server.addresses()[0], b"big").0.len(), 4000);
}

#[test]
fn the_receive_buffer_holds_a_burst_while_the_handler_is_busy() {
    let busy = || {
        |message: Message<'_>, answer: &mut [u8]| {
            if message.octets == b"wait" {
                std::thread::sleep(Duration::from_millis(200));
            }
            echo(message, answer)
        }
    };
    let server = serve_with(
        &Options {
            udp_workers: 1,
            ..options(&["127.0.0.1:0"])
        },
        busy,
    );
    let client = udp_client(server.addresses()[0]);
    SockRef::from(&client)
        .set_recv_buffer_size(4 << 20)
        .unwrap();
    client.send_to(b"wait", server.addresses()[0]).unwrap();
    for _ in 0..2000 {
        client.send_to(&[0; 100], server.addresses()[0]).unwrap();
    }
    await_totals(&server, |totals| totals.udp.answers == 2001);
}

#[test]
fn a_panic_ends_one_message_only() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let service = move || {
        count.fetch_add(1, Ordering::SeqCst);
        echo
    };
    let server = serve_with(
        &Options {
            udp_workers: 1,
            ..options(&["127.0.0.1:0"])
        },
        service,
    );
    let both_threads_have_one = Instant::now();
    while made.load(Ordering::SeqCst) < 2 {
        assert!(both_threads_have_one.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(1));
    }
    let client = udp_client(server.addresses()[0]);
    for question in [&b"a"[..], b"panic", b"b", b"panic", b"c"] {
        client.send_to(question, server.addresses()[0]).unwrap();
    }
    for expected in *b"abc" {
        let mut octets = [0; 100];
        let len = client.recv(&mut octets).unwrap();
        assert_eq!(octets[len - 1], expected);
    }
    await_totals(&server, |totals| {
        totals.udp.panics == 2 && totals.udp.silent == 2
    });
    assert_eq!(
        made.load(Ordering::SeqCst),
        4,
        "a handler that panicked is not used again"
    );
}

#[test]
fn an_answer_longer_than_its_room_counts_as_a_panic() {
    let server = serve_with(&options(&["127.0.0.1:0"]), || {
        |_: Message<'_>, answer: &mut [u8]| Some(answer.len() + 1)
    });
    udp_client(server.addresses()[0])
        .send_to(b"x", server.addresses()[0])
        .unwrap();
    await_totals(&server, |totals| totals.udp.panics == 1);
}

#[test]
fn an_answer_that_cannot_be_sent_is_counted_and_the_rest_is_sent() {
    let udp = UdpLimits {
        answer_octets: 65_535,
        ..UdpLimits::default()
    };
    let server = serve(&Options {
        udp,
        udp_workers: 1,
        ..options(&["127.0.0.1:0"])
    });
    let client = udp_client(server.addresses()[0]);
    for question in [&b"big"[..], b"x"] {
        client.send_to(question, server.addresses()[0]).unwrap();
    }
    assert!(client.recv(&mut [0; 100]).unwrap() < 100);
    await_totals(&server, |totals| {
        (totals.udp.unsent, totals.udp.answers) == (1, 1)
    });
}

#[test]
fn a_datagram_from_the_server_itself_is_dropped() {
    // Another socket of the same address and port, as a forger would make it seem.
    let bound = Sockets::bind(&Options {
        udp_workers: 1,
        ..options(&["127.0.0.1:0"])
    })
    .unwrap();
    let address = bound.addresses()[0];
    let forger = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    forger.set_reuse_port(true).unwrap();
    forger.bind(&address.into()).unwrap();
    let server = bound.serve(|| echo).unwrap();
    // Which of the two sockets receives depends on a hash of the addresses, the same for each datagram: then there is
    // nothing to see, but it must never be a loop.
    forger.send_to(b"loop", &address.into()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let totals = server.totals().udp;
    assert_eq!((totals.bad_sources, totals.answers), (totals.messages, 0));
}

#[test]
fn a_batch_begins_once_for_what_arrived_together() {
    struct Batches(usize);
    impl Handler for Batches {
        fn begin_batch(&mut self) {
            self.0 += 1;
        }
        fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
            if message.octets == b"wait" {
                std::thread::sleep(Duration::from_millis(100));
            }
            answer[0] = self.0 as u8;
            Some(1)
        }
    }
    let server = serve_with(
        &Options {
            udp_workers: 1,
            ..options(&["127.0.0.1:0"])
        },
        || Batches(0),
    );
    let client = udp_client(server.addresses()[0]);
    client.send_to(b"wait", server.addresses()[0]).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    for _ in 0..64 {
        client.send_to(b"x", server.addresses()[0]).unwrap();
    }
    let mut numbers = Vec::new();
    for _ in 0..65 {
        let mut octets = [0];
        client.recv(&mut octets).unwrap();
        numbers.push(octets[0]);
    }
    assert_eq!(numbers[1..], [numbers[0] + 1; 64]);
}

#[test]
fn messages_are_foreseen_in_order_before_their_turn() {
    /// Takes notice of three messages at a time, and answers with what it expects next.
    struct Foresight(VecDeque<u8>);
    impl Handler for Foresight {
        fn foresee<'m>(&mut self, messages: impl Iterator<Item = &'m [u8]>) -> usize {
            assert!(self.0.is_empty(), "those of before have been answered");
            self.0.extend(messages.take(3).map(|octets| octets[0]));
            3
        }
        fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
            if message.octets == [0] {
                std::thread::sleep(Duration::from_millis(100));
            }
            let foreseen = self.0.pop_front().unwrap();
            answer[..2].copy_from_slice(&[message.octets[0], foreseen]);
            Some(2)
        }
    }
    let one = Options {
        udp_workers: 1,
        ..options(&["127.0.0.1:0"])
    };
    let server = serve_with(&one, || Foresight(VecDeque::new()));
    let client = udp_client(server.addresses()[0]);
    // While the first is answered the others gather: 64, which is not a multiple of three, so the last two are foreseen
    // together.
    client.send_to(&[0], server.addresses()[0]).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    for number in 1..=64 {
        client.send_to(&[number], server.addresses()[0]).unwrap();
    }
    for number in 0..=64 {
        let mut octets = [0; 2];
        client.recv(&mut octets).unwrap();
        assert_eq!(octets, [number; 2]);
    }
    assert_eq!(server.totals().udp.panics, 0);
}

#[test]
fn it_stops_at_once_and_uses_no_time_while_idle() {
    let server = serve(&options(&["127.0.0.1:0", "[::1]:0"]));
    ask_udp(server.addresses()[0], b"x");
    let before = common::cpu_time();
    std::thread::sleep(Duration::from_millis(300));
    let used = common::cpu_time() - before;
    assert!(
        used < Duration::from_millis(100),
        "{used:?} of CPU in 300 ms of idleness"
    );
    let start = Instant::now();
    server.stop();
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    server.stop();
    let client = udp_client(server.addresses()[0]);
    client
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    client.send_to(b"late", server.addresses()[0]).unwrap();
    assert!(client.recv(&mut [0; 10]).is_err());
}

#[test]
fn questions_that_arrived_before_the_stop_are_answered() {
    let slow = || {
        |message: Message<'_>, answer: &mut [u8]| {
            std::thread::sleep(Duration::from_millis(if message.octets == b"wait" {
                100
            } else {
                0
            }));
            echo(message, answer)
        }
    };
    let server = serve_with(
        &Options {
            udp_workers: 1,
            ..options(&["127.0.0.1:0"])
        },
        slow,
    );
    let client = udp_client(server.addresses()[0]);
    client.send_to(b"wait", server.addresses()[0]).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    for _ in 0..200 {
        client.send_to(b"x", server.addresses()[0]).unwrap();
    }
    server.stop();
    assert_eq!(server.totals().udp.answers, 201);
}
