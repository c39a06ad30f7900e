//! Who is let in: so many connections, and so many threads.
//!
//! Slow clients keep nobody out: where all places are taken, the address that has most of them loses its oldest one.

use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections at once.
pub(super) const CONNECTIONS: usize = 16;
/// Threads at once, with those whose connection was just taken away; one more connection is closed unheard.
const THREADS: usize = 2 * CONNECTIONS;

/// The places.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    /// In the order in which they came.
    guests: Vec<Guest>,
    threads: usize,
    next: u64,
}

#[derive(Debug)]
struct Guest {
    number: u64,
    address: IpAddr,
    stream: Arc<TcpStream>,
}

/// What a thread holds as long as it serves a connection.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    number: u64,
}

impl Room {
    /// A place for a connection, which may be another one's before. `None` if there are too many threads.
    pub(super) fn admit(self: &Arc<Room>, stream: &Arc<TcpStream>, from: IpAddr) -> Option<Place> {
        let mut inside = self.inside();
        if inside.threads >= THREADS {
            return None;
        }
        if inside.guests.len() >= CONNECTIONS {
            let addresses: Vec<IpAddr> = inside.guests.iter().map(|guest| guest.address).collect();
            let guest = inside.guests.remove(who_leaves(&addresses));
            // Its thread hears of the end; a connection that has ended by itself has none.
            let _ = guest.stream.shutdown(Shutdown::Both);
        }
        inside.threads += 1;
        inside.next += 1;
        let number = inside.next;
        inside.guests.push(Guest {
            number,
            address: from,
            stream: Arc::clone(stream),
        });
        Some(Place {
            room: Arc::clone(self),
            number,
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.room.inside();
        inside.threads -= 1;
        inside.guests.retain(|guest| guest.number != self.number);
    }
}

/// Of connections from these addresses, the oldest one first, which is closed for another one.
fn who_leaves(addresses: &[IpAddr]) -> usize {
    let count = |of: &IpAddr| addresses.iter().filter(|it| *it == of).count();
    let most = addresses.iter().map(count).max();
    let found = addresses
        .iter()
        .position(|address| Some(count(address)) == most);
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    #[test]
    fn who_has_most_loses_the_oldest() {
        let leaves = |last: &[u8]| {
            let addresses: Vec<IpAddr> =
                last.iter().map(|last| [192, 0, 2, *last].into()).collect();
            who_leaves(&addresses)
        };
        assert_eq!(leaves(&[1, 1, 1]), 0);
        assert_eq!(leaves(&[1, 2, 2]), 1);
        assert_eq!(leaves(&[2, 1, 1, 2]), 0);
        assert_eq!(leaves(&[1, 2, 3]), 0);
    }

    /// At the limit nobody has to leave, one beyond the oldest does; and beyond the limit of threads nobody is let in.
    #[test]
    fn so_many_connections_and_threads() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let room = Arc::<Room>::default();
        let mut clients = Vec::new();
        let mut come = || {
            let address = listener.local_addr().expect("bound");
            clients.push(TcpStream::connect(address).expect("connected"));
            let (stream, from) = listener.accept().expect("accepted");
            let stream = Arc::new(stream);
            let place = room.admit(&stream, from.ip());
            (stream, place)
        };
        let mut held: Vec<_> = (0..CONNECTIONS).map(|_| come()).collect();
        assert_eq!(room.inside().guests.len(), CONNECTIONS);
        held[0].0.set_nonblocking(true).expect("set");
        let read = |at: usize, held: &[(Arc<TcpStream>, _)]| {
            (&*held[at].0).read(&mut [0]).map_err(|why| why.kind())
        };
        assert_eq!(read(0, &held), Err(std::io::ErrorKind::WouldBlock));
        held.extend((CONNECTIONS..THREADS).map(|_| come()));
        assert!(held.iter().all(|(_, place)| place.is_some()));
        assert_eq!(read(0, &held), Ok(0), "it was taken away");
        assert_eq!(read(CONNECTIONS - 1, &held), Ok(0), "and the last of them");
        assert!(come().1.is_none(), "one thread too many");
        // A thread that has ended makes room for another one.
        held.remove(0);
        assert!(come().1.is_some());
        drop(held);
        assert_eq!(room.inside().threads, 0);
    }
}
