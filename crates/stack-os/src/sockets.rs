//! Binding: everything that may need privileges, before any thread starts.

use crate::{Options, Server, Service, limits::TcpLimits, limits::UdpLimits, tls::Secure};
use kernel_calls::{forbid_fragments, tell_destination};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    error, fmt, io,
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::AsFd,
};

/// How often a free port is tried that turns out to be taken for the other transport.
const PORT_ATTEMPTS: usize = 16;

/// Bound sockets that wait for [`serve`](Sockets::serve); questions queue up in them already.
#[derive(Debug)]
pub struct Sockets {
    pub(crate) options: Options,
    pub(crate) bound: Vec<Bound>,
    pub(crate) tls: Option<Secure>,
}

/// The sockets of one address.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    pub(crate) listener: TcpListener,
    pub(crate) udp: Vec<UdpSocket>,
    /// The sockets live on after the server.
    pub(crate) is_adopted: bool,
}

impl Sockets {
    /// Binds all addresses of `options`, each for TCP and, once per worker, for UDP.
    ///
    /// # Errors
    /// The first address that cannot be bound, and why; nothing stays bound then. An address where another process
    /// listens is an error although UDP sockets could share it.
    pub fn bind(options: &Options) -> Result<Sockets, BindError> {
        let bound = options
            .listen
            .iter()
            .map(|&address| Bound::bind(address, options));
        Ok(Sockets {
            bound: bound.collect::<Result<_, _>>()?,
            options: options.clone(),
            tls: None,
        })
    }

    /// The addresses in the order of [`Options::listen`], with the ports that port 0 became.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.bound.iter().map(|bound| bound.address).collect()
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// What the system reports when it cannot make a thread or an event queue.
    pub fn serve(self, service: impl Service) -> io::Result<Server> {
        Server::start(&self, service)
    }
}

impl Bound {
    fn bind(address: SocketAddr, options: &Options) -> Result<Bound, BindError> {
        let mut attempts = if address.port() == 0 {
            PORT_ATTEMPTS
        } else {
            1
        };
        loop {
            attempts -= 1;
            match Bound::attempt(address, options) {
                Err(error) if attempts > 0 && error.source.kind() == io::ErrorKind::AddrInUse => {}
                result => return result,
            }
        }
    }

    /// TCP first: its listener is not shared, so a second server on the same address is noticed.
    fn attempt(asked: SocketAddr, options: &Options) -> Result<Bound, BindError> {
        let failed = |transport, source| BindError::new(asked, transport, source);
        let listener = listener(asked, &options.tcp).map_err(|source| failed("TCP", source))?;
        let address = listener
            .local_addr()
            .map_err(|source| failed("TCP", source))?;
        let udp = (0..options.udp_workers.max(1)).map(|_| datagram_socket(address, &options.udp));
        let udp = udp
            .collect::<io::Result<_>>()
            .map_err(|source| failed("UDP", source))?;
        Ok(Bound {
            address,
            listener,
            udp,
            is_adopted: false,
        })
    }
}

pub(crate) fn listener(address: SocketAddr, limits: &TcpLimits) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    // A restart must not wait for connections in TIME_WAIT.
    socket.set_reuse_address(true)?;
    prepare_listener(&socket, limits)?;
    socket.bind(&address.into())?;
    socket.listen(limits.backlog.try_into().unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// What the connections inherit. Answers are written whole, so waiting to fill a segment only delays.
pub(crate) fn prepare_listener(socket: &Socket, limits: &TcpLimits) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(limits.send_buffer_octets)?;
    socket.set_tcp_user_timeout(Some(limits.unread_time))?;
    socket.set_nonblocking(true)
}

fn datagram_socket(address: SocketAddr, limits: &UdpLimits) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    socket.set_reuse_port(true)?;
    prepare_datagrams(&socket, address, limits)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// What a datagram socket needs, whoever has made it.
pub(crate) fn prepare_datagrams(
    socket: &Socket,
    address: SocketAddr,
    limits: &UdpLimits,
) -> io::Result<()> {
    socket.set_write_timeout(Some(limits.send_time))?;
    // Best effort: the kernel gives what it allows, and old kernels do not know the second.
    let _ = socket.set_recv_buffer_size(limits.receive_buffer_octets);
    // RFC 9715 §3.1 R2: an answer travels whole or not at all, whatever ICMP claims about the path (appendix C).
    let _ = forbid_fragments(socket.as_fd(), address.ip());
    if address.ip().is_unspecified() {
        tell_destination(socket.as_fd(), address.ip())?;
    }
    Ok(())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // `::` and `0.0.0.0` can both be served, each with its own sockets.
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// An address that cannot be bound.
#[derive(Debug)]
pub struct BindError {
    /// The address as it was asked for.
    pub address: SocketAddr,
    /// `UDP`, `TCP` or `TLS`.
    pub transport: &'static str,
    source: io::Error,
}

impl BindError {
    pub(crate) fn new(address: SocketAddr, transport: &'static str, source: io::Error) -> Self {
        BindError {
            address,
            transport,
            source,
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot listen on {} over {}",
            self.address, self.transport
        )?;
        match self.source.kind() {
            io::ErrorKind::AddrInUse => {
                write!(f, "; stop the program that does, or choose another port")
            }
            io::ErrorKind::PermissionDenied => {
                write!(f, "; ports below 1024 need root or CAP_NET_BIND_SERVICE")
            }
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "; no interface of this machine has that address")
            }
            _ => Ok(()),
        }
    }
}

impl error::Error for BindError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}
