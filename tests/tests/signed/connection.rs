//! Messages over a TCP connection, and the TSIG record of one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rr::{Name, NameRef, Rtype};
use wire::message::Message;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Connection {
        Connection::of(TcpStream::connect_timeout(&address, PATIENCE).unwrap())
    }

    pub(crate) fn of(stream: TcpStream) -> Connection {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(stream)
    }

    pub(crate) fn send(&mut self, message: &[u8]) {
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        self.0.write_all(&[&length, message].concat()).unwrap();
    }

    /// The next message; none at the end.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 2];
        self.0.read_exact(&mut length).ok()?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.0.read_exact(&mut message).ok()?;
        Some(message)
    }

    pub(crate) fn ask(&mut self, message: &[u8]) -> Vec<u8> {
        self.send(message);
        self.receive().expect("an answer")
    }
}

pub(crate) fn apex() -> Name {
    Name::from_text("example.org").unwrap()
}

pub(crate) fn question(rtype: Rtype) -> Vec<u8> {
    wire::message::query(0x4242, apex().as_ref(), rtype)
}

/// How many SOA records are in the answer section: a transfer has two.
pub(crate) fn soas(message: &[u8]) -> usize {
    let message = Message::read(message).unwrap();
    let answer = message.answer.iter();
    answer
        .filter(|record| record.data.rtype() == Rtype::SOA)
        .count()
}

pub(crate) fn records(message: &[u8]) -> usize {
    Message::read(message).unwrap().answer.len()
}

/// What an answer says about the signature of its request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) rcode: u8,
    /// None without a TSIG record.
    pub(crate) error: Option<u16>,
    pub(crate) mac_octets: usize,
    pub(crate) other_octets: usize,
}

impl Told {
    pub(crate) fn by(answer: &[u8]) -> Told {
        let last = wire::Records::of(answer).unwrap().last();
        let last = last
            .map(Result::unwrap)
            .filter(|last| last.rtype == Rtype::TSIG);
        let rcode = answer[3] & 15;
        let Some(last) = last else {
            return Told {
                rcode,
                error: None,
                mac_octets: 0,
                other_octets: 0,
            };
        };
        let (_, rest) = NameRef::split_from(last.data).unwrap();
        let word = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
        let mac_octets = usize::from(word(8));
        let error = Some(word(12 + mac_octets));
        let other_octets = usize::from(word(14 + mac_octets));
        Told {
            rcode,
            error,
            mac_octets,
            other_octets,
        }
    }
}
