//! A message to a server, and the answer that is believed to be to it.

use super::rcode_word;
use crate::moment;
use stack_os::outgoing::{Dialogue, DialogueLimits, Peer, Trouble};
use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tsig::{AnswerError, Awaited, Key, Time, sign_request};
use wire::Flags;
use wire::message::Message;

/// A message that wants an answer.
pub(crate) trait Request {
    /// The message with the identity `id`, not signed.
    fn emit(&self, id: u16) -> Vec<u8>;

    /// Whether a response with the right identity is one to this message.
    fn is_answered_by(&self, response: &Message) -> bool;

    /// Whether it does nothing, so that it can be asked again where the answer was cut.
    fn may_go_again(&self) -> bool;
}

/// How a message goes to its server.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// How long one try may take.
    pub(crate) timeout: Duration,
    /// Over TCP at once.
    pub(crate) tcp: bool,
    /// Signs the message, and has to have signed the answer (RFC 8945).
    pub(crate) key: Option<Arc<Key>>,
}

/// A response and how it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) message: Message,
    pub(crate) octets: usize,
    pub(crate) transport: &'static str,
    pub(crate) elapsed: Duration,
    /// The UDP response did not fit and the question was asked again over TCP.
    pub(crate) was_truncated: bool,
    /// How often the message was sent: what was sent before may have arrived as well.
    pub(crate) tries: u32,
}

/// An answer that is not believed. What it says is told all the same: it may be a help.
#[derive(Debug)]
pub(crate) struct Distrusted {
    rcode: u16,
    pub(crate) why: AnswerError,
}

impl fmt::Display for Distrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rcode = rcode_word(self.rcode);
        write!(f, "it answers {rcode}, and that is not believed")
    }
}

impl Error for Distrusted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.why)
    }
}

/// How often a message is sent over UDP before the client gives up.
const TRIES: u32 = 3;

/// RFC 1035 §2.3.4: who has not said otherwise takes messages of so many octets over UDP.
const UDP_REQUEST_OCTETS: usize = 512;

/// Sends a message to `server` and waits for the response.
///
/// Each try has an identity and a signature of its own: a server may refuse a signature that it has seen.
pub(crate) fn exchange(
    server: SocketAddr,
    request: &impl Request,
    manner: &Manner,
) -> io::Result<Reply> {
    if manner.tcp {
        return over_tcp(server, request, manner);
    }
    let sent = Sent::new(request, manner)?;
    if sent.octets.len() > UDP_REQUEST_OCTETS {
        return over_tcp(server, request, manner);
    }
    let reply = over_udp(server, sent, manner)?;
    // RFC 7766 §5: a truncated answer is asked for again over TCP.
    match reply.message.flags.has(Flags::TC) && request.may_go_again() {
        true => over_tcp(server, request, manner).map(|reply| Reply {
            was_truncated: true,
            ..reply
        }),
        false => Ok(reply),
    }
}

fn over_udp<R: Request>(
    server: SocketAddr,
    first: Sent<'_, R>,
    manner: &Manner,
) -> io::Result<Reply> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    let mut sent = first;
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for tries in 1..=TRIES {
        match try_udp(&socket, &sent, manner.timeout) {
            Ok(reply) => return Ok(Reply { tries, ..reply }),
            Err(error) if is_timeout(&error) => last = error,
            Err(error) => return Err(error),
        }
        sent = Sent::new(sent.request, manner)?;
    }
    Err(last)
}

fn try_udp<R: Request>(
    socket: &UdpSocket,
    sent: &Sent<'_, R>,
    timeout: Duration,
) -> io::Result<Reply> {
    let start = Instant::now();
    socket.send(&sent.octets)?;
    let mut buffer = vec![0; 65_535];
    let mut silence = io::Error::from(io::ErrorKind::TimedOut);
    loop {
        let left = timeout.checked_sub(start.elapsed());
        let Some(left) = left.filter(|left| !left.is_zero()) else {
            return Err(silence);
        };
        socket.set_read_timeout(Some(left))?;
        let octets = match socket.recv(&mut buffer) {
            Ok(octets) => octets,
            Err(error) if is_timeout(&error) => return Err(silence),
            Err(error) => return Err(error),
        };
        match sent.read(&buffer[..octets]) {
            Ok(Some(message)) => return Ok(Reply::new(message, octets, "udp", start)),
            // A response to somebody else's question is not ours to complain about (RFC 5452 §9.1).
            Ok(None) => {}
            // RFC 8945 §5.4: it may come from somebody else, so the waiting goes on.
            Err(error) if is_timeout(&error) => silence = error,
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn over_tcp(server: SocketAddr, request: &impl Request, manner: &Manner) -> io::Result<Reply> {
    let sent = Sent::new(request, manner)?;
    if sent.octets.len() > usize::from(u16::MAX) {
        return Err(too_long(sent.octets.len()));
    }
    let start = Instant::now();
    let limits = DialogueLimits {
        connect_time: manner.timeout,
        step_time: manner.timeout,
        ..DialogueLimits::default()
    };
    let mut dialogue = Dialogue::open(&Peer::plain(server), &limits).map_err(broken)?;
    dialogue.send(&sent.octets).map_err(broken)?;
    let mut response = Vec::new();
    if !dialogue.receive(&mut response).map_err(broken)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let message = sent
        .read(&response)?
        .ok_or_else(|| io::Error::other("the response is not to our message"))?;
    Ok(Reply::new(message, response.len(), "tcp", start))
}

/// As what it is when it happens over UDP.
pub(super) fn broken(trouble: Trouble) -> io::Error {
    match trouble {
        Trouble::TimedOut => io::ErrorKind::TimedOut.into(),
        Trouble::CutShort => io::ErrorKind::UnexpectedEof.into(),
        Trouble::Broken(why) => why,
        other => io::Error::other(other),
    }
}

fn too_long(octets: usize) -> io::Error {
    let text = format!("the message has {octets} octets, and one has 65535 at most");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

impl Reply {
    fn new(message: Message, octets: usize, transport: &'static str, start: Instant) -> Reply {
        Reply {
            message,
            octets,
            transport,
            elapsed: start.elapsed(),
            was_truncated: false,
            tries: 1,
        }
    }
}

/// A message as it was sent, and what its answer is held to.
struct Sent<'r, R> {
    request: &'r R,
    id: u16,
    octets: Vec<u8>,
    awaited: Option<Awaited>,
}

impl<'r, R: Request> Sent<'r, R> {
    fn new(request: &'r R, manner: &Manner) -> io::Result<Self> {
        let id = random_id();
        let mut octets = request.emit(id);
        let sign = |key| sign_request(key, &mut octets, now());
        let awaited = manner.key.as_ref().map(sign).transpose();
        Ok(Sent {
            request,
            id,
            awaited: awaited.map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?,
            octets,
        })
    }

    /// Reads a response to this message; `None` where it is to another one. What has a wrong signature is as good as silence.
    fn read(&self, octets: &[u8]) -> io::Result<Option<Message>> {
        let is_ours =
            octets.len() > 2 && octets[..2] == self.id.to_be_bytes() && octets[2] & 0x80 != 0;
        if !is_ours {
            return Ok(None);
        }
        let message = Message::read(octets).map_err(|error| malformed(&error))?;
        if !self.request.is_answered_by(&message) {
            return Ok(None);
        }
        if let Some(awaited) = &self.awaited {
            let rcode = message.rcode.into();
            let verified = awaited.verify(octets, now());
            verified.map_err(|why| distrusted(Distrusted { rcode, why }))?;
        }
        Ok(Some(message))
    }
}

/// A server that says what is wrong with our signature is taken at its word as to that there is no use in waiting.
fn distrusted(why: Distrusted) -> io::Error {
    let kind = match why.why {
        AnswerError::Hint(_)
        | AnswerError::Unsigned
        | AnswerError::ServerTime(_)
        | AnswerError::ServerWantsMore
        | AnswerError::ServerError(_) => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::TimedOut,
    };
    io::Error::new(kind, why)
}

fn malformed(error: &wire::message::ReadError) -> io::Error {
    let text = format!("the response is not a well-formed DNS message: {error}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// The time of signatures.
pub(super) fn now() -> Time {
    Time::from_secs(moment::now_secs())
}

pub(super) fn random_id() -> u16 {
    let [high, low, ..] = random();
    u16::from_be_bytes([high, low])
}

/// From the standard library's per-process random keys: unpredictable enough for a tool that asks one question.
pub(crate) fn random() -> [u8; 8] {
    RandomState::new().build_hasher().finish().to_be_bytes()
}
