//! Who sends updates: one after the other, each signed, over one socket.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rr::Name;
use tsig::{Awaited, Key, Time};

use super::scene::Scene;

/// How long an answer may take; far more than any should.
const PATIENCE: Duration = Duration::from_secs(20);

/// How updates are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Way {
    /// On a connection that stays open
    Tcp,
    /// As datagrams
    Udp,
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Tcp => "TCP",
            Way::Udp => "UDP",
        }
    }
}

/// A socket, and what is asked over it.
pub(crate) struct Client<'s> {
    scene: &'s Scene,
    key: Arc<Key>,
    socket: Socket,
}

enum Socket {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl<'s> Client<'s> {
    pub(crate) fn new(
        scene: &'s Scene,
        address: SocketAddr,
        way: Way,
    ) -> Result<Client<'s>, String> {
        let socket = Socket::open(address, way).map_err(|why| format!("cannot connect: {why}"))?;
        Ok(Client {
            scene,
            key: Arc::clone(&scene.key),
            socket,
        })
    }

    /// Until then, changes addresses of hosts that no other of the clients changes; gives how long each took.
    pub(crate) fn ask_until(
        &mut self,
        end: Instant,
        (number, clients): (usize, usize),
    ) -> Result<Vec<Duration>, String> {
        let mut took = Vec::new();
        while Instant::now() < end {
            let turn = took.len();
            let host = (number + turn * 7_919 * clients) % self.scene.hosts;
            let start = Instant::now();
            self.ask(host)?;
            took.push(start.elapsed());
        }
        Ok(took)
    }

    /// Gives a host another address.
    pub(crate) fn ask(&mut self, host: usize) -> Result<(), String> {
        // Of all clients together: what is the same in all octets is a replay.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut message = replacing(&self.scene.apex, host, number);
        let signed = tsig::sign_request(&self.key, &mut message, now());
        let awaited = signed.map_err(|why| format!("cannot sign: {why}"))?;
        let answer = self.socket.exchange(&message, &awaited);
        let answer = answer.map_err(|why| format!("no answer: {why}"))?;
        match answer[3] & 15 {
            0 => Ok(()),
            code => Err(format!("answered with code {code}")),
        }
    }
}

impl Socket {
    fn open(address: SocketAddr, way: Way) -> std::io::Result<Socket> {
        Ok(match way {
            Way::Tcp => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Socket::Tcp(stream)
            }
            Way::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0")?;
                socket.connect(address)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                Socket::Udp(socket)
            }
        })
    }

    /// The answer, its signature verified.
    fn exchange(&mut self, message: &[u8], awaited: &Awaited) -> Result<Vec<u8>, String> {
        let answer = self.carry(message).map_err(|why| why.to_string())?;
        if answer.len() < 12 {
            return Err("it is cut short".into());
        }
        awaited
            .verify(&answer, now())
            .map_err(|why| format!("{why}, code {}", answer[3] & 15))?;
        Ok(answer)
    }

    fn carry(&mut self, message: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Socket::Tcp(stream) => {
                let mut framed = (message.len() as u16).to_be_bytes().to_vec();
                framed.extend(message);
                stream.write_all(&framed)?;
                let mut length = [0; 2];
                stream.read_exact(&mut length)?;
                let mut answer = vec![0; u16::from_be_bytes(length).into()];
                stream.read_exact(&mut answer)?;
                Ok(answer)
            }
            Socket::Udp(socket) => {
                socket.send(message)?;
                let mut answer = vec![0; 4096];
                let length = socket.recv(&mut answer)?;
                answer.truncate(length);
                Ok(answer)
            }
        }
    }
}

/// `update delete hN A` and `update add hN 3600 A ADDRESS` (RFC 2136 §2.5.2 and §2.5.1).
fn replacing(apex: &Name, host: usize, number: u32) -> Vec<u8> {
    let [_, first, second, third] = number.to_be_bytes();
    let mut message = vec![second, third];
    message.extend([0x28, 0, 0, 1, 0, 0, 0, 2, 0, 0]);
    message.extend(apex.as_ref().as_wire());
    message.extend([0, 6, 0, 1]);
    let label = format!("h{host}");
    let owner = message.len();
    message.push(label.len() as u8);
    message.extend(label.as_bytes());
    message.extend([0xc0, 12]);
    message.extend([0, 1, 0, 255, 0, 0, 0, 0, 0, 0]);
    message.extend([0xc0, owner as u8, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4]);
    message.extend([172, first, second, third]);
    message
}

fn now() -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Time::from_secs(now.map_or(0, |now| now.as_secs()))
}
