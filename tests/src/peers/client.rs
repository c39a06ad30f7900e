//! Octets to a server on loopback and back.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

const ANSWER: Duration = Duration::from_secs(2);
const TRIES: usize = 5;

/// Asks one address, from one socket.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    socket: UdpSocket,
}

impl Client {
    pub(crate) fn of(address: SocketAddr) -> Client {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has free ports");
        socket.connect(address).expect("loopback is reachable");
        Client { address, socket }
    }

    pub(crate) fn udp(&self, message: &[u8]) -> Option<Vec<u8>> {
        (0..TRIES).find_map(|_| self.udp_once(message, ANSWER))
    }

    pub(crate) fn tcp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.exchange_tcp(message).ok()
    }

    /// One try; answers to older questions are passed over.
    pub(crate) fn udp_once(&self, message: &[u8], limit: Duration) -> Option<Vec<u8>> {
        self.socket
            .set_read_timeout(Some(limit))
            .expect("a limit above zero is allowed");
        self.socket.send(message).ok()?;
        let mut buffer = [0; 65_535];
        loop {
            let length = self.socket.recv(&mut buffer).ok()?;
            if buffer[..length].get(..2) == message.get(..2) {
                return Some(buffer[..length].to_vec());
            }
        }
    }

    fn exchange_tcp(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&self.address, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER * 3))?;
        let length = u16::try_from(message.len()).expect("messages have at most 65,535 octets");
        stream.write_all(&[&length.to_be_bytes(), message].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }
}
