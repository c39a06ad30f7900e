//! One connection of ours, over TCP or TLS.

use std::{
    io::{self, BufReader, Read, Write},
    net::{IpAddr, Shutdown, SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Trouble, clock::Timed};

/// Whom to connect to, and how.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address and port.
    pub address: SocketAddr,
    /// The address to come from; any if there is none.
    pub from: Option<IpAddr>,
    /// For TLS: what to make sessions with, and the name that the peer's certificate has to have.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Peer {
    /// A peer over TCP, from any address.
    pub fn plain(address: SocketAddr) -> Peer {
        Peer {
            address,
            from: None,
            tls: None,
        }
    }
}

/// How long is waited.
#[derive(Debug, Clone)]
pub struct DialogueLimits {
    /// For the connection, without TLS. Default 5 s.
    pub connect_time: Duration,
    /// For the handshake of TLS, for a message to leave, and from one octet of an answer to the next. Default 30 s: a server
    /// may make a large zone ready before it says the first.
    pub step_time: Duration,
    /// For all of it. Default 1 h.
    pub total_time: Duration,
}

impl Default for DialogueLimits {
    fn default() -> DialogueLimits {
        DialogueLimits {
            connect_time: Duration::from_secs(5),
            step_time: Duration::from_secs(30),
            total_time: Duration::from_secs(3600),
        }
    }
}

/// Octets that are read at once: a record of TLS, or what the kernel has.
const READ_OCTETS: usize = 64 << 10;

/// A connection to another server. Its calls wait, each for so long as the limits say.
#[derive(Debug)]
pub struct Dialogue {
    channel: Channel,
    step_time: Duration,
}

#[derive(Debug)]
enum Channel {
    Plain(BufReader<Timed>),
    Sealed(Box<BufReader<StreamOwned<ClientConnection, Timed>>>),
}

/// Ends a dialogue from another thread.
#[derive(Debug)]
pub struct Cutter(TcpStream);

impl Cutter {
    /// Closes the connection: what waits for it fails at once.
    pub fn cut(&self) {
        // It fails only where there is no connection left to close.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Dialogue {
    /// Connects; with TLS, makes the session as well and checks who the peer is.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn open(peer: &Peer, limits: &DialogueLimits) -> Result<Dialogue, Trouble> {
        let end = Instant::now() + limits.total_time;
        let stream = connect(peer, limits.connect_time.min(limits.total_time))?;
        let timed = Timed {
            stream,
            step: Instant::now() + limits.step_time,
            end,
        };
        let channel = match &peer.tls {
            None => Channel::Plain(BufReader::with_capacity(READ_OCTETS, timed)),
            Some((config, name)) => Channel::sealed(timed, Arc::clone(config), name.clone())?,
        };
        Ok(Dialogue {
            channel,
            step_time: limits.step_time,
        })
    }

    /// What ends it from elsewhere.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub fn cutter(&mut self) -> io::Result<Cutter> {
        Ok(Cutter(self.timed().stream.try_clone()?))
    }

    /// Our address and port.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn local_address(&mut self) -> io::Result<SocketAddr> {
        self.timed().stream.local_addr()
    }

    /// Sends a message of at most 65,535 octets, with its length before it (RFC 1035 §4.2.2), in one piece (RFC 7766 §8).
    ///
    /// # Errors
    /// Why it has not left.
    pub fn send(&mut self, message: &[u8]) -> Result<(), Trouble> {
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "the message is too long");
        let length = u16::try_from(message.len()).map_err(too_long)?;
        let framed = [&length.to_be_bytes(), message].concat();
        self.begin_step();
        match &mut self.channel {
            Channel::Plain(channel) => channel.get_mut().write_all(&framed)?,
            Channel::Sealed(channel) => {
                let session = channel.get_mut();
                session.write_all(&framed)?;
                session.flush()?;
            }
        }
        Ok(())
    }

    /// Waits for the next message and puts it into `message`, in place of what was there. False if the peer has closed
    /// between two messages.
    ///
    /// # Errors
    /// Why none came.
    pub fn receive(&mut self, message: &mut Vec<u8>) -> Result<bool, Trouble> {
        let mut length = [0; 2];
        if self.read_some(&mut length[..1])? == 0 {
            return Ok(false);
        }
        self.read_all(&mut length[1..])?;
        message.resize(usize::from(u16::from_be_bytes(length)), 0);
        self.read_all(message)?;
        Ok(true)
    }

    fn read_all(&mut self, mut octets: &mut [u8]) -> Result<(), Trouble> {
        while !octets.is_empty() {
            match self.read_some(octets)? {
                0 => return Err(Trouble::CutShort),
                count => octets = &mut octets[count..],
            }
        }
        Ok(())
    }

    fn read_some(&mut self, octets: &mut [u8]) -> Result<usize, Trouble> {
        loop {
            self.begin_step();
            let read = match &mut self.channel {
                Channel::Plain(channel) => channel.read(octets),
                Channel::Sealed(channel) => channel.read(octets),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return Ok(read?),
            }
        }
    }

    fn begin_step(&mut self) {
        let step = Instant::now() + self.step_time;
        self.timed().step = step;
    }

    fn timed(&mut self) -> &mut Timed {
        match &mut self.channel {
            Channel::Plain(channel) => channel.get_mut(),
            Channel::Sealed(channel) => &mut channel.get_mut().sock,
        }
    }
}

impl Channel {
    fn sealed(
        mut timed: Timed,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Channel, Trouble> {
        let wanted = config.alpn_protocols.clone();
        let mut session = ClientConnection::new(config, name).map_err(Trouble::NotTrusted)?;
        while session.is_handshaking() {
            session.complete_io(&mut timed)?;
        }
        // RFC 9103 §7.1: a server that does not speak of "dot" is not one that was meant.
        if !wanted.is_empty() && session.alpn_protocol().is_none() {
            return Err(Trouble::NotTrusted(rustls::Error::NoApplicationProtocol));
        }
        let stream = StreamOwned::new(session, timed);
        Ok(Channel::Sealed(Box::new(BufReader::with_capacity(
            READ_OCTETS,
            stream,
        ))))
    }
}

fn connect(peer: &Peer, patience: Duration) -> Result<TcpStream, Trouble> {
    let domain = Domain::for_address(peer.address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if let Some(from) = peer.from {
        socket.bind(&SocketAddr::new(from, 0).into())?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.connect_timeout(&peer.address.into(), patience)?;
    Ok(socket.into())
}
