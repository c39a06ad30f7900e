//! Messages over TCP, and the key that both sides have.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rr::{Name, Record, Rtype};
use tsig::Time;
use wire::message::Message;

use crate::support::{ROOT_KEY, key};

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> io::Result<Connection> {
        TcpStream::connect_timeout(&address, PATIENCE).and_then(Connection::of)
    }

    pub(crate) fn of(stream: TcpStream) -> io::Result<Connection> {
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection(stream))
    }

    pub(crate) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        self.0.write_all(&[&length, message].concat())
    }

    pub(crate) fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 2];
        self.0.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.0.read_exact(&mut message)?;
        Ok(message)
    }

    /// Sends an update, signed; the low bits of the response code, none for silence.
    pub(crate) fn update(&mut self, mut message: Vec<u8>) -> Option<u8> {
        tsig::sign_request(&Arc::new(key(ROOT_KEY)), &mut message, now()).unwrap();
        self.send(&message).unwrap();
        self.receive().ok().map(|answer| answer[3] & 15)
    }

    /// All records of a zone that fits into a few messages, the SOA record once.
    pub(crate) fn transfer(&mut self, apex: &Name) -> io::Result<Vec<Record>> {
        self.send(&wire::message::query(0x4242, apex.as_ref(), Rtype::AXFR))?;
        let mut records = Message::read(&self.receive()?).unwrap().answer;
        let is_soa = |record: &&Record| record.data.rtype() == Rtype::SOA;
        while records.iter().filter(is_soa).count() < 2 {
            let more = Message::read(&self.receive()?).unwrap();
            assert!(!more.answer.is_empty(), "{apex}: {more:?}");
            records.extend(more.answer);
        }
        records.pop();
        Ok(records)
    }

    /// Whether the server answers with this zone.
    pub(crate) fn serves(&mut self, apex: &Name) -> bool {
        let query = wire::message::query(0x4242, apex.as_ref(), Rtype::SOA);
        let answer = self.send(&query).and_then(|()| self.receive());
        answer.is_ok_and(|answer| answer[3] & 15 == 0 && answer[7] == 1)
    }
}

pub(crate) fn now() -> Time {
    Time::from_secs(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
}
