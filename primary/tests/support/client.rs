//! Questions and answers over UDP and TCP, by hand.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};

use super::{NOERROR, PATIENCE};

/// What a client sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) rcode: u8,
    pub(crate) addresses: Vec<Ipv4Addr>,
    /// Of an SOA record.
    pub(crate) serial: Option<u32>,
    /// What NSID says, as text.
    pub(crate) nsid: String,
}

pub(crate) fn served(address: &str) -> impl Fn(&Answer) -> bool {
    let address: Ipv4Addr = address.parse().expect("an address");
    move |answer| answer.rcode == NOERROR && answer.addresses == [address]
}

pub(crate) fn ask_udp(server: SocketAddr, name: &str) -> Answer {
    let any = if server.is_ipv4() {
        "127.0.0.1:0"
    } else {
        "[::1]:0"
    };
    let socket = UdpSocket::bind(any).expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket.send_to(&query(name), server).expect("sent");
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer).expect("an answer");
    read_answer(&answer[..length])
}

pub(crate) fn ask_tcp(stream: &mut TcpStream, name: &str) -> Answer {
    send_tcp(stream, name);
    read_tcp(stream)
}

pub(crate) fn send_tcp(stream: &mut TcpStream, name: &str) {
    let query = query(name);
    let mut octets = (query.len() as u16).to_be_bytes().to_vec();
    octets.extend(query);
    stream.write_all(&octets).expect("sent");
}

pub(crate) fn read_tcp(stream: &mut TcpStream) -> Answer {
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).expect("an answer");
    read_answer(&answer)
}

/// The serial of a zone that is served; `None` if it is not.
pub(crate) fn ask_serial(server: SocketAddr, zone: &str) -> Option<u32> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut question = query(zone);
    let rtype = skip_name(&question, 12);
    question[rtype + 1] = 6;
    socket.send_to(&question, server).expect("sent");
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer).expect("an answer");
    read_answer(&answer[..length]).serial
}

/// A question for addresses, with EDNS and NSID.
pub(crate) fn query(name: &str) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0]);
    message
}

pub(crate) fn read_answer(message: &[u8]) -> Answer {
    let count = |at: usize| usize::from(u16::from_be_bytes([message[at], message[at + 1]]));
    assert_eq!(&message[..2], [0x12, 0x34], "the answer to this question");
    let mut at = skip_name(message, 12) + 4;
    let mut answer = Answer {
        rcode: message[3] & 0xf,
        addresses: Vec::new(),
        serial: None,
        nsid: String::new(),
    };
    for _ in 0..count(6) + count(8) + count(10) {
        at = skip_name(message, at);
        let data = at + 10..at + 10 + count(at + 8);
        match count(at) {
            1 if data.len() == 4 => answer.addresses.push(
                <[u8; 4]>::try_from(&message[data.clone()])
                    .expect("four")
                    .into(),
            ),
            6 => {
                let serial = data.end - 20..data.end - 16;
                let serial = <[u8; 4]>::try_from(&message[serial]).expect("four");
                answer.serial = Some(u32::from_be_bytes(serial));
            }
            41 if data.len() >= 4 => {
                answer.nsid = String::from_utf8_lossy(&message[data.start + 4..data.end]).into();
            }
            _ => {}
        }
        at = data.end;
    }
    answer
}

fn skip_name(message: &[u8], mut at: usize) -> usize {
    loop {
        match message[at] {
            0 => return at + 1,
            pointer if pointer >= 0xc0 => return at + 2,
            length => at += usize::from(length) + 1,
        }
    }
}

/// A page over HTTP, head and all.
pub(crate) fn page(address: Option<&str>, path: &str) -> String {
    let mut stream = TcpStream::connect(address.expect("an address")).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}
