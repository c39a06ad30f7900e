//! What a connection reads from and writes to: a socket, or a TLS session on one. Nothing here waits.

use crate::{Transport, counters::HandshakeCounts};
use mio::net::TcpStream;
use std::io::{self, Read, Write};

/// What octets come and go through.
pub(crate) trait Channel {
    /// How messages come through it.
    const TRANSPORT: Transport;

    /// Appends what has arrived to `input`. `room` is space to work in, and as much is taken at once as fits there.
    fn take(&mut self, room: &mut [u8], input: &mut Vec<u8>) -> io::Result<Taken>;

    /// Takes octets to be sent and says how many; only so many as are there when all before them have left.
    fn give(&mut self, octets: &[u8]) -> io::Result<usize>;

    /// Sends what was given. False: there is no room for all of it now.
    fn flush(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    /// Whether messages can come and go already.
    fn is_open(&self) -> bool {
        true
    }

    /// Tells the peer that nothing more comes, where it has to be told.
    fn say_goodbye(&mut self) {}
}

/// A channel on a socket of the kernel.
pub(crate) trait OnSocket: Channel {
    /// The socket.
    fn socket(&mut self) -> &mut TcpStream;

    /// Counts what has become of the beginning, once it is known; `is_over`: the connection is being closed.
    fn count_beginning(&mut self, counts: &HandshakeCounts, is_over: bool) {
        let _ = (counts, is_over);
    }
}

/// Makes the channels of a listener.
pub(crate) trait Door {
    type Channel: OnSocket;

    /// A channel on a connection that was just accepted.
    fn enter(&self, socket: TcpStream) -> io::Result<Self::Channel>;
}

/// What came of [`Channel::take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Octets, and there may be more.
    Some,
    /// All octets there were. The end of the stream may be there already.
    All,
    /// No octets, nor the end.
    Nothing,
    /// The peer has sent its last octet before.
    End,
}

/// Octets as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

impl Door for Plain {
    type Channel = TcpStream;

    fn enter(&self, socket: TcpStream) -> io::Result<TcpStream> {
        Ok(socket)
    }
}

impl Channel for TcpStream {
    const TRANSPORT: Transport = Transport::Tcp;

    fn take(&mut self, room: &mut [u8], input: &mut Vec<u8>) -> io::Result<Taken> {
        let (taken, len) = read_some(self, room)?;
        input.extend_from_slice(&room[..len]);
        Ok(taken)
    }

    fn give(&mut self, octets: &[u8]) -> io::Result<usize> {
        write_some(self, octets)
    }
}

impl OnSocket for TcpStream {
    fn socket(&mut self) -> &mut TcpStream {
        self
    }
}

/// Reads once into `room`, and says how many octets.
pub(crate) fn read_some(stream: &mut impl Read, room: &mut [u8]) -> io::Result<(Taken, usize)> {
    loop {
        match stream.read(room) {
            Ok(0) => return Ok((Taken::End, 0)),
            // A short read has emptied the socket.
            Ok(len) if len < room.len() => return Ok((Taken::All, len)),
            Ok(len) => return Ok((Taken::Some, len)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Ok((Taken::Nothing, 0));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes until there is no more room, and returns how much went.
pub(crate) fn write_some(stream: &mut impl Write, octets: &[u8]) -> io::Result<usize> {
    let mut sent = 0;
    while sent < octets.len() {
        match stream.write(&octets[sent..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(len) => sent += len,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}
