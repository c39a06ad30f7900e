//! One socket for many questions, of each family of addresses.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

use super::datagrams::Question;

/// Tokens of sockets that are shared; those of others are below.
pub(super) const FIRST_TOKEN: usize = usize::MAX - 2;

/// The sockets, and whose answers come there.
#[derive(Default)]
pub(super) struct Shared {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
    /// By the server and the id of the message.
    open: HashMap<(SocketAddr, [u8; 2]), Token>,
}

impl Shared {
    /// Whether the answer would be known from those of others.
    pub(super) fn has_room(&self, question: &Question) -> bool {
        let place = (question.server, id(&question.message));
        question.from.is_none() && !self.open.contains_key(&place)
    }

    pub(super) fn send(
        &mut self,
        question: &Question,
        token: Token,
        registry: &Registry,
    ) -> io::Result<()> {
        let server = question.server;
        let (socket, number) = match server {
            SocketAddr::V4(_) => (&mut self.v4, FIRST_TOKEN),
            SocketAddr::V6(_) => (&mut self.v6, FIRST_TOKEN + 1),
        };
        if socket.is_none() {
            let mut opened = UdpSocket::bind(SocketAddr::new(any_address(server), 0))?;
            registry.register(&mut opened, Token(number), Interest::READABLE)?;
            *socket = Some(opened);
        }
        if let Some(socket) = socket {
            socket.send_to(&question.message, server)?;
        }
        self.open.insert((server, id(&question.message)), token);
        Ok(())
    }

    /// The next answer: whose it is, and its octets. What is nobody's is passed over.
    pub(super) fn receive(&mut self, octets: &mut [u8]) -> Option<(Token, usize)> {
        for socket in self.v4.iter().chain(&self.v6) {
            // Nothing is there any more, or nothing can be had: what is not answered is asked again by who wants to know.
            while let Ok((length, from)) = socket.recv_from(octets) {
                if let Some(token) = self.open.get(&(from, id(&octets[..length]))) {
                    return Some((*token, length));
                }
            }
        }
        None
    }

    pub(super) fn forget(&mut self, server: SocketAddr, message: &[u8]) {
        self.open.remove(&(server, id(message)));
    }
}

fn id(message: &[u8]) -> [u8; 2] {
    message.first_chunk().copied().unwrap_or_default()
}

/// Any address of this machine, of the same family.
pub(super) fn any_address(server: SocketAddr) -> IpAddr {
    match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}
