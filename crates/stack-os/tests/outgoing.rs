//! Messages of ours to other servers: to our own one, and to sockets that do what servers should not.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{PATIENCE, options, secure::Identity, serve};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName};
use stack_os::outgoing::{
    AskOptions, Datagrams, Dialogue, DialogueLimits, Ended, Peer, Question, Ticket, Trouble, Trust,
    transfer_config,
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

const SHORT: Duration = Duration::from_millis(200);

/// Answers end with their questions.
fn is_answer(question: &[u8], answer: &[u8]) -> bool {
    answer.len() > question.len() && answer.ends_with(question)
}

fn asking(options: AskOptions) -> (Datagrams, Receiver<Ended>) {
    let (ended, results) = channel();
    let on_end = move |end| ended.send(end).unwrap();
    (
        Datagrams::start(options, is_answer, on_end).unwrap(),
        results,
    )
}

fn question(number: u64, server: SocketAddr, patience: Duration) -> Question {
    Question {
        ticket: Ticket(number),
        server,
        from: None,
        message: format!("question {number}.").into_bytes(),
        patience,
    }
}

fn local() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

#[test]
fn many_questions_are_answered_each_from_a_port_of_its_own() {
    let server = local();
    let address = server.local_addr().unwrap();
    let (asking, results) = asking(AskOptions::default());
    let count = 300;
    for number in 0..count {
        asking.ask(question(number, address, PATIENCE));
    }
    let mut buffer = [0; 100];
    let mut heard = BTreeMap::new();
    for _ in 0..count {
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        heard.insert(from, buffer[..length].to_vec());
    }
    assert_eq!(heard.len(), count as usize, "ports");
    for (from, message) in &heard {
        server
            .send_to(&[b"re ", message.as_slice()].concat(), from)
            .unwrap();
    }
    let mut answered = BTreeMap::new();
    for _ in 0..count {
        let ended = results.recv_timeout(PATIENCE).unwrap();
        answered.insert(ended.ticket.0, ended.outcome.unwrap());
    }
    assert_eq!(answered.len(), count as usize);
    assert_eq!(answered[&7], b"re question 7.");
}

/// A descriptor for a thousand questions; whose answer it is, the server's address and the id say.
#[test]
fn a_thousand_servers_are_asked_from_one_port() {
    let servers: Vec<UdpSocket> = (0..100).map(|_| local()).collect();
    let stranger = local();
    let (asking, results) = asking(AskOptions {
        shares_socket: true,
        questions: 1_000,
        ..AskOptions::default()
    });
    // The first two octets are the id: ten to each server.
    let ask = |number: u64| {
        let server = &servers[number as usize % 100];
        asking.ask(Question {
            message: format!("{:02} question {number}.", number / 100).into_bytes(),
            ..question(number, server.local_addr().unwrap(), PATIENCE)
        });
    };
    let (mut ports, mut buffer) = (std::collections::BTreeSet::new(), [0; 100]);
    let mut answered = std::collections::BTreeSet::new();
    // So few at a time that no answer finds the socket full.
    for first in (0..1_000).step_by(20) {
        (first..first + 20).for_each(ask);
        for number in first..first + 20 {
            let server = &servers[number as usize % 100];
            let (length, from) = server.recv_from(&mut buffer).unwrap();
            // The id is first in an answer, too.
            let answer = [&buffer[..2], b" re ", &buffer[..length]].concat();
            stranger.send_to(&answer, from).unwrap();
            server.send_to(b"99 is nobody's", from).unwrap();
            server.send_to(&answer, from).unwrap();
            ports.insert(from);
        }
        for ended in (0..20).map(|_| results.recv_timeout(PATIENCE).unwrap()) {
            let answer = ended.outcome.unwrap();
            assert!(answer.ends_with(format!(" question {}.", ended.ticket.0).as_bytes()));
            answered.insert(ended.ticket.0);
        }
    }
    assert_eq!((ports.len(), answered.len()), (1, 1_000));
    // An id that is taken has a port of its own; nobody is told of what was forgotten.
    let server = &servers[0];
    [0, 1_000].into_iter().for_each(|number| {
        asking.ask(Question {
            message: b"00 twice".to_vec(),
            ..question(number, server.local_addr().unwrap(), PATIENCE)
        });
    });
    let from = [0; 2].map(|_| server.recv_from(&mut buffer).unwrap().1);
    assert_ne!(from[0], from[1]);
    asking.cancel(Ticket(0));
    let ended = results.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(ended.outcome, Err(Trouble::Cancelled)));
    drop(asking);
    assert!(results.recv().is_err(), "it ends once");
}

/// RFC 5452 §4 and §9: what is not the answer is not heard, from whomever it comes.
#[test]
fn only_the_answer_of_who_was_asked_counts() {
    let (server, stranger) = (local(), local());
    let (asking, results) = asking(AskOptions::default());
    asking.ask(question(1, server.local_addr().unwrap(), PATIENCE));
    let mut buffer = [0; 100];
    let (length, from) = server.recv_from(&mut buffer).unwrap();
    let right = [b"re ", &buffer[..length]].concat();
    stranger
        .send_to(&[b"forged ", &buffer[..length]].concat(), from)
        .unwrap();
    server.send_to(b"something else", from).unwrap();
    server.send_to(&right, from).unwrap();
    server.send_to(&right, from).unwrap();
    let ended = results.recv_timeout(PATIENCE).unwrap();
    assert_eq!(ended.outcome.unwrap(), right);
    drop(asking);
    assert!(results.recv().is_err(), "it ends once");
}

#[test]
fn who_is_guessed_at_gives_up() {
    let server = local();
    let (asking, results) = asking(AskOptions {
        strangers: 5,
        ..AskOptions::default()
    });
    asking.ask(question(1, server.local_addr().unwrap(), PATIENCE * 100));
    let (_, from) = server.recv_from(&mut [0; 100]).unwrap();
    (0..5).for_each(|_| _ = server.send_to(b"a guess", from).unwrap());
    let ended = results.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(ended.outcome, Err(Trouble::TimedOut)));
}

#[test]
fn questions_end_when_they_are_late_or_cancelled_or_too_many_or_nobody_is_there() {
    let silent = local();
    let address = silent.local_addr().unwrap();
    let (asking, results) = asking(AskOptions {
        questions: 2,
        ..AskOptions::default()
    });
    let outcome = |number| {
        let ended = results.recv_timeout(PATIENCE).unwrap();
        assert_eq!(ended.ticket, Ticket(number));
        ended.outcome.unwrap_err()
    };
    asking.ask(question(1, address, SHORT));
    assert!(matches!(outcome(1), Trouble::TimedOut));
    asking.ask(question(2, address, PATIENCE * 100));
    asking.ask(question(3, address, PATIENCE * 100));
    asking.ask(question(4, address, PATIENCE * 100));
    assert!(matches!(outcome(4), Trouble::TooMany));
    asking.cancel(Ticket(3));
    assert!(matches!(outcome(3), Trouble::Cancelled));
    let nobody = local().local_addr().unwrap();
    asking.ask(question(5, nobody, PATIENCE * 100));
    assert!(matches!(outcome(5), Trouble::Broken(_)));
    drop(asking);
}

fn impatient() -> DialogueLimits {
    DialogueLimits {
        connect_time: SHORT,
        step_time: SHORT,
        total_time: PATIENCE,
    }
}

fn open(address: SocketAddr, limits: &DialogueLimits) -> Dialogue {
    Dialogue::open(&Peer::plain(address), limits).unwrap()
}

#[test]
fn messages_go_both_ways_over_tcp() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let address = server.addresses()[0];
    let peer = Peer {
        from: Some("127.0.0.1".parse().unwrap()),
        ..Peer::plain(address)
    };
    let mut dialogue = Dialogue::open(&peer, &DialogueLimits::default()).unwrap();
    let mut answer = Vec::new();
    for text in ["one", "two"] {
        dialogue.send(text.as_bytes()).unwrap();
        assert!(dialogue.receive(&mut answer).unwrap());
        assert!(answer.ends_with(text.as_bytes()));
    }
    dialogue.send(b"big").unwrap();
    assert!(dialogue.receive(&mut answer).unwrap());
    assert_eq!(answer.len(), 65_535);
    assert!(dialogue.send(&vec![0; 65_536]).is_err());
    server.stop();
    assert!(!dialogue.receive(&mut answer).unwrap(), "closed");
}

/// A server that sends these octets and then waits until the client has gone.
fn sending(octets: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.write_all(&octets).unwrap();
        let _ = client.read(&mut [0; 100]);
    });
    address
}

#[test]
fn a_peer_that_stops_is_given_up() {
    let mut message = Vec::new();
    for octets in [&b""[..], b"\0", b"\0\x05", b"\0\x05abcd"] {
        let began = Instant::now();
        let mut dialogue = open(sending(octets.to_vec()), &impatient());
        let end = dialogue.receive(&mut message);
        assert!(matches!(end, Err(Trouble::TimedOut)), "{octets:?}: {end:?}");
        assert!(began.elapsed() >= SHORT);
    }
}

#[test]
fn a_peer_that_goes_on_for_ever_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        while client.write_all(b"\0\x01x").is_ok() {}
    });
    let limits = DialogueLimits {
        total_time: SHORT * 2,
        ..impatient()
    };
    let mut dialogue = open(address, &limits);
    let mut message = Vec::new();
    let end = loop {
        match dialogue.receive(&mut message) {
            Ok(true) => {}
            end => break end,
        }
    };
    assert!(matches!(end, Err(Trouble::TimedOut)), "{end:?}");
}

#[test]
fn a_message_that_is_cut_short_is_none() {
    for octets in [&b"\0"[..], b"\0\x05abcd"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let octets = octets.to_vec();
        thread::spawn(move || listener.accept().unwrap().0.write_all(&octets).unwrap());
        let mut dialogue = open(address, &DialogueLimits::default());
        let end = dialogue.receive(&mut Vec::new());
        assert!(matches!(end, Err(Trouble::CutShort)), "{end:?}");
    }
}

#[test]
fn another_thread_can_end_it() {
    let mut dialogue = open(sending(Vec::new()), &DialogueLimits::default());
    let cutter = dialogue.cutter().unwrap();
    let waiting = thread::spawn(move || dialogue.receive(&mut Vec::new()));
    cutter.cut();
    assert!(!matches!(waiting.join().unwrap(), Ok(true)));
}

fn secured(address: SocketAddr, trust: Trust, name: &'static str) -> Result<Dialogue, Trouble> {
    let config = transfer_config(trust, None).unwrap();
    let peer = Peer {
        tls: Some((config, ServerName::try_from(name).unwrap())),
        ..Peer::plain(address)
    };
    Dialogue::open(&peer, &DialogueLimits::default())
}

/// RFC 9103 §7.1 and §9.3.
#[test]
fn over_tls_the_peer_is_who_it_should_be() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let address = server.tls_addresses()[0];
    let certificate = identity.certificate.clone();
    let roots = |certificate: CertificateDer<'static>| {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        Trust::Roots(roots)
    };
    for (trust, name) in [
        (roots(certificate.clone()), "localhost"),
        (Trust::Pinned(certificate.clone()), "whatever.example"),
    ] {
        let mut dialogue = secured(address, trust, name).unwrap();
        let mut answer = Vec::new();
        for text in ["one", "big", "two"] {
            dialogue.send(text.as_bytes()).unwrap();
            assert!(dialogue.receive(&mut answer).unwrap());
        }
        assert!(answer.starts_with(b"Tls ") && answer.ends_with(b"two"));
    }
    let other = Identity::new().certificate;
    for (trust, name) in [
        (roots(certificate), "other.example"),
        (roots(other.clone()), "localhost"),
        (Trust::Pinned(other), "localhost"),
    ] {
        let refused = secured(address, trust, name);
        assert!(
            matches!(refused, Err(Trouble::NotTrusted(_))),
            "{refused:?}"
        );
    }
    assert!(transfer_config(Trust::Roots(RootCertStore::empty()), None).is_err());
}

#[test]
fn over_tls_a_peer_of_another_protocol_or_an_older_version_is_none() {
    for (protocols, versions) in [
        (&[][..], &[&rustls::version::TLS13][..]),
        (&["h2"][..], &[&rustls::version::TLS13][..]),
        (&["dot"][..], &[&rustls::version::TLS12][..]),
    ] {
        let identity = Identity::speaking(protocols, versions);
        let server = identity.serve(&options(&["127.0.0.1:0"]));
        let trust = Trust::Pinned(identity.certificate.clone());
        let refused = secured(server.tls_addresses()[0], trust, "localhost");
        assert!(refused.is_err(), "{protocols:?}");
    }
}
