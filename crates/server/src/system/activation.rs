//! Sockets that a service manager has bound for the server, as `sd_listen_fds(3)` describes it: `LISTEN_FDS` of them, from
//! descriptor 3, for the process `LISTEN_PID`, with the names in `LISTEN_FDNAMES`.

use std::env;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;

/// The first descriptor after standard input, output and error.
const FIRST: i32 = 3;
/// Sockets that are taken; a manager passes on a few for each address.
const SOCKETS: i32 = 4096;
/// The name of the socket that metrics are told on.
const METRICS: &str = "metrics";
/// The name of sockets that TLS is spoken on.
const TLS: &str = "tls";

/// Sockets that were bound before the server began.
#[derive(Debug, Default)]
pub struct Inherited {
    /// For questions: UDP and TCP, of any addresses. They take the place of those of the configuration.
    pub serving: Vec<OwnedFd>,
    /// For questions over TLS: TCP, of any addresses.
    pub tls: Vec<OwnedFd>,
    /// For metrics and health.
    pub metrics: Option<TcpListener>,
}

impl Inherited {
    /// Whether the environment speaks of sockets for this process.
    #[must_use]
    pub fn is_offered() -> bool {
        count().is_some()
    }

    /// The sockets that the environment speaks of; none if it does not, or means another process.
    ///
    /// # Errors
    /// A descriptor that is not open.
    pub fn of_the_environment() -> io::Result<Inherited> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut inherited = Inherited::default();
        for number in FIRST..FIRST + count().unwrap_or_default() {
            let socket = kernel_calls::duplicate(number)?;
            match names.next() {
                Some(METRICS) => inherited.metrics = Some(socket.into()),
                Some(TLS) => inherited.tls.push(socket),
                _ => inherited.serving.push(socket),
            }
        }
        Ok(inherited)
    }
}

fn count() -> Option<i32> {
    let number = |name| env::var(name).ok()?.parse::<i32>().ok();
    let own = i32::try_from(std::process::id()).ok();
    let is_ours = own.is_some() && number("LISTEN_PID") == own;
    number("LISTEN_FDS").filter(|count| is_ours && (1..=SOCKETS).contains(count))
}
