//! Connections that wait to begin a session, which costs more than all that comes after it: whose turn is next, and when.
//!
//! ```text
//! unheard --first octets--> waiting --its turn--> begun
//! ```
//! Turns are as far apart as the limits say, so whoever floods the server with handshakes takes a known share of this thread.
//! First come those who say that they go on with a session of before; of these, and of the others, the networks in turn, so that
//! one that floods is in its own way.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::{Duration, Instant},
};

/// How far a connection is with this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing has come from the client yet.
    Unheard,
    /// It has spoken, at this time, and waits.
    Waiting(Instant),
    /// It has had its turn, or needs none.
    Begun,
}

/// Who waits, in order.
#[derive(Debug, Default)]
pub(crate) struct Beginnings {
    resuming: Line,
    new: Line,
}

impl Beginnings {
    /// Connection `number` waits from now on. `resumes`: its client says that it goes on with a session.
    pub(crate) fn push(&mut self, number: usize, network: IpAddr, resumes: bool) {
        let line = if resumes {
            &mut self.resuming
        } else {
            &mut self.new
        };
        line.push(number, network);
    }

    /// Whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        self.resuming.pop().or_else(|| self.new.pop())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.resuming.networks.is_empty() && self.new.networks.is_empty()
    }
}

/// Networks in turn, and the connections of each in the order they came.
#[derive(Debug, Default)]
struct Line {
    networks: VecDeque<IpAddr>,
    numbers: HashMap<IpAddr, VecDeque<usize>>,
}

impl Line {
    fn push(&mut self, number: usize, network: IpAddr) {
        let numbers = self.numbers.entry(network).or_default();
        if numbers.is_empty() {
            self.networks.push_back(network);
        }
        numbers.push_back(number);
    }

    fn pop(&mut self) -> Option<usize> {
        let network = self.networks.pop_front()?;
        let numbers = self.numbers.get_mut(&network)?;
        let number = numbers.pop_front();
        if numbers.is_empty() {
            self.numbers.remove(&network);
        } else {
            self.networks.push_back(network);
        }
        number
    }
}

/// When turns are: on average so far apart, and some at once after a pause.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    saved_up: Duration,
    next: Instant,
}

impl Pace {
    /// From `now` on, with all that may be saved up.
    pub(crate) fn new(interval: Duration, burst: u32, now: Instant) -> Pace {
        let saved_up = interval.saturating_mul(burst.saturating_sub(1));
        Pace {
            interval,
            saved_up,
            next: now.checked_sub(saved_up).unwrap_or(now),
        }
    }

    /// When the next turn is.
    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    /// A turn is taken.
    pub(crate) fn take(&mut self, now: Instant) {
        let earliest = now.checked_sub(self.saved_up).unwrap_or(now);
        self.next = self.next.max(earliest) + self.interval;
    }
}

/// Whether these first octets of a client say that it goes on with a session: in TLS 1.3 an extension at the end of its
/// greeting (`pre_shared_key`, RFC 8446 §4.2.11), before that a ticket (RFC 5077 §3.2). What is cut off says no more.
pub(crate) fn says_it_resumes(octets: &[u8]) -> bool {
    is_resumption(octets).unwrap_or(false)
}

fn is_resumption(octets: &[u8]) -> Option<bool> {
    const PRE_SHARED_KEY: usize = 41;
    const SESSION_TICKET: usize = 35;
    let mut rest = octets;
    // Record (5), message (4), version (2), random (32); then session id, cipher suites, compression.
    take(&mut rest, 43)?;
    let id = number(&mut rest, 1)?;
    take(&mut rest, id)?;
    let suites = number(&mut rest, 2)?;
    take(&mut rest, suites)?;
    let compression = number(&mut rest, 1)?;
    take(&mut rest, compression)?;
    number(&mut rest, 2)?;
    loop {
        match (number(&mut rest, 2)?, number(&mut rest, 2)?) {
            (PRE_SHARED_KEY, _) | (SESSION_TICKET, 1..) => return Some(true),
            (_, length) => take(&mut rest, length)?,
        };
    }
}

fn take<'o>(rest: &mut &'o [u8], octets: usize) -> Option<&'o [u8]> {
    let (taken, left) = rest.split_at_checked(octets)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8], octets: usize) -> Option<usize> {
    let taken = take(rest, octets)?;
    Some(
        taken
            .iter()
            .fold(0, |number, octet| number << 8 | usize::from(*octet)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{
        ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection,
        crypto::ring::{Ticketer, default_provider},
        pki_types::{PrivateKeyDer, ServerName},
        version::{TLS12, TLS13},
    };
    use std::sync::Arc;

    fn network(last: u8) -> IpAddr {
        [192, 0, last, 0].into()
    }

    #[test]
    fn networks_take_turns_and_who_resumes_goes_first() {
        let mut waiting = Beginnings::default();
        (0..4).for_each(|number| waiting.push(number, network(1), false));
        waiting.push(10, network(2), false);
        waiting.push(20, network(3), true);
        (4..6).for_each(|number| waiting.push(number, network(1), true));
        waiting.push(21, network(3), true);
        let mut order = Vec::new();
        while let Some(number) = waiting.pop() {
            assert_eq!(waiting.is_empty(), order.len() == 8);
            order.push(number);
        }
        assert_eq!(order, [20, 4, 21, 5, 0, 10, 1, 2, 3]);
        assert!(waiting.new.numbers.is_empty() && waiting.resuming.numbers.is_empty());
    }

    #[test]
    fn turns_are_apart_and_some_are_saved_up() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(Duration::from_millis(10), 3, start);
        let mut taken = |now: Instant| {
            let mut turns = 0;
            while pace.next() <= now {
                pace.take(now);
                turns += 1;
            }
            turns
        };
        assert_eq!(
            [0, 9, 10, 19, 20, 45].map(|now| taken(at(now))),
            [3, 0, 1, 0, 1, 2]
        );
        assert_eq!(taken(at(100_000)), 3, "no more are saved up");
    }

    /// What a client sends first to a server that it does not know, and then.
    fn greetings(version: &'static rustls::SupportedProtocolVersion) -> [Vec<u8>; 2] {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        server.ticketer = Ticketer::new().unwrap();
        let (server, client) = (
            Arc::new(server),
            ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&[version])
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth(),
        );
        let client = Arc::new(client);
        [(); 2].map(|()| {
            let name = ServerName::try_from("localhost").unwrap();
            let mut client = ClientConnection::new(Arc::clone(&client), name).unwrap();
            let mut server = ServerConnection::new(Arc::clone(&server)).unwrap();
            let mut first = Vec::new();
            client.write_tls(&mut first).unwrap();
            server.read_tls(&mut &first[..]).unwrap();
            server.process_new_packets().unwrap();
            while server.wants_write() || client.wants_write() {
                let (mut there, mut back) = (Vec::new(), Vec::new());
                server.write_tls(&mut there).unwrap();
                client.read_tls(&mut &there[..]).unwrap();
                client.process_new_packets().unwrap();
                client.write_tls(&mut back).unwrap();
                server.read_tls(&mut &back[..]).unwrap();
                server.process_new_packets().unwrap();
            }
            first
        })
    }

    #[test]
    fn a_greeting_says_whether_it_resumes() {
        for version in [&TLS12, &TLS13] {
            let [first, second] = greetings(version);
            assert_eq!(
                [&first, &second].map(|it| says_it_resumes(it)),
                [false, true]
            );
            (0..first.len()).for_each(|cut| assert!(!says_it_resumes(&first[..cut])));
        }
    }

    #[test]
    fn what_is_no_greeting_resumes_nothing() {
        for octets in [&[][..], &[22; 10], &[255; 600], &[0; 600]] {
            assert!(!says_it_resumes(octets));
        }
    }
}
