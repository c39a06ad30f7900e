//! A service that echoes, and clients that are in no hurry.
#![allow(dead_code, reason = "each test program uses some of it")]

pub(crate) mod pending;
pub(crate) mod secure;

use stack_os::{Message, Options, Server, Service, Sockets, TcpTotals, Totals};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// On an idle machine it is a few milliseconds.
pub(crate) const PROMPT: Duration = Duration::from_secs(1);

/// Answers with the transport's name, the asked address and the question, except: `silence`, `panic`, and `big`, which is
/// answered with as many octets as there is room for.
pub(crate) fn echo(message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
    match message.octets {
        b"silence" => None,
        b"panic" => panic!("as the test asked"),
        b"big" => Some(answer.len()),
        octets => {
            let text = [tag(message).as_bytes(), octets].concat();
            answer[..text.len()].copy_from_slice(&text);
            Some(text.len())
        }
    }
}

fn tag(message: Message<'_>) -> String {
    format!("{:?} {} ", message.transport, message.local)
}

pub(crate) fn options(listen: &[&str]) -> Options {
    let listen: Vec<SocketAddr> = listen
        .iter()
        .map(|address| address.parse().unwrap())
        .collect();
    Options {
        udp_workers: 2,
        tcp_workers: 1,
        ..Options::new(listen)
    }
}

pub(crate) fn serve(options: &Options) -> Server {
    serve_with(options, || echo)
}

pub(crate) fn serve_with(options: &Options, service: impl Service) -> Server {
    Sockets::bind(options).unwrap().serve(service).unwrap()
}

pub(crate) fn udp_client(server: SocketAddr) -> UdpSocket {
    let client = UdpSocket::bind((if server.is_ipv4() { "127.0.0.1" } else { "::1" }, 0)).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// Asks over UDP and returns the answer and its source.
pub(crate) fn ask_udp(server: SocketAddr, question: &[u8]) -> (Vec<u8>, SocketAddr) {
    let client = udp_client(server);
    client.send_to(question, server).unwrap();
    let mut octets = vec![0; 65_536];
    let (len, from) = client.recv_from(&mut octets).unwrap();
    octets.truncate(len);
    (octets, from)
}

pub(crate) struct TcpClient(pub(crate) TcpStream);

impl TcpClient {
    pub(crate) fn connect(server: SocketAddr) -> TcpClient {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        TcpClient(stream)
    }

    pub(crate) fn send(&mut self, question: &[u8]) {
        self.0.write_all(&framed(question)).unwrap();
    }

    pub(crate) fn receive(&mut self) -> Vec<u8> {
        receive(&mut self.0)
    }

    pub(crate) fn ask(&mut self, question: &[u8]) -> Vec<u8> {
        self.send(question);
        self.receive()
    }

    /// Whether the server has closed the connection, waiting up to `patience` for it.
    pub(crate) fn is_closed_within(&mut self, patience: Duration) -> bool {
        self.0.set_read_timeout(Some(patience)).unwrap();
        let result = self.0.read(&mut [0]);
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        match result {
            Ok(len) => len == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// The next message of a stream, without the length that precedes it.
pub(crate) fn receive(stream: &mut impl Read) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut octets = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut octets).unwrap();
    octets
}

pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [
        &u16::try_from(message.len()).unwrap().to_be_bytes(),
        message,
    ]
    .concat()
}

/// Waits until the totals are as wanted.
pub(crate) fn await_totals(server: &Server, wanted: impl Fn(Totals) -> bool) {
    let start = Instant::now();
    while !wanted(server.totals()) {
        assert!(start.elapsed() < PATIENCE, "{:?}", server.totals());
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn await_tcp(server: &Server, wanted: impl Fn(TcpTotals) -> bool) {
    await_totals(server, |totals| wanted(totals.tcp));
}

/// CPU time this process has used so far.
pub(crate) fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let own: u64 = text
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse().ok())
        .unwrap_or_default();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let all =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    let nanos: u64 = all
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum();
    Duration::from_nanos(nanos.max(own))
}
