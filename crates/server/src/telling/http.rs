//! A few pages over HTTP/1.1 (RFC 9112), for who watches the server: `/metrics`, `/healthz` and `/readyz`.
//!
//! One answer per connection, GET and HEAD only, no TLS, nothing that could be changed; meant for loopback or a network of
//! one's own. Every connection has a thread and a limit of time, so that a slow one is in nobody's way.

mod request;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::program::Program;
use crate::system::restraint::Restrained;
use crate::telling::health;
use crate::telling::metrics;
use request::{Method, Refusal, Request};

/// Connections at once; one more is closed unheard.
const CONNECTIONS: usize = 16;
/// Octets of a request up to the empty line; more are answered 431.
const REQUEST_OCTETS: usize = 8 << 10;
/// From the first octet awaited to the last one sent.
const CONNECTION_TIME: Duration = Duration::from_secs(10);
/// A wait after an error of the system, so that a lasting one does not make the thread spin.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// The thread that accepts. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Http {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    /// A process that is confined opens no connections.
    can_connect: bool,
    thread: Option<JoinHandle<()>>,
}

/// Binds the address, where one was asked for.
pub(crate) fn bind(address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).map_err(|why| Failure::Metrics { address, why })?;
    Ok(Some(listener))
}

impl Http {
    pub(crate) fn serve(listener: TcpListener, program: Arc<dyn Program>) -> io::Result<Http> {
        let address = listener.local_addr()?;
        // Whoever passes a socket on may have made it one that does not wait.
        listener.set_nonblocking(false)?;
        crate::telling::log::telling(address);
        let can_connect = !program
            .front()
            .restrained
            .as_ref()
            .is_some_and(Restrained::is_confined);
        let stopping = Arc::new(AtomicBool::new(false));
        let is_stopping = Arc::clone(&stopping);
        let thread = thread::Builder::new()
            .name("http".into())
            .spawn(move || accept_all(&listener, &program, &is_stopping))?;
        Ok(Http {
            address,
            stopping,
            can_connect,
            thread: Some(thread),
        })
    }
}

impl Drop for Http {
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

fn accept_all(listener: &TcpListener, program: &Arc<dyn Program>, stopping: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stopping.load(SeqCst) {
            return;
        }
        match stream {
            Ok(stream) => admit(stream, program, &open),
            Err(_) => thread::sleep(ERROR_PAUSE),
        }
    }
}

fn admit(stream: TcpStream, program: &Arc<dyn Program>, open: &Arc<AtomicUsize>) {
    if open.fetch_add(1, SeqCst) >= CONNECTIONS {
        open.fetch_sub(1, SeqCst);
        return;
    }
    let (program, leaving) = (Arc::clone(program), Leaving(Arc::clone(open)));
    // Without a thread the connection is closed, as one too many is.
    let _ = thread::Builder::new()
        .name("http-answer".into())
        .spawn(move || {
            let _leaving = leaving;
            // Whoever goes away early has not asked.
            let _ = answer(stream, &*program);
        });
}

/// One connection less, however it ends.
struct Leaving(Arc<AtomicUsize>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn answer(mut stream: TcpStream, program: &dyn Program) -> io::Result<()> {
    let end = Instant::now() + CONNECTION_TIME;
    let response = match read_request(&mut stream, end)? {
        Ok(request) => respond(&request, program),
        Err(refusal) => Response::text(refusal.status(), ""),
    };
    write_all(&mut stream, &response.to_octets(), end)?;
    // Until the peer has closed as well: octets left unread would reset the connection, and take the answer with them.
    stream.shutdown(Shutdown::Write)?;
    let mut rest = [0; 512];
    while left(end).is_some_and(|left| stream.set_read_timeout(Some(left)).is_ok())
        && stream.read(&mut rest)? > 0
    {}
    Ok(())
}

fn read_request(stream: &mut TcpStream, end: Instant) -> io::Result<Result<Request, Refusal>> {
    let mut octets = Vec::new();
    let mut read = [0; 1024];
    loop {
        let Some(left) = left(end) else {
            return Ok(Err(Refusal::TooSlow));
        };
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut read) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => octets.extend_from_slice(&read[..count]),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) if is_timeout(&why) => return Ok(Err(Refusal::TooSlow)),
            Err(why) => return Err(why),
        }
        if octets.len() > REQUEST_OCTETS {
            return Ok(Err(Refusal::TooLarge));
        }
        if request::is_whole(&octets) {
            return Ok(Request::parse(&octets));
        }
    }
}

fn write_all(stream: &mut TcpStream, mut octets: &[u8], end: Instant) -> io::Result<()> {
    while !octets.is_empty() {
        let left = left(end).ok_or(io::ErrorKind::TimedOut)?;
        stream.set_write_timeout(Some(left))?;
        let written = stream.write(octets)?;
        octets = &octets[written..];
    }
    Ok(())
}

fn left(end: Instant) -> Option<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}

fn is_timeout(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn respond(request: &Request, program: &dyn Program) -> Response {
    let response = match request.path.as_str() {
        "/metrics" => Response {
            status: "200 OK",
            media_type: metrics::MEDIA_TYPE,
            body: metrics::page(program),
            without_body: false,
        },
        "/healthz" => Response::of_health(health::serving(program)).with(&program.remarks()),
        "/readyz" => Response::of_health(program.ready()),
        _ => Response::text(
            "404 Not Found",
            "there are /metrics, /healthz and /readyz\n",
        ),
    };
    Response {
        without_body: request.method == Method::Head,
        ..response
    }
}

/// What is answered.
struct Response {
    status: &'static str,
    media_type: &'static str,
    body: String,
    without_body: bool,
}

impl Response {
    /// With more words.
    fn with(mut self, words: &str) -> Response {
        self.body += words;
        self
    }

    fn text(status: &'static str, body: &str) -> Response {
        Response {
            status,
            media_type: "text/plain; charset=utf-8",
            body: body.to_owned(),
            without_body: false,
        }
    }

    fn of_health(health: Result<(), health::NotWell>) -> Response {
        match health {
            Ok(()) => Response::text("200 OK", "ok\n"),
            Err(why) => Response::text("503 Service Unavailable", &format!("{why}\n")),
        }
    }

    fn to_octets(&self) -> Vec<u8> {
        let (status, media_type, length) = (self.status, self.media_type, self.body.len());
        // RFC 9110 §15.5.6: who refuses a method says which there are.
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nAllow: GET, HEAD\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        );
        let body = if self.without_body { "" } else { &self.body };
        [head.as_bytes(), body.as_bytes()].concat()
    }
}
