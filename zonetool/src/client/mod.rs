//! A small DNS client: one question, one server, UDP and then TCP where the answer was cut.

mod words;

pub(crate) use words::{ede_word, rcode_word};

use rr::{Class, Name, Rtype};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};
use wire::message::{AskEdns, Message};
use wire::{EdnsOption, Flags, OptionCode};

/// What is asked, and how.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) name: Name,
    pub(crate) rtype: Rtype,
    pub(crate) recursion: bool,
    /// `None` asks as before 1999.
    pub(crate) edns: Option<Edns>,
    /// How long one try may take.
    pub(crate) timeout: Duration,
    /// Ask over TCP at once.
    pub(crate) tcp: bool,
}

/// The OPT record of the question (RFC 6891).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edns {
    pub(crate) udp_octets: u16,
    pub(crate) dnssec: bool,
    pub(crate) nsid: bool,
    pub(crate) zone_version: bool,
    /// What the server has to repeat.
    pub(crate) cookie: Option<[u8; 8]>,
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
}

/// How often a question is sent over UDP before the client gives up.
const TRIES: u32 = 3;

/// Asks `server` and waits for the response.
pub(crate) fn ask(server: SocketAddr, ask: &Ask) -> io::Result<Reply> {
    if ask.tcp {
        return over_tcp(server, ask, false);
    }
    let reply = over_udp(server, ask)?;
    // RFC 7766 §5: a truncated answer is asked for again over TCP.
    match reply.message.flags.has(Flags::TC) {
        true => over_tcp(server, ask, true),
        false => Ok(reply),
    }
}

fn over_udp(server: SocketAddr, ask: &Ask) -> io::Result<Reply> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for _ in 0..TRIES {
        match try_udp(&socket, ask) {
            Ok(reply) => return Ok(reply),
            Err(error) if is_timeout(&error) => last = io::ErrorKind::TimedOut.into(),
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn try_udp(socket: &UdpSocket, ask: &Ask) -> io::Result<Reply> {
    let id = random_id();
    let start = Instant::now();
    socket.send(&ask.emit(id))?;
    let mut buffer = vec![0; 65_535];
    loop {
        let left = ask
            .timeout
            .checked_sub(start.elapsed())
            .filter(|left| !left.is_zero());
        socket.set_read_timeout(Some(left.ok_or(io::ErrorKind::TimedOut)?))?;
        let octets = socket.recv(&mut buffer)?;
        // A response to somebody else's question is not ours to complain about (RFC 5452 §9.1).
        if let Some(message) = ask.read_response(id, &buffer[..octets])? {
            return Ok(Reply {
                message,
                octets,
                transport: "udp",
                elapsed: start.elapsed(),
                was_truncated: false,
            });
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// RFC 7766 §8: a length of two octets before each message.
fn over_tcp(server: SocketAddr, ask: &Ask, was_truncated: bool) -> io::Result<Reply> {
    let id = random_id();
    let question = ask.emit(id);
    let start = Instant::now();
    let mut stream = TcpStream::connect_timeout(&server, ask.timeout)?;
    stream.set_read_timeout(Some(ask.timeout))?;
    stream.set_nodelay(true)?;
    let length = u16::try_from(question.len()).expect("a question is shorter than 600 octets");
    stream.write_all(&[&length.to_be_bytes()[..], &question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut response = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut response)?;
    let message = ask
        .read_response(id, &response)?
        .ok_or_else(|| io::Error::other("the response is not to our question"))?;
    Ok(Reply {
        message,
        octets: response.len(),
        transport: "tcp",
        elapsed: start.elapsed(),
        was_truncated,
    })
}

impl Ask {
    fn emit(&self, id: u16) -> Vec<u8> {
        let edns = self.edns.as_ref().map(|edns| AskEdns {
            payload_size: edns.udp_octets,
            dnssec_ok: edns.dnssec,
            version: 0,
            options: edns.options(),
        });
        let flags = if self.recursion {
            Flags::RD
        } else {
            Flags::default()
        };
        let (name, rtype, class) = (self.name.as_ref(), self.rtype, Class::IN);
        wire::message::Ask {
            id,
            flags,
            name,
            rtype,
            class,
            edns,
        }
        .emit()
    }

    /// Reads a response to this question; `None` where it is to another one.
    fn read_response(&self, id: u16, octets: &[u8]) -> io::Result<Option<Message>> {
        let is_ours = octets.len() > 2 && octets[..2] == id.to_be_bytes() && octets[2] & 0x80 != 0;
        if !is_ours {
            return Ok(None);
        }
        let message = Message::read(octets).map_err(|error| malformed(&error))?;
        // A server that could not read the question need not repeat it (RFC 9619 has it say FORMERR).
        let asked = message.questions.first();
        let repeats =
            asked.is_none_or(|asked| asked.name == self.name && asked.rtype == self.rtype);
        Ok((repeats && self.has_our_cookie(&message)).then_some(message))
    }

    /// RFC 7873 §5.3: a cookie that is not for ours has the response discarded; one without is from who knows no cookies.
    fn has_our_cookie(&self, message: &Message) -> bool {
        let Some(ours) = self.edns.and_then(|edns| edns.cookie) else {
            return true;
        };
        let mut told = message.edns.iter().flat_map(|edns| &edns.options);
        let cookie = told.find(|(code, _)| *code == OptionCode::COOKIE);
        cookie.is_none_or(|(_, data)| data.starts_with(&ours))
    }
}

impl Edns {
    fn options(&self) -> Vec<EdnsOption<'_>> {
        // RFC 5001 §2.1, RFC 9660 §3.1: an empty option asks for the server's.
        let nsid = self.nsid.then_some((OptionCode::NSID, &[][..]));
        let version = self
            .zone_version
            .then_some((OptionCode::ZONEVERSION, &[][..]));
        let cookie = self.cookie.as_ref();
        let cookie = cookie.map(|cookie| (OptionCode::COOKIE, &cookie[..]));
        let all = [nsid, version, cookie].into_iter().flatten();
        all.map(|(code, data)| EdnsOption { code, data }).collect()
    }
}

fn malformed(error: &wire::message::ReadError) -> io::Error {
    let text = format!("the response is not a well-formed DNS message: {error}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn random_id() -> u16 {
    let [high, low, ..] = random();
    u16::from_be_bytes([high, low])
}

/// From the standard library's per-process random keys: unpredictable enough for a tool that asks one question.
pub(crate) fn random() -> [u8; 8] {
    RandomState::new().build_hasher().finish().to_be_bytes()
}
