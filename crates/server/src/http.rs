//! HTTP/1.1 (RFC 9112) as far as a server with a few pages needs it.
//!
//! One request and one answer per connection, no TLS; for loopback, a network of one's own, or behind a proxy. Every connection
//! has a thread and a limit of time, and where there are many the newest is let in, so that a slow one is in nobody's way. What a
//! request says is for whoever serves it.

mod room;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use room::Room;

/// From the first octet awaited to the last one sent.
const CONNECTION_TIME: Duration = Duration::from_secs(10);
/// A wait after an error of the system, so that a lasting one does not make the thread spin.
const ERROR_PAUSE: Duration = Duration::from_millis(100);
/// Octets that are read at once.
const READ_OCTETS: usize = 8 << 10;

/// The thread that accepts. Dropping it ends the thread.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    /// A process that is confined opens no connections.
    can_connect: bool,
    thread: Option<JoinHandle<()>>,
}

/// A connection until the end of its time.
#[derive(Debug)]
pub struct Connection {
    stream: Arc<TcpStream>,
    end: Instant,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The code, and what it is called.
    pub status: &'static str,
    /// The media type of the body.
    pub media_type: &'static str,
    /// What is sent, but to who asked for the head only.
    pub body: String,
    /// Whether that was asked for.
    pub without_body: bool,
    /// RFC 9110 §15.5.6: who refuses a method says which there are.
    pub allow: &'static str,
}

/// Octets up to the empty line, and with it, if it has come. RFC 9112 §2.2: a lone line feed ends a line as well.
#[must_use]
pub fn head_octets(octets: &[u8]) -> Option<usize> {
    let ends = |end: &[u8]| {
        let at = octets.windows(end.len()).position(|window| window == end)?;
        Some(at + end.len())
    };
    [ends(b"\n\r\n"), ends(b"\n\n")].into_iter().flatten().min()
}

impl Listener {
    /// Has each connection answered in a thread of its own; `name` is that of the threads. Who cannot connect to itself
    /// cannot end the thread that accepts before the process ends.
    ///
    /// # Errors
    /// What the system says when it cannot make a thread.
    pub fn serve(
        listener: TcpListener,
        name: &'static str,
        can_connect: bool,
        answer: impl Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Listener> {
        let address = listener.local_addr()?;
        // Whoever passes a socket on may have made it one that does not wait.
        listener.set_nonblocking(false)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let is_stopping = Arc::clone(&stopping);
        let answer = Arc::new(answer);
        let thread = thread::Builder::new()
            .name(name.into())
            .spawn(move || accept_all(&listener, name, &answer, &is_stopping))?;
        Ok(Listener {
            address,
            stopping,
            can_connect,
            thread: Some(thread),
        })
    }

    /// Where it is, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopping.store(true, SeqCst);
        let mut own = self.address;
        if own.ip().is_unspecified() {
            own.set_ip(match own.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        // Wakes the thread out of `accept`; if it cannot, the thread ends with the process.
        if self.can_connect
            && TcpStream::connect_timeout(&own, Duration::from_secs(1)).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn accept_all<A>(listener: &TcpListener, name: &str, answer: &Arc<A>, stopping: &AtomicBool)
where
    A: Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
{
    let room = Arc::<Room>::default();
    loop {
        let accepted = listener.accept();
        if stopping.load(SeqCst) {
            return;
        }
        match accepted {
            Ok((stream, from)) => admit(stream, from.ip(), name, answer, &room),
            Err(_) => thread::sleep(ERROR_PAUSE),
        }
    }
}

fn admit<A>(stream: TcpStream, from: IpAddr, name: &str, answer: &Arc<A>, room: &Arc<Room>)
where
    A: Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
{
    let stream = Arc::new(stream);
    let Some(place) = room.admit(&stream, from) else {
        return;
    };
    let answer = Arc::clone(answer);
    let end = Instant::now() + CONNECTION_TIME;
    // Without a thread the connection is closed, as one too many is.
    let _ = thread::Builder::new()
        .name(format!("{name}-answer"))
        .spawn(move || {
            let _place = place;
            // Whoever goes away early has not asked.
            let _ = answer(Connection { stream, end });
        });
}

impl Connection {
    /// Waits for octets and adds them; false: the time is over.
    ///
    /// # Errors
    /// What the system says, and [`io::ErrorKind::UnexpectedEof`] when nothing more comes.
    pub fn read_more(&mut self, octets: &mut Vec<u8>) -> io::Result<bool> {
        let mut read = [0; READ_OCTETS];
        loop {
            let Some(left) = self.left() else {
                return Ok(false);
            };
            self.stream.set_read_timeout(Some(left))?;
            match (&*self.stream).read(&mut read) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    octets.extend_from_slice(&read[..count]);
                    return Ok(true);
                }
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) if is_timeout(&why) => return Ok(false),
                Err(why) => return Err(why),
            }
        }
    }

    /// Sends octets.
    ///
    /// # Errors
    /// What the system says, and [`io::ErrorKind::TimedOut`].
    pub fn write(&mut self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            let left = self.left().ok_or(io::ErrorKind::TimedOut)?;
            self.stream.set_write_timeout(Some(left))?;
            let written = (&*self.stream).write(octets)?;
            octets = &octets[written..];
        }
        Ok(())
    }

    /// Sends the answer, and closes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn finish(mut self, response: &Response) -> io::Result<()> {
        self.write(&response.to_octets())?;
        // Until the peer has closed as well: octets left unread would reset the connection, and take the answer with them.
        self.stream.shutdown(Shutdown::Write)?;
        let mut rest = [0; 512];
        while self
            .left()
            .is_some_and(|left| self.stream.set_read_timeout(Some(left)).is_ok())
            && (&*self.stream).read(&mut rest)? > 0
        {}
        Ok(())
    }

    fn left(&self) -> Option<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

fn is_timeout(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

impl Response {
    /// Text for people. `allow` are the methods that are answered.
    #[must_use]
    pub fn text(status: &'static str, body: &str, allow: &'static str) -> Response {
        Response {
            status,
            media_type: "text/plain; charset=utf-8",
            body: body.to_owned(),
            without_body: false,
            allow,
        }
    }

    fn to_octets(&self) -> Vec<u8> {
        let Response {
            status,
            media_type,
            body,
            without_body,
            allow,
        } = self;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nAllow: {allow}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        );
        let body = if *without_body { "" } else { body };
        [head.as_bytes(), body.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for (text, wanted) in [
            ("GET / HTTP/1.1\r\n\r\n", Some(18)),
            ("GET / HTTP/1.1\n\n", Some(16)),
            ("GET / HTTP/1.1\r\n\r\nbody\n\n", Some(18)),
            ("GET / HTTP/1.1\n\nbody\r\n\r\n", Some(16)),
            ("GET / HTTP/1.1\r\nHost: x\r\n", None),
            ("", None),
        ] {
            assert_eq!(head_octets(text.as_bytes()), wanted, "{text}");
        }
    }
}
