//! Batches over real sockets of both families.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kernel_calls::{Batch, QUESTION_OCTETS, SLOTS, forbid_fragments, tell_destination};
use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    os::fd::AsFd,
    time::Duration,
};

#[test]
fn each_question_is_answered_to_its_own_peer() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let server = UdpSocket::bind(address).unwrap();
        let clients: Vec<_> = (0..10).map(|_| UdpSocket::bind(address).unwrap()).collect();
        for (number, client) in (0_u8..).zip(&clients) {
            client
                .send_to(&[number; 20], server.local_addr().unwrap())
                .unwrap();
        }
        let mut batch = Batch::new(100);
        assert_eq!(batch.receive(server.as_fd()).unwrap(), clients.len());
        echo_all(&mut batch, &server, clients.len());
        for (number, client) in (0_u8..).zip(&clients) {
            assert_eq!(
                receive(client),
                ([number; 20].to_vec(), server.local_addr().unwrap())
            );
        }
    }
}

#[test]
fn a_wildcard_socket_answers_from_the_address_that_was_asked() {
    for (bound, asked) in [
        ("0.0.0.0:0", "127.0.0.1"),
        ("0.0.0.0:0", "127.9.8.7"),
        ("[::]:0", "::1"),
    ] {
        let server = UdpSocket::bind(bound).unwrap();
        let port = server.local_addr().unwrap().port();
        tell_destination(server.as_fd(), server.local_addr().unwrap().ip()).unwrap();
        let asked: IpAddr = asked.parse().unwrap();
        let client =
            UdpSocket::bind((if asked.is_ipv4() { "127.0.0.1" } else { "::1" }, 0)).unwrap();
        client.send_to(b"who", (asked, port)).unwrap();

        let mut batch = Batch::new(100);
        assert_eq!(batch.receive(server.as_fd()).unwrap(), 1);
        assert_eq!(batch.slot(0).0.destination, Some(asked));
        echo_all(&mut batch, &server, 1);
        assert_eq!(
            receive(&client),
            (b"who".to_vec(), SocketAddr::new(asked, port))
        );
    }
}

#[test]
fn a_full_queue_takes_several_batches() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    let total = SLOTS + 7;
    for number in 0..total {
        client
            .send_to(&[number as u8; 3], server.local_addr().unwrap())
            .unwrap();
    }
    let mut batch = Batch::new(64);
    let mut seen = 0;
    while seen < total {
        let count = batch.receive(server.as_fd()).unwrap();
        echo_all(&mut batch, &server, count);
        seen += count;
    }
    for number in 0..total {
        assert_eq!(receive(&client).0, [number as u8; 3]);
    }
}

#[test]
fn a_long_datagram_is_cut_and_the_next_one_is_whole() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    for octets in [&[1; 9000][..], &[], &[2; QUESTION_OCTETS]] {
        client
            .send_to(octets, server.local_addr().unwrap())
            .unwrap();
    }
    let mut batch = Batch::new(1);
    assert_eq!(batch.receive(server.as_fd()).unwrap(), 3);
    assert_eq!(batch.slot(0).0.octets, [1; QUESTION_OCTETS]);
    assert_eq!(batch.slot(1).0.octets, []);
    assert_eq!(batch.slot(2).0.octets, [2; QUESTION_OCTETS]);
}

#[test]
fn an_answer_that_cannot_leave_stays_queued_until_given_up() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"1", server.local_addr().unwrap()).unwrap();
    client.send_to(b"2", server.local_addr().unwrap()).unwrap();
    let mut batch = Batch::new(65_600);
    assert_eq!(batch.receive(server.as_fd()).unwrap(), 2);
    batch.queue(0, 65_600); // no datagram can be so long
    batch.queue(1, 5);
    assert!(batch.send(server.as_fd()).is_err());
    assert_eq!(batch.unsent(), 2);
    batch.give_up(1);
    assert_eq!(batch.send(server.as_fd()).unwrap(), 1);
    assert_eq!(batch.unsent(), 0);
    batch.give_up(9);
    assert_eq!(batch.unsent(), 0);
    assert_eq!(receive(&client).0.len(), 5);
}

#[test]
fn a_time_limit_and_a_shutdown_end_the_wait() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server
        .set_read_timeout(Some(Duration::from_millis(5)))
        .unwrap();
    let mut batch = Batch::new(64);
    assert_eq!(
        batch.receive(server.as_fd()).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    server.set_read_timeout(None).unwrap();
    let waiting = server.try_clone().unwrap();
    let waiter = std::thread::spawn(move || {
        let count = batch.receive(waiting.as_fd()).unwrap();
        (0..count)
            .filter(|&index| batch.slot(index).0.peer.is_some())
            .count()
    });
    std::thread::sleep(Duration::from_millis(20));
    let _ = socket2::SockRef::from(&server).shutdown(std::net::Shutdown::Read); // ENOTCONN, and yet it wakes the reader
    assert_eq!(waiter.join().unwrap(), 0);
}

#[test]
fn fragments_can_be_forbidden_in_both_families() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let socket = UdpSocket::bind(address).unwrap();
        forbid_fragments(socket.as_fd(), socket.local_addr().unwrap().ip()).unwrap();
    }
}

#[test]
#[should_panic(expected = "slot 1 of 1 received")]
fn a_slot_that_was_not_received_cannot_be_read() {
    one_received().slot(1);
}

#[test]
#[should_panic(expected = "slot 1 of 1 received")]
fn a_slot_that_was_not_received_cannot_be_answered() {
    one_received().queue(1, 0);
}

#[test]
#[should_panic(expected = "65 octets in an answer of 64")]
fn an_answer_longer_than_its_room_is_refused() {
    one_received().queue(0, 65);
}

fn one_received() -> Batch {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.send_to(b"1", server.local_addr().unwrap()).unwrap();
    let mut batch = Batch::new(64);
    batch.receive(server.as_fd()).unwrap();
    batch
}

fn echo_all(batch: &mut Batch, server: &UdpSocket, count: usize) {
    for index in 0..count {
        let (question, answer) = batch.slot(index);
        let len = question.octets.len();
        answer[..len].copy_from_slice(question.octets);
        batch.queue(index, len);
    }
    while batch.unsent() > 0 {
        batch.send(server.as_fd()).unwrap();
    }
}

fn receive(client: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    client
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut octets = vec![0; 70_000];
    let (len, from) = client.recv_from(&mut octets).unwrap();
    octets.truncate(len);
    (octets, from)
}
