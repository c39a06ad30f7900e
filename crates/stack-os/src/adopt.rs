//! Sockets that somebody else has bound: those of a service manager, which keeps them while the server restarts.

use crate::{
    Options, Sockets,
    sockets::{Bound, prepare_datagrams, prepare_listener},
};
use socket2::{Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::OwnedFd,
    time::Duration,
};

/// How often a thread that waits in such a socket looks whether it is to stop. Shutting the socket down, which wakes it
/// otherwise, would shut it down for whoever uses it next.
const LOOK: Duration = Duration::from_millis(250);

impl Sockets {
    /// Takes these instead of [`Options::listen`]: for each address one that listens over TCP and at least one for UDP.
    /// Several threads share a UDP socket, where there are fewer than workers.
    ///
    /// # Errors
    /// A descriptor that is no such socket, an address for one transport only, or a wildcard IPv6 socket that takes
    /// IPv4 as well: clients must be told apart by their true addresses.
    pub fn adopt(options: &Options, descriptors: Vec<OwnedFd>) -> io::Result<Sockets> {
        let mut addresses: Vec<Adopted> = Vec::new();
        for descriptor in descriptors {
            let socket = Socket::from(descriptor);
            let address = checked_address(&socket)?;
            let at = addresses
                .iter()
                .position(|adopted| adopted.address == address);
            let at = at.unwrap_or_else(|| {
                addresses.push(Adopted::new(address));
                addresses.len() - 1
            });
            addresses[at].take(socket)?;
        }
        let bound = addresses.into_iter().map(|adopted| adopted.bound(options));
        Ok(Sockets {
            bound: bound.collect::<io::Result<_>>()?,
            options: options.clone(),
            tls: None,
        })
    }
}

/// The sockets of one address, as far as they are there.
struct Adopted {
    address: SocketAddr,
    listener: Option<TcpListener>,
    udp: Vec<UdpSocket>,
}

impl Adopted {
    fn new(address: SocketAddr) -> Adopted {
        Adopted {
            address,
            listener: None,
            udp: Vec::new(),
        }
    }

    fn take(&mut self, socket: Socket) -> io::Result<()> {
        match socket.r#type()? {
            Type::DGRAM => self.udp.push(socket.into()),
            Type::STREAM if socket.is_listener()? => self.listener = Some(socket.into()),
            _ => {
                return Err(wrong(
                    self.address,
                    "neither listens over TCP nor is for UDP",
                ));
            }
        }
        Ok(())
    }

    fn bound(self, options: &Options) -> io::Result<Bound> {
        let Some(listener) = self.listener else {
            return Err(wrong(
                self.address,
                "is for UDP only; pass one for TCP on as well",
            ));
        };
        if self.udp.is_empty() {
            return Err(wrong(
                self.address,
                "is for TCP only; pass one for UDP on as well",
            ));
        }
        prepare_listener(&socket2::SockRef::from(&listener), &options.tcp)?;
        for socket in &self.udp {
            socket.set_nonblocking(false)?;
            socket.set_read_timeout(Some(LOOK))?;
            prepare_datagrams(&socket2::SockRef::from(socket), self.address, &options.udp)?;
        }
        let workers = options.udp_workers.max(self.udp.len());
        let shared = self.udp.iter().cycle().take(workers);
        Ok(Bound {
            address: self.address,
            listener,
            udp: shared
                .map(UdpSocket::try_clone)
                .collect::<io::Result<_>>()?,
            is_adopted: true,
        })
    }
}

pub(crate) fn checked_address(socket: &Socket) -> io::Result<SocketAddr> {
    let address = socket.local_addr()?.as_socket();
    let address = address.ok_or_else(|| io::Error::other("a socket passed on is not of IP"))?;
    if address.is_ipv6() && address.ip().is_unspecified() && !socket.only_v6()? {
        let why = "takes IPv4 as well; pass on one for each (BindIPv6Only=ipv6-only)";
        return Err(wrong(address, why));
    }
    Ok(address)
}

pub(crate) fn wrong(address: SocketAddr, why: &str) -> io::Error {
    io::Error::other(format!("the socket passed on for {address} {why}"))
}
