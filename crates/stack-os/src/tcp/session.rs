//! A TLS session on a socket (RFC 7858): the channel below a connection's messages.
//!
//! ```text
//!            records in, records out           plaintext in, plaintext out
//! handshake -------------------------> open ------------------------------> ended (close_notify, end, error)
//! ```
//!
//! rustls is the machine; it sees no socket. Records are read into the thread's space, decrypted, and handed on at once;
//! only the beginning of a record waits in the session. Answers are sealed together and leave with one system call.

use super::channel::{Channel, Door, OnSocket, Taken, read_some};
use crate::{Transport, counters::HandshakeCounts};
use mio::net::TcpStream;
use rustls::{
    Error, HandshakeKind, PeerIncompatible, ProtocolVersion, ServerConfig, ServerConnection,
};
use std::{
    io::{self, BufRead, Read, Write},
    sync::Arc,
};

/// Begins a session on each connection.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) handshake_octets: usize,
}

impl Door for Sealed {
    type Channel = Session<TcpStream>;

    fn enter(&self, socket: TcpStream) -> io::Result<Session<TcpStream>> {
        Session::new(&self.config, self.handshake_octets, socket)
    }
}

/// A session, from the first octet on.
pub(crate) struct Session<S> {
    stream: S,
    tls: Box<ServerConnection>,
    beginning: Beginning,
    /// Octets that may still come while it has not begun.
    handshake_octets: usize,
    /// The peer has said that nothing more comes.
    ended: bool,
}

/// How far the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Underway,
    Failed(Failure),
    Done,
    /// Done or failed, and counted.
    Counted,
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    NotTls,
    Version,
    Protocol,
    Refused,
    Other,
}

impl<S: Read + Write> Session<S> {
    pub(super) fn new(
        config: &Arc<ServerConfig>,
        handshake_octets: usize,
        stream: S,
    ) -> io::Result<Self> {
        let mut tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        // What is sealed at once is bounded by the connection.
        tls.set_buffer_limit(None);
        Ok(Session {
            stream,
            tls: Box::new(tls),
            beginning: Beginning::Underway,
            handshake_octets,
            ended: false,
        })
    }

    #[cfg(test)]
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Opens records, and appends what was in them to `input`.
    fn open(&mut self, mut records: &[u8], input: &mut Vec<u8>) -> io::Result<()> {
        while !records.is_empty() && !self.ended {
            // Takes some thousand octets at a time; none only if it has room for no more, which is then an error.
            self.tls.read_tls(&mut records)?;
            let state = self
                .tls
                .process_new_packets()
                .map_err(|why| self.fail(why))?;
            self.ended = state.peer_has_closed();
            let mut opened = self.tls.reader();
            while let Ok(octets @ [_, ..]) = opened.fill_buf() {
                let len = octets.len();
                input.extend_from_slice(octets);
                opened.consume(len);
            }
        }
        Ok(())
    }

    fn note_progress(&mut self, received: usize) -> io::Result<()> {
        if self.beginning != Beginning::Underway {
            return Ok(());
        }
        if !self.tls.is_handshaking() {
            self.beginning = Beginning::Done;
            return Ok(());
        }
        let left = self.handshake_octets.checked_sub(received);
        self.handshake_octets = left.ok_or_else(|| self.fail(Error::General("too long".into())))?;
        Ok(())
    }

    /// The peer is told why by an alert, if it still listens.
    fn fail(&mut self, why: Error) -> io::Error {
        let _ = self.flush();
        if self.beginning == Beginning::Underway {
            self.beginning = Beginning::Failed(Failure::of(&why));
        }
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}

impl<S: Read + Write> Channel for Session<S> {
    const TRANSPORT: Transport = Transport::Tls;

    fn take(&mut self, room: &mut [u8], input: &mut Vec<u8>) -> io::Result<Taken> {
        if self.ended {
            return Ok(Taken::End);
        }
        // An end without close_notify is one as well: what was cut off is a message without its rest (RFC 8446 §6.1).
        let (taken, len) = read_some(&mut self.stream, room)?;
        self.open(&room[..len], input)?;
        self.note_progress(len)?;
        self.flush()?;
        Ok(if self.ended { Taken::Some } else { taken })
    }

    fn give(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.tls.writer().write(octets)
    }

    fn flush(&mut self) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.stream) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn is_open(&self) -> bool {
        !self.tls.is_handshaking()
    }

    /// RFC 8446 §6.1: whoever ends its side says so before.
    fn say_goodbye(&mut self) {
        self.tls.send_close_notify();
        // Who does not read does not need to know.
        let _ = self.flush();
    }
}

impl OnSocket for Session<TcpStream> {
    fn socket(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    fn count_beginning(&mut self, counts: &HandshakeCounts, is_over: bool) {
        match self.beginning {
            Beginning::Counted => return,
            Beginning::Underway if !is_over => return,
            Beginning::Underway => counts.abandoned.add(1),
            Beginning::Failed(failure) => failure.count(counts),
            Beginning::Done => {
                let is_old = self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_2);
                let version = if is_old { &counts.tls12 } else { &counts.tls13 };
                version.add(1);
                let is_resumed = self.tls.handshake_kind() == Some(HandshakeKind::Resumed);
                counts.resumed.add(u64::from(is_resumed));
            }
        }
        self.beginning = Beginning::Counted;
    }
}

impl Failure {
    fn of(why: &Error) -> Failure {
        match why {
            Error::InvalidMessage(_) => Failure::NotTls,
            Error::NoApplicationProtocol => Failure::Protocol,
            Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                // RFC 5246 §7.4.1.4.1: whoever does not send this one is older than TLS 1.2.
                | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
            ) => Failure::Version,
            Error::AlertReceived(_) => Failure::Refused,
            _ => Failure::Other,
        }
    }

    fn count(self, counts: &HandshakeCounts) {
        let count = match self {
            Failure::NotTls => &counts.not_tls,
            Failure::Version => &counts.version,
            Failure::Protocol => &counts.protocol,
            Failure::Refused => &counts.refused,
            Failure::Other => &counts.other,
        };
        count.add(1);
    }
}
