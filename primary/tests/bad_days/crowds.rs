//! More connections and questions than anybody needs.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Server, ask_tcp, ask_udp, poll, query, served, zone};
use crate::{LISTEN, count, repo, resident_kib};

/// Descriptor exhaustion: UDP goes on, who comes last over TCP is served, and afterwards all is as before.
#[test]
fn a_hundred_descriptors_are_enough_for_three_hundred_connections() {
    let repo = repo();
    let server = Server::start_under(&["prlimit", "--nofile=100:100"], &repo, &LISTEN);
    let address = server.addresses[0];
    let mut idle: Vec<TcpStream> = Vec::new();
    for count in 0..300 {
        idle.push(TcpStream::connect(address).expect("the kernel takes it"));
        if count % 25 == 0 {
            assert!(served("192.0.2.1")(&ask_udp(address, "www.a.example")));
        }
    }
    let mut last = TcpStream::connect(address).expect("connected");
    assert!(served("192.0.2.1")(&ask_tcp(&mut last, "www.a.example")));
    let id = repo.commit(&[("a.example", &zone(2, "192.0.2.2"))]);
    assert_eq!(ask_udp(address, "www.a.example").rcode, 0);
    drop(idle);
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    server.stop();
}

const CLIENTS: u32 = 10_000;
/// How many come from one address: fewer than one client may have.
const FROM_ONE_ADDRESS: u32 = 250;

/// Ten thousand at once, who dribble, stop in mid-message, do not read or say nothing: UDP and fresh TCP are answered all
/// the time, and afterwards nothing is left of them.
#[test]
fn ten_thousand_slow_clients_keep_nobody_out() {
    let (process, limit) = (std::process::id().to_string(), CLIENTS + 2000);
    let raise = format!("--nofile={limit}:{limit}");
    let raised = Command::new("prlimit")
        .args(["--pid", &process, &raise])
        .output();
    let raised = raised.expect("prlimit runs");
    assert!(
        raised.status.success(),
        "this takes {limit} descriptors: {raised:?}"
    );
    let repo = repo();
    // Whoever is asked all the time would else be silent for the rate.
    let arguments = [&LISTEN[..], &["--rate-limit", "off"]].concat();
    // What most are started with; it is for the server to ask for more.
    let few = format!("--nofile=1024:{limit}");
    let server = Server::start_under(&["prlimit", &few], &repo, &arguments);
    let address = server.addresses[0];
    let (files, is_over) = (count(&server, "fd"), AtomicBool::new(false));
    thread::scope(|scope| {
        let asked = scope.spawn(|| ask_until(&is_over, address));
        let mut slow: Vec<TcpStream> = (0..CLIENTS)
            .map(|number| slow_client(address, number))
            .collect();
        for round in 0..5 {
            for client in slow.iter_mut().step_by(4) {
                let _ = client.write(&[0, 99, round]);
            }
        }
        assert!(count(&server, "fd") > 5000, "most of them are connected");
        is_over.store(true, Ordering::Relaxed);
        // They stay until the others have their answers.
        asked.join().expect("answered");
    });
    poll(|| match count(&server, "fd") {
        now if now <= files + 1 => Ok(()),
        now => Err(format!("{now} descriptors after {files}")),
    });
    server.stop();
}

/// How often it is asked while they are there, at least.
const ROUNDS: u32 = 20;

/// Over UDP and fresh TCP, in turn.
fn ask_until(is_over: &AtomicBool, server: SocketAddr) {
    let mut rounds = 0;
    while rounds < ROUNDS || !is_over.load(Ordering::Relaxed) {
        assert!(served("192.0.2.1")(&ask_udp(server, "www.a.example")));
        let mut fresh = TcpStream::connect(server).expect("connected");
        assert!(served("192.0.2.1")(&ask_tcp(&mut fresh, "www.a.example")));
        rounds += 1;
    }
}

/// One that dribbles later, one that stops in mid-message, one that does not read, one that says nothing.
fn slow_client(server: SocketAddr, number: u32) -> TcpStream {
    let from = Ipv4Addr::from_bits(0x7f00_0100 + number / FROM_ONE_ADDRESS);
    let mut client = connect_from(from, server);
    client.set_nonblocking(true).expect("set");
    let said = match number % 4 {
        1 => vec![0xff; 12],
        2 => framed(&query("www.a.example")).repeat(20),
        _ => Vec::new(),
    };
    // It may have been closed for others already.
    let _ = client.write(&said);
    client
}

fn connect_from(from: Ipv4Addr, server: SocketAddr) -> TcpStream {
    let kind = socket2::Type::STREAM;
    let socket = socket2::Socket::new(socket2::Domain::IPV4, kind, None).expect("a socket");
    socket
        .bind(&SocketAddr::from((from, 0)).into())
        .expect("bound");
    socket.connect(&server.into()).expect("connected");
    socket.into()
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes(), message].concat()
}

const QUESTIONS: usize = 1_000_000;
const CONNECTIONS: usize = 4;
/// What memory may grow by: buffers of connections come and go.
const GROWTH_KIB: u64 = 4 << 10;

/// Questions sent without waiting, a million on few connections (CVE-2025-30193): all are answered, and the memory that
/// the first ones take is what all of them take.
#[test]
fn a_million_pipelined_questions_take_no_more_memory_than_some() {
    let repo = repo();
    let server = Server::start(&repo);
    let address = server.addresses[0];
    let ask = |questions: usize| {
        thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| pipeline(address, questions / CONNECTIONS));
            }
        });
    };
    ask(QUESTIONS / 20);
    let before = resident_kib(&server);
    ask(QUESTIONS);
    let grown = resident_kib(&server).saturating_sub(before);
    assert!(grown < GROWTH_KIB, "{grown} KiB more");
    server.stop();
}

/// Writes so many questions on a connection while their answers are read.
fn pipeline(server: SocketAddr, questions: usize) {
    let mut stream = TcpStream::connect(server).expect("connected");
    let mut question = framed(&query("www.a.example"));
    // Without EDNS all answers are the same.
    question.truncate(question.len() - 15);
    question[1] -= 15;
    question[2 + 11] = 0;
    stream.write_all(&question).expect("sent");
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer[6..8], [0, 1], "it is answered");
    let answer = framed(&answer);
    let mut writing = stream.try_clone().expect("a handle");
    thread::scope(|scope| {
        scope.spawn(move || {
            let many = question.repeat(1000);
            (0..questions / 1000).for_each(|_| writing.write_all(&many).expect("sent"));
        });
        let wanted = answer.repeat(1000);
        let mut found = vec![0; wanted.len()];
        for _ in 0..questions / 1000 {
            stream.read_exact(&mut found).expect("answers");
            assert!(found == wanted);
        }
    });
}
